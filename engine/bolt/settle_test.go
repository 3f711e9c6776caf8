package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// TestSettlingSurvivesAKill: what was confirmed is in the file at that moment,
// for messages that are delivered for the first time and for those that failed
// before.
func TestSettlingSurvivesAKill(t *testing.T) {
	for name, s := range map[string]struct {
		settle func(e *bolt.Engine, r engine.Receipt) error
		state  engine.State // "": gone
		counts int          // as a try
	}{
		"ack":          {func(e *bolt.Engine, r engine.Receipt) error { return e.Ack(t.Context(), r) }, "", 0},
		"release":      {func(e *bolt.Engine, r engine.Receipt) error { return e.Release(t.Context(), r, 0) }, engine.Ready, 0},
		"release late": {func(e *bolt.Engine, r engine.Receipt) error { return e.Release(t.Context(), r, time.Hour) }, engine.Delayed, 0},
		"nack": {func(e *bolt.Engine, r engine.Receipt) error {
			return e.Nack(t.Context(), r, engine.Failure{Delay: -1})
		}, engine.Ready, 1},
		"reject": {func(e *bolt.Engine, r engine.Receipt) error {
			return e.Nack(t.Context(), r, engine.Failure{Reject: true})
		}, engine.Dead, 1},
	} {
		for failures := range 2 {
			t.Run(name, func(t *testing.T) {
				m, err := killedAfter(t, s.settle, failures)
				if s.state == "" {
					if !errors.Is(err, engine.ErrMessageNotFound) {
						t.Errorf("it is there again: %+v, %v", m, err)
					}
					return
				}
				if want := failures + s.counts; err != nil || m.State != s.state || m.Tries != want || len(m.Attempts) != want {
					t.Errorf("it is %s after %d tries, with the attempts %+v (%v), want %s after %d", m.State, m.Tries, m.Attempts, err, s.state, want)
				}
			})
		}
	}
}

// killedAfter has a message fail so often and then be settled, and returns it as
// it is in the file when that is confirmed.
func killedAfter(t *testing.T, settle func(*bolt.Engine, engine.Receipt) error, failures int) (engine.Message, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	defer shut(t, e)
	err := e.CreateQueue(t.Context(), "jobs", engine.Policy{VisibilityTimeout: time.Hour})
	ids, err2 := e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 3)...) // a run that stays
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for n := 0; n <= failures; n++ {
		got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{})
		if err != nil || len(got) != 1 || got[0].ID != ids[0] {
			t.Fatalf("received %+v, %v", got, err)
		}
		if n < failures {
			err = e.Nack(t.Context(), got[0].Receipt, engine.Failure{Delay: -1})
		} else {
			err = settle(e, got[0].Receipt)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	killed := open(t, write(t, file), bolt.Options{})
	defer shut(t, killed)
	return killed.Message(t.Context(), "jobs", ids[0])
}
