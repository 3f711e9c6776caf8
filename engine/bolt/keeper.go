package bolt

import (
	"container/heap"
	"fmt"
	"sync"
	"time"

	"nixie/engine"
)

// keeper does what time alone causes: leases that run out, delays that end,
// messages and deduplication ids that expire, trash that is old. It is one
// goroutine with one timer for the earliest of all deadlines.
type keeper struct {
	e *Engine

	mu     sync.Mutex // protects alarms and tidyAt
	alarms alarmHeap
	tidyAt int64 // 0: nothing to look after
	wake   chan struct{}
}

// alarm says when to look at a queue; nil stands for the engine as a whole.
type alarm struct {
	at int64
	q  *queue
}

const (
	// keepAgain is when the keeper tries again what failed.
	keepAgain = time.Second
	// tidyEvery is how often, at the most, the engine as a whole is looked
	// after.
	tidyEvery = 10 * time.Second
)

// tidyBy asks for the engine as a whole to be looked after, some time after at.
func (k *keeper) tidyBy(at int64) {
	at += int64(tidyEvery)
	k.mu.Lock()
	earlier := k.tidyAt == 0 || at < k.tidyAt
	if earlier {
		k.tidyAt = at
	}
	k.mu.Unlock()
	if earlier {
		k.set(nil, at)
	}
}

func (k *keeper) set(q *queue, at int64) {
	k.mu.Lock()
	heap.Push(&k.alarms, alarm{at, q})
	first := k.alarms[0].at == at
	k.mu.Unlock()
	if first {
		select {
		case k.wake <- struct{}{}:
		default:
		}
	}
}

// armLocked sets the alarm for the earliest deadline of the queue.
func (q *queue) armLocked() {
	if q.gone {
		return
	}
	at := q.nextDue
	if len(q.ripe) > 0 {
		at = q.ripe[0].at
	}
	earlier := func(t int64) {
		if at == 0 || t < at {
			at = t
		}
	}
	if at, ok := q.deadlines.earliest(); ok {
		earlier(at)
	}
	if ttl := int64(q.policy.TTL); ttl > 0 {
		if f, ok := q.frontLocked(); ok {
			earlier(f.at + ttl)
		}
		if q.needsLoadLocked() {
			q.loadLocked()
		}
		if len(q.returned.byID) > 0 {
			earlier(q.returned.oldest + ttl)
		}
		if q.parked > 0 {
			earlier(q.parkedAt + ttl)
		}
	}
	if at != 0 && (q.alarmAt == 0 || at < q.alarmAt) {
		q.alarmAt = at
		q.e.keeper.set(q, at)
	}
}

// run looks after queues until the engine closes.
func (k *keeper) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, wait := k.due(time.Now())
		if len(due) > 0 {
			k.keep(due)
			continue
		}
		timer.Reset(wait)
		select {
		case <-k.wake:
		case <-timer.C:
		case <-k.e.closed:
			return
		}
	}
}

// due takes out the alarms whose time has come, and says how long it is until
// the next one.
func (k *keeper) due(now time.Time) (queues []*queue, wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.alarms) > 0 && len(queues) < 64 {
		if wait = time.Duration(k.alarms[0].at - now.UnixNano()); wait > 0 {
			return queues, wait
		}
		queues = append(queues, heap.Pop(&k.alarms).(alarm).q)
	}
	return queues, time.Hour
}

func (k *keeper) keep(due []*queue) {
	for _, q := range due {
		if q != nil {
			q.mu.Lock()
			q.alarmAt = 0
			q.mu.Unlock()
		}
	}
	err := k.e.writer.do(operationFunc(func(t *tx) error {
		turn := t.turn()
		for _, q := range due {
			if q == nil {
				k.tidy(t, turn)
			} else if t.e.lookup(q.name) == q {
				t.queue(q).keep(turn)
			}
		}
		return nil
	}), 0, 0, 0)
	if err == nil || k.e.hasStopped() != nil {
		return
	}
	if len(due) > 1 { // one of them may be damaged: the others are kept all the same
		for i := range due {
			k.keep(due[i : i+1])
		}
		return
	}
	again := time.Now().Add(keepAgain).UnixNano()
	for _, q := range due {
		if q != nil {
			q.mu.Lock()
			q.alarmAt = again
			q.mu.Unlock()
		}
		k.set(q, again)
	}
}

