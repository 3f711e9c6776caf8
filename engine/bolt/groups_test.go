package bolt

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// groupsTest is an engine with an ordered queue, in which two messages of one
// group are ready.
func groupsTest(t *testing.T) (e *Engine, ids []engine.ID) {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	policy := engine.Policy{VisibilityTimeout: time.Hour, Ordered: true}
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	ids, err = e.Publish(t.Context(), "jobs", engine.Outgoing{Group: "g"}, engine.Outgoing{Group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	return e, ids
}

// receiveOne receives the only message that may be delivered now.
func receiveOne(t *testing.T, e *Engine) engine.Delivery {
	t.Helper()
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 10})
	if err != nil || len(got) != 1 {
		t.Fatalf("received are %v (%v), want one", got, err)
	}
	return got[0]
}

// TestParkedIsNotReadAgain: a record that waits for its group, and is among those
// that memory leaves in the file, is delivered once.
func TestParkedIsNotReadAgain(t *testing.T) {
	e, ids := groupsTest(t)
	outcomes, err := e.Move(t.Context(), engine.MoveRequest{Queue: "jobs", IDs: ids[1:]}) // makes it a record
	if err != nil || outcomes[0].Err != nil {
		t.Fatal(outcomes, err)
	}
	first := receiveOne(t, e)
	if got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{}); err != nil || len(got) != 0 {
		t.Fatalf("received are %v (%v) of a group of which one is in flight", got, err)
	}
	q := e.lookup("jobs")
	q.mu.Lock()
	q.returned.bound = 1 // as if very many had come back
	q.mu.Unlock()
	if got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{}); err != nil || len(got) != 0 {
		t.Fatalf("received are %v (%v) of a group of which one is in flight", got, err)
	}
	for _, d := range []engine.Delivery{first, {}} {
		if d.ID == "" {
			d = receiveOne(t, e)
		}
		if err := e.Ack(t.Context(), d.Receipt); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{})
	if err != nil || len(got) != 0 {
		t.Fatalf("received are %v (%v), though all is done", got, err)
	}
	if info, err := e.Queue(t.Context(), "jobs"); err != nil || info.InFlight != 0 || info.Ready != 0 {
		t.Errorf("all is done, and left are %+v (%v)", info, err)
	}
}

// TestPurgedHoldsNoGroup: what failed in the commit that purges it does not keep
// what comes later of its group waiting.
func TestPurgedHoldsNoGroup(t *testing.T) {
	for _, delay := range []time.Duration{-1, time.Hour} {
		e, _ := groupsTest(t)
		d := receiveOne(t, e)
		err := e.write(func(t *tx) error {
			qt, l, err := t.claim(d.Receipt, 0)
			if err == nil {
				err = qt.fail(l, engine.Failure{Delay: delay})
			}
			if err == nil {
				_, err = t.purge("jobs", engine.LiveArea)
			}
			return err
		})
		if err == nil {
			_, err = e.Publish(t.Context(), "jobs", engine.Outgoing{Group: "g"})
		}
		if err != nil {
			t.Fatal(err)
		}
		receiveOne(t, e)
	}
}

// TestMovedHoldsItsGroup: a retry that an operator makes ready, and that somebody
// waits for, keeps the next of its group waiting.
func TestMovedHoldsItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, ids := groupsTest(t)
		if err := e.Nack(t.Context(), receiveOne(t, e).Receipt, engine.Failure{Delay: time.Hour}); err != nil {
			t.Fatal(err)
		}
		var received []engine.ID
		var mu sync.Mutex
		for range 2 {
			go func() {
				got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Wait: time.Minute})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, d := range got {
					received = append(received, d.ID)
				}
			}()
		}
		synctest.Wait()
		if _, err := e.Move(t.Context(), engine.MoveRequest{Queue: "jobs", IDs: ids[:1]}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !slices.Equal(received, ids[:1]) {
			t.Errorf("in flight are %v of one group, want %v", received, ids[:1])
		}
	})
}

// TestNextOfGroup: when the next one of a group is on its way out, the one behind
// it is not passed by younger ones.
func TestNextOfGroup(t *testing.T) {
	for what, leave := range map[string]func(qt *queueTx, id engine.ID) error{
		"moved": func(qt *queueTx, id engine.ID) error {
			_, err := qt.move(id, &engine.MoveRequest{Queue: "jobs", Into: engine.Dead})
			return err
		},
		"expired": func(*queueTx, engine.ID) error {
			time.Sleep(31 * time.Minute)
			return nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, ids := groupsTest(t)
				if _, err := e.Configure(t.Context(), "jobs", engine.Policy{VisibilityTimeout: time.Hour, Ordered: true, TTL: time.Hour}); err != nil {
					t.Fatal(err)
				}
				d := receiveOne(t, e)
				time.Sleep(30 * time.Minute)
				publish := func() engine.ID {
					more, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Group: "g"})
					if err != nil {
						t.Fatal(err)
					}
					return more[0]
				}
				none := func() {
					if got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{}); err != nil || len(got) > 0 {
						t.Errorf("received are %v (%v)", got, err)
					}
				}
				behind := publish()
				none() // so that it is known to wait
				publish()
				if err := e.Ack(t.Context(), d.Receipt); err != nil {
					t.Fatal(err)
				}
				if err := e.write(func(t *tx) error {
					qt, err := t.find("jobs")
					if err == nil {
						err = leave(qt, ids[1])
					}
					none()
					return err
				}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Minute) // what expired is buried: a commit that took half an hour waits for company
				if got := receiveOne(t, e); got.ID != behind {
					t.Errorf("received is %s, want %s", got.ID, behind)
				}
			})
		})
	}
}

// TestBackInItsGroup: what an operator takes away, in a commit that fails, is not
// passed meanwhile by the next of its group.
func TestBackInItsGroup(t *testing.T) {
	e, ids := groupsTest(t)
	err := e.write(func(t2 *tx) error {
		qt, err := t2.find("jobs")
		if err == nil {
			_, err = qt.move(ids[0], &engine.MoveRequest{Queue: "jobs", Into: engine.Dead})
		}
		if err != nil {
			return err
		}
		if got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{}); err != nil || len(got) > 0 {
			t.Errorf("received are %v (%v)", got, err)
		}
		return t2.fail(engine.ErrNoSpace)
	})
	if !errors.Is(err, engine.ErrNoSpace) {
		t.Fatal(err)
	}
	for _, id := range ids {
		d := receiveOne(t, e)
		if d.ID != id {
			t.Errorf("received is %s, want %s", d.ID, id)
		}
		if err := e.Ack(t.Context(), d.Receipt); err != nil {
			t.Fatal(err)
		}
	}
}
