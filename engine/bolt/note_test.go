package bolt

import (
	"testing"
	"testing/synctest"

	"nixie/engine"
)

// TestGivenBackBeyondMemory: a record that is given back while memory leaves those of
// its age to the file is delivered again, although the file was read before it said
// that the record is not in flight any more.
func TestGivenBackBeyondMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // nothing is noted by itself meanwhile
		e, ids := groupsTest(t)
		if _, err := e.Move(t.Context(), engine.MoveRequest{Queue: "jobs", IDs: ids[:1]}); err != nil { // makes it a record
			t.Fatal(err)
		}
		receiveOne(t, e)
		note := func() {
			if err := e.write(func(*tx) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		note()
		q := e.lookup("jobs")
		q.mu.Lock()
		id, _ := parseID(ids[0])
		q.returned.bound = 0
		q.giveBackLocked(q.leases[id])
		done := q.loadLocked()
		q.mu.Unlock()
		<-done
		note()
		if d := receiveOne(t, e); d.ID != ids[0] {
			t.Errorf("received is %s, want %s", d.ID, ids[0])
		}
	})
}
