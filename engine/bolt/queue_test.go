package bolt

import (
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

// TestReceiverPassesManyThatWait receives what lies behind very many messages
// of a group of which one is in flight, and lets others at the queue meanwhile.
func TestReceiverPassesManyThatWait(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Minute} {
		e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		policy := engine.DefaultPolicy()
		policy.Ordered = true
		if err := e.CreateQueue(t.Context(), "q", policy); err != nil {
			t.Fatal(err)
		}
		messages := make([]engine.Outgoing, 3*maxSkipped)
		for i := range messages {
			messages[i].Group = "g"
		}
		messages[len(messages)-1].Group = "other"
		if _, err := e.Publish(t.Context(), "q", messages...); err != nil {
			t.Fatal(err)
		}
		receive := func() engine.Delivery {
			t.Helper()
			got, err := e.Receive(t.Context(), "q", engine.ReceiveOptions{Wait: wait})
			if err != nil || len(got) != 1 {
				t.Fatal(len(got), err)
			}
			return got[0]
		}
		if d := receive(); d.Group != "g" {
			t.Fatalf("the first one is of group %q", d.Group)
		}
		q := e.lookup("q")
		q.mu.Lock()
		got := q.takeLocked(time.Now(), want{max: 1})
		if len(got) != 0 || q.parked != maxSkipped {
			t.Errorf("at once, %d messages were passed, and %d received", q.parked, len(got))
		}
		q.mu.Unlock()
		if d := receive(); d.Group != "other" {
			t.Errorf("behind the group there is one of %q", d.Group)
		}
	}
}
