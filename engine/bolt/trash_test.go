package bolt

import (
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

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
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(e.CreateQueue(ctx, "jobs", engine.Policy{VisibilityTimeout: time.Hour, MaxTries: 5}))
			_, err := e.Publish(ctx, "jobs", engine.Outgoing{Delay: time.Nanosecond}) // so that it is a record
			must(err)
			got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Wait: time.Minute})
			must(err)
			must(e.write(func(*tx) error { return nil })) // the delivery is noted
			var entry engine.TrashEntry
			must(e.write(func(t *tx) error {
				qt, l, err := t.claim(got[0].Receipt)
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
			must(err)
			report, err := e.Check(ctx)
			must(err)
			if len(report.Problems) > 0 {
				t.Error(report.Problems)
			}
			_, err = e.DeleteQueue(ctx, "jobs")
			must(err)
		})
	}
}
