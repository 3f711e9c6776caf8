package bolt

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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

// TestFullDiskIsFoundOutOnce: of very many that come together each would cost a
// walk over the whole file.
func TestFullDiskIsFoundOutOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		commits := 0
		e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{MaxSize: 1 << 20, committed: func() { commits++ }})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.CreateQueue(t.Context(), "jobs", engine.Policy{VisibilityTimeout: time.Hour}); err != nil {
			t.Fatal(err)
		}
		hold := make(chan struct{})
		go e.write(func(*tx) error { <-hold; return nil })
		synctest.Wait()
		var callers sync.WaitGroup
		for _, size := range []int{1200 << 10, 1200 << 10, 2 << 20, 10, 1100 << 10, 1100 << 10} {
			callers.Go(func() {
				_, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: make([]byte, size)})
				if errors.Is(err, engine.ErrNoSpace) != (size > 1<<20) {
					t.Errorf("%d bytes: %v", size, err)
				}
			})
			synctest.Wait() // one after the other
		}
		commits = 0
		close(hold)
		callers.Wait()
		if want := 4; commits != want { // together, and the first of 1200 KiB, of 10 bytes and of 1100 KiB
			t.Errorf("there were %d commits, want %d", commits, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
