package bolt

import (
	"testing"
	"time"

	"nixie/engine"
)

// leasedRelaxed opens an engine in which a relaxed queue, q0, has two messages in
// flight.
func leasedRelaxed(t *testing.T) (*Engine, []engine.Delivery) {
	t.Helper()
	e, got := leased(t, Options{}, 1, 2)
	policy := engine.DefaultPolicy()
	policy.Durability = engine.Relaxed
	if _, err := e.Configure(t.Context(), "q0", policy); err != nil {
		t.Fatal(err)
	}
	return e, got
}

// TestConfirmedBeforeItsLeaseRanOut: what a relaxed queue confirmed in time is
// not undone by the end of the lease, though a commit comes in between.
func TestConfirmedBeforeItsLeaseRanOut(t *testing.T) {
	e, got := leasedRelaxed(t)
	err := e.write(func(tx *tx) error {
		if err := e.Ack(t.Context(), got[0].Receipt); err != nil {
			return err
		}
		tx.at += int64(2 * time.Hour)
		tx.queue(e.lookup("q0")).keep(tx.turn())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.write(func(*tx) error { return nil }); err != nil { // behind the ack
		t.Fatal(err)
	}
	info, err := e.Queue(t.Context(), "q0")
	if err != nil {
		t.Fatal(err)
	}
	if info.Totals.Acked != 1 || info.Totals.Failed != 1 || info.Depth() != 1 {
		t.Errorf("of two that ran out one was acked before: %+v", info)
	}
}
