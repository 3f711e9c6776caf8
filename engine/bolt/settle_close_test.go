package bolt

import "testing"

// TestConfirmedBeforeTheClose: what a relaxed queue confirmed is not given back
// by a close that is under way.
func TestConfirmedBeforeTheClose(t *testing.T) {
	e, got := leasedRelaxed(t)
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
	e, err := Open(e.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	info, err := e.Queue(t.Context(), "q0")
	if err != nil || info.Totals.Acked != 1 || info.Totals.Failed != 0 || info.Ready != 1 {
		t.Errorf("of two one was acked before the close: %+v (%v)", info, err)
	}
}
