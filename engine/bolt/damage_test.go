package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// breakRecord leases a message of a queue that is a record, and takes that out
// of the file.
func breakRecord(t *testing.T, e *Engine, name string) engine.Delivery {
	t.Helper()
	ids, err := e.Publish(t.Context(), name, engine.Outgoing{})
	if err == nil {
		_, err = e.Move(t.Context(), engine.MoveRequest{Queue: name, IDs: ids})
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Receive(t.Context(), name, engine.ReceiveOptions{Lease: time.Hour})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	id, _ := parseID(ids[0])
	err = e.db.Update(func(btx *bbolt.Tx) error {
		return btx.Bucket(e.lookup(name).stored.live.bucket(kindRecords)).Delete(key64(id))
	})
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

// breakRun overwrites the run that begins with a message.
func breakRun(t *testing.T, e *Engine, name string, first engine.ID) {
	t.Helper()
	id, _ := parseID(first)
	err := e.db.Update(func(btx *bbolt.Tx) error {
		return btx.Bucket(e.lookup(name).stored.live.bucket(kindRuns)).Put(key64(id), []byte("damaged"))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedIsNotSettled: what could not be settled, as the file is damaged, is
// in flight as before.
func TestDamagedIsNotSettled(t *testing.T) {
	e, _ := leased(t, Options{}, 1, 1)
	d := breakRecord(t, e, "q0")
	for range 2 {
		if err := e.Nack(t.Context(), d.Receipt, engine.Failure{}); !errors.Is(err, engine.ErrDamaged) {
			t.Errorf("nack: %v", err)
		}
		if err := e.Ack(t.Context(), d.Receipt); !errors.Is(err, engine.ErrDamaged) {
			t.Errorf("ack: %v", err)
		}
	}
}

// TestDamagedIsNotDelivered: nobody receives an empty body for one that cannot be
// read.
func TestDamagedIsNotDelivered(t *testing.T) {
	e, _ := leased(t, Options{}, 1, 1)
	ids, err := e.Publish(t.Context(), "q0", engine.Outgoing{Body: make([]byte, 2*maxInline)})
	if err == nil {
		_, err = e.Move(t.Context(), engine.MoveRequest{Queue: "q0", IDs: ids})
	}
	if err != nil {
		t.Fatal(err)
	}
	id, _ := parseID(ids[0])
	err = e.db.Update(func(btx *bbolt.Tx) error {
		large := btx.Bucket(e.lookup("q0").stored.live.bucket(kindLarge))
		return large.Bucket(key64(id)).Put(largeKey, []byte{flagGroup, 9})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{}); err != nil || len(got) != 0 {
		t.Errorf("received are %v (%v)", got, err)
	}
	if e.damage.Load() == nil {
		t.Error("nobody will know of the damage")
	}
}

// TestOthersAreDelivered: a page that cannot be read keeps nobody from what is
// received with its message.
func TestOthersAreDelivered(t *testing.T) {
	e, _ := leased(t, Options{}, 1, 1)
	broken := bytes.Repeat([]byte("broken"), maxInline)
	ids, err := e.Publish(t.Context(), "q0", engine.Outgoing{Body: broken}, engine.Outgoing{Body: []byte("whole")})
	if err == nil {
		_, err = e.Move(t.Context(), engine.MoveRequest{Queue: "q0", IDs: ids})
	}
	var file []byte
	if err == nil {
		file, err = os.ReadFile(e.db.Path())
	}
	if err != nil {
		t.Fatal(err)
	}
	pages := int64(os.Getpagesize())
	f, err := os.OpenFile(e.db.Path(), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for at := range file { // wherever it stands, or stood
		if bytes.HasPrefix(file[at:], broken[:1000]) && !bytes.HasPrefix(file[max(at-6, 0):], broken[:1000]) {
			if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 16), int64(at)/pages*pages); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Max: 2})
	if err != nil || len(got) != 1 || string(got[0].Body) != "whole" {
		t.Errorf("received are %v (%v)", got, err)
	}
}

// TestDamageInOneQueue: the leases of the others run out.
func TestDamageInOneQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := leased(t, Options{}, 2, 1)
		breakRecord(t, e, "q0")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		info, err := e.Queue(t.Context(), "q1")
		if err != nil || info.InFlight != 0 {
			t.Errorf("in flight are %d still (%v)", info.InFlight, err)
		}
	})
}

// TestPurgeEndsDamage: a queue of which something cannot be read serves what is
// before that, and is whole when it was purged.
func TestPurgeEndsDamage(t *testing.T) {
	e, _ := leased(t, Options{}, 1, 1)
	if _, err := e.Publish(t.Context(), "q0", engine.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	ids, err := e.Publish(t.Context(), "q0", engine.Outgoing{})
	if err != nil {
		t.Fatal(err)
	}
	breakRun(t, e, "q0", ids[0])
	e.dropWindow("q0")
	if got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{}); err != nil || len(got) != 1 {
		t.Errorf("before the damage are %v (%v)", got, err)
	}
	if got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{}); !errors.Is(err, engine.ErrDamaged) {
		t.Fatalf("received are %v (%v)", got, err)
	}
	if _, err := e.Purge(t.Context(), "q0", engine.LiveArea); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{}); err != nil || len(got) != 0 {
		t.Errorf("received are %v (%v)", got, err)
	}
}

