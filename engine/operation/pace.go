package operation

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// PaceKind says how fast a job works.
type PaceKind string

const (
	AllAtOnce PaceKind = "all"    // as fast as the engine takes it
	PerSecond PaceKind = "rate"   // so many messages a second
	Canary    PaceKind = "canary" // 1, 10, 100, then the rest, watching each stage
	Follow    PaceKind = "follow" // slower while the destination's backlog or failures rise
)

// Pace is how fast a job works. The zero value is all at once.
type Pace struct {
	Kind PaceKind `json:"kind,omitempty"`
	// Rate is in messages a second, of PerSecond.
	Rate float64 `json:"rate,omitempty"`
	// Stop is the share of a canary's stage (0 to 1) that may come back dead;
	// when more do, the job pauses. Zero: DefaultStop.
	Stop float64 `json:"stop,omitempty"`
}

// DefaultStop is the share of a canary's stage that may come back.
const DefaultStop = 0.2

// Paces lists the kinds, in the order in which a person is offered them.
func Paces() []PaceKind { return []PaceKind{AllAtOnce, PerSecond, Canary, Follow} }

// stages are the sizes of a canary's first stages; the rest follows.
var stages = []int64{1, 10, 100}

func (p Pace) stop() float64 {
	if p.Stop > 0 {
		return p.Stop
	}
	return DefaultStop
}

// String says the pace in words: "50 per second".
func (p Pace) String() string {
	switch p.Kind {
	case PerSecond:
		return strconv.FormatFloat(p.Rate, 'f', -1, 64) + " per second"
	case Canary:
		parts := make([]string, 0, len(stages)+1)
		for _, n := range stages {
			parts = append(parts, strconv.FormatInt(n, 10))
		}
		return fmt.Sprintf("canary %s → rest; stop if > %.0f %% come back", strings.Join(parts, " → "), 100*p.stop())
	case Follow:
		return "follow the destination: slower while its backlog or its failures rise"
	default:
		return "all at once"
	}
}

// Validate says what is wrong with the pace.
func (p Pace) Validate() error {
	switch p.Kind {
	case "", AllAtOnce, Canary, Follow:
	case PerSecond:
		if !(p.Rate > 0) || math.IsInf(p.Rate, 0) {
			return errors.New("the rate must be more than 0 messages a second")
		}
	default:
		return fmt.Errorf("there is no pace %q", p.Kind)
	}
	if p.Stop < 0 || p.Stop > 1 || math.IsNaN(p.Stop) {
		return errors.New("the share that may come back must be between 0 and 1")
	}
	return nil
}
