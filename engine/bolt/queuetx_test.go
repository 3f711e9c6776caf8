package bolt

import (
	"context"
	"errors"
	"fmt"
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

// TestDroppedOnce: what was dropped in a transaction is not the oldest any more.
func TestDroppedOnce(t *testing.T) {
	e := slidingEngine(t, 0)
	err := e.write(func(t *tx) error { return errors.Join(t.publishTwice(), t.publishTwice()) })
	if err != nil {
		t.Fatal(err)
	}
	info, err := e.Queue(t.Context(), "jobs")
	if err != nil || info.Depth() != 3 || info.Dead != 6 || info.Totals.Dead != 6 {
		t.Errorf("of 9 messages 3 have room: %+v (%v)", info, err)
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

// TestRunIsKnownAfterARollback: while a commit takes the last messages out of a
// run, a receiver steps over it. If the commit fails, it is known still what was
// gone before.
func TestRunIsKnownAfterARollback(t *testing.T) {
	boom := errors.New("boom")
	for name, take := range map[string]func(*tx, engine.Delivery) error{
		"ack":      func(t *tx, d engine.Delivery) error { defer t.unlock(); return t.ack(&d.Receipt, 0) },
		"deletion": func(t *tx, d engine.Delivery) error { return t.queue(t.e.lookup("jobs")).trash(d.ID, &trashInfo{}) },
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			err = e.CreateQueue(t.Context(), "jobs", engine.Policy{VisibilityTimeout: 1e12})
			if err == nil {
				_, err = e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 2)...)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 2})
			if err != nil || len(got) != 2 {
				t.Fatalf("received are %v (%v)", got, err)
			}
			if err := e.Ack(t.Context(), got[0].Receipt); err != nil {
				t.Fatal(err)
			}
			err = e.write(func(t *tx) error {
				if err := take(t, got[1]); err != nil {
					return err
				}
				q := t.e.lookup("jobs")
				q.mu.Lock()
				defer q.mu.Unlock()
				q.frontLocked()
				return t.fail(boom)
			})
			if !errors.Is(err, boom) {
				t.Fatal(err)
			}
			if m, err := e.Message(t.Context(), "jobs", got[0].ID); !errors.Is(err, engine.ErrMessageNotFound) {
				t.Errorf("what was acked is there again: %+v, %v", m, err)
			}
			if m, err := e.Message(t.Context(), "jobs", got[1].ID); err != nil || m.State != engine.InFlight {
				t.Errorf("the other one is %+v, %v", m, err)
			}
		})
	}
}

// TestTakenFromAWindowThatShrinks: the window gives up a run between finding a
// message of it and taking that away.
func TestTakenFromAWindowThatShrinks(t *testing.T) {
	e := slidingEngine(t, 0)
	ids, err := e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 2)...)
	if err != nil {
		t.Fatal(err)
	}
	err = e.write(func(t *tx) error {
		qt := t.queue(t.e.lookup("jobs"))
		loc, err := qt.find(ids[0])
		if err != nil {
			return err
		}
		qt.q.mu.Lock()
		qt.q.dropLastLocked()
		qt.q.mu.Unlock()
		_, err = qt.takeOut(loc)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // one of each run at least
		got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			if d.ID == ids[0] {
				t.Errorf("%s was taken away, and is delivered", d.ID)
			}
		}
	}
}

// TestTakenDuringARead: a record that came back during a read of the file, and is
// taken away before that ends, is not ready.
func TestTakenDuringARead(t *testing.T) {
	e := slidingEngine(t, 0)
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{})
	if err != nil || len(got) != 1 {
		t.Fatalf("received are %v (%v)", got, err)
	}
	if err := e.Nack(t.Context(), got[0].Receipt, engine.Failure{Delay: -1}); err != nil {
		t.Fatal(err)
	}
	q := e.lookup("jobs")
	q.mu.Lock()
	back := q.returned.pop()
	q.returned.bound = 0 // all are in the file, and are read
	q.front.loading, q.front.changed = make(chan struct{}), map[uint64]*spot{}
	q.pushLocked(back)
	q.mu.Unlock()
	err = e.write(func(t *tx) error {
		qt := t.queue(q)
		loc, err := qt.find(got[0].ID)
		if err == nil {
			_, err = qt.takeOut(loc)
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		q.takeInLocked(load{version: q.front.version}, loaded{bound: allInMemory, spots: []*spot{back}})
		q.front.loading, q.front.changed = nil, nil
		if s := q.returned.first(); s != nil {
			return fmt.Errorf("%d is ready", s.id)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
