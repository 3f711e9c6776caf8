package bolt

import "time"

// effect is what a step of a transaction means to what memory knows of its
// queue. It is done once the transaction is committed, in the order of the steps:
// until then nobody may see what might be lost. Of what had to be done at once
// (a receiver must not get what is being taken away) it is undone, the last step
// first, if the transaction fails. Both run under the queue's lock.
type effect struct{ done, undone func() }

// then has something done after the commit.
func (qt *queueTx) then(done func()) {
	qt.effects = append(qt.effects, effect{done: done})
}

// atOnce says how to undo what was just done.
func (qt *queueTx) atOnce(undone func()) {
	qt.effects = append(qt.effects, effect{undone: undone})
}

// committed makes the transaction's effects on this queue visible. Acks stand by
// themselves, as they are many, and need no order: nothing else can concern a
// message that is being acked.
func (qt *queueTx) committed() {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stored, q.oldest = qt.s, nil
	for _, l := range qt.acked {
		qt.endLocked(l, acked, false)
	}
	for _, e := range qt.effects {
		if e.done != nil {
			e.done()
		}
	}
	q.tally.add(&qt.tally)
	if qt.deleted {
		q.retireLocked()
		return
	}
	q.dispatchLocked()
	q.armLocked()
}

// rollback makes memory again what it was before the transaction.
func (qt *queueTx) rollback() {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	q.oldest = nil
	for i := len(qt.effects) - 1; i >= 0; i-- {
		if undone := qt.effects[i].undone; undone != nil {
			undone()
		}
	}
	for _, l := range qt.acked {
		l.settling = false
		if l.run != nil {
			l.run.unsettle(l.index)
		}
	}
	for _, r := range qt.touched {
		r.touched = false
	}
	if qt.withdrew { // who came meanwhile did not find what is back
		q.dispatchLocked()
		q.armLocked()
	}
}

// ending is how a lease ends.
type ending int

const (
	acked ending = iota
	failed
	released
	taken // from its consumer: by an operator, or because it expired
)

// end ends a lease that the transaction has claimed. If it holds, its group
// still waits for the message.
func (qt *queueTx) end(l *lease, how ending, holds bool) {
	qt.countEnd(l, how)
	holds = holds && qt.holdsGroups()
	qt.then(func() { qt.endLocked(l, how, holds) })
}

// countEnd counts a lease that ends.
func (qt *queueTx) countEnd(l *lease, how ending) {
	qt.change()
	switch how {
	case acked:
		qt.s.totals.Acked++
		qt.tally.acked++
	case failed:
		qt.s.totals.Failed++
		qt.tally.failed++
	}
	if (how == acked || how == failed) && l.consumer != nil {
		qt.tally.work.observe(time.Duration(qt.t.at - l.receivedAt))
	}
}

// endLocked ends a lease, now that it is committed.
func (qt *queueTx) endLocked(l *lease, how ending, holds bool) {
	q := qt.q
	if c := l.consumer; c != nil {
		if how != taken && l.deadline > qt.t.at { // else nobody was there
			c.seen = qt.t.now
		}
		switch how {
		case acked:
			c.totals.Acked++
		case failed:
			c.totals.Failed++
		}
	}
	q.endLeaseLocked(l)
	if l.run == nil {
		q.goneLocked(l.id)
	}
	if !holds {
		q.leaveGroupLocked(l.group, l.id)
	} else if l.group != "" {
		q.holdGroupLocked(l.group, l.id)
	}
}
