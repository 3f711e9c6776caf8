package views

import (
	"context"
	"time"
)

// DemoControls is the demo as the console sees it. State, Adjust and Lead
// answer at once.
type DemoControls interface {
	// State returns what goes on now.
	State() DemoState
	// Play ends the scenario and begins another: its queues take the place of
	// those of the one before. It takes a moment.
	Play(ctx context.Context, scenario string) error
	// Adjust moves a handle by so many steps. A switch is flipped by any step
	// but 0; what fires does so once.
	Adjust(handle string, steps int)
	// Lead lets the scenario's acts happen by themselves, or not. An Adjust of
	// a handle that an act would move takes the lead, too.
	Lead(auto bool)
}

// DemoState is a copy of what the demo knows about itself.
type DemoState struct {
	Scenarios []DemoScenario
	Scenario  string // the name of the one that plays
	Seed      uint64
	Began     time.Time // when it began to play
	Story     DemoStory
	Acts      []DemoAct
	Auto      bool          // the acts happen by themselves
	Loop      time.Duration // after so long the acts begin again
	At        time.Duration // where on the loop it is
	Handles   []DemoHandle
	Books     DemoBooks
}

// DemoScenario is one to choose.
type DemoScenario struct {
	Name   string
	Title  string
	Lesson string // what it shows a queue to be for
}

// DemoTone says how good the news of a story is.
type DemoTone int

const (
	DemoCalm    DemoTone = iota // all flows
	DemoRising                  // something builds up
	DemoTrouble                 // something fails
	DemoMending                 // it gets better
)

// DemoStory says what happens now, as it is seen in the queues.
type DemoStory struct {
	Tone  DemoTone
	Queue string // that it is about; "": no single one
	Text  string // "the payment gateway began to time out 20 s ago"
	Watch string // "failed rise, then dead"
}

// DemoAct is a moment of the scenario at which something is done to it.
type DemoAct struct {
	At   time.Duration // from the beginning of the loop
	Text string        // "the gateway goes down"
}

// DemoHandleKind says how a handle is operated.
type DemoHandleKind int

const (
	DemoNumber DemoHandleKind = iota // more and less
	DemoSwitch                       // on and off
	DemoButton                       // fires
)

// DemoHandle is something that the operator can move while the demo runs.
type DemoHandle struct {
	ID    string
	Group string // "workers", "producers"
	Part  string // which one of these: a row of the group
	Role  string // what the part is called, or where it publishes to
	Queue string // where it shows; "": in several
	Label string // what of the part: a column of the group
	Kind  DemoHandleKind
	Value string  // as it stands: "4", "12 %", "off"
	Level float64 // of a number: 0 to 1 of its range; of a switch 0 or 1
	On    bool    // a switch is on, a button's effect still lasts
	Alarm bool    // its value is meant to hurt: an outage, no consumers
}

// DemoBooks is where everything is that the scenario has published. Counted
// by the demo's own producers and consumers, not by the engine: Published and
// Done. Counted in the queues: Waiting and Dead.
type DemoBooks struct {
	Published int64
	Done      int64
	Waiting   int64 // ready, delayed or in flight
	Dead      int64
	// Yours is what an operator put in (positive) or took out (negative).
	Yours int64
	At    time.Time // of the count; zero: not counted yet
}
