package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nixie/engine"
)

// Ack implements engine.Consumer.
func (e *Engine) Ack(ctx context.Context, receipts ...engine.Receipt) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(receipts) == 0 {
		return nil
	}
	op := &ackOp{settlement: e.settlement(receipts)}
	if op.from != 0 {
		op.receipts = slices.Clone(receipts) // the caller may use his again before the commit
	}
	err := e.writer.do(op, 64*len(receipts), 0, op.from)
	if err != nil || op.confirmed {
		return err
	}
	return errors.Join(op.errs...)
}

type ackOp struct {
	settlement
	confirmed bool // before the commit: errs are nobody's
	errs      []error
}

func (o *ackOp) confirm(early bool) { o.confirmed = early }

func (o *ackOp) apply(t *tx) error {
	o.errs = nil
	for i := range o.receipts {
		r := &o.receipts[i]
		if err := t.ack(r, o.from); err != nil {
			o.errs = append(o.errs, &engine.Error{Op: "ack", Queue: r.Queue, ID: r.ID, Err: err})
		}
	}
	return nil
}

// ack mostly keeps the queue locked, as many acks come together.
func (t *tx) ack(r *engine.Receipt, from ticket) error {
	qt, err := t.lock(r.Queue)
	if err != nil || qt.emptied {
		return engine.ErrLeaseLost
	}
	l, err := qt.q.leaseForLocked(*r, from)
	if err != nil {
		return err
	}
	l.settling = true
	qt.acked = append(qt.acked, l)
	qt.countEnd(l, acked)
	if l.run != nil {
		l.run.settle(l.index)
		qt.touch(l.run)
		qt.leftLog(l.size)
	} else {
		t.unlock() // this one has to be read
		_, err := qt.takeLeased(l, false)
		t.fail(err)
	}
	return nil
}

// claim finds the lease that the receipt proves, and keeps others from
// settling it.
func (t *tx) claim(r engine.Receipt, from ticket) (*queueTx, *lease, error) {
	qt, err := t.find(r.Queue)
	if err != nil || qt.emptied {
		return nil, nil, engine.ErrLeaseLost
	}
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	l, err := q.leaseForLocked(r, from)
	if err != nil {
		return nil, nil, err
	}
	qt.claimLocked(l)
	return qt, l, nil
}

// claimLocked keeps others from settling a lease, until the transaction ends it
// or fails.
func (qt *queueTx) claimLocked(l *lease) {
	l.settling = true
	qt.atOnce(func() { l.settling = false })
}

// takeLeased takes a leased message out of the live area. If it is to be
// kept, it is returned as a record; a large payload stays in the area then. An
// error comes before the first change; who claimed the lease must fail with it.
func (qt *queueTx) takeLeased(l *lease, keep bool) (*record, error) {
	if l.run != nil {
		return qt.takeFromLog(l, keep)
	}
	rec, err := qt.readLive(l.id)
	if rec == nil {
		return nil, errors.Join(err, damage("record %d is leased but not there", l.id))
	}
	qt.takeRecord(rec, keep)
	rec.tries = l.tries
	return rec, nil
}

func (qt *queueTx) takeFromLog(l *lease, keep bool) (rec *record, err error) {
	if keep {
		if rec, err = qt.copyFromLog(l.run, l.index, l.id, l.size); err != nil {
			return nil, err
		}
		rec.tries = l.tries
	}
	qt.q.mu.Lock()
	defer qt.q.mu.Unlock()
	qt.settleLocked(l.run, l.index)
	qt.leftLog(l.size)
	return rec, nil
}

// copyFromLog makes a record of a message of a run.
func (qt *queueTx) copyFromLog(r *run, index int, id uint64, size int) (*record, error) {
	at, p, err := qt.payload(r, index)
	if p == nil {
		return nil, errors.Join(err, damage("message %d is not in run %d", id, r.first))
	}
	return &record{
		id: id, state: engine.Ready, publishedAt: at, enteredAt: at, payload: bytes.Clone(p), size: size,
	}, nil
}

// settleLocked takes a message out of its run.
func (qt *queueTx) settleLocked(r *run, index int) {
	r.settle(index)
	qt.touch(r)
	qt.atOnce(func() { r.unsettle(index) })
}

// leftLog counts a message that left the log.
func (qt *queueTx) leftLog(size int) {
	qt.s.waiting--
	qt.s.bytes -= int64(size)
}

// takeRecord takes a record out of the live area, and its payload with it
// unless it is to be kept.
func (qt *queueTx) takeRecord(rec *record, keep bool) {
	t, a, key := qt.t, qt.s.live, key64(rec.id)
	if !keep && rec.payload == nil {
		t.dropLarge(a, key)
	}
	if keep && rec.payload != nil {
		rec.payload = bytes.Clone(rec.payload)
	}
	t.remove(a, kindRecords, key)
	switch rec.state {
	case engine.Ready:
		t.remove(a, kindReady, key)
	case engine.InFlight:
		t.remove(a, kindInFlight, key)
	case engine.Delayed:
		t.remove(a, kindDue, dueKey(rec.dueAt, rec.id))
	}
	if rec.state == engine.Delayed {
		qt.s.delayed--
	} else {
		qt.s.waiting--
	}
	qt.s.bytes -= int64(rec.size)
}

