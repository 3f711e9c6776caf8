package bolt

import "nixie/engine"

// ticket is what a relaxed caller takes before he looks whether anything would
// refuse him: he is confirmed before the commit if nothing was revoked since, nor was
// being revoked then. 0: he waits in any case.
type ticket int64

func (w *writer) ticket() ticket { return ticket(w.revoked.Load() + 1) }

// revocation is an operation that changes what relaxed callers look at before
// they are confirmed: leases, queues, bounds.
type revocation func(t *tx) error

func (f revocation) apply(t *tx) error { return f(t) }

// revoke is write for a revocation.
func (e *Engine) revoke(fn func(t *tx) error) error { return e.writer.do(revocation(fn), 0, 0, 0) }

// confirming is an operation whose caller may be told before it is applied.
type confirming interface {
	operation
	// confirm says whether he is. It is called once, before anybody can apply it.
	confirm(early bool)
}

// settlement is a part of what ends the leases of some receipts. With a ticket
// they are promised to it: until it is over nobody else settles them, and they do
// not run out.
type settlement struct {
	e        *Engine
	receipts []engine.Receipt
	from     ticket
}

// settlement gets a ticket if all the receipts are of relaxed queues, and good.
func (e *Engine) settlement(receipts []engine.Receipt) settlement {
	return settlement{e, receipts, e.promise(receipts)}
}

// finish takes the promise back if nothing came of it.
func (s *settlement) finish(err error) {
	if err != nil && s.from != 0 {
		s.e.takeBack(s.receipts)
	}
}

func (e *Engine) promise(receipts []engine.Receipt) ticket {
	if e.isClosed() {
		return 0
	}
	from := e.writer.ticket()
	for i, r := range receipts {
		q := e.lookup(r.Queue)
		if q == nil || !q.relaxed.Load() || !q.promise(r) {
			e.takeBack(receipts[:i])
			return 0
		}
	}
	return from
}

func (q *queue) promise(r engine.Receipt) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	l, err := q.leaseForLocked(r, 0)
	if err != nil {
		return false
	}
	l.promised = true
	return true
}

// leaseForLocked is leaseLocked for who will settle the lease, with his ticket.
func (q *queue) leaseForLocked(r engine.Receipt, from ticket) (*lease, error) {
	l, err := q.leaseLocked(r)
	if err == nil && l.promised && from == 0 {
		return nil, engine.ErrLeaseLost // to the one to whom it is promised
	}
	return l, err
}

func (e *Engine) takeBack(receipts []engine.Receipt) {
	for _, r := range receipts {
		if q := e.lookup(r.Queue); q != nil {
			q.mu.Lock()
			if l, err := q.leaseLocked(r); err == nil {
				l.promised = false
			}
			q.mu.Unlock()
		}
	}
}
