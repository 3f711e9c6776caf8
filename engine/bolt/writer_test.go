package bolt

import (
	"errors"
	"path/filepath"
	"testing"

	"nixie/engine"
)

// TestDamageMetByACommit: what makes a commit fail is told by the next check,
// though nobody waited for it.
func TestDamageMetByACommit(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.write(func(tx *tx) error { return tx.fail(damage("a record is not there")) }); err == nil {
		t.Fatal("it did not fail")
	}
	if report, err := e.Check(t.Context()); err != nil || len(report.Problems) != 1 {
		t.Errorf("the check says %v (%v), want one problem", report.Problems, err)
	}
}

// TestCloseTellsWhatIsLost: nobody waited for a relaxed change that the disk
// has no room for.
func TestCloseTellsWhatIsLost(t *testing.T) {
	for name, relaxed := range map[string]bool{"synced": false, "relaxed": true} {
		t.Run(name, func(t *testing.T) {
			e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			noRoom := operationFunc(func(tx *tx) error { return tx.fail(engine.ErrNoSpace) })
			from := ticket(0)
			if relaxed {
				from = e.writer.ticket()
			}
			if err := e.writer.do(noRoom, 0, 0, from); errors.Is(err, engine.ErrNoSpace) == relaxed {
				t.Errorf("the caller is told: %v", err)
			}
			if err := e.Close(); errors.Is(err, engine.ErrNoSpace) != relaxed {
				t.Errorf("closing tells: %v", err)
			}
		})
	}
}
