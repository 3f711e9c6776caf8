package bolt

import "context"

// Which groups wait for a retry stands with the delayed messages, of which there
// may be very many. So, to make a queue ordered, they are looked at in steps
// before its policy changes; from the first one on, what becomes a retry, or is
// one no more, is noted as in an ordered queue. What was begun and given up
// costs memory only.

// retriesStep is how many delayed messages are looked at before others get at
// the file.
const retriesStep = 500

// order finds the retries of a queue, and returns a number for this work; 0 if
// the queue is ordered.
func (e *Engine) order(ctx context.Context, name string) (ordering uint64, err error) {
	var after []byte
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var last []byte
		err := e.write(func(t *tx) error {
			qt, err := t.find(name)
			if err != nil {
				return err
			}
			ordering, last, err = qt.order(after)
			return err
		})
		if err != nil {
			return 0, err
		}
		after, more = last, last != nil
	}
	return ordering, nil
}

func (qt *queueTx) order(after []byte) (ordering uint64, last []byte, err error) {
	if qt.policy.Ordered {
		return 0, nil, nil
	}
	retries, last, err := readRetries(qt.t.Tx, qt.s.live, after, retriesStep)
	if err != nil {
		return 0, nil, err
	}
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ordering == 0 {
		q.ordering = q.e.tokens.Add(1)
	}
	for _, s := range retries {
		qt.hold(s.id, s.group)
	}
	return q.ordering, last, nil
}

// holdsGroups reports that retries hold their groups.
func (qt *queueTx) holdsGroups() bool { return qt.policy.Ordered || qt.q.ordering != 0 }

// reorder makes the queue ordered, or ends its order. It returns false if the
// retries have to be found anew.
func (qt *queueTx) reorder(ordered bool, ordering uint64) bool {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if ordered && (ordering == 0 || ordering != q.ordering) {
		return false
	}
	q.ordering = 0
	return true
}

// hold has a retry hold its group.
func (qt *queueTx) hold(id uint64, group string) {
	qt.then(func() { qt.q.holdGroupLocked(group, id) })
}

// regroupLocked makes the groups what they are now that the queue is ordered, or
// is not any more: before anything is delivered by its new policy.
func (q *queue) regroupLocked() {
	if !q.policy.Ordered {
		q.disbandLocked()
		return
	}
	for id, l := range q.leases {
		if l.group != "" {
			q.holdGroupLocked(l.group, id)
		}
	}
}
