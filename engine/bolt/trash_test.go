package bolt

import (
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// isWell checks the file.
func isWell(t *testing.T, e *Engine) {
	t.Helper()
	report, err := e.Check(t.Context())
	must(t, err)
	if len(report.Problems) > 0 {
		t.Error(report.Problems)
	}
}

// TestDeletedAsItWasSettled: what a commit settles before it deletes the queue
// comes back from the trash as it was settled.
func TestDeletedAsItWasSettled(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	for name, settle := range map[string]func(*queueTx, *lease) error{
		"released":   func(qt *queueTx, l *lease) error { return qt.release(l, time.Hour) },
		"given back": func(qt *queueTx, l *lease) error { return qt.release(l, 0) },
		"failed":     func(qt *queueTx, l *lease) error { return qt.fail(l, engine.Failure{Delay: time.Hour}) },
		"rejected":   func(qt *queueTx, l *lease) error { return qt.fail(l, engine.Failure{Reject: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			must(t, e.CreateQueue(ctx, "jobs", engine.Policy{VisibilityTimeout: time.Hour, MaxTries: 5}))
			_, err := e.Publish(ctx, "jobs", engine.Outgoing{Delay: time.Nanosecond}) // so that it is a record
			must(t, err)
			got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Wait: time.Minute})
			must(t, err)
			must(t, e.write(func(*tx) error { return nil })) // the delivery is noted
			var entry engine.TrashEntry
			must(t, e.write(func(t *tx) error {
				qt, l, err := t.claim(got[0].Receipt, 0)
				if err != nil {
					return err
				}
				if err := settle(qt, l); err != nil {
					return err
				}
				entry, err = t.deleteQueue("jobs")
				return err
			}))
			_, err = e.Restore(ctx, entry.ID)
			must(t, err)
			isWell(t, e)
			_, err = e.DeleteQueue(ctx, "jobs")
			must(t, err)
		})
	}
}

// TestInFlightComesBack: what was in flight when it was thrown away is ready
// after it came back, and that delivery does not count.
func TestInFlightComesBack(t *testing.T) {
	for name, throwAway := range map[string]func(*Engine) (engine.TrashEntry, error){
		"purged":  func(e *Engine) (engine.TrashEntry, error) { return e.Purge(t.Context(), "jobs", engine.LiveArea) },
		"deleted": func(e *Engine) (engine.TrashEntry, error) { return e.DeleteQueue(t.Context(), "jobs") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, path := t.Context(), filepath.Join(t.TempDir(), "nixie.db")
			e, err := Open(path, Options{})
			must(t, err)
			must(t, e.CreateQueue(ctx, "jobs", engine.Policy{VisibilityTimeout: time.Hour, MaxTries: 1, Ordered: true}))
			_, err = e.Publish(ctx, "jobs", engine.Outgoing{Group: "a"}, engine.Outgoing{Group: "b", Delay: time.Nanosecond})
			must(t, err)
			receive := func() {
				t.Helper()
				for range 2 {
					got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Wait: time.Minute})
					must(t, err)
					if len(got) != 1 || got[0].Tries != 1 {
						t.Fatalf("received are %+v, want one in its first try", got)
					}
				}
			}
			receive()
			must(t, e.write(func(*tx) error { return nil })) // the deliveries are noted
			entry, err := throwAway(e)
			must(t, err)
			must(t, e.Close())
			e, err = Open(path, Options{})
			must(t, err)
			defer e.Close()
			n, err := e.Restore(ctx, entry.ID)
			must(t, err)
			if n != 2 {
				t.Errorf("%d came back", n)
			}
			receive()
			isWell(t, e)
		})
	}
}
