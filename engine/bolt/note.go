package bolt

import (
	"slices"

	"nixie/engine"
)

// unnoted is what a queue has delivered, or got back, since the last commit: the
// next one notes it.
type unnoted struct {
	flagged   bool     // the writer knows that there is something:
	dirty     []*run   // runs delivered from
	tried     []*lease // leases of records begun or given back
	unwritten int64    // deliveries not in stored.totals yet
}

// flagLocked tells the writer that there are deliveries to note.
func (q *queue) flagLocked() {
	if !q.flagged {
		q.flagged = true
		q.e.flag(q)
	}
}

// flagAgainLocked is for when they were not noted.
func (q *queue) flagAgainLocked() {
	q.flagged = false
	q.flagLocked()
}

func (q *queue) dirtyLocked(r *run) {
	if !r.dirty {
		r.dirty = true
		q.dirty = append(q.dirty, r)
	}
}

// flag remembers that the queue has deliveries to note.
func (e *Engine) flag(q *queue) {
	e.flagMu.Lock()
	e.flagged = append(e.flagged, q)
	e.flagMu.Unlock()
	e.writer.noteMarks()
	e.stir()
}

func (e *Engine) takeFlagged() []*queue {
	e.flagMu.Lock()
	defer e.flagMu.Unlock()
	flagged := e.flagged
	e.flagged = nil
	return slices.DeleteFunc(flagged, func(q *queue) bool { return e.lookup(q.name) != q })
}

// noteDeliveries writes that messages were delivered, or given back, since the
// last commit, but for those that were settled meanwhile.
func (qt *queueTx) noteDeliveries() {
	q := qt.q
	q.mu.Lock()
	dirty, tried := q.dirty, q.tried
	q.dirty, q.tried, q.flagged = nil, nil, false
	for _, r := range dirty {
		r.dirty = false
	}
	wrote := q.unwritten
	var begun, back []*lease
	for _, l := range tried {
		switch {
		case l.ended && l.noted && q.leases[l.id] == nil:
			back = append(back, l)
		case !l.ended && !l.settling && !l.noted:
			begun = append(begun, l)
		}
	}
	q.mu.Unlock()
	qt.hint = true
	qt.s.totals.Delivered += wrote
	if wrote > 0 {
		qt.written = true
		qt.then(func() { q.unwritten -= wrote })
	}
	qt.atOnce(func() {
		for _, r := range dirty {
			q.dirtyLocked(r)
		}
		q.tried = append(q.tried, tried...)
	})
	if qt.emptied {
		return // what they were of is in the trash
	}
	for _, r := range dirty {
		if r.left > 0 {
			qt.touch(r)
		}
	}
	for _, l := range back {
		if qt.noteState(l.id, engine.Ready, l.tries-1) {
			qt.then(func() { q.notedBackLocked(l) })
		}
	}
	for _, l := range begun {
		qt.noteState(l.id, engine.InFlight, l.tries)
		qt.then(func() { l.noted = true })
	}
}

// notedBackLocked makes sure that a record which was given back is found: memory may
// have left it to the file, and a read gone past it there, as it was in flight still.
func (q *queue) notedBackLocked(l *lease) {
	if s := l.spot(); q.leases[l.id] == nil && !q.isParkedLocked(s) {
		q.pushLocked(s)
	}
}

// noteState writes a ready record as in flight, or one in flight as ready, and
// reports whether it did. Nothing happens to one that is anything else by now: it was
// settled, or an operator took it away.
func (qt *queueTx) noteState(id uint64, state engine.State, tries int) bool {
	from, to := engine.Ready, engine.InFlight
	kindFrom, kindTo := byte(kindReady), byte(kindInFlight)
	if state == engine.Ready {
		from, to, kindFrom, kindTo = to, from, kindTo, kindFrom
	}
	rec, err := qt.readLive(id)
	if rec == nil || rec.state != from {
		qt.t.fail(err)
		return false
	}
	qt.written = true
	rec.state, rec.tries = to, tries
	key := key64(id)
	qt.t.put(qt.s.live, kindRecords, key, rec.encode())
	qt.t.remove(qt.s.live, kindFrom, key)
	qt.t.put(qt.s.live, kindTo, key, []byte{})
	return true
}
