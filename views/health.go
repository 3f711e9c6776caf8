package views

import (
	"fmt"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/themes"
	"nixie/views/widget"
)

// Condition is how a queue does, derived from its numbers.
type Condition int

// The conditions, the worst first: the order in which they are sorted.
const (
	Poisoned    Condition = iota // more fails than succeeds
	Stalled                      // consumers are there and nothing is settled
	NoConsumers                  // messages wait and nobody receives
	Growing                      // more comes in than goes out
	Paused                       // by an operator
	Draining                     // a backlog gets smaller
	Flowing
	Idle
)

// Health is a condition with its reason.
type Health struct {
	Condition Condition
	Reason    string
}

// stallAge is how old the oldest ready message must be before a queue in which
// nothing is settled counts as stalled: the window of its rates.
const stallAge = 10 * time.Second

// healthOf derives how a queue does at a time.
func healthOf(q engine.QueueInfo, now time.Time) Health {
	oldest := time.Duration(0)
	if !q.OldestAt.IsZero() {
		oldest = now.Sub(q.OldestAt)
	}
	backlog := q.Ready > max(10, int64(2*q.In))
	net := q.In - q.Out
	switch {
	case q.Paused:
		return Health{Paused, fmt.Sprintf("paused by an operator; %s ready", widget.Count(q.Ready))}
	case q.Failing > 0.05 && q.Failing > q.Out:
		return Health{Poisoned, fmt.Sprintf("%s fail, %s are acked", widget.Rate(q.Failing), widget.Rate(q.Out))}
	case q.Ready > 0 && q.Consumers == 0:
		return Health{NoConsumers, fmt.Sprintf("%s ready, and nobody received within the last minute", widget.Count(q.Ready))}
	case q.Ready > 0 && q.Out == 0 && q.Failing == 0 && oldest > stallAge:
		return Health{Stalled, fmt.Sprintf("%s, and nothing was settled for 10s", widget.Plural(q.Consumers, "consumer"))}
	case backlog && net > max(0.5, q.In/20):
		return Health{Growing, fmt.Sprintf("by %s: %s in, %s out", widget.Rate(net), widget.Rate(q.In), widget.Rate(q.Out))}
	case backlog && -net > max(0.5, q.In/20):
		left := time.Duration(float64(q.Ready) / -net * float64(time.Second))
		return Health{Draining, fmt.Sprintf("by %s: empty in about %s", widget.Rate(-net), widget.Age(left))}
	case q.In > 0 || q.Out > 0 || q.InFlight > 0:
		return Health{Flowing, fmt.Sprintf("%s in, %s out", widget.Rate(q.In), widget.Rate(q.Out))}
	default:
		return Health{Idle, "nothing came or went within the last 10s"}
	}
}

func (c Condition) String() string {
	return [...]string{"poisoned", "stalled", "no consumers", "growing", "paused", "draining", "flowing", "idle"}[c]
}

// sign is the glyph and the colour of a condition.
func (c Condition) sign(s *themes.Styles) (string, lipgloss.Style) {
	g := s.Glyphs
	switch c {
	case Poisoned:
		return g.Diamond, s.Bad
	case Stalled, NoConsumers:
		return g.Square, s.Bad
	case Growing:
		return g.Up, s.Warn
	case Paused:
		return g.Pause, s.Info
	case Draining:
		return g.Down, s.Info
	case Flowing:
		return g.Dot, s.Good
	default:
		return g.Ring, s.Muted
	}
}
