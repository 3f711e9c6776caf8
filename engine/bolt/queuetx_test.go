package bolt

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"nixie/engine"
)

// slidingEngine has the queue "jobs" with room for three messages, which drops
// its oldest. One is there, and fills the window.
func slidingEngine(t *testing.T, window int64) *Engine {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{Window: window})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	policy := engine.Policy{VisibilityTimeout: 1e9, MaxDepth: 3, Overflow: engine.DropOldest}
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: make([]byte, 2*keepBytes)}); err != nil {
		t.Fatal(err)
	}
	return e
}

// publishTwice publishes two messages twice in one transaction.
func (t *tx) publishTwice() error {
	for range 2 {
		op, err := t.e.preparePublish(context.Background(), []engine.Outgoing{{Body: make([]byte, 2*keepBytes)}, {}})
		if err != nil {
			return err
		}
		op.queues = []string{"jobs"}
		op.number(t.e.writer.takeIDs(2))
		if err := op.apply(t); err != nil {
			return err
		}
	}
	return nil
}

// TestDroppedAsSoonAsPublished: what one publish stores, and the next one in the
// same commit drops, is a dead letter and no more, also where the window has no
// room for it.
func TestDroppedAsSoonAsPublished(t *testing.T) {
	for _, window := range []int64{0, 1} {
		e := slidingEngine(t, window)
		if err := e.write((*tx).publishTwice); err != nil {
			t.Fatal(err)
		}
		dead, err := e.List(t.Context(), "jobs", engine.ListOptions{State: engine.Dead})
		if err != nil || len(dead.Messages) != 2 {
			t.Fatalf("dead letters are %v (%v)", dead.Messages, err)
		}
		got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 5})
		if err != nil || len(got) == 0 {
			t.Errorf("window %d: received is %v (%v)", window, got, err)
		}
		for _, d := range got {
			if d.ID <= dead.Messages[1].ID {
				t.Errorf("window %d: %s was dropped, and is delivered", window, d.ID)
			}
		}
	}
}

// TestDroppedInVain: if that commit fails, nothing of it is ready.
func TestDroppedInVain(t *testing.T) {
	e := slidingEngine(t, 0)
	boom := errors.New("boom")
	err := e.write(func(t *tx) error { return errors.Join(t.publishTwice(), t.fail(boom)) })
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	q := e.lookup("jobs")
	got, err := q.receive(t.Context(), want{max: 5, length: 1e9}, 0)
	if err != nil || len(got) != 1 || got[0].id != 1 {
		t.Errorf("leased are %d messages (%v), want the one of before", len(got), err)
	}
}
