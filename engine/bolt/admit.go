package bolt

import (
	"bytes"

	"nixie/engine"
)

// putRecord writes a record into an area. from is the area in which its large
// payload still is; 0 if rec has it all.
func (qt *queueTx) putRecord(a area, rec *record, from area) {
	t, key := qt.t, key64(rec.id)
	rec.queue = qt.s.number
	if from != a && from != 0 && rec.payload == nil {
		rec.payload = bytes.Clone(getValue(t.Bucket(from.bucket(kindLarge)), key))
		t.dropLarge(from, key)
	}
	if len(rec.payload) > maxInline {
		if b := t.have(a, kindLarge); b != nil {
			t.putLarge(b, key, rec.payload)
		}
		rec.payload = nil
	}
	t.put(a, kindRecords, key, rec.encode())
}

func (t *tx) dropLarge(a area, key []byte) {
	if b := t.Bucket(a.bucket(kindLarge)); b != nil && b.Bucket(key) != nil {
		t.fail(b.DeleteBucket(key))
	}
}

// admitReady puts a message among the ready ones, in the place of its age. It is
// ready since the given time.
func (qt *queueTx) admitReady(rec *record, group string, since int64, from area) {
	qt.change()
	rec.state, rec.dueAt, rec.holds = engine.Ready, 0, false
	qt.putRecord(qt.s.live, rec, from)
	qt.t.put(qt.s.live, kindReady, key64(rec.id), []byte{})
	qt.s.waiting++
	qt.s.bytes += int64(rec.size)
	qt.s.lastID = max(qt.s.lastID, rec.id)
	s := &spot{id: rec.id, group: group, enteredAt: rec.enteredAt, readyAt: since, tries: rec.tries}
	qt.effects = append(qt.effects, effect{
		done: func() {
			qt.q.leaveGroupLocked(group, s.id) // an older one may have come before it
			qt.q.pushLocked(s)
		},
		undone: func() { qt.q.takeAwayLocked(s.id, group) }, // if a later step put it back
	})
}

// admitDelayed puts a message among the delayed ones.
func (qt *queueTx) admitDelayed(rec *record, due int64, from area) {
	qt.change()
	rec.state, rec.dueAt = engine.Delayed, due
	qt.putRecord(qt.s.live, rec, from)
	kind := dueAny
	if !rec.holds {
		kind = dueFirst
	}
	qt.t.put(qt.s.live, kindDue, dueKey(due, rec.id), kind)
	qt.s.delayed++
	qt.s.bytes += int64(rec.size)
	qt.s.lastID = max(qt.s.lastID, rec.id)
	qt.then(func() { qt.q.dueLocked(due) })
}

// admitDead puts a message among the dead letters of this queue.
func (qt *queueTx) admitDead(rec *record, from area) {
	qt.change()
	rec.state, rec.dueAt, rec.holds = engine.Dead, 0, false
	qt.putRecord(qt.s.dead, rec, from)
	qt.s.buried++
	qt.s.lastID = max(qt.s.lastID, rec.id)
}

// bury makes a dead letter of a message that died in this queue, where the
// policy wants it.
func (qt *queueTx) bury(rec *record, reason engine.DeathReason, cause string, from area) {
	qt.change()
	rec.death = &engine.Death{Origin: qt.q.name, Reason: reason, Cause: cause, At: qt.t.now, Tries: rec.tries}
	qt.s.totals.Dead++
	qt.tally.dead++
	if reason == engine.Expired {
		qt.s.totals.Expired++
		qt.tally.expired++
	}
	rec.enteredAt = qt.t.at
	switch p := qt.policy.DeadLetter; p {
	case engine.OwnDeadLetters:
		qt.admitDead(rec, from)
	case engine.NoDeadLetters:
		rec.home, rec.state = engine.Dead, engine.Dead
		qt.throwAway(rec, engine.TrashNoDead, from)
	default:
		to, err := qt.t.find(p)
		if err != nil {
			to = qt
		}
		to.admitDead(rec, from)
	}
}
