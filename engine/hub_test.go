package engine

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func TestHubTellsEachSubscriber(t *testing.T) {
	var h Hub
	a, b := h.Subscribe(), h.Subscribe()
	h.Publish("z", "x")
	h.Publish("x")
	for _, s := range []*Subscription{a, b} {
		<-s.C()
		if got := s.Take(); !slices.Equal(got, []string{"x", "z"}) {
			t.Errorf("took %v", got)
		}
		select {
		case <-s.C():
			t.Error("a second token for nothing")
		default:
		}
		if got := s.Take(); len(got) != 0 {
			t.Errorf("took again %v", got)
		}
	}
}

// TestHubLosesNothing: whoever takes whenever there is a token has seen every
// queue in the end, and nobody who publishes waits for him.
func TestHubLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Hub
		idle := h.Subscribe() // never takes, and stops nobody
		s := h.Subscribe()
		seen := map[string]bool{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range s.C() {
				for _, q := range s.Take() {
					seen[q] = true
				}
			}
			for _, q := range s.Take() {
				seen[q] = true
			}
		}()
		var wg sync.WaitGroup
		for p := range 8 {
			wg.Go(func() {
				for n := range 500 {
					h.Publish(fmt.Sprint(p, "/", n))
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		h.Close()
		<-done
		if len(seen) != 4000 {
			t.Errorf("saw %d of 4000 queues", len(seen))
		}
		if got := len(idle.Take()); got != 4000 {
			t.Errorf("the idle subscriber has %d of 4000 queues", got)
		}
	})
}

func TestHubCloses(t *testing.T) {
	var h Hub
	s := h.Subscribe()
	gone := h.Subscribe()
	gone.Close()
	gone.Close()
	if _, ok := <-gone.C(); ok {
		t.Error("a closed subscription has a token")
	}
	h.Publish("q")
	if got := gone.Take(); len(got) != 0 {
		t.Errorf("a closed subscription was told of %v", got)
	}
	h.Close()
	h.Close()
	h.Publish("later")
	<-s.C() // the token of before
	if _, ok := <-s.C(); ok {
		t.Error("a subscription of a closed hub has a token")
	}
	if got := s.Take(); !slices.Equal(got, []string{"q"}) {
		t.Errorf("took %v", got)
	}
	s.Close()
	if _, ok := <-h.Subscribe().C(); ok {
		t.Error("a subscription to a closed hub has a token")
	}
}
