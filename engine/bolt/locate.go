package bolt

import (
	"bytes"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// located is where a message is found.
type located struct {
	id    uint64
	group string
	rec   *record // by itself, in this area:
	area  area
	run   *run // or in the log, and its place there:
	index int
	fresh bool // that run comes with this transaction
	at    int64
	data  []byte // its payload, a part of the page
}

// locate finds a message of the queue in whatever state it is; nil if it is
// not there.
func (qt *queueTx) locate(id uint64) (*located, error) {
	qt.cutRun() // it may have been published in this transaction
	for _, a := range []area{qt.s.live, qt.s.dead} {
		rec, err := readRecord(qt.t.Bucket(a.bucket(kindRecords)), id)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			continue
		}
		data := rec.data(qt.t.Tx, a)
		group, _, err := payloadHead(data)
		if err != nil {
			return nil, damage("record %d: %v", id, err)
		}
		return &located{id: id, group: string(group), rec: rec, area: a, data: data}, nil
	}
	first, r, data, err := findInLog(qt.t.Tx, qt.s.live, id)
	if data == nil {
		return nil, err
	}
	group, _, err := payloadHead(data)
	if err != nil {
		return nil, damage("message %d: %v", id, err)
	}
	loc := &located{id: id, group: string(group), index: r.index, at: r.at, data: data}
	loc.run, loc.fresh = qt.runOf(first, r.count)
	if loc.run.settled.has(loc.index) {
		return nil, nil
	}
	return loc, nil
}

// runOf returns what memory knows, or from now on knows, of a run, or that it is
// one that this transaction brings into the log, which memory does not know yet.
func (qt *queueTx) runOf(first uint64, count int) (r *run, fresh bool) {
	for _, r := range qt.fresh {
		if r.first == first {
			return r, true
		}
	}
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.knownLocked(newRun(first, count)), false
}

// knownLocked returns what memory knows of a run: from now on this, if it knows
// nothing.
func (q *queue) knownLocked(r *run) *run {
	if known := q.runs[r.first]; known != nil {
		return known
	}
	q.runs[r.first] = r
	return r
}

// findInLog finds a message by its id in the run that may hold it.
func findInLog(btx *bbolt.Tx, a area, id uint64) (first uint64, r runReader, data []byte, err error) {
	b := btx.Bucket(a.bucket(kindRuns))
	if b == nil {
		return 0, r, nil, nil
	}
	c := b.Cursor()
	k, _ := c.Seek(key64(id))
	if k == nil {
		k, _ = c.Last()
	} else if !bytes.Equal(k, key64(id)) {
		k, _ = c.Prev()
	}
	first, ok := id64(k)
	if !ok {
		return 0, r, nil, nil
	}
	r, data, err = findInRun(btx, a, first, id)
	return first, r, data, err
}

// takeOut takes a message that is not in flight out of its place, and returns
// it as a record; a large payload stays where it is. ErrInFlight if it is
// leased, unless it comes back in this very transaction.
func (qt *queueTx) takeOut(loc *located) (rec *record, err error) {
	_, size, _ := payloadHead(loc.data)
	if rec = loc.rec; loc.run != nil {
		if rec, err = qt.copyFromLog(loc.run, loc.index, loc.id, size); err != nil {
			return nil, err
		}
	}
	if err := qt.withdraw(loc, size); err != nil {
		return nil, err
	}
	qt.change()
	switch {
	case loc.run != nil:
		qt.leftLog(size)
	case loc.area == qt.s.live:
		qt.takeRecord(rec, true)
	default:
		rec.payload = bytes.Clone(rec.payload)
		qt.t.remove(loc.area, kindRecords, key64(loc.id))
		qt.s.buried--
	}
	return rec, nil
}

// withdraw takes a message out of memory at once, so that no receiver gets it.
// Dead letters are not there.
func (qt *queueTx) withdraw(loc *located, size int) error {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	leased := q.leases[loc.id]
	if leased != nil && !leased.settling {
		return engine.ErrInFlight
	}
	if loc.run == nil && loc.area == qt.s.dead {
		return nil
	}
	qt.withdrew = true
	was := q.takeAwayLocked(loc.id, loc.group)
	if rec := loc.rec; rec != nil {
		q.departing[loc.id] = true
		if was == nil && rec.state == engine.Ready {
			was = &spot{id: loc.id, group: loc.group, enteredAt: rec.enteredAt, readyAt: rec.enteredAt, tries: rec.tries}
		}
	} else {
		if !loc.fresh {
			loc.run = q.knownLocked(loc.run) // the window may have given it up since
			if was == nil && leased == nil { // else it stays leased, if this fails
				was = &spot{id: loc.id, run: loc.run, index: loc.index, group: loc.group, enteredAt: loc.at, readyAt: loc.at, size: size}
			}
		}
		qt.settleLocked(loc.run, loc.index)
	}
	// If it comes back it must not have been passed by the next of its group.
	holds := was != nil && loc.group != "" && q.policy.Ordered && q.holdGroupLocked(loc.group, loc.id)
	qt.effects = append(qt.effects, effect{
		done: func() {
			delete(q.departing, loc.id)
			q.takeAwayLocked(loc.id, loc.group) // it may have come in this transaction
			q.leaveGroupLocked(loc.group, loc.id)
		},
		undone: func() {
			delete(q.departing, loc.id)
			if loc.run != nil {
				loc.run.taken.set(loc.index) // the window may have stepped over it
			}
			if holds {
				q.leaveGroupLocked(loc.group, loc.id)
			}
			if was != nil {
				again := *was
				again.gone = false
				q.pushLocked(&again)
			}
		},
	})
	return nil
}

// takeAwayLocked takes a ready message out of memory, where it waits by itself or
// for its group; nil if it is not there. A read under way will not bring it back.
func (q *queue) takeAwayLocked(id uint64, group string) *spot {
	q.goneLocked(id)
	if s := q.returned.drop(id); s != nil {
		return s
	}
	return q.dropParkedLocked(group, id)
}

// oldestReady finds the oldest ready messages, so many or so many bytes of
// them, but for one. ErrQueueFull if there are not enough.
func (qt *queueTx) oldestReady(count, size int64, but uint64) ([]*located, error) {
	var found []*located
	s := newReadyScan(qt.t.Tx, qt.q, qt.s.live, 0, false)
	for count > 0 || size > 0 {
		m, err := s.next()
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, engine.ErrQueueFull
		}
		if m.id == but {
			continue
		}
		loc, err := qt.locate(m.id)
		if err != nil {
			return nil, err
		}
		if loc == nil || m.rec == nil && loc.rec != nil {
			continue // this transaction took it out of the log, which the scan cannot know
		}
		_, n, err := payloadHead(loc.data)
		if err != nil {
			return nil, damage("message %d: %v", m.id, err)
		}
		found = append(found, loc)
		count--
		size -= int64(n)
	}
	return found, nil
}
