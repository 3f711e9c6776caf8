package engine

import (
	"slices"
	"sync"
)

// Hub spreads hints that queues changed. Publishing one never blocks and none
// is lost: each subscriber has a set of changed queues, not a buffer of
// events, so that a slow one only sees fewer, larger sets. The zero value is
// ready to use.
type Hub struct {
	mu   sync.Mutex // protects subs and closed; taken before a subscription's
	subs map[*Subscription]struct{}
	done bool
}

// Subscription is one reader's view of a Hub.
type Subscription struct {
	hub *Hub
	c   chan struct{} // one token: there is something to take

	mu      sync.Mutex // protects changed
	changed map[string]struct{}
}

// Subscribe returns a new subscription. Of a closed hub it is closed at once.
func (h *Hub) Subscribe() *Subscription {
	s := &Subscription{hub: h, c: make(chan struct{}, 1), changed: map[string]struct{}{}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done {
		close(s.c)
		return s
	}
	if h.subs == nil {
		h.subs = map[*Subscription]struct{}{}
	}
	h.subs[s] = struct{}{}
	return s
}

// Publish hints that these queues changed.
func (h *Hub) Publish(queues ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.mu.Lock()
		for _, q := range queues {
			s.changed[q] = struct{}{}
		}
		s.mu.Unlock()
		select {
		case s.c <- struct{}{}:
		default:
		}
	}
}

// Close ends all subscriptions.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = true
	for s := range h.subs {
		close(s.c)
	}
	h.subs = nil
}

// C has a token when something changed since the last Take. It is closed when
// the subscription or the engine is.
func (s *Subscription) C() <-chan struct{} { return s.c }

// Take returns the queues that changed since the last call, by name.
func (s *Subscription) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	queues := make([]string, 0, len(s.changed))
	for q := range s.changed {
		queues = append(queues, q)
	}
	clear(s.changed)
	slices.Sort(queues)
	return queues
}

// Close ends the subscription. Calling it again does nothing.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if _, ok := s.hub.subs[s]; ok {
		delete(s.hub.subs, s)
		close(s.c)
	}
}
