package bolt

import (
	"path/filepath"
	"testing"

	"nixie/engine"
)

// TestConfirmedBeforeItsLeaseRanOut: what a relaxed queue confirmed in time is
// not undone by the end of the lease, though a commit comes in between.
func TestConfirmedBeforeItsLeaseRanOut(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	policy := engine.Policy{VisibilityTimeout: engine.MaxDuration}
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}, engine.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	policy.Durability = engine.Relaxed
	if _, err := e.Configure(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 2})
	if err != nil || len(got) != 2 {
		t.Fatalf("received are %v (%v)", got, err)
	}
	err = e.write(func(tx *tx) error {
		if err := e.Ack(t.Context(), got[0].Receipt); err != nil {
			return err
		}
		tx.at += 2 * int64(engine.MaxDuration)
		tx.queue(e.lookup("jobs")).keep(tx.turn())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.write(func(*tx) error { return nil }); err != nil { // behind the ack
		t.Fatal(err)
	}
	info, err := e.Queue(t.Context(), "jobs")
	if err != nil {
		t.Fatal(err)
	}
	if info.Totals.Acked != 1 || info.Totals.Failed != 1 || info.Depth() != 1 {
		t.Errorf("of two that ran out one was acked before: %+v", info)
	}
}
