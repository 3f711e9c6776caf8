package bolt

import (
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// TestReceiverFindsSomeExpired: of very many messages that expired a receiver takes
// only some up at once, and the others when those were dealt with.
func TestReceiverFindsSomeExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := leased(t, Options{}, 1, 1)
		policy := engine.Policy{VisibilityTimeout: time.Hour, TTL: time.Hour, DeadLetter: engine.NoDeadLetters}
		if _, err := e.Configure(t.Context(), "q0", policy); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Publish(t.Context(), "q0", make([]engine.Outgoing, 2*maxExpired)...); err != nil {
			t.Fatal(err)
		}
		q := e.lookup("q0")
		q.mu.Lock()
		late := time.Now().Add(2 * time.Hour)
		for range 2 * maxExpired / maxSkipped {
			q.takeLocked(late, want{max: 1})
		}
		defer q.mu.Unlock()
		if q.expired != maxExpired || len(q.leases) != maxExpired+1 {
			t.Errorf("%d messages that expired are in memory, and %d leases, want %d", q.expired, len(q.leases), maxExpired)
		}
		for _, l := range q.leases { // as if the keeper had come to them
			q.endLeaseLocked(l)
		}
		if q.takeLocked(late, want{max: 1}); q.expired != maxSkipped {
			t.Errorf("it went on to %d of the others, want %d", q.expired, maxSkipped)
		}
	})
}
