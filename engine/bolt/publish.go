package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"nixie/engine"
)

const (
	// maxBody is the largest body that is taken.
	maxBody = 256 << 20
	// maxHead bounds what comes beside it: headers, group, deduplication id.
	maxHead = 4 << 20
	// maxDedupID fits into a key of bbolt with what stands before it.
	maxDedupID = 1024
)

// Publish implements engine.Producer.
func (e *Engine) Publish(ctx context.Context, name string, messages ...engine.Outgoing) ([]engine.ID, error) {
	op, err := e.preparePublish(ctx, messages)
	if err == nil && len(messages) > 0 {
		op.queues = append(op.one.queue[:0], name)
		err = e.publish(op)
	}
	if err != nil {
		return nil, &engine.Error{Op: "publish", Queue: name, Err: err}
	}
	return op.ids(), nil
}

// PublishTopic implements engine.Producer.
func (e *Engine) PublishTopic(ctx context.Context, topic, key string, messages ...engine.Outgoing) ([]string, error) {
	op, err := e.preparePublish(ctx, messages)
	if err == nil && len(messages) > 0 {
		op.routed = true
		if op.queues = e.route(topic, key); len(op.queues) == 0 {
			err = engine.ErrNoRoute
		} else {
			err = e.publish(op)
		}
	}
	if err != nil {
		return nil, &engine.Error{Op: "publish to topic", Queue: topic, Err: err}
	}
	if op.confirmed {
		return slices.Clone(op.queues), nil // the writer needs them still
	}
	return op.reached, nil
}

// publishOp publishes the same messages to each of some queues, or to none.
type publishOp struct {
	queues    []string
	routed    bool     // the queues were found by a topic: those that are gone are left out
	reached   []string // these were not
	messages  []encoded
	first     uint64
	bytes     int            // of the messages
	confirmed bool           // before the commit
	room      []byte         // lent until the commit; nil: none
	earlier   map[int]uint64 // of duplicates in the last queue: the ids they had

	one struct { // mostly enough
		queue   [1]string
		message [1]encoded
		heads   [32]byte
	}
}

// encoded is a message as the publishing goroutine prepares it: a payload in
// two parts.
type encoded struct {
	head  []byte
	body  []byte // the caller's own, if he waits for the commit
	group string
	dedup string
	delay int64
}

func (e *Engine) preparePublish(ctx context.Context, messages []engine.Outgoing) (*publishOp, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.isClosed() {
		return nil, engine.ErrClosed
	}
	heads := 0
	op := &publishOp{}
	for i := range messages {
		if err := checkOutgoing(&messages[i]); err != nil {
			return nil, err
		}
		heads += headSize(&messages[i])
		op.bytes += len(messages[i].Body)
	}
	op.bytes += heads
	if op.messages = op.one.message[:]; len(messages) != 1 {
		op.messages = make([]encoded, len(messages))
	}
	room := op.one.heads[:0]
	if heads > cap(room) {
		room = make([]byte, 0, heads)
	}
	for i := range messages {
		m := &messages[i]
		start := len(room)
		room = appendHead(room, m)
		op.messages[i] = encoded{
			head: room[start:len(room):len(room)], body: m.Body,
			group: m.Group, dedup: m.DedupID, delay: int64(m.Delay),
		}
	}
	return op, nil
}

func (o *publishOp) confirm(early bool) { o.confirmed = early }

// keep makes the operation independent of its caller, who may not wait for the
// commit.
func (o *publishOp) keep() {
	o.room = buffers.lend(o.bytes)
	room := o.room
	for i := range o.messages {
		m := &o.messages[i]
		start := len(room)
		room = append(room, m.body...)
		m.body = room[start:len(room):len(room)]
	}
}

// headSize is at least what the head of the message's payload takes.
func headSize(m *engine.Outgoing) int {
	n := 1 + len(m.Group) + len(m.DedupID)
	if n > 1 || len(m.Headers) > 0 {
		n += 3 * binary.MaxVarintLen32
	}
	for k, v := range m.Headers {
		n += len(k) + len(v) + 2*binary.MaxVarintLen32
	}
	return n
}

func checkOutgoing(m *engine.Outgoing) error {
	switch {
	case len(m.Body) > maxBody:
		return fmt.Errorf("%w: its body has %d bytes, at most %d are taken", engine.ErrTooLarge, len(m.Body), maxBody)
	case headSize(m) > maxHead:
		return fmt.Errorf("%w: its headers, group and deduplication id have over %d bytes", engine.ErrTooLarge, maxHead)
	case m.Delay > engine.MaxDuration:
		return fmt.Errorf("%w: the delay must be at most %s", engine.ErrInvalid, engine.MaxDuration)
	case len(m.DedupID) > maxDedupID:
		return fmt.Errorf("%w: a deduplication id has at most %d bytes", engine.ErrInvalid, maxDedupID)
	}
	return nil
}

func (e *Engine) publish(op *publishOp) error {
	from := e.writer.ticket()
	for _, name := range op.queues {
		if !op.routed && e.lookup(name) == nil {
			return engine.ErrQueueNotFound // before it takes ids
		}
	}
	if e.relaxedPublish(op) {
		op.keep()
	} else {
		from = 0
	}
	return e.writer.do(op, op.bytes*len(op.queues), len(op.messages)*len(op.queues), from)
}

