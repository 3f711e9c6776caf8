package bolt

import (
	"errors"
	"testing"

	"nixie/engine"
)

// reopenedQueue closes the engine, and returns what there is of the queue "q0" when
// it is opened again.
func reopenedQueue(t *testing.T, e *Engine) engine.QueueInfo {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, err := Open(e.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	info, err := e.Queue(t.Context(), "q0")
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestConfirmedBeforeTheClose: what a relaxed queue confirmed is not given back
// by a close that is under way.
func TestConfirmedBeforeTheClose(t *testing.T) {
	e, got := leasedRelaxed(t)
	if err := e.write(func(*tx) error { // the ack has to wait behind this
		return e.Ack(t.Context(), got[0].Receipt)
	}); err != nil {
		t.Fatal(err)
	}
	if info := reopenedQueue(t, e); info.Totals.Acked != 1 || info.Totals.Failed != 0 || info.Ready != 1 {
		t.Errorf("of two one was acked before the close: %+v", info)
	}
}

// TestRefusedByTheClose: what somebody was about to settle, and a close refused, is
// given back like all else.
func TestRefusedByTheClose(t *testing.T) {
	e, got := leasedRelaxed(t)
	op := &ackOp{settlement: e.settlement([]engine.Receipt{got[0].Receipt})}
	info := reopenedQueue(t, e)
	if err := e.writer.do(op, 0, 0, op.from); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("an ack after the close: %v", err)
	}
	if info.Ready != 2 || info.Totals.Failed != 0 {
		t.Errorf("two were in flight at the close: %+v", info)
	}
}