// TestDamagedAmongTheDelayed: the others become ready when they are due.
func TestDamagedAmongTheDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := leased(t, Options{}, 1, 1)
		later := engine.Outgoing{Delay: time.Minute}
		ids, err := e.Publish(t.Context(), "q0", later, later)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := parseID(ids[0])
		err = e.db.Update(func(btx *bbolt.Tx) error {
			return btx.Bucket(e.lookup("q0").stored.live.bucket(kindRecords)).Put(key64(id), []byte("damaged"))
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Wait: time.Hour})
		if err != nil || len(got) != 1 || got[0].ID != ids[1] {
			t.Errorf("received are %v (%v), want %v", got, err, ids[1])
		}
		if e.damage.Load() == nil {
			t.Error("nobody will know of the damage")
		}
	})
}

// TestDamagedAmongTheLeased: the leases of the others run out, whichever runs out
// first; what is damaged stays in flight.
func TestDamagedAmongTheLeased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := leased(t, Options{}, 1, 1)
		breakRecord(t, e, "q0")
		breakRun(t, e, "q0", got[0].ID)
		ids, err := e.Publish(t.Context(), "q0", engine.Outgoing{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Lease: 2 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time the damaged ones ran out long ago
			d, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Lease: time.Hour, Wait: 10 * time.Hour})
			if err != nil || len(d) != 1 || d[0].ID != ids[0] {
				t.Fatalf("received are %v (%v), want %v", d, err, ids[0])
			}
		}
		info, err := e.Queue(t.Context(), "q0")
		if err != nil || info.InFlight != 3 {
			t.Errorf("in flight are %d (%v), want those that are damaged and one", info.InFlight, err)
		}
		if e.damage.Load() == nil {
			t.Error("nobody will know of the damage")
		}
	})
}

// TestDamagedKeyAmongTheDue: the others become ready when they are due, also if the
// database was opened anew meanwhile.
func TestDamagedKeyAmongTheDue(t *testing.T) {
	for _, reopen := range []bool{false, true} {
		t.Run(fmt.Sprint("reopened ", reopen), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { damagedKeyAmongTheDue(t, reopen) })
		})
	}
}

func damagedKeyAmongTheDue(t *testing.T, reopen bool) {
	e, _ := leased(t, Options{}, 1, 1)
	ids, err := e.Publish(t.Context(), "q0", engine.Outgoing{Delay: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	err = e.db.Update(func(btx *bbolt.Tx) error {
		return btx.Bucket(e.lookup("q0").stored.live.bucket(kindDue)).Put([]byte{0}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if reopen {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if e, err = Open(e.path, Options{}); err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if _, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Lease: 2 * time.Hour}); err != nil { // what was in flight
			t.Fatal(err)
		}
	}
	got, err := e.Receive(t.Context(), "q0", engine.ReceiveOptions{Wait: time.Hour})
	if err != nil || len(got) != 1 || got[0].ID != ids[0] {
		t.Errorf("received are %v (%v), want %v", got, err, ids[0])
	}
	if e.damage.Load() == nil {
		t.Error("nobody will know of the damage")
	}
}