// relaxedPublish reports that all the queues are relaxed, and that nothing
// known now would refuse the messages: afterwards nobody can be told.
func (e *Engine) relaxedPublish(op *publishOp) bool {
	for _, name := range op.queues {
		if q := e.lookup(name); q == nil || !q.relaxed.Load() || !q.unbounded.Load() {
			return false
		}
	}
	for i := range op.messages {
		if op.messages[i].dedup != "" {
			return false // its id is known only once it is applied
		}
	}
	return true
}

func (o *publishOp) number(first uint64) { o.first = first }

func (o *publishOp) finish(error) { buffers.giveBack(o.room) }

func (o *publishOp) apply(t *tx) error {
	var few [1]target
	targets := few[:0]
	o.reached = o.reached[:0]
	for _, name := range o.queues {
		to, err := o.target(t, name)
		if o.routed && errors.Is(err, engine.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		targets = append(targets, to)
		if o.routed {
			o.reached = append(o.reached, name)
		}
	}
	if len(targets) == 0 {
		return engine.ErrNoRoute
	}
	clear(o.earlier) // what a transaction that failed found; none if it is relaxed, when a caller reads this now
	id := o.first
	for i, to := range targets {
		to.dropOldest(to.tooOld)
		for j := range o.messages {
			if got := to.accept(id, &o.messages[j]); got != id && i == len(targets)-1 {
				if o.earlier == nil {
					o.earlier = map[int]uint64{}
				}
				o.earlier[j] = got
			}
			id++
		}
	}
	return nil
}

// target is a queue that messages go to, and what must leave it for them.
type target struct {
	*queueTx
	tooOld []*located
}

// target finds a queue and room there.
func (o *publishOp) target(t *tx, name string) (target, error) {
	qt, err := t.find(name)
	if err != nil {
		return target{}, err
	}
	tooOld, err := qt.roomFor(o.messages)
	return target{qt, tooOld}, err
}

// ids are those of the messages in the last queue.
func (o *publishOp) ids() []engine.ID {
	if len(o.messages) == 0 {
		return nil
	}
	ids := make([]engine.ID, len(o.messages))
	first := o.first + uint64(len(o.messages)*(len(o.queues)-1))
	last := first + uint64(len(ids)-1)
	var texts texts
	texts.b.Grow(len(ids) * idDigits(last))
	for i := range ids {
		id, duplicate := o.earlier[i]
		if !duplicate {
			id = first + uint64(i)
		}
		ids[i] = engine.ID(texts.number(id, 10))
	}
	return ids
}

// roomFor finds out whether the messages may enter: a queue that is full
// refuses, or says which of its oldest must go.
func (qt *queueTx) roomFor(messages []encoded) ([]*located, error) {
	if qt.policy.MaxDepth == 0 && qt.policy.MaxBytes == 0 {
		return nil, nil
	}
	var count, size int64
	var seen map[string]bool
	for i := range messages {
		m := &messages[i]
		if m.dedup != "" {
			if _, _, known := qt.remembered(m.dedup); known || seen[m.dedup] {
				continue
			}
			if seen == nil {
				seen = map[string]bool{}
			}
			seen[m.dedup] = true
		}
		count++
		size += int64(len(m.body))
	}
	if count == 0 {
		return nil, nil
	}
	return qt.room(count, size, 0)
}

// room says which messages must go for so many more of so many bytes, but for
// one that stays (0: none), or that the queue is full.
func (qt *queueTx) room(count, size int64, stays uint64) ([]*located, error) {
	p := qt.policy
	var tooMany, tooMuch int64
	if p.MaxDepth > 0 {
		tooMany = qt.s.waiting + qt.s.delayed + count - p.MaxDepth
	}
	if p.MaxBytes > 0 {
		tooMuch = qt.s.bytes + size - p.MaxBytes
	}
	if tooMany <= 0 && tooMuch <= 0 {
		return nil, nil
	}
	if p.Overflow != engine.DropOldest || p.MaxDepth > 0 && count > p.MaxDepth || p.MaxBytes > 0 && size > p.MaxBytes {
		return nil, engine.ErrQueueFull
	}
	qt.cutRun() // what was published in this transaction may be the oldest
	return qt.oldestReady(tooMany, tooMuch, stays)
}

// dropOldest makes dead letters of what room found.
func (qt *queueTx) dropOldest(oldest []*located) {
	for _, loc := range oldest {
		rec, err := qt.takeOut(loc)
		if err != nil {
			continue // received in this moment: the queue is over its bound by one until it is settled
		}
		qt.bury(rec, engine.Overflow, "dropped: the queue was full", qt.s.live)
	}
}

// accept takes one message in and returns its id: that of an earlier one if it
// is a duplicate.
func (qt *queueTx) accept(id uint64, m *encoded) uint64 {
	if m.dedup != "" {
		if earlier, ok := qt.duplicate(m.dedup, id); ok {
			return earlier
		}
	}
	delay := m.delay
	if delay == 0 {
		delay = int64(qt.policy.Delay)
	}
	if delay <= 0 {
		qt.publish(id, m)
		return id
	}
	size := len(m.body)
	qt.countPublished(size)
	qt.s.bytes -= int64(size) // admitDelayed counts it
	rec := &record{id: id, publishedAt: qt.t.at, enteredAt: qt.t.at, payload: slices.Concat(m.head, m.body), size: size}
	qt.admitDelayed(rec, qt.t.at+delay, 0)
	return id
}