// tidy looks after the engine as a whole.
func (k *keeper) tidy(t *tx, turn *turn) {
	more := t.forgetDuplicates(turn)
	more = t.emptyOldTrash() || more
	more = t.sweep(turn) || more
	k.mu.Lock()
	k.tidyAt = 0
	k.mu.Unlock()
	if more {
		t.then(func() { k.set(nil, t.at) })
		return
	}
	if key, _ := t.Bucket(bucketForget).Cursor().First(); len(key) > 8 {
		until, _ := id64(key[:8])
		k.tidyBy(int64(until))
	}
	if _, oldest := t.oldestTrash(); oldest != nil {
		k.tidyBy(oldest.KeptTil.UnixNano())
	}
}

// keep does what is due in one queue, until the turn is over; for the rest the
// alarm is set again after the commit.
func (qt *queueTx) keep(turn *turn) {
	if qt.emptied || qt.deleted {
		return
	}
	for !turn.over() {
		over := qt.overdue()
		if len(over) == 0 && !qt.expireWaiting() {
			break
		}
		for _, l := range over {
			// What is damaged stays in flight, claimed, and must not stop the others.
			qt.t.e.damaged(qt.runOut(l))
			turn.took(l.size)
		}
	}
	qt.ripen(turn)
}

// runOut ends a lease whose deadline has passed.
func (qt *queueTx) runOut(l *lease) error {
	switch l.doom {
	case doomExpired:
		return qt.expire(l)
	case doomReturned:
		return qt.release(l, 0)
	case doomCrashed:
		return qt.fail(l, engine.Failure{Reason: "nixie stopped while the message was in flight"})
	}
	return qt.fail(l, engine.Failure{Reason: fmt.Sprintf("the lease ran out after %s", l.length)})
}

// overdue takes some leases whose deadline has passed.
func (qt *queueTx) overdue() []*lease {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	left := step(turnStep)
	out := q.deadlines.over(qt.t.at, &left)
	if len(out) == 0 {
		return nil
	}
	for _, l := range out {
		l.settling = true
	}
	qt.atOnce(func() {
		for _, l := range out {
			l.settling = false
			q.deadlines.add(l)
		}
	})
	return out
}

// expire makes a dead letter of a message whose TTL ran out.
func (qt *queueTx) expire(l *lease) error {
	rec, err := qt.takeLeased(l, true)
	if err != nil {
		return err
	}
	qt.end(l, taken, false)
	qt.bury(rec, engine.Expired, fmt.Sprintf("not received within %s", qt.policy.TTL), qt.s.live)
	return nil
}

// expireWaiting takes out of circulation some of what waits longer than the TTL,
// and reports whether there was any.
func (qt *queueTx) expireWaiting() bool {
	ttl := int64(qt.policy.TTL)
	if ttl <= 0 {
		return false
	}
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	old := q.returned.expired(qt.t.at-ttl, turnStep)
	old = append(old, q.expiredParkedLocked(qt.t.at-ttl, turnStep)...)
	for _, s := range old {
		q.doomLocked(*s, doomExpired, qt.t.at)
	}
	n := len(old)
	for ; n < turnStep; n++ {
		f, ok := q.frontLocked()
		if !ok || f.at+ttl > qt.t.at {
			break
		}
		q.doomLocked(f.take(), doomExpired, qt.t.at)
	}
	return n > 0
}

type alarmHeap []alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h alarmHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *alarmHeap) Push(x any)        { *h = append(*h, x.(alarm)) }
func (h *alarmHeap) Pop() any {
	old := *h
	a := old[len(old)-1]
	*h = old[:len(old)-1]
	return a
}
