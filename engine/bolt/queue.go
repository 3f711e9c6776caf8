package bolt

import (
	"cmp"
	"container/list"
	"slices"
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

	// mu protects all below. The writer's goroutine alone changes stored,
	// policy and the settled bits of runs, so it may read them without.
	// No other lock is taken while it is held but the alarm's and the writer's.
	mu     sync.Mutex
	gone   bool  // deleted
	damage error // why the rest of it cannot be read; nil: it can
	stored stored
	policy engine.Policy

	front     window          // of the log: what comes next
	returned  returned        // ready again, or moved here: served by age with the log
	runs      map[uint64]*run // of the log, those touched or in the window, by first id
	flagged   bool            // the writer knows that there are deliveries to note:
	dirty     []*run          // runs delivered from since the last commit
	tried     []*lease        // leases of records begun or given back since
	unwritten int64           // deliveries not in stored.totals yet
	departing map[uint64]bool // records being taken away by the transaction under way
	leases    map[uint64]*lease
	deadlines deadlines
	expired   int               // of the leases: what the keeper is to bury
	groups    map[string]*group // those with somebody in flight or waiting
	ordering  uint64            // the work of making it ordered; 0: none is under way
	parked    int               // messages that wait for their group
	parkedAt  int64             // a lower bound of when any of them entered, for TTLs
	ripe      []due             // delayed ones whose time has come
	nextDue   int64             // of the others; 0: none
	alarmAt   int64             // when the keeper will look; 0: never
	waiters   list.List         // of *waiter, in order of coming
	skipping  bool              // the last one looked at maxSkipped in vain: there may be more
	goingOn   bool              // for the waiters, in the background
	consumers map[string]*consumer
	tally     tally
	sampled   int64 // the depth in the last second that has a sample
}

func newQueue(e *Engine, name string, s stored, p engine.Policy) *queue {
	q := &queue{
		e: e, name: name, number: s.number, stored: s, sampled: s.waiting + s.delayed,
		returned:  newReturned(),
		runs:      map[uint64]*run{},
		departing: map[uint64]bool{},
		leases:    map[uint64]*lease{},
		groups:    map[string]*group{},
		consumers: map[string]*consumer{},
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

// group is a group of an ordered queue while one of its messages is in flight
// or waits for its next try (the holder), or others wait for that one.
type group struct {
	// holders is one message; more only if they were in flight when the queue
	// became ordered.
	holders []uint64
	parked  []*spot // by id
}

func (g *group) held() bool            { return len(g.holders) > 0 }
func (g *group) heldBy(id uint64) bool { return slices.Contains(g.holders, id) }
func (g *group) leave(id uint64) {
	g.holders = slices.DeleteFunc(g.holders, func(h uint64) bool { return h == id })
}

// find returns the place of a message among those that wait, and whether it is
// there.
func (g *group) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(g.parked, id, func(s *spot, id uint64) int { return cmp.Compare(s.id, id) })
}

// holdGroupLocked makes the message a holder of its group.
func (q *queue) holdGroupLocked(name string, id uint64) {
	g := q.groups[name]
	if g == nil {
		g = &group{}
		q.groups[name] = g
	}
	if !g.heldBy(id) {
		g.holders = append(g.holders, id)
	}
}

// maxParked bounds what waits for groups in memory. Beyond it the queue's log
// is not read on, as in SQS FIFO queues (120,000 there).
const maxParked = 100_000

// enterGroupLocked lets the message be delivered, or parks it if another one
// of its group is under way.
func (q *queue) enterGroupLocked(s spot) bool {
	g := q.groups[s.group]
	if g == nil {
		g = &group{}
		q.groups[s.group] = g
	}
	if !g.held() {
		g.holders = append(g.holders, s.id)
		return true
	}
	if g.heldBy(s.id) {
		return true
	}
	at, _ := g.find(s.id)
	g.parked = slices.Insert(g.parked, at, &s)
	if q.parked == 0 || s.enteredAt < q.parkedAt {
		q.parkedAt = s.enteredAt
	}
	q.parked++
	return false
}

// isParkedLocked reports that the message waits for its group.
func (q *queue) isParkedLocked(s *spot) bool {
	g := q.groups[s.group]
	if g == nil {
		return false
	}
	_, ok := g.find(s.id)
	return ok
}

// leaveGroupLocked is called for each message of a group that leaves, be it
// the holder or one that was merely ready: with no holder left, the next one
// that waits is ready.
func (q *queue) leaveGroupLocked(name string, id uint64) {
	g := q.groups[name]
	if name == "" || g == nil {
		return
	}
	if g.leave(id); g.held() {
		return
	}
	for len(g.parked) > 0 {
		s := g.parked[0]
		g.parked[0] = nil
		g.parked = g.parked[1:]
		q.parked--
		if !s.gone && (s.run == nil || !s.run.settled.has(s.index)) {
			q.pushLocked(s)
			break
		}
	}
	if len(g.parked) == 0 {
		delete(q.groups, name)
	}
}

// expiredParkedLocked takes out what waits for its group and entered before the
// given time, at most so many.
func (q *queue) expiredParkedLocked(before int64, limit int) (out []*spot) {
	if q.parked == 0 || q.parkedAt > before {
		return nil
	}
	oldest := allTime
	for _, g := range q.groups {
		kept := g.parked[:0]
		for i, s := range g.parked {
			if len(out) == limit {
				kept = append(kept, g.parked[i:]...)
				break
			}
			if s.enteredAt <= before {
				out = append(out, s)
				continue
			}
			oldest = min(oldest, s.enteredAt)
			kept = append(kept, s)
		}
		clear(g.parked[len(kept):])
		g.parked = kept
		if len(out) == limit { // there may be more, which are not looked at now
			oldest = q.parkedAt
			break
		}
	}
	q.parkedAt = oldest
	q.parked -= len(out)
	return out
}

// disbandLocked ends all groups: the queue is no longer ordered, or is read
// anew.
func (q *queue) disbandLocked() {
	for name, g := range q.groups {
		for _, s := range g.parked {
			if !s.gone {
				q.pushLocked(s)
			}
		}
		delete(q.groups, name)
	}
	q.parked = 0
}

// forgetLocked forgets all that was live: the area was given away.
func (q *queue) forgetLocked() {
	for _, l := range q.leases {
		q.endLeaseLocked(l)
	}
	q.resetLocked()
	q.front.last = 0
	q.returned = newReturned()
	q.runs = map[uint64]*run{}
	q.dirty, q.tried = nil, nil
	q.groups = map[string]*group{}
	q.parked = 0
	q.ripe, q.nextDue = nil, 0
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
