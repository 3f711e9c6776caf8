package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

// TestAuditLinearizable: what a few clients of one queue do at the same time
// could have been done one thing after the other.
func TestAuditLinearizable(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		h := recordShort(t, bolt.Options{Window: int64(round % 2)})
		if got := audit.Linearizable(h, "jobs", time.Minute); got != porcupine.Ok {
			t.Fatalf("round %d is %s: %s", round, got, h.Summary())
		}
		for _, c := range h.Calls {
			if c.Result == audit.Unknown {
				t.Fatalf("nobody knows of %+v", c)
			}
		}
	}
}

// recordShort makes a history of a few calls.
func recordShort(t *testing.T, o bolt.Options) *audit.History {
	t.Helper()
	var lines bytes.Buffer
	r := audit.NewRecorder(&lines)
	policy := engine.Policy{VisibilityTimeout: time.Hour, MaxTries: 3}
	e := open(t, filepath.Join(t.TempDir(), "nixie.db"), o)
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	r.Queue("jobs", policy)
	s := r.Open(e)
	var wg sync.WaitGroup
	for client := range 4 {
		wg.Go(func() { workShortly(t, s, client) })
	}
	wg.Wait()
	if err := errors.Join(s.Close(), r.Err()); err != nil {
		t.Fatal(err)
	}
	h, err := audit.Read(&lines)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// workShortly publishes, receives and settles. Each client uses the receipts
// twice, now and then.
func workShortly(t *testing.T, s *audit.Session, client int) {
	ctx := t.Context()
	lost := func(err error) error {
		if errors.Is(err, engine.ErrLeaseLost) {
			return nil
		}
		return err
	}
	for n := range 8 {
		var err error
		if rand.IntN(3) == 0 {
			err = s.Publish(ctx, client, "jobs", []string{fmt.Sprint(client, "/", n)}, make([]engine.Outgoing, 1))
		}
		got, err2 := s.Receive(ctx, client, "jobs", engine.ReceiveOptions{Max: 1 + rand.IntN(2)})
		if err := errors.Join(err, err2); err != nil {
			t.Error(err)
			return
		}
		for _, d := range got {
			for range 1 + rand.IntN(2) {
				switch rand.IntN(3) {
				case 0:
					err = s.Nack(ctx, client, d.Receipt, engine.Failure{Delay: -1, Reject: rand.IntN(4) == 0})
				case 1:
					err = s.Release(ctx, client, d.Receipt, 0)
				default:
					err = s.Ack(ctx, client, d.Receipt)
				}
				if err := lost(err); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
