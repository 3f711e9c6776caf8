package bolt

import (
	"errors"
	"path/filepath"
	"testing"

	"nixie/engine"
)

// TestPublishIsTriedAgain: a transaction that fails is tried again, each call
// alone. What was a duplicate of a message in it then need not be one.
func TestPublishIsTriedAgain(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	var ops []*publishOp
	for range 2 {
		op, err := e.preparePublish(t.Context(), []engine.Outgoing{{DedupID: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		op.queues = []string{"jobs"}
		op.number(e.writer.takeIDs(1))
		ops = append(ops, op)
	}
	first, second := ops[0], ops[1]
	if err := e.write(func(tx *tx) error {
		if err := errors.Join(first.apply(tx), second.apply(tx)); err != nil {
			return err
		}
		return tx.fail(engine.ErrNoSpace)
	}); !errors.Is(err, engine.ErrNoSpace) {
		t.Fatalf("the transaction ends with %v", err)
	}
	if err := e.write(second.apply); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Message(t.Context(), "jobs", second.ids()[0]); err != nil {
		t.Errorf("the message that was stored is said to be %s: %v", second.ids()[0], err)
	}
}