// settleOp settles one lease.
type settleOp struct {
	settlement
	settle func(qt *queueTx, l *lease) error
}

func (o *settleOp) apply(t *tx) error {
	qt, l, err := t.claim(o.receipts[0], o.from)
	if err != nil {
		return err
	}
	return t.fail(o.settle(qt, l))
}

// Nack implements engine.Consumer.
func (e *Engine) Nack(ctx context.Context, r engine.Receipt, f engine.Failure) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.Delay > engine.MaxDuration {
		return wrap(fmt.Errorf("%w: the delay must be at most %s", engine.ErrInvalid, engine.MaxDuration), "nack", r)
	}
	op := &settleOp{e.settlement([]engine.Receipt{r}), func(qt *queueTx, l *lease) error { return qt.fail(l, f) }}
	return wrap(e.writer.do(op, 256+len(f.Reason), 0, op.from), "nack", r)
}

// maxReason is how much of a failure's reason is kept, in bytes.
const maxReason = 16 << 10

// fail ends a delivery that failed.
func (qt *queueTx) fail(l *lease, f engine.Failure) error {
	rec, err := qt.takeLeased(l, true)
	if err != nil {
		return err
	}
	if len(f.Reason) > maxReason {
		f.Reason = f.Reason[:maxReason]
	}
	attempt := engine.Attempt{ReceivedAt: time.Unix(0, l.receivedAt), EndedAt: qt.t.now, Reason: f.Reason}
	if l.consumer != nil {
		attempt.Consumer = l.consumer.name
	}
	rec.failed(attempt)
	live := qt.s.live
	switch p := qt.policy; {
	case f.Reject:
		qt.bury(rec, engine.Rejected, f.Reason, live)
		qt.end(l, failed, false)
	case p.MaxTries > 0 && rec.tries >= p.MaxTries:
		qt.bury(rec, engine.MaxTries, f.Reason, live)
		qt.end(l, failed, false)
	default:
		wait := f.Delay
		if wait == 0 {
			wait = p.Backoff.After(rec.tries, nil)
		}
		qt.end(l, failed, true)
		qt.comeBack(rec, l.group, min(wait, engine.MaxDuration), live)
	}
	return nil
}

// comeBack makes a message ready again, after a wait if there is one.
func (qt *queueTx) comeBack(rec *record, group string, wait time.Duration, from area) {
	if wait <= 0 {
		qt.admitReady(rec, group, qt.t.at, from)
		return
	}
	rec.holds = true
	qt.admitDelayed(rec, qt.t.at+int64(wait), from)
}

// Release implements engine.Consumer.
func (e *Engine) Release(ctx context.Context, r engine.Receipt, delay time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if delay > engine.MaxDuration || delay < 0 {
		return wrap(fmt.Errorf("%w: the delay must be between 0 and %s", engine.ErrInvalid, engine.MaxDuration), "release", r)
	}
	op := &settleOp{e.settlement([]engine.Receipt{r}), func(qt *queueTx, l *lease) error { return qt.release(l, delay) }}
	return wrap(e.writer.do(op, 256, 0, op.from), "release", r)
}

// release gives a delivery back without counting it. A message of the log goes
// back into it.
func (qt *queueTx) release(l *lease, delay time.Duration) error {
	if l.run != nil && delay <= 0 {
		qt.change()
		qt.noteBack(l)
		qt.then(func() {
			l.settling = false
			if l.consumer != nil {
				l.consumer.seen = qt.t.now
			}
			qt.q.giveBackLocked(l)
		})
		return nil
	}
	rec, err := qt.takeLeased(l, true)
	if err != nil {
		return err
	}
	rec.tries--
	qt.end(l, released, true)
	qt.comeBack(rec, l.group, delay, qt.s.live)
	return nil
}

// noteBack has it written that a message of the log is not in flight any more,
// so that a kill does not count as its failure.
func (qt *queueTx) noteBack(l *lease) {
	qt.q.mu.Lock()
	defer qt.q.mu.Unlock()
	l.run.delivered.clear(l.index)
	qt.atOnce(func() { l.run.delivered.set(l.index) })
	qt.touch(l.run)
}

// Extend implements engine.Consumer. Leases are in memory, so this is, too.
func (e *Engine) Extend(ctx context.Context, r engine.Receipt, length time.Duration) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	if length <= 0 || length > engine.MaxDuration {
		return time.Time{}, wrap(fmt.Errorf("%w: the lease must be more than 0 and at most %s", engine.ErrInvalid, engine.MaxDuration), "extend", r)
	}
	q, err := e.open(r.Queue)
	if errors.Is(err, engine.ErrQueueNotFound) {
		err = engine.ErrLeaseLost
	}
	if err != nil {
		return time.Time{}, wrap(err, "extend", r)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l, err := q.leaseLocked(r)
	if err != nil {
		return time.Time{}, wrap(err, "extend", r)
	}
	now := time.Now()
	l.length = length
	l.deadline = now.Add(length).UnixNano()
	q.deadlines.move(l)
	if l.consumer != nil {
		l.consumer.seen = now
	}
	q.armLocked()
	return time.Unix(0, l.deadline), nil
}
