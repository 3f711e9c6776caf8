package bolt

import (
	"cmp"
	"slices"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// delays is what a queue knows of its delayed messages.
type delays struct {
	ripe    []due // those whose time has come
	nextDue int64 // of the others; 0: none
}

// dueLocked knows of a message that is due then.
func (q *queue) dueLocked(at int64) {
	if q.nextDue == 0 || at < q.nextDue {
		q.nextDue = at
	}
}

// due is a delayed message.
type due struct {
	at int64
	id uint64
}

// ripeAtOnce is how many delayed messages are put in the order of their ids, and
// so of where they lie in the file, before they are made ready.
const ripeAtOnce = 2048

// ripen makes delayed messages ready whose time has come.
func (qt *queueTx) ripen(turn *turn) {
	b := qt.t.Bucket(qt.s.live.bucket(kindDue))
	if b == nil {
		return
	}
	q := qt.q
	ripe := q.ripe
	if len(ripe) == 0 {
		var next int64
		var damaged error
		ripe, next, damaged = dueBefore(b, qt.t.at)
		qt.t.e.damaged(damaged)
		qt.then(func() { q.nextDue = next })
	}
	for len(ripe) > 0 && !turn.over() {
		size, damaged := qt.ripenOne(ripe[0])
		qt.t.e.damaged(damaged) // it stays where it is, and must not stop the others
		ripe = ripe[1:]
		turn.took(size)
	}
	qt.then(func() { q.ripe = ripe })
}

// dueBefore returns some of the messages whose time has come, by id, and when
// the next one is due that is not among them; 0: none. It goes past what is
// damaged.
func dueBefore(b *bbolt.Bucket, at int64) (ripe []due, next int64, damaged error) {
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		var d due
		var ok bool
		if d.at, d.id, ok = splitDueKey(k); !ok {
			damaged = damage("a delayed record has the key %x", k)
			continue
		}
		if d.at > at || len(ripe) == ripeAtOnce {
			next = d.at
			break
		}
		ripe = append(ripe, d)
	}
	slices.SortFunc(ripe, func(a, b due) int { return cmp.Compare(a.id, b.id) })
	return ripe, next, damaged
}

// ripenOne makes one ready, unless it was taken away, and returns the size of its
// body.
func (qt *queueTx) ripenOne(d due) (size int, err error) {
	rec, err := qt.readLive(d.id)
	if rec == nil || rec.state != engine.Delayed || rec.dueAt != d.at {
		return 0, err
	}
	group, _, err := payloadHead(rec.data(qt.t.Tx, qt.s.live))
	if err != nil {
		return 0, damage("record %d: %v", d.id, err)
	}
	name := string(group)
	qt.takeRecord(rec, true)
	qt.admitReady(rec, name, d.at, qt.s.live)
	return rec.size, nil
}
