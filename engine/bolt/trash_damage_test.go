package bolt

import (
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// TestDamagedInTheTrash: an entry that cannot be read stays, and check names it;
// the others are listed, and go when their time has come.
func TestDamagedInTheTrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := leased(t, Options{}, 2, 1)
		for _, name := range []string{"q0", "q1"} {
			if _, err := e.Purge(t.Context(), name, engine.LiveArea); err != nil {
				t.Fatal(err)
			}
		}
		err := e.db.Update(func(btx *bbolt.Tx) error {
			b := btx.Bucket(bucketTrash)
			k, _ := b.Cursor().First()
			return b.Put(k, []byte("damaged"))
		})
		if err != nil {
			t.Fatal(err)
		}
		entries, err := e.Trash(t.Context())
		if err != nil || len(entries) != 1 || entries[0].Queue != "q1" {
			t.Errorf("listed are %v (%v), want what is of q1", entries, err)
		}
		time.Sleep(defaultTrashRetention + time.Minute)
		synctest.Wait()
		if entries, err = e.Trash(t.Context()); err != nil || len(entries) != 0 {
			t.Errorf("kept too long is %v (%v)", entries, err)
		}
		report, err := e.Check(t.Context())
		if err != nil || len(report.Problems) != 1 {
			t.Errorf("check names %q (%v), want one entry of the trash", report.Problems, err)
		}
	})
}
