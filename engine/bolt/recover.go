package bolt

import (
	"time"

	"go.etcd.io/bbolt"
)

// recover reads the exceptions of a queue: what was in flight when nixie
// stopped, what is partly settled, when the next delay ends.
func (q *queue) recover(btx *bbolt.Tx) error {
	now := time.Now().UnixNano()
	live := q.stored.live
	if runs := btx.Bucket(live.bucket(kindRuns)); runs != nil {
		if k, _ := runs.Cursor().Last(); k != nil {
			q.front.last, _ = id64(k)
		}
	}
	if b := btx.Bucket(live.bucket(kindMarks)); b != nil {
		err := b.ForEach(func(k, v []byte) error {
			first, ok := id64(k)
			if !ok {
				return damage("marks have the key %x", k)
			}
			r, err := decodeMarks(first, v)
			if err != nil {
				return damage("marks of run %d: %v", first, err)
			}
			q.runs[first] = r
			return q.recoverDelivered(btx, r, now)
		})
		if err != nil {
			return err
		}
	}
	records := btx.Bucket(live.bucket(kindRecords))
	if b := btx.Bucket(live.bucket(kindInFlight)); b != nil {
		err := b.ForEach(func(k, _ []byte) error {
			id, _ := id64(k)
			s, err := readSpot(records, live, btx, id)
			if err == nil {
				q.recoverLease(*s, now)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if b := btx.Bucket(live.bucket(kindReady)); b != nil {
		if k, _ := b.Cursor().First(); k != nil {
			q.returned.bound = 0
		}
	}
	return q.recoverDelayed(btx, records)
}

// recoverDelivered finds what of a run was in flight.
func (q *queue) recoverDelivered(btx *bbolt.Tx, marks *run, now int64) error {
	if marks.delivered.empty() {
		return nil
	}
	v := getValue(btx.Bucket(q.stored.live.bucket(kindRuns)), key64(marks.first))
	r, err := readRun(marks.first, v)
	if err != nil {
		return damage("run %d: %v", marks.first, err)
	}
	for p := r.next(); p != nil; p = r.next() {
		if r.index >= marks.count || !marks.delivered.has(r.index) || marks.settled.has(r.index) {
			continue
		}
		group, size, err := payloadHead(p)
		if err != nil {
			return damage("message %d: %v", r.id, err)
		}
		marks.taken.set(r.index)
		q.recoverLease(spot{id: r.id, run: marks, index: r.index, group: string(group), enteredAt: r.at, tries: 1, size: size}, now)
	}
	return r.r.err
}

func (q *queue) recoverLease(s spot, now int64) {
	if q.policy.Ordered && s.group != "" {
		q.holdGroupLocked(s.group, s.id)
	}
	q.doomLocked(s, doomCrashed, now)
}

// recoverDelayed finds the next delay, and the groups that wait for a retry.
func (q *queue) recoverDelayed(btx *bbolt.Tx, records *bbolt.Bucket) error {
	b := btx.Bucket(q.stored.live.bucket(kindDue))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	k, _ := c.First()
	if k != nil {
		q.nextDue, _, _ = splitDueKey(k)
	}
	if !q.policy.Ordered {
		return nil
	}
	for ; k != nil; k, _ = c.Next() {
		_, id, _ := splitDueKey(k)
		rec, err := readRecord(records, id)
		if err != nil || rec == nil || !rec.holds {
			if err != nil {
				return err
			}
			continue
		}
		s, err := readSpot(records, q.stored.live, btx, id)
		if err != nil {
			return err
		}
		if s.group != "" {
			q.holdGroupLocked(s.group, id)
		}
	}
	return nil
}
