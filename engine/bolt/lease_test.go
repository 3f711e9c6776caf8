package bolt

import (
	"errors"
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

// TestPromiseOutlivesACommitThatFails: a lease that is promised to an ack does not
// run out before that is tried again.
func TestPromiseOutlivesACommitThatFails(t *testing.T) {
	e, got := leasedRelaxed(t)
	op := &ackOp{settlement: e.settlement([]engine.Receipt{got[0].Receipt})}
	full := errors.New("the disk is full")
	err := e.write(func(tx *tx) error {
		defer tx.unlock()
		return errors.Join(op.apply(tx), tx.fail(full))
	})
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	if ended := keepLate(t, e); ended != 1 {
		t.Errorf("of the two leases %d run out, want that of the one that is not promised", ended)
	}
	if err := e.writer.do(op, 0, 0, op.from); err != nil || len(op.errs) > 0 {
		t.Errorf("the ack, tried again: %v %v", err, op.errs)
	}
}

// TestPromisedToOne: while a lease is promised to an ack nobody else settles it,
// and when that was in vain it can be.
func TestPromisedToOne(t *testing.T) {
	e, got := leasedRelaxed(t)
	op := &ackOp{settlement: e.settlement([]engine.Receipt{got[0].Receipt})}
	nack := func() error { return e.Nack(t.Context(), got[0].Receipt, engine.Failure{Delay: -1}) }
	if err := nack(); !errors.Is(err, engine.ErrLeaseLost) {
		t.Errorf("a nack of what is promised to an ack: %v", err)
	}
	op.finish(engine.ErrNoSpace)
	if err := nack(); err != nil {
		t.Errorf("a nack after an ack in vain: %v", err)
	}
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
