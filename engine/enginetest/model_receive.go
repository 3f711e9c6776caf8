package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"nixie/engine"
)

// maxReceive is the most that one receive returns.
const maxReceive = 1000

// waiter is one receive that waits.
type waiter struct {
	options engine.ReceiveOptions
	served  chan served // of one place, filled under the model's lock
}

type served struct {
	deliveries []engine.Delivery
	err        error
}

// Receive leases ready messages.
func (m *Model) Receive(ctx context.Context, name string, options engine.ReceiveOptions) ([]engine.Delivery, error) {
	if err := checkReceive(options); err != nil {
		return nil, &engine.Error{Op: "receive", Queue: name, Err: err}
	}
	q, w, deliveries, err := m.receiveOrQueue(ctx, name, options)
	if w == nil {
		return deliveries, err
	}
	timeout := time.NewTimer(options.Wait)
	defer timeout.Stop()
	select {
	case got := <-w.served:
		return got.deliveries, got.err
	case <-ctx.Done():
		err = &engine.Error{Op: "receive", Queue: name, Err: ctx.Err()}
	case <-timeout.C:
		m.tick() // something may become ready this very moment
	}
	return m.stopWaiting(q, w, err)
}

// receiveOrQueue leases what is ready now, or has the receive stand in line.
func (m *Model) receiveOrQueue(ctx context.Context, name string, options engine.ReceiveOptions) (*queue, *waiter, []engine.Delivery, error) {
	if err := m.begin(ctx); err != nil {
		return nil, nil, nil, &engine.Error{Op: "receive", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("receive", name)
	if err != nil {
		return nil, nil, nil, err
	}
	deliveries := m.state.lease(q, options)
	if len(deliveries) > 0 || options.Wait == 0 {
		return q, nil, deliveries, nil
	}
	w := &waiter{options: options, served: make(chan served, 1)}
	q.waiters = append(q.waiters, w)
	return q, w, nil, nil
}

// stopWaiting takes a receive out of the line. If it was served just before,
// that counts.
func (m *Model) stopWaiting(q *queue, w *waiter, err error) ([]engine.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case got := <-w.served:
		return got.deliveries, got.err
	default:
	}
	q.waiters = slices.DeleteFunc(q.waiters, func(other *waiter) bool { return other == w })
	q.consumer(w.options.Consumer, m.state.now)
	return nil, err
}

func checkReceive(o engine.ReceiveOptions) error {
	switch {
	case o.Max < 0:
		return fmt.Errorf("%w: the number of messages must not be negative", engine.ErrInvalid)
	case o.Wait < 0:
		return fmt.Errorf("%w: the wait must not be negative", engine.ErrInvalid)
	case o.Lease < 0 || o.Lease > engine.MaxDuration:
		return fmt.Errorf("%w: the lease must be between 0 and %s", engine.ErrInvalid, engine.MaxDuration)
	}
	return nil
}

// serve hands what is ready to those who wait, in the order in which they came.
func (s *state) serve(q *queue) {
	for len(q.waiters) > 0 {
		w := q.waiters[0]
		deliveries := s.lease(q, w.options)
		if len(deliveries) == 0 {
			return
		}
		w.served <- served{deliveries: deliveries}
		q.waiters = q.waiters[1:]
	}
}

// dismiss ends the wait of all with an error.
func (q *queue) dismiss(err error) {
	for _, w := range q.waiters {
		w.served <- served{err: err}
	}
	q.waiters = nil
}

// lease delivers what is ready and not held up by its group, oldest first.
func (s *state) lease(q *queue, options engine.ReceiveOptions) (deliveries []engine.Delivery) {
	c := q.consumer(options.Consumer, s.now)
	if q.paused {
		return nil
	}
	busy := map[string]bool{}
	for _, x := range q.messages {
		if x.State == engine.InFlight || x.retry {
			busy[x.Group] = true
		}
	}
	length := options.Lease
	if length == 0 {
		length = q.policy.VisibilityTimeout
	}
	for _, x := range q.in(engine.Ready) {
		if len(deliveries) == min(max(options.Max, 1), maxReceive) {
			break
		}
		if grouped := q.policy.Ordered && x.Group != ""; grouped && busy[x.Group] {
			continue
		}
		busy[x.Group] = true
		s.deliver(q, x, options.Consumer, length)
		c.totals.Delivered++
		deliveries = append(deliveries, engine.Delivery{
			Message:  x.copy(0),
			Receipt:  engine.Receipt{Queue: q.name, ID: x.ID, Token: x.token},
			Deadline: x.LeaseUntil,
		})
	}
	return deliveries
}

func (s *state) deliver(q *queue, x *message, consumer string, length time.Duration) {
	s.lastToken++
	q.totals.Delivered++
	sample := s.sample(q)
	sample.Delivered++
	sample.Wait.Observe(s.now.Sub(x.readyAt))
	x.State, x.Consumer = engine.InFlight, consumer
	x.Tries++
	x.token = strconv.FormatInt(s.lastToken, 10)
	x.receivedAt, x.LeaseUntil = s.now, s.now.Add(length)
	q.expect(x)
	s.changed[q.name] = true
}

// held returns the message that a receipt proves the delivery of.
func (s *state) held(op string, r engine.Receipt) (*queue, *message, error) {
	if q := s.queues[r.Queue]; q != nil {
		x := q.get(r.ID)
		if x != nil && x.State == engine.InFlight && x.token == r.Token {
			return q, x, nil
		}
	}
	return nil, nil, &engine.Error{Op: op, Queue: r.Queue, ID: r.ID, Err: engine.ErrLeaseLost}
}

// Ack ends deliveries.
func (m *Model) Ack(ctx context.Context, receipts ...engine.Receipt) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "ack", Err: err}
	}
	defer m.end()
	var errs []error
	for _, r := range receipts {
		q, x, err := m.state.held("ack", r)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.state.settle(q, x).totals.Acked++
		m.state.sample(q).Work.Observe(m.state.now.Sub(x.receivedAt))
		q.totals.Acked++
		m.state.sample(q).Acked++
		q.remove(x)
	}
	return errors.Join(errs...)
}

