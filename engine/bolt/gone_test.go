package bolt

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// TestReceiverOfAQueueThatIsGone: who found the queue just before it was deleted
// does not wait for its messages.
func TestReceiverOfAQueueThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := leased(t, Options{}, 1, 1)
		q := e.lookup("q0")
		if _, err := e.DeleteQueue(t.Context(), "q0"); err != nil {
			t.Fatal(err)
		}
		for _, wait := range []time.Duration{0, time.Hour} {
			if got, err := q.receive(t.Context(), want{max: 1}, wait); !errors.Is(err, engine.ErrQueueNotFound) {
				t.Errorf("leased are %v (%v)", got, err)
			}
		}
	})
}
