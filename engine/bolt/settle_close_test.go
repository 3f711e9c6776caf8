package bolt

import (
	"path/filepath"
	"testing"

	"nixie/engine"
)

// TestConfirmedBeforeTheClose: what a relaxed queue confirmed is not given back
// by a close that is under way.
func TestConfirmedBeforeTheClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nixie.db")
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	policy := engine.Policy{VisibilityTimeout: engine.MaxDuration}
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 2)...); err != nil {
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
	if err := e.write(func(tx *tx) error {
		if err := e.Ack(t.Context(), got[0].Receipt); err != nil {
			return err
		}
		return tx.giveAllBack()
	}); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = Open(path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	info, err := e.Queue(t.Context(), "jobs")
	if err != nil || info.Totals.Acked != 1 || info.Totals.Failed != 0 || info.Ready != 1 {
		t.Errorf("of two one was acked before the close: %+v (%v)", info, err)
	}
}
