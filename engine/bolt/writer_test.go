package bolt

import (
	"path/filepath"
	"testing"
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
