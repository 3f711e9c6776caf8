package bolt

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"nixie/engine"
)

// aheadTest is an engine whose queue is read ahead at chosen moments.
type aheadTest struct {
	*testing.T
	e    *Engine
	hook func() // once, between a commit and its effects
}

func newAheadTest(t *testing.T) *aheadTest {
	a := &aheadTest{T: t}
	path := filepath.Join(t.TempDir(), "nixie.db")
	a.open(path)
	if err := a.e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *aheadTest) open(path string) {
	a.Helper()
	e, err := Open(path, Options{committed: func() {
		if hook := a.hook; hook != nil {
			a.hook = nil
			hook()
		}
	}})
	if err != nil {
		a.Fatal(err)
	}
	a.e = e
	a.Cleanup(func() {
		report, err := e.Check(context.Background())
		if err != nil && !e.isClosed() || len(report.Problems) > 0 {
			a.Errorf("check: %v %v", report.Problems, err)
		}
		_ = e.Close()
	})
}

func (a *aheadTest) queue() *queue { return a.e.lookup("jobs") }

func (a *aheadTest) publish(bodies ...string) {
	a.Helper()
	var messages []engine.Outgoing
	for _, b := range bodies {
		messages = append(messages, engine.Outgoing{Body: []byte(b)})
	}
	if _, err := a.e.Publish(a.Context(), "jobs", messages...); err != nil {
		a.Fatal(err)
	}
}

// receive returns all that is delivered now.
func (a *aheadTest) receive() (all []engine.Delivery) {
	a.Helper()
	for {
		got, err := a.e.Receive(a.Context(), "jobs", engine.ReceiveOptions{Max: 10})
		if err != nil {
			a.Fatal(err)
		}
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
	}
}

// delivered fails the test unless these messages are delivered, once each.
func (a *aheadTest) delivered(bodies ...string) {
	a.Helper()
	var got []string
	for _, d := range a.receive() {
		got = append(got, string(d.Body))
	}
	if len(got) != len(bodies) {
		a.Fatalf("delivered are %q, not %q", got, bodies)
	}
	for i := range got {
		if got[i] != bodies[i] {
			a.Errorf("delivered are %q, not %q", got, bodies)
		}
	}
}

// beginReading does what loadLocked does, but for the taking in: that is for
// the returned function.
func (a *aheadTest) beginReading() (takeIn func()) {
	q := a.queue()
	q.mu.Lock()
	w := &q.front
	l := load{from: w.through, last: w.last, version: w.version, bound: q.returned.bound, live: q.stored.live, limit: maxLoad}
	done := make(chan struct{})
	w.loading, w.changed, w.dropped = done, map[uint64]*spot{}, map[uint64]bool{}
	q.mu.Unlock()
	got := q.read(l)
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.takeInLocked(l, got)
		w.loading, w.changed, w.dropped = nil, nil, nil
		close(done)
	}
}

// TestReadAheadDoesNotBringBackARun: the log is read from its beginning again,
// after an ack was applied and before it is committed. The run that the commit
// drops was seen, and must not come back.
func TestReadAheadDoesNotBringBackARun(t *testing.T) {
	a := newAheadTest(t)
	a.publish("1", "2")
	deliveries := a.receive()
	var takeIn func()
	if err := a.e.write(func(tx *tx) error {
		q := a.queue()
		q.mu.Lock()
		q.resetLocked()
		q.mu.Unlock()
		for _, d := range deliveries {
			if err := tx.ack(&d.Receipt, 0); err != nil {
				return err
			}
		}
		tx.unlock()
		takeIn = a.beginReading()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	takeIn()
	a.delivered()
	a.publish("3")
	a.delivered("3")
}

// reopenWithARecord leaves a message that failed, is ready, and was not read
// yet.
func (a *aheadTest) reopenWithARecord() engine.ID {
	a.Helper()
	a.publish("failed")
	d := a.receive()[0]
	if err := a.e.Nack(a.Context(), d.Receipt, engine.Failure{Delay: -1}); err != nil {
		a.Fatal(err)
	}
	if err := a.e.Close(); err != nil {
		a.Fatal(err)
	}
	a.open(a.e.Path())
	return d.ID
}

// TestReadAheadDoesNotBringBackARecord is the same for a message that failed,
// and is deleted meanwhile.
func TestReadAheadDoesNotBringBackARecord(t *testing.T) {
	a := newAheadTest(t)
	id := a.reopenWithARecord()
	takeIn := a.beginReading()
	if _, _, err := a.e.Delete(t.Context(), "jobs", id); err != nil {
		t.Fatal(err)
	}
	takeIn()
	if q := a.queue(); q.returned.first() != nil {
		t.Error("a message that was deleted is among those that are ready")
	}
	a.delivered()
}

// readAhead has the queue read ahead now, and returns when that is done, or
// waits for effects.
func (a *aheadTest) readAhead() {
	q := a.queue()
	q.mu.Lock()
	done := q.loadLocked()
	q.mu.Unlock()
	for !a.awaits() {
		select {
		case <-done:
			return
		default:
			runtime.Gosched()
		}
	}
}

// awaits reports that a reader waits for effects.
func (a *aheadTest) awaits() bool {
	w := a.e.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.awaiting > 0
}

// TestReadAheadBeforeTheEffectsOfAPublish: a read sees a run that is in the
// file, and whose publish has not had its effects yet.
func TestReadAheadBeforeTheEffectsOfAPublish(t *testing.T) {
	a := newAheadTest(t)
	a.hook = a.readAhead
	a.publish("1", "2")
	a.delivered("1", "2")
}

// TestReadAheadBeforeTheEffectsOfAMove: the same for a message that is moved
// here, and is a ready record.
func TestReadAheadBeforeTheEffectsOfAMove(t *testing.T) {
	a := newAheadTest(t)
	if err := a.e.CreateQueue(t.Context(), "other", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	moved, err := a.e.Publish(t.Context(), "other", engine.Outgoing{})
	if err != nil {
		t.Fatal(err)
	}
	a.reopenWithARecord()
	early := 0
	a.hook = func() {
		a.readAhead()
		q := a.queue()
		q.mu.Lock()
		early = len(q.takeLocked(time.Now(), want{max: 10}))
		q.mu.Unlock()
	}
	if _, err := a.e.Move(t.Context(), engine.MoveRequest{Queue: "other", IDs: moved, To: "jobs"}); err != nil {
		t.Fatal(err)
	}
	if late := len(a.receive()); early+late != 2 {
		t.Errorf("of 2 messages %d were delivered before the effects, and %d after them", early, late)
	}
}
