package bolt

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// TestOldestIsReadOnce: when the oldest message entered a queue that nobody
// receives from is read from the file, but not again until something happens.
func TestOldestIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.CreateQueue(ctx, "jobs", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 2 {
			if _, err := e.Publish(ctx, "jobs", engine.Outgoing{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		oldest := func(what string, want time.Time) {
			t.Helper()
			e.dropWindow("jobs")
			for range 2 {
				info, err := e.Queue(ctx, "jobs")
				if err != nil || !info.OldestAt.Equal(want) {
					t.Errorf("%s: the oldest is of %v (%v), want %v", what, info.OldestAt, err, want)
				}
			}
			if _, unread := e.lookup("jobs").info(time.Now()); unread != nil {
				t.Errorf("%s: it is read from the file once more", what)
			}
		}
		oldest("published", start)
		got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		oldest("received", start.Add(time.Second))
		if err := e.Release(ctx, got[0].Receipt, 0); err != nil {
			t.Fatal(err)
		}
		oldest("released", start)
		entry, _, err := e.Delete(ctx, "jobs", got[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		oldest("deleted", start.Add(time.Second))
		if _, err := e.Restore(ctx, entry.ID); err != nil {
			t.Fatal(err)
		}
		oldest("restored", start)
		if _, err := e.Purge(ctx, "jobs", engine.LiveArea); err != nil {
			t.Fatal(err)
		}
		oldest("purged", time.Time{})
	})
}
