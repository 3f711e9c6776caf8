package enginetest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

func TestModelProperty(t *testing.T) { Property(t, modelHarness()) }

// faults are engines with one fault each, as one could have it and not see it.
var faults = map[string]func(*Model) engine.Engine{
	"release counts":             func(m *Model) engine.Engine { return &releaseCounts{m} },
	"requeue forgets the death":  func(m *Model) engine.Engine { return &forgetsDeath{m} },
	"paused queues deliver":      func(m *Model) engine.Engine { return &neverPauses{m} },
	"restore loses what is dead": func(m *Model) engine.Engine { return &losesTrash{m} },
}

type (
	releaseCounts struct{ *Model }
	forgetsDeath  struct{ *Model }
	neverPauses   struct{ *Model }
	losesTrash    struct{ *Model }
)

func (e *releaseCounts) Release(ctx context.Context, r engine.Receipt, d time.Duration) error {
	return e.Nack(ctx, r, engine.Failure{Delay: max(d, 1)})
}

func (e *forgetsDeath) Move(ctx context.Context, r engine.MoveRequest) ([]engine.Outcome, error) {
	outcomes, err := e.Model.Move(ctx, r)
	for _, q := range e.state.queues {
		for _, x := range q.in(engine.Ready) {
			x.Death = nil
		}
	}
	return outcomes, err
}

func (e *neverPauses) Receive(ctx context.Context, queue string, o engine.ReceiveOptions) ([]engine.Delivery, error) {
	if q := e.state.queues[queue]; q != nil && q.paused {
		q.paused = false
		defer func() { q.paused = true }()
	}
	return e.Model.Receive(ctx, queue, o)
}

func (e *losesTrash) Restore(ctx context.Context, id string) (int64, error) {
	n, err := e.Model.Restore(ctx, id)
	for _, q := range e.state.queues {
		if dead := q.in(engine.Dead); err == nil && len(dead) > 0 {
			q.remove(dead[0])
		}
	}
	return n, err
}

// TestPropertyFindsFaults: the comparison sees what it is there to see.
func TestPropertyFindsFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			h := Harness{Open: func(*testing.T) engine.Engine { return fault(NewModel()) }}
			for seed := range 500 {
				p := rapid.SliceOfN(policies(), 2, 2).Example(seed)
				s := rapid.SliceOfN(steps(), 80, 80).Example(seed)
				var err error
				synctest.Test(t, func(t *testing.T) { err = play(t, h, p, s) })
				if err != nil {
					return
				}
			}
			t.Error("not found in 500 sequences")
		})
	}
}
