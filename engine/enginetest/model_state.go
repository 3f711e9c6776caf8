package enginetest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"nixie/engine"
)

// keptAttempts bounds the attempts of a message: the first and the newest.
const keptAttempts = 50

type queue struct {
	name      string
	policy    engine.Policy
	paused    bool
	createdAt time.Time
	messages  []*message // by id
	remembers map[string]remembered
	totals    engine.Totals
	consumers map[string]*consumer
	waiters   []*waiter
	samples   map[int64]*engine.Sample // by Unix second
	next      time.Time                // nothing happens before that; zero: nothing will
}

// remembered is a publish that a deduplication id stands for.
type remembered struct {
	id    engine.ID
	until time.Time
}

type message struct {
	engine.Message
	number     int64  // the id
	token      string // of the receipt, in flight
	receivedAt time.Time
	readyAt    time.Time
	retry      bool // delayed after a delivery: holds its group up
}

func newQueue(name string, policy engine.Policy, now time.Time) *queue {
	return &queue{
		name: name, policy: policy, createdAt: now,
		remembers: map[string]remembered{},
		consumers: map[string]*consumer{},
		samples:   map[int64]*engine.Sample{},
	}
}

// live reports whether the message counts for the depth of its queue.
func (x *message) live() bool { return x.State != engine.Dead }

// due is when time alone changes the message in a queue of that policy. Zero:
// it does not.
func (x *message) due(policy engine.Policy) time.Time {
	switch {
	case x.State == engine.InFlight:
		return x.LeaseUntil
	case x.State == engine.Delayed:
		return x.DueAt
	case x.State == engine.Ready && policy.TTL > 0:
		return x.EnteredAt.Add(policy.TTL)
	}
	return time.Time{}
}

func (x *message) compare(number int64) int {
	return int(min(max(x.number-number, -1), 1))
}

func (q *queue) get(id engine.ID) *message {
	number, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil {
		return nil
	}
	if i, ok := slices.BinarySearchFunc(q.messages, number, (*message).compare); ok && q.messages[i].ID == id {
		return q.messages[i]
	}
	return nil
}

// insert puts a message into the place of its age.
func (q *queue) insert(x *message) {
	i, _ := slices.BinarySearchFunc(q.messages, x.number, (*message).compare)
	q.messages = slices.Insert(q.messages, i, x)
	x.Queue = q.name
	q.expect(x)
}

func (q *queue) remove(x *message) {
	if i, ok := slices.BinarySearchFunc(q.messages, x.number, (*message).compare); ok {
		q.messages = slices.Delete(q.messages, i, i+1)
	}
}

// expect notes when time will change the message.
func (q *queue) expect(x *message) {
	if at := x.due(q.policy); !at.IsZero() && (q.next.IsZero() || at.Before(q.next)) {
		q.next = at
	}
}

// soonest returns the message that time changes first, and when.
func (q *queue) soonest() (first *message, at time.Time) {
	for _, x := range q.messages {
		if due := x.due(q.policy); !due.IsZero() && (first == nil || due.Before(at)) {
			first, at = x, due
		}
	}
	q.next = at
	return first, at
}

// in returns the messages of a state, by id.
func (q *queue) in(state engine.State) (found []*message) {
	for _, x := range q.messages {
		if x.State == state {
			found = append(found, x)
		}
	}
	return found
}

func (q *queue) depth() (n int64) {
	for _, x := range q.messages {
		if x.live() {
			n++
		}
	}
	return n
}

func (q *queue) bytes() (n int64) {
	for _, x := range q.messages {
		if x.live() {
			n += int64(x.Size)
		}
	}
	return n
}

// advance lets everything happen that time brought until now, in its order.
func (s *state) advance(now time.Time) {
	for {
		var (
			in    *queue
			first *message
			at    time.Time
		)
		for _, q := range s.queues {
			if q.next.IsZero() || q.next.After(now) {
				continue
			}
			x, due := q.soonest()
			if x == nil || due.After(now) {
				continue
			}
			if in == nil || due.Before(at) || due.Equal(at) && q.name < in.name {
				in, first, at = q, x, due
			}
		}
		if in == nil {
			break
		}
		if at.After(s.now) {
			s.now = at
		}
		s.happen(in, first)
		s.sample(in).Depth = in.depth()
	}
	s.now = now
	s.trash = slices.DeleteFunc(s.trash, func(t *trashed) bool { return !t.KeptTil.After(now) })
}

