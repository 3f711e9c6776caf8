package bolt

import (
	"bytes"
	"slices"

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
		data := rec.payload
		if data == nil {
			data = getValue(qt.t.Bucket(a.bucket(kindLarge)), key64(id))
		}
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
	loc := &located{id: id, group: string(group), run: qt.runOf(first, r.count), index: r.index, at: r.at, data: data}
	if loc.run.settled.has(loc.index) {
		return nil, nil
	}
	return loc, nil
}

// runOf returns what memory knows, or from now on knows, of a run.
func (qt *queueTx) runOf(first uint64, count int) *run {
	if r := qt.freshRun(first); r != nil {
		return r
	}
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.knownLocked(newRun(first, count))
}

// freshRun returns a run that this transaction brings into the log, which memory
// knows only after the commit; nil if it is not of those.
func (qt *queueTx) freshRun(first uint64) *run {
	for _, p := range qt.published {
		if p.run.first == first {
			return p.run
		}
	}
	for _, r := range qt.restored {
		if r.first == first {
			return r
		}
	}
	return nil
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
// leased.
func (qt *queueTx) takeOut(loc *located) (*record, error) {
	q := qt.q
	q.mu.Lock()
	if q.leases[loc.id] != nil {
		q.mu.Unlock()
		return nil, engine.ErrInFlight
	}
	if loc.run != nil && !qt.isFresh(loc) {
		loc.run = q.knownLocked(loc.run) // the window may have given it up since
	}
	if loc.area != qt.s.dead || loc.run != nil {
		qt.withdrawLocked(loc)
	}
	q.mu.Unlock()
	qt.change()
	if loc.run != nil {
		_, size, _ := payloadHead(loc.data)
		rec, err := qt.takeFromLog(loc.run, loc.index, loc.id, size, true, 0)
		return rec, qt.t.fail(err)
	}
	if loc.area == qt.s.live {
		// It may have become ready, or a retry, in this very transaction.
		is := func(s *spot) bool { return s.id == loc.id }
		qt.ready, qt.retries = slices.DeleteFunc(qt.ready, is), slices.DeleteFunc(qt.retries, is)
		qt.takeRecord(loc.rec, true)
		return loc.rec, nil
	}
	loc.rec.payload = bytes.Clone(loc.rec.payload)
	qt.t.remove(loc.area, kindRecords, key64(loc.id))
	qt.s.buried--
	return loc.rec, nil
}

// withdrawLocked takes a ready or delayed message out of memory, so that no
// receiver gets it, and sees to it that it is there again if the transaction
// fails.
func (qt *queueTx) withdrawLocked(loc *located) {
	q := qt.q
	_, size, _ := payloadHead(loc.data)
	fresh := qt.isFresh(loc)
	was := q.returned.drop(loc.id)
	if was == nil {
		was = q.dropParkedLocked(loc.group, loc.id)
	}
	if loc.run != nil {
		loc.run.settle(loc.index)
		if was == nil {
			was = &spot{id: loc.id, run: loc.run, index: loc.index, group: loc.group, enteredAt: loc.at, readyAt: loc.at, size: size}
		}
	} else {
		q.departing[loc.id] = true
		q.goneLocked(loc.id) // it may have come back since a read began that is under way
		if rec := loc.rec; was == nil && rec.state == engine.Ready {
			was = &spot{id: loc.id, group: loc.group, enteredAt: rec.enteredAt, readyAt: rec.enteredAt, tries: rec.tries}
		}
	}
	qt.withdrawn = append(qt.withdrawn, loc)
	qt.t.undo = append(qt.t.undo, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.departing, loc.id)
		if loc.run != nil {
			loc.run.unsettle(loc.index)
			loc.run.taken.set(loc.index) // the window may have stepped over it
		}
		if was != nil && !fresh {
			again := *was
			again.gone = false
			q.pushLocked(&again)
		}
	})
}

// isFresh reports that the message became ready in this transaction: without it
// there is none.
func (qt *queueTx) isFresh(loc *located) bool {
	if loc.run != nil {
		return qt.freshRun(loc.run.first) != nil
	}
	return slices.ContainsFunc(qt.ready, func(s *spot) bool { return s.id == loc.id })
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
