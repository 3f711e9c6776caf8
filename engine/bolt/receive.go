package bolt

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"time"

	"nixie/engine"
)

// maxReceive is the most messages that one Receive leases.
const maxReceive = 1000

// want is what a receiver asks for.
type want struct {
	max      int
	length   time.Duration // of the lease; 0: the queue's
	consumer string
}

// waiter is a receiver that waits for its turn.
type waiter struct {
	want
	got chan []*lease // has room for the one answer
}

// receivers is what a queue knows of those who receive from it.
type receivers struct {
	waiters   list.List // of *waiter, in order of coming
	skipping  bool      // the last one looked at maxSkipped in vain: there may be more
	goingOn   bool      // for the waiters, in the background
	consumers map[string]*consumer
}

// Receive implements engine.Consumer.
func (e *Engine) Receive(ctx context.Context, name string, o engine.ReceiveOptions) ([]engine.Delivery, error) {
	if err := checkReceive(o); err != nil {
		return nil, &engine.Error{Op: "receive", Queue: name, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q, err := e.open(name)
	if err == nil {
		err = e.hasStopped() // what is received now could not be settled
	}
	if err != nil {
		return nil, &engine.Error{Op: "receive", Queue: name, Err: err}
	}
	w := want{max: min(max(o.Max, 1), maxReceive), length: o.Lease, consumer: o.Consumer}
	leases, err := q.receive(ctx, w, o.Wait)
	if err != nil {
		return nil, err
	}
	return e.deliver(q, leases)
}

func checkReceive(o engine.ReceiveOptions) error {
	switch {
	case o.Max < 0:
		return fmt.Errorf("%w: the number of messages must not be negative", engine.ErrInvalid)
	case o.Wait < 0:
		return fmt.Errorf("%w: the wait must not be negative", engine.ErrInvalid)
	case o.Lease < 0 || o.Lease > engine.MaxDuration:
		return fmt.Errorf("%w: the lease must be between 0 and %s", engine.ErrInvalid, engine.MaxDuration)
	case len(o.Consumer) > engine.MaxNameLength:
		return fmt.Errorf("%w: a consumer's name has at most %d bytes", engine.ErrInvalid, engine.MaxNameLength)
	}
	return nil
}

// receive takes messages, and waits for them if need be: for those that must
// be read from the file in any case.
func (q *queue) receive(ctx context.Context, w want, wait time.Duration) ([]*lease, error) {
	for {
		q.mu.Lock()
		skipping := false
		if q.waiters.Len() == 0 {
			if got := q.takeLocked(time.Now(), w); len(got) > 0 {
				q.armLocked()
				q.mu.Unlock()
				return got, nil
			}
			skipping = q.skipping
		}
		err := q.damage
		if q.gone {
			err = engine.ErrQueueNotFound
		}
		if err != nil {
			q.mu.Unlock()
			return nil, &engine.Error{Op: "receive", Queue: q.name, Err: err}
		}
		if wait > 0 {
			return q.waitUnlock(ctx, w, wait)
		}
		if skipping {
			q.mu.Unlock()
			continue
		}
		q.consumerLocked(w.consumer, time.Now())
		if q.stored.paused || !q.needsLoadLocked() {
			q.mu.Unlock()
			return nil, nil
		}
		loaded := q.loadLocked()
		q.mu.Unlock()
		select {
		case <-loaded:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// waitUnlock queues up behind the other receivers. It gives the lock back.
func (q *queue) waitUnlock(ctx context.Context, w want, wait time.Duration) ([]*lease, error) {
	self := &waiter{want: w, got: make(chan []*lease, 1)}
	c := q.consumerLocked(w.consumer, time.Now())
	c.waiting++
	place := q.waiters.PushBack(self)
	q.dispatchLocked()
	q.mu.Unlock()

	timer := time.NewTimer(wait)
	defer timer.Stop()
	var err error
	select {
	case got := <-self.got:
		q.mu.Lock()
		c.waiting--
		q.mu.Unlock()
		if got == nil {
			return nil, &engine.Error{Op: "receive", Queue: q.name, Err: engine.ErrQueueNotFound} // deleted
		}
		return got, nil
	case <-timer.C:
	case <-ctx.Done():
		err = ctx.Err()
	case <-q.e.closed:
		err = engine.ErrClosed
	case <-q.e.stopped:
		err = &engine.Error{Op: "receive", Queue: q.name, Err: q.e.whyStop}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	c.waiting--
	c.seen = time.Now()
	q.waiters.Remove(place)
	select {
	case got := <-self.got: // it was our turn at the same moment
		if err == nil {
			return got, nil
		}
		for _, l := range got {
			q.giveBackLocked(l)
		}
		q.dispatchLocked()
	default:
	}
	return nil, err
}

// dispatchLocked serves the waiting receivers, in the order of their coming.
func (q *queue) dispatchLocked() {
	now := time.Time{}
	for place := q.waiters.Front(); place != nil; place = q.waiters.Front() {
		if now.IsZero() {
			now = time.Now()
		}
		w := place.Value.(*waiter)
		got := q.takeLocked(now, w.want)
		if len(got) == 0 {
			if q.skipping {
				q.goOnLocked()
			} else if !q.stored.paused && q.needsLoadLocked() {
				q.loadLocked()
			}
			return
		}
		q.waiters.Remove(place)
		w.got <- got
	}
}

// goOnLocked serves the waiting receivers a little later, so that others get at
// the queue in between.
func (q *queue) goOnLocked() {
	if q.goingOn {
		return
	}
	q.goingOn = true
	q.e.background.Go(func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.goingOn = false
		q.dispatchLocked()
		q.armLocked()
	})
}

// maxSkipped is how many ready messages are looked at in vain before others get
// at the queue: those that expired, or that wait for their group.
const maxSkipped = 1000

// maxExpired bounds what receivers find expired, which costs memory until the
// keeper has buried it. Beyond it they wait for him.
const maxExpired = 100_000

// takeLocked leases the oldest ready messages, as many as there are in memory.
func (q *queue) takeLocked(now time.Time, w want) (got []*lease) {
	q.skipping = false
	if q.stored.paused || q.gone {
		return nil
	}
	at := now.UnixNano()
	length := w.length
	if length == 0 {
		length = q.policy.VisibilityTimeout
	}
	var c *consumer
	var fresh []lease // to be used
	skipped := 0
	for len(got) < w.max && skipped < maxSkipped && q.expired < maxExpired {
		s, f, ok := q.nextLocked()
		if !ok {
			break
		}
		if ttl := q.policy.TTL; ttl > 0 && s.enteredAt+int64(ttl) <= at {
			q.doomLocked(s, doomExpired, at)
			skipped++
			continue
		}
		if q.policy.Ordered && s.group != "" && !q.enterGroupLocked(s) {
			skipped++
			continue
		}
		if c == nil {
			c = q.consumerLocked(w.consumer, now)
		}
		if len(fresh) == 0 {
			fresh = make([]lease, min(w.max-len(got), maxLeasesAtOnce))
			got = slices.Grow(got, len(fresh))
		}
		l := &fresh[0]
		fresh = fresh[1:]
		l.receivedAt, l.length, l.deadline, l.consumer = at, length, at+int64(length), c
		if f.payload != nil {
			l.payload, l.segment = f.payload, f.segment
			f.uses.Add(1)
		}
		q.leaseSpotLocked(l, s)
		got = append(got, l)
	}
	q.skipping = skipped == maxSkipped
	if n := len(got); n > 0 {
		q.unwritten += int64(n)
		q.tally.delivered += int64(n)
		c.totals.Delivered += int64(n)
		q.flagLocked()
	}
	if q.front.runsLow() && q.parked < maxParked {
		q.loadLocked() // read ahead
	}
	return got
}

// maxLeasesAtOnce is how many leases share a piece of memory, which is free
// when the last of them ended.
const maxLeasesAtOnce = 32

// nextLocked takes the oldest ready message out of the window or of those that
// returned, and says where in the window it is. There is none, too, if one that
// is not in memory yet may be older.
func (q *queue) nextLocked() (s spot, f front, ok bool) {
	inWindow := false
	if q.parked < maxParked {
		f, inWindow = q.frontLocked()
		if !inWindow && !q.front.complete() {
			return spot{}, front{}, false
		}
	}
	for {
		s := q.returned.first()
		if s == nil || inWindow && f.id < s.id || s.id >= q.returned.bound {
			break
		}
		q.returned.pop()
		if s.run == nil || !s.run.settled.has(s.index) {
			return *s, front{}, true
		}
	}
	if !inWindow || f.id >= q.returned.bound {
		return spot{}, front{}, false
	}
	return f.take(), f, true
}

// leaseSpotLocked makes a lease of a message.
func (q *queue) leaseSpotLocked(l *lease, s spot) {
	l.id, l.token = s.id, q.e.tokens.Add(1)
	l.enteredAt, l.tries, l.size, l.group = s.enteredAt, s.tries+1, s.size, s.group
	l.run, l.index = s.run, s.index
	if l.run != nil {
		l.run.delivered.set(l.index)
		q.dirtyLocked(l.run)
	} else {
		q.tried = append(q.tried, l)
	}
	q.addLeaseLocked(l)
	q.tally.wait.observe(time.Duration(l.receivedAt - s.readyAt))
}

// doomLocked takes a ready message out of circulation until the keeper deals
// with it.
func (q *queue) doomLocked(s spot, why string, at int64) *lease {
	l := &lease{
		id: s.id, token: q.e.tokens.Add(1), receivedAt: at, deadline: at, enteredAt: s.enteredAt,
		tries: s.tries, size: s.size, group: s.group, run: s.run, index: s.index, doom: why,
	}
	q.addLeaseLocked(l)
	return l
}

// giveBackLocked ends a lease as if it had never been.
func (q *queue) giveBackLocked(l *lease) {
	if l.settling || q.leases[l.id] != l {
		return
	}
	q.endLeaseLocked(l)
	if l.run != nil {
		l.run.delivered.clear(l.index)
		q.dirtyLocked(l.run)
	} else {
		q.tried = append(q.tried, l)
	}
	q.flagLocked()
	q.leaveGroupLocked(l.group, l.id)
	q.pushLocked(l.spot())
}

// spot is the message of a lease as if that had never been, ready since now.
func (l *lease) spot() *spot {
	return &spot{
		id: l.id, run: l.run, index: l.index, group: l.group, enteredAt: l.enteredAt,
		readyAt: time.Now().UnixNano(), tries: l.tries - 1, size: l.size,
	}
}
