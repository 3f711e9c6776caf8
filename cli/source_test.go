package cli

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/enginetest"
)

// TestSourceHeld: a source that is held waits however long nothing comes; let
// go, it ends when nothing came for as long as it waits.
func TestSourceHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, begun := newQueue(t), time.Now()
		s := &source{consumer: e, queue: "q", wait: 10 * time.Second, taking: t.Context(), held: true}
		time.AfterFunc(time.Minute, func() { publish(t, e) })
		time.AfterFunc(2*time.Minute, s.letGo)
		got, err := s.next(t.Context(), 1)
		if err != nil || len(got) != 1 || time.Since(begun) != time.Minute {
			t.Fatalf("%d messages after %s, %v", len(got), time.Since(begun), err)
		}
		if err := e.Ack(t.Context(), got[0].Receipt); err != nil {
			t.Fatal(err)
		}
		s.settled(1)
		got, err = s.next(t.Context(), 1)
		if waited := time.Since(begun); err != nil || len(got) != 0 || waited < 2*time.Minute+10*time.Second || waited > 2*time.Minute+12*time.Second {
			t.Errorf("%d messages after %s, %v", len(got), waited, err)
		}
	})
}

// TestSourceStops: when no more is to be taken, a source that waits ends, and
// that is no error.
func TestSourceStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, begun := newQueue(t), time.Now()
		taking, stop := context.WithCancel(t.Context())
		s := &source{consumer: e, queue: "q", wait: time.Hour, taking: taking, held: true}
		time.AfterFunc(time.Minute, stop)
		if got, err := s.next(t.Context(), 1); err != nil || len(got) != 0 || time.Since(begun) != time.Minute {
			t.Errorf("%d messages after %s, %v", len(got), time.Since(begun), err)
		}
		publish(t, e)
		if got, err := s.next(t.Context(), 1); err != nil || len(got) != 0 {
			t.Errorf("%d messages after the end, %v", len(got), err)
		}
	})
}

func newQueue(t *testing.T) engine.Engine {
	e := enginetest.NewModel()
	t.Cleanup(func() { e.Close() })
	if err := e.CreateQueue(t.Context(), "q", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	return e
}

func publish(t *testing.T, e engine.Engine) {
	if _, err := e.Publish(t.Context(), "q", engine.Outgoing{Body: []byte("body")}); err != nil {
		t.Error(err)
	}
}