// happen does to a message what its time brings.
func (s *state) happen(q *queue, x *message) {
	switch x.State {
	case engine.InFlight:
		length := x.LeaseUntil.Sub(x.receivedAt)
		s.fail(q, x, engine.Failure{Reason: fmt.Sprintf("the lease ran out after %s", length)})
	case engine.Delayed:
		s.ready(q, x)
	case engine.Ready:
		s.die(q, x, engine.Expired, fmt.Sprintf("waited longer than %s", q.policy.TTL))
	}
}

// ready makes a message ready, whatever it was.
func (s *state) ready(q *queue, x *message) {
	s.unlease(x)
	x.State, x.DueAt, x.retry, x.readyAt = engine.Ready, time.Time{}, false, s.now
	q.expect(x)
	s.changed[q.name] = true
}

// delay makes a message ready after a while, or at once if there is none.
func (s *state) delay(q *queue, x *message, wait time.Duration) {
	if wait <= 0 {
		s.ready(q, x)
		return
	}
	s.unlease(x)
	x.State, x.DueAt = engine.Delayed, s.now.Add(wait)
	q.expect(x)
	s.changed[q.name] = true
}

// unlease takes off the message what belongs to a delivery.
func (s *state) unlease(x *message) {
	x.LeaseUntil, x.Consumer, x.token, x.receivedAt = time.Time{}, "", "", time.Time{}
}

// die makes a dead letter of a message, where the queue's policy keeps them.
func (s *state) die(q *queue, x *message, reason engine.DeathReason, cause string) {
	x.Death = &engine.Death{Origin: q.name, Reason: reason, Cause: cause, At: s.now, Tries: x.Tries}
	x.EnteredAt = s.now
	s.countDeath(q, reason)
	switch target := s.queues[q.policy.DeadLetter]; {
	case q.policy.DeadLetter == engine.NoDeadLetters:
		q.remove(x)
		s.bury(q, x)
		s.toss(engine.TrashNoDead, q, x)
	case target != nil:
		q.remove(x)
		s.bury(target, x)
		target.insert(x)
	default:
		s.bury(q, x)
	}
}

func (s *state) countDeath(q *queue, reason engine.DeathReason) {
	q.totals.Dead++
	s.sample(q).Dead++
	if reason == engine.Expired {
		q.totals.Expired++
		s.sample(q).Expired++
	}
	s.changed[q.name] = true
}

// bury gives a message the state of the dead.
func (s *state) bury(q *queue, x *message) {
	s.unlease(x)
	x.State, x.DueAt, x.retry = engine.Dead, time.Time{}, false
	s.changed[q.name] = true
}

// giveBack makes all that is in flight ready, as if it had not been received.
func (s *state) giveBack(q *queue) {
	for _, x := range q.in(engine.InFlight) {
		x.Tries--
		s.ready(q, x)
	}
}

// room says which ready messages of a queue must be dropped for so many more
// messages of so many bytes, or that it is full. Without a message means: as
// if that one were gone already.
func (q *queue) room(count, bytes int64, without *message) (drop []*message, err error) {
	p := q.policy
	if count == 0 || p.MaxDepth == 0 && p.MaxBytes == 0 {
		return nil, nil
	}
	depth, size := q.depth()+count, q.bytes()+bytes
	if without != nil {
		depth, size = depth-1, size-int64(without.Size)
	}
	fits := func() bool {
		return (p.MaxDepth == 0 || depth <= p.MaxDepth) && (p.MaxBytes == 0 || size <= p.MaxBytes)
	}
	if p.Overflow == engine.DropOldest {
		for _, x := range q.in(engine.Ready) {
			if fits() {
				break
			}
			if x != without {
				drop = append(drop, x)
				depth, size = depth-1, size-int64(x.Size)
			}
		}
	}
	if !fits() {
		return nil, engine.ErrQueueFull
	}
	return drop, nil
}

// drop makes dead letters of what had to make room.
func (s *state) drop(q *queue, messages []*message) {
	for _, x := range messages {
		s.die(q, x, engine.Overflow, "the queue was full")
	}
}
