// Package enginetest proves that an engine keeps the contract of package
// engine: a conformance suite (Run), a comparison of random operation
// sequences with a model (Property), and that model, an engine in memory that
// is slow, simple and obviously right. It is for tests alone.
package enginetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"nixie/engine"
)

// modelRetention is how long the model keeps what was deleted.
const modelRetention = 7 * 24 * time.Hour

// Model is an engine.Engine in memory. Nothing in it is fast: one mutex, a
// slice of messages per queue, and every question answered by a walk over it.
// Time passes by time.Now, so it can be tested in a synctest bubble; what time
// alone changes is caught up with at the beginning of each call, in the order
// in which it would have happened, and by one timer in between.
type Model struct {
	mu     sync.Mutex // protects all below; the hub has its own
	state  *state
	timer  *time.Timer // for the next event; nil before the first
	closed bool
	hub    engine.Hub
}

// state is what a durable engine would have on its disk.
type state struct {
	now       time.Time // of the call or the event under way; never goes back
	openedAt  time.Time
	queues    map[string]*queue
	topics    map[string][]engine.Binding
	trash     []*trashed // oldest first
	lastID    int64
	lastTrash int64
	lastToken int64
	changed   map[string]bool // queues, in the call under way
}

var _ engine.Engine = (*Model)(nil)

// NewModel returns an empty engine. Close it.
func NewModel() *Model {
	return &Model{state: &state{
		now:      wallClock(),
		openedAt: wallClock(),
		queues:   map[string]*queue{},
		topics:   map[string][]engine.Binding{},
		changed:  map[string]bool{},
	}}
}

// Capabilities says that the model can do everything.
func (m *Model) Capabilities() engine.Capabilities {
	return engine.Capabilities{
		Name: "model", Place: "memory", AscendingIDs: true, FreePeek: true, AtomicMove: true,
		Trash: true, History: true, Ordered: true, Topics: true, MaxBody: 64 << 20,
	}
}

// Watch returns a subscription to change hints.
func (m *Model) Watch() *engine.Subscription { return m.hub.Subscribe() }

// Close gives back what is in flight, and ends what waits.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
	}
	m.state.advance(wallClock())
	for _, q := range m.state.queues {
		m.state.giveBack(q)
		q.dismiss(&engine.Error{Op: "receive", Queue: q.name, Err: engine.ErrClosed})
		clear(q.consumers)
	}
	m.hub.Close()
	return nil
}

// reopen closes the model and returns another with the same content, as an
// engine on a disk would have it.
func (m *Model) reopen() *Model {
	_ = m.Close()
	return &Model{state: m.state}
}

// begin locks the model for one call and brings its state up to date. If it
// returns no error the caller must end the call.
func (m *Model) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return engine.ErrClosed
	}
	m.state.advance(wallClock())
	return nil
}

// end serves those who wait, tells those who watch, sets the timer and unlocks.
func (m *Model) end() {
	s := m.state
	for _, q := range s.queues {
		s.serve(q)
	}
	changed := make([]string, 0, len(s.changed))
	for name := range s.changed {
		changed = append(changed, name)
		if q := s.queues[name]; q != nil {
			s.sample(q).Depth = q.depth()
		}
	}
	clear(s.changed)
	if len(changed) > 0 {
		slices.Sort(changed)
		m.hub.Publish(changed...)
	}
	m.setTimer()
	m.mu.Unlock()
}

// setTimer has the model wake at the next event.
func (m *Model) setTimer() {
	var next time.Time
	for _, q := range m.state.queues {
		if !q.next.IsZero() && (next.IsZero() || q.next.Before(next)) {
			next = q.next
		}
	}
	switch {
	case next.IsZero():
		if m.timer != nil {
			m.timer.Stop()
		}
	case m.timer == nil:
		m.timer = time.AfterFunc(time.Until(next), m.tick)
	default:
		m.timer.Reset(time.Until(next))
	}
}

// tick lets what is due happen.
func (m *Model) tick() {
	if m.begin(context.Background()) == nil {
		m.end()
	}
}

// wallClock is the time without a monotonic reading, as a stored one would be.
func wallClock() time.Time { return time.Now().Round(0) }

// find returns a queue, or ErrQueueNotFound in an error of that operation.
func (s *state) find(op, name string) (*queue, error) {
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	return nil, &engine.Error{Op: op, Queue: name, Err: engine.ErrQueueNotFound}
}
