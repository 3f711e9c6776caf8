package bolt

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// A commit is shared by whatever comes together. These tests put into one
// transaction what rarely meets there.

// purgedEngine has the queue "jobs", from which two messages were purged that
// were published together; the first was done. The entry of the trash is
// returned.
func purgedEngine(t *testing.T, policy engine.Policy) (e *Engine, ids []engine.ID, entry engine.TrashEntry) {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if report, err := e.Check(context.Background()); err != nil && !e.isClosed() || len(report.Problems) > 0 {
			t.Errorf("check: %v %v", report.Problems, err)
		}
		_ = e.Close()
	})
	policy.VisibilityTimeout = time.Hour
	err = e.CreateQueue(t.Context(), "jobs", policy)
	if err == nil {
		ids, err = e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 2)...)
	}
	var got []engine.Delivery
	if err == nil {
		got, err = e.Receive(t.Context(), "jobs", engine.ReceiveOptions{})
	}
	if err == nil && len(got) == 1 {
		err = e.Ack(t.Context(), got[0].Receipt)
	}
	if err == nil {
		entry, err = e.Purge(t.Context(), "jobs", engine.LiveArea)
	}
	if err != nil || entry.Count != 1 {
		t.Fatalf("in the trash is %+v (%v)", entry, err)
	}
	return e, ids, entry
}

// idsIn are the ids of the messages in a state.
func idsIn(t *testing.T, e *Engine, state engine.State) (ids []engine.ID) {
	t.Helper()
	page, err := e.List(t.Context(), "jobs", engine.ListOptions{State: state})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		ids = append(ids, m.ID)
	}
	return ids
}

// waitingAt has a receiver wait at a queue.
func waitingAt(q *queue) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &waiter{want: want{max: 1, length: time.Hour}, got: make(chan []*lease, 1)}
	q.waiters.PushBack(w)
	q.dispatchLocked()
	return w
}

// publishOne publishes a message in this transaction.
func (t *tx) publishOne(queue string, m engine.Outgoing) error {
	op, err := t.e.preparePublish(context.Background(), []engine.Outgoing{m})
	if err != nil {
		return err
	}
	op.queues = []string{queue}
	op.number(t.e.writer.takeIDs(1))
	return op.apply(t)
}

// TestDroppedAsSoonAsRestored: what comes back from the trash may be dropped in
// the same commit, as it is the oldest. What of it was done stays so.
func TestDroppedAsSoonAsRestored(t *testing.T) {
	e, ids, entry := purgedEngine(t, engine.Policy{MaxDepth: 2, Overflow: engine.DropOldest})
	var published []engine.ID
	err := e.write(func(tx *tx) error {
		id, _ := parseID(engine.ID(entry.ID))
		if _, _, err := tx.restore(id, nil); err != nil {
			return err
		}
		op, err := e.preparePublish(t.Context(), make([]engine.Outgoing, 2))
		if err != nil {
			return err
		}
		op.queues = []string{"jobs"}
		op.number(e.writer.takeIDs(2))
		published = op.ids()
		return op.apply(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if dead := idsIn(t, e, engine.Dead); !slices.Equal(dead, ids[1:]) {
		t.Errorf("dropped are %v, want %v", dead, ids[1:])
	}
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 10})
	if err != nil || len(got) != 2 || got[0].ID != published[0] {
		t.Errorf("received are %v (%v), want %v", got, err, published)
	}
}

// TestDeletedAsSoonAsRestored: what is deleted in the commit that restores it is
// not there, whether that commit succeeds or fails.
func TestDeletedAsSoonAsRestored(t *testing.T) {
	for _, fails := range []error{nil, engine.ErrNoSpace} {
		e, ids, entry := purgedEngine(t, engine.Policy{})
		err := e.write(func(tx *tx) error {
			id, _ := parseID(engine.ID(entry.ID))
			_, _, err := tx.restore(id, nil)
			if err == nil {
				err = tx.queue(e.lookup("jobs")).trash(ids[1], &trashInfo{})
			}
			if err != nil {
				return err
			}
			return tx.fail(fails)
		})
		if err != fails {
			t.Fatal(err)
		}
		got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 10})
		if err != nil || len(got) != 0 {
			t.Errorf("the commit ended with %v, and received are %v (%v)", fails, got, err)
		}
	}
}

