package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
)

// Totals are all queues together.
type Totals struct {
	Queues                         int
	Ready, InFlight, Delayed, Dead int64
	In, Out, Failing               float64
	Paused                         int
	Names                          []string
}

// Summary keeps the totals current, for the header.
type Summary struct{ fetch *fetcher[Totals] }

// NewSummary returns a summary that has read nothing yet.
func NewSummary(env *Env) *Summary {
	e := env.Engine
	return &Summary{fetch: newFetcher(env, func(ctx context.Context) (Totals, error) {
		queues, err := e.Queues(ctx)
		return total(queues), err
	})}
}

func total(queues []engine.QueueInfo) Totals {
	t := Totals{Queues: len(queues), Names: make([]string, len(queues))}
	for i, q := range queues {
		t.Names[i] = q.Name
		t.Ready += q.Ready
		t.InFlight += q.InFlight
		t.Delayed += q.Delayed
		t.Dead += q.Dead
		t.In += q.In
		t.Out += q.Out
		t.Failing += q.Failing
		if q.Paused {
			t.Paused++
		}
	}
	return t
}

// Load reads, now or as soon as it may.
func (s *Summary) Load() tea.Cmd { return s.fetch.Load() }

// Update takes the summary's own messages.
func (s *Summary) Update(msg tea.Msg) tea.Cmd {
	cmd, _ := s.fetch.Update(msg)
	return cmd
}

// Totals are those of the last read; ok is false before the first.
func (s *Summary) Totals() (totals Totals, err error, ok bool) {
	return s.fetch.value, s.fetch.err, s.fetch.loaded
}

// Close ends what is under way.
func (s *Summary) Close() { s.fetch.Close() }
