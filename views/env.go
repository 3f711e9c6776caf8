package views

import (
	"context"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/themes"
)

// Env is what all screens have in common. There is one; the root changes it
// between messages, so views keep the pointer and never a copy.
type Env struct {
	// Context ends with the console; commands derive theirs from it.
	Context    context.Context
	Engine     engine.Engine
	Operations *operation.Manager
	Keys       *keymap.Map
	Styles     *themes.Styles
	Demo       DemoControls // nil outside the demo
	Tour       *Tour        // nil outside the demo
	Place      string       // where the messages are: "local:shop.db"
	Times      TimeFormat
	// Clock tells the time; tests set it.
	Clock func() time.Time
}

// Now is the time on the console's clock.
func (e *Env) Now() time.Time {
	if e.Clock == nil {
		return time.Now()
	}
	return e.Clock()
}

// TimeFormat says how moments are shown.
type TimeFormat int

const (
	Ages  TimeFormat = iota // "4m 12s"
	Local                   // "15:04:05", with the date if it is not today
	UTC
)

// Next is the format after f, around.
func (f TimeFormat) Next() TimeFormat { return (f + 1) % 3 }

func (f TimeFormat) String() string { return [...]string{"ages", "local time", "UTC"}[f] }
