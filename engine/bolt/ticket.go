package bolt

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
