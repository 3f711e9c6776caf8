package bolt

import (
	"bytes"
	"time"

	"go.etcd.io/bbolt"
)

// recover reads the exceptions of a queue: what was in flight, and what the
// keeper is to do with it; what is partly settled, when the next delay ends. The
// retries of an ordered one are still to come.
func (q *queue) recover(btx *bbolt.Tx, inFlight string) error {
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
			return q.recoverDelivered(btx, r, now, inFlight)
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
				q.recoverLease(*s, now, inFlight)
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
	if b := btx.Bucket(live.bucket(kindDue)); b != nil {
		var damaged error
		_, q.nextDue, damaged = dueBefore(b, 0)
		q.e.damaged(damaged)
	}
	return nil
}

// recoverDelivered finds what of a run was in flight.
func (q *queue) recoverDelivered(btx *bbolt.Tx, marks *run, now int64, doom string) error {
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
		q.recoverLease(spot{id: r.id, run: marks, index: r.index, group: string(group), enteredAt: r.at, tries: 1, size: size}, now, doom)
	}
	return r.r.err
}

func (q *queue) recoverLease(s spot, now int64, doom string) {
	if q.policy.Ordered && s.group != "" {
		q.holdGroupLocked(s.group, s.id)
	}
	q.doomLocked(s, doom, now).noted = s.run == nil
}

// readRetries finds those of the delayed records that failed, or were given
// back: in an ordered queue their groups wait for them. It looks at so many of
// those behind the given key, and returns that of the last; nil at the end.
func readRetries(btx *bbolt.Tx, a area, after []byte, limit int) (retries []*spot, last []byte, err error) {
	b := btx.Bucket(a.bucket(kindDue))
	if b == nil {
		return nil, nil, nil
	}
	records := btx.Bucket(a.bucket(kindRecords))
	c := b.Cursor()
	k, v := c.Seek(after)
	if k != nil && bytes.Equal(k, after) {
		k, v = c.Next()
	}
	for ; k != nil; k, v = c.Next() {
		if limit--; limit < 0 {
			return retries, bytes.Clone(last), nil
		}
		last = k
		if bytes.Equal(v, dueFirst) {
			continue
		}
		_, id, _ := splitDueKey(k)
		rec, err := readRecord(records, id)
		if err != nil {
			return nil, nil, err
		}
		if rec == nil || !rec.holds {
			continue
		}
		s, err := readSpot(records, a, btx, id)
		if err != nil {
			return nil, nil, err
		}
		if s.group != "" {
			retries = append(retries, s)
		}
	}
	return retries, nil, nil
}

// recoverRetries has the retries of an ordered queue hold their groups.
func (q *queue) recoverRetries(btx *bbolt.Tx, after []byte, limit int) (last []byte, err error) {
	if !q.policy.Ordered {
		return nil, nil
	}
	retries, last, err := readRetries(btx, q.stored.live, after, limit)
	for _, s := range retries {
		q.holdGroupLocked(s.group, s.id)
	}
	return last, err
}
