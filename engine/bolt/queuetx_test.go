package bolt

import (
	"path/filepath"
	"testing"

	"nixie/engine"
)

// TestDroppedAsSoonAsPublished: what one publish stores, and the next one in the
// same commit drops, is a dead letter and no more, also where the window has no
// room for it.
func TestDroppedAsSoonAsPublished(t *testing.T) {
	for _, window := range []int64{0, 1} {
		e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{Window: window})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		policy := engine.Policy{VisibilityTimeout: 1e9, MaxDepth: 3, Overflow: engine.DropOldest}
		if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
			t.Fatal(err)
		}
		large := []engine.Outgoing{{Body: make([]byte, 2*keepBytes)}, {}}
		if _, err := e.Publish(t.Context(), "jobs", large[0]); err != nil { // the window is full
			t.Fatal(err)
		}
		err = e.write(func(tx *tx) error {
			for range 2 {
				op, err := e.preparePublish(t.Context(), large)
				if err != nil {
					return err
				}
				op.queues = []string{"jobs"}
				op.number(e.writer.takeIDs(2))
				if err := op.apply(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		dead, err := e.List(t.Context(), "jobs", engine.ListOptions{State: engine.Dead})
		if err != nil || len(dead.Messages) != 2 {
			t.Fatalf("dead letters are %v (%v)", dead.Messages, err)
		}
		got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Max: 5})
		if err != nil || len(got) == 0 {
			t.Errorf("window %d: received is %v (%v)", window, got, err)
		}
		for _, d := range got {
			if d.ID <= dead.Messages[1].ID {
				t.Errorf("window %d: %s was dropped, and is delivered", window, d.ID)
			}
		}
	}
}