// TestDeletedAsSoonAsPurged: a queue that is purged and deleted in one commit
// comes back empty.
func TestDeletedAsSoonAsPurged(t *testing.T) {
	e, _, _ := purgedEngine(t, engine.Policy{})
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{}); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	var entry engine.TrashEntry
	err := e.write(func(t *tx) error {
		_, err := t.purge("jobs", engine.LiveArea)
		if err == nil {
			entry, err = t.deleteQueue("jobs")
		}
		return err
	})
	if err == nil {
		_, err = e.Restore(t.Context(), entry.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if info, err := e.Queue(t.Context(), "jobs"); err != nil || info.Depth() != 0 {
		t.Errorf("it comes back as %+v (%v)", info, err)
	}
}

// TestDeletedAsSoonAsBound: no topic has a queue that is deleted in the commit
// that binds it.
func TestDeletedAsSoonAsBound(t *testing.T) {
	e, _, _ := purgedEngine(t, engine.Policy{})
	var entry engine.TrashEntry
	binding := engine.Binding{Queue: "jobs", Pattern: "#"}
	err := e.write(func(t *tx) (err error) {
		t.bind("events", binding)
		entry, err = t.deleteQueue("jobs")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if topics, err := e.Topics(t.Context()); err != nil || len(topics) != 0 {
		t.Errorf("there are topics without queues: %v (%v)", topics, err)
	}
	if _, err := e.Restore(t.Context(), entry.ID); err != nil {
		t.Fatal(err)
	}
	if topics, err := e.Topics(t.Context()); err != nil || len(topics) != 1 || !slices.Equal(topics[0].Bindings, []engine.Binding{binding}) {
		t.Errorf("with the queue its binding does not come back: %v (%v)", topics, err)
	}
}

// TestReadyAgainForWhoCameMeanwhile: a receiver that came during a commit which
// took away what was ready gets it when that fails.
func TestReadyAgainForWhoCameMeanwhile(t *testing.T) {
	e, ids := groupsTest(t)
	var w *waiter
	err := e.write(func(tx *tx) error {
		q := e.lookup("jobs")
		for _, id := range ids {
			if err := tx.queue(q).trash(id, &trashInfo{}); err != nil {
				return err
			}
		}
		if w = waitingAt(q); len(w.got) > 0 {
			t.Error("what is being deleted is delivered")
		}
		return tx.fail(engine.ErrNoSpace)
	})
	if !errors.Is(err, engine.ErrNoSpace) {
		t.Fatal(err)
	}
	if len(w.got) != 1 {
		t.Error("nothing was deleted, and the receiver waits")
	}
}

// TestDeliveriesAreNotedAfterADeletionFailed: a queue that could not be deleted
// is as before.
func TestDeliveriesAreNotedAfterADeletionFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // nothing is noted before
		e, _ := groupsTest(t)
		receiveOne(t, e)
		q := e.lookup("jobs")
		err := e.write(func(t *tx) error {
			nameless := newQueue(e, "", stored{}, engine.Policy{})
			t.queue(nameless).change() // cannot be written
			_, err := t.deleteQueue("jobs")
			return err
		})
		if err == nil {
			t.Fatal("a queue without a name is written")
		}
		if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}); err != nil {
			t.Fatal(err)
		}
		if q.stored.totals.Delivered != 1 || q.unwritten != 0 {
			t.Errorf("noted are %d deliveries, and to be noted %d", q.stored.totals.Delivered, q.unwritten)
		}
	})
}

// TestPublishedPastAQueueThatGoes: a queue that is deleted by the time a topic's
// messages are stored does not keep them from the others.
func TestPublishedPastAQueueThatGoes(t *testing.T) {
	e, _ := groupsTest(t)
	if err := e.CreateQueue(t.Context(), "copies", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	err := e.write(func(tx *tx) error {
		op, err := e.preparePublish(t.Context(), make([]engine.Outgoing, 1))
		if err == nil {
			_, err = tx.deleteQueue("jobs")
		}
		if err != nil {
			return err
		}
		op.queues, op.routed = []string{"copies", "jobs"}, true
		op.number(e.writer.takeIDs(2))
		err = op.apply(tx)
		if !slices.Equal(op.reached, op.queues[:1]) {
			t.Errorf("reached are %v", op.reached)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := e.Queue(t.Context(), "copies"); err != nil || info.Ready != 1 {
		t.Errorf("%d messages are ready (%v)", info.Ready, err)
	}
}
