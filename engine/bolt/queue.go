package bolt

import (
	"sync"
	"sync/atomic"
	"time"

	"nixie/engine"
)

// queue is what memory knows of a queue: the front of its ready messages, and
// all its exceptions (in flight, returned, waiting for their group). What is
// merely waiting costs no memory.
type queue struct {
	e      *Engine
	name   string
	number uint32

	// As its policy says: a confirmation comes before the commit; and the queue
	// has no bounds, so that it refuses no message.
	relaxed, unbounded atomic.Bool

	// mu protects all below. What only commits change, the writer's goroutine
	// reads without: stored, policy, ordering, the delayed, the settled bits of
	// runs. It is never held over a commit; doc.go says which locks may be taken
	// under it.
	mu     sync.Mutex
	gone   bool  // deleted
	damage error // why the rest of it cannot be read; nil: it can
	stored stored
	policy engine.Policy

	front     window          // of the log: what comes next
	returned  returned        // ready again, or moved here: served by age with the log
	runs      map[uint64]*run // of the log, those touched or in the window, by first id
	departing map[uint64]bool // records being taken away by the transaction under way
	oldest    *time.Time      // where who read it from the file notes when the oldest ready message entered; nil: not read since that may have changed

	// The other parts, each in the file that works with it.
	leasing
	unnoted
	grouping
	delays
	receivers

	alarmAt int64 // when the keeper will look; 0: never
	tally   tally
	sampled int64 // the depth in the last second that has a sample
}

func newQueue(e *Engine, name string, s stored, p engine.Policy) *queue {
	q := &queue{
		e: e, name: name, number: s.number, stored: s, sampled: s.waiting + s.delayed,
		returned:  newReturned(),
		runs:      map[uint64]*run{},
		departing: map[uint64]bool{},
		leasing:   leasing{leases: map[uint64]*lease{}},
		grouping:  grouping{groups: map[string]*group{}},
		receivers: receivers{consumers: map[string]*consumer{}},
	}
	q.setPolicyLocked(p)
	return q
}

func (q *queue) setPolicyLocked(p engine.Policy) {
	q.policy = p
	q.relaxed.Store(p.Durability == engine.Relaxed)
	q.unbounded.Store(p.MaxDepth == 0 && p.MaxBytes == 0)
}

// readyLocked counts what is neither delayed nor in flight.
func (q *queue) readyLocked() int64 { return q.stored.waiting - int64(len(q.leases)) }

// consumer is somebody who receives, by the name that he gives.
type consumer struct {
	name     string
	seen     time.Time
	waiting  int
	inFlight int
	totals   engine.Totals
}

// consumerMemory is how long a consumer is remembered that does nothing.
const consumerMemory = time.Minute

func (q *queue) consumerLocked(name string, now time.Time) *consumer {
	c := q.consumers[name]
	if c == nil {
		if len(q.consumers) >= 64 {
			q.forgetConsumersLocked(now)
		}
		c = &consumer{name: name}
		q.consumers[name] = c
	}
	c.seen = now
	return c
}

func (q *queue) forgetConsumersLocked(now time.Time) {
	for name, c := range q.consumers {
		if c.waiting == 0 && c.inFlight == 0 && now.Sub(c.seen) > consumerMemory {
			delete(q.consumers, name)
		}
	}
}

// spot is a message that is ready but not at the front of the log: it
// returned, was moved here, or waits for its group.
type spot struct {
	id        uint64
	run       *run // if it is still in the log, and
	index     int  // its place there
	group     string
	enteredAt int64
	readyAt   int64
	tries     int  // so far
	size      int  // of the body, if it is in the log
	gone      bool // taken away by an operator
}

// forgetLocked forgets all that was live: the area was given away.
func (q *queue) forgetLocked() {
	q.leases, q.deadlines, q.expired = map[uint64]*lease{}, deadlines{}, 0
	for _, c := range q.consumers {
		c.inFlight = 0
	}
	q.resetLocked()
	q.front.last = 0
	q.returned = newReturned()
	q.runs = map[uint64]*run{}
	q.dirty, q.tried = nil, nil
	q.groups = map[string]*group{}
	q.parked = 0
	q.delays = delays{}
	q.damage = nil
}

// retireLocked ends a queue that was deleted.
func (q *queue) retireLocked() {
	q.gone = true
	q.e.lastSecond(q)
	for place := q.waiters.Front(); place != nil; place = q.waiters.Front() {
		place.Value.(*waiter).got <- nil
		q.waiters.Remove(place)
	}
}