// settle notes that a delivery ended, and by whom.
func (s *state) settle(q *queue, x *message) *consumer {
	s.changed[q.name] = true
	return q.consumer(x.Consumer, s.now)
}

// Nack says that a delivery failed.
func (m *Model) Nack(ctx context.Context, r engine.Receipt, failure engine.Failure) error {
	if failure.Delay > engine.MaxDuration {
		err := fmt.Errorf("%w: the delay is longer than %s", engine.ErrInvalid, engine.MaxDuration)
		return &engine.Error{Op: "nack", Queue: r.Queue, ID: r.ID, Err: err}
	}
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "nack", Queue: r.Queue, ID: r.ID, Err: err}
	}
	defer m.end()
	q, x, err := m.state.held("nack", r)
	if err != nil {
		return err
	}
	m.state.settle(q, x)
	m.state.fail(q, x, failure)
	return nil
}

// fail records a failed attempt and decides what becomes of the message.
func (s *state) fail(q *queue, x *message, failure engine.Failure) {
	if c := q.consumers[x.Consumer]; c != nil {
		c.totals.Failed++
	}
	q.totals.Failed++
	s.sample(q).Work.Observe(s.now.Sub(x.receivedAt))
	s.sample(q).Failed++
	x.Attempts = append(slices.Clone(x.Attempts), engine.Attempt{
		Consumer: x.Consumer, ReceivedAt: x.receivedAt, EndedAt: s.now, Reason: failure.Reason,
	})
	if len(x.Attempts) > keptAttempts {
		x.Attempts = slices.Delete(x.Attempts, 1, 2)
	}
	wait := failure.Delay
	if wait == 0 {
		wait = q.policy.Backoff.After(x.Tries, nil)
	}
	switch {
	case failure.Reject:
		s.die(q, x, engine.Rejected, failure.Reason)
	case q.policy.MaxTries > 0 && x.Tries >= q.policy.MaxTries:
		s.die(q, x, engine.MaxTries, failure.Reason)
	default:
		x.retry = true
		s.delay(q, x, wait)
	}
}

// Release gives a delivery back.
func (m *Model) Release(ctx context.Context, r engine.Receipt, delay time.Duration) error {
	if delay > engine.MaxDuration {
		err := fmt.Errorf("%w: the delay is longer than %s", engine.ErrInvalid, engine.MaxDuration)
		return &engine.Error{Op: "release", Queue: r.Queue, ID: r.ID, Err: err}
	}
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "release", Queue: r.Queue, ID: r.ID, Err: err}
	}
	defer m.end()
	q, x, err := m.state.held("release", r)
	if err != nil {
		return err
	}
	m.state.settle(q, x)
	x.Tries--
	x.retry = true
	m.state.delay(q, x, delay)
	return nil
}

// Extend moves the deadline of a lease.
func (m *Model) Extend(ctx context.Context, r engine.Receipt, lease time.Duration) (time.Time, error) {
	if lease <= 0 || lease > engine.MaxDuration {
		err := fmt.Errorf("%w: the lease must be more than 0 and at most %s", engine.ErrInvalid, engine.MaxDuration)
		return time.Time{}, &engine.Error{Op: "extend", Queue: r.Queue, ID: r.ID, Err: err}
	}
	if err := m.begin(ctx); err != nil {
		return time.Time{}, &engine.Error{Op: "extend", Queue: r.Queue, ID: r.ID, Err: err}
	}
	defer m.end()
	q, x, err := m.state.held("extend", r)
	if err != nil {
		return time.Time{}, err
	}
	q.consumer(x.Consumer, m.state.now)
	x.LeaseUntil = m.state.now.Add(lease)
	q.expect(x)
	m.state.changed[q.name] = true
	return x.LeaseUntil, nil
}
