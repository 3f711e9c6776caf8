package bolt

import "go.etcd.io/bbolt"

// needsLoadLocked reports that what comes next has to be read from the file.
func (q *queue) needsLoadLocked() bool {
	if q.gone {
		return false
	}
	if _, ok := q.frontLocked(); !ok && !q.front.complete() && q.parked < maxParked {
		return true
	}
	if q.returned.bound == allInMemory {
		return false
	}
	first := q.returned.first()
	return first == nil || first.id >= q.returned.bound
}

// loadLocked starts reading what comes next, unless that is under way, and
// returns a channel that is closed when it is there.
func (q *queue) loadLocked() <-chan struct{} {
	w := &q.front
	if w.loading == nil {
		done := make(chan struct{})
		w.loading = done
		l := load{from: w.through, last: w.last, version: w.version, bound: q.returned.bound, live: q.stored.live}
		l.reserved = q.e.budget.most(min(max(minLoad, 2*w.step), maxLoad))
		w.step = max(l.reserved, keepBytes)
		l.limit = int(w.step)
		w.changed, w.dropped = map[uint64]*spot{}, map[uint64]bool{}
		q.e.background.Go(func() {
			got := q.read(l)
			q.e.writer.awaitEffects(got.seen)
			q.mu.Lock()
			q.e.budget.give(l.reserved)
			q.takeInLocked(l, got)
			w.loading, w.changed, w.dropped = nil, nil, nil
			q.dispatchLocked()
			q.armLocked()
			q.mu.Unlock()
			close(done)
		})
	}
	return w.loading
}

// load is one read of what comes next: from where, as things stood when it
// began.
type load struct {
	from, last uint64 // runs behind from; last was the last one
	version    int    // of the window
	bound      uint64 // records from here on
	live       area
	limit      int   // bytes of runs
	reserved   int64 // of the budget
}

// loaded is what a read brought.
type loaded struct {
	runs  []loadedRun
	spots []*spot
	bound uint64 // records from here on are still only in the file
	seen  int    // the transaction that it saw as the last one
	err   error
}

type loadedRun struct {
	first uint64
	count int
	data  []byte
}

// read reads in one short transaction, and without the queue's lock.
func (q *queue) read(l load) loaded {
	got := loaded{bound: l.bound}
	got.err = q.e.view(func(btx *bbolt.Tx) error {
		var err error
		got.seen = btx.ID()
		if got.runs, err = readRuns(btx, l.live, l.from, l.limit); err != nil {
			return err
		}
		if l.bound != allInMemory {
			got.spots, got.bound, err = readReady(btx, l.live, l.bound)
		}
		return err
	})
	return got
}

// readRuns returns copies of the runs behind the given one, up to so many
// bytes, but at least one. Their marks are in memory, if they have any.
func readRuns(btx *bbolt.Tx, a area, after uint64, limit int) (runs []loadedRun, err error) {
	b := btx.Bucket(a.bucket(kindRuns))
	if b == nil {
		return nil, nil
	}
	c := b.Cursor()
	k, v := c.Seek(key64(after + 1))
	for size := 0; k != nil && (size < limit || len(runs) == 0); k, v = c.Next() {
		if v == nil {
			v = getValue(b, k)
		}
		first, ok := id64(k)
		if !ok || v == nil {
			return runs, damage("a run has the key %x or no value", k)
		}
		r, err := wholeRun(first, v)
		if err != nil {
			return runs, err
		}
		runs = append(runs, loadedRun{first: first, count: r.count, data: append(buffers.lend(len(v)), v...)})
		size += len(v)
	}
	return runs, nil
}

// readReady returns the next ready records from the given id on, and the id
// from which the others still are only in the file.
func readReady(btx *bbolt.Tx, a area, from uint64) ([]*spot, uint64, error) {
	b := btx.Bucket(a.bucket(kindReady))
	if b == nil {
		return nil, allInMemory, nil
	}
	records := btx.Bucket(a.bucket(kindRecords))
	var spots []*spot
	c := b.Cursor()
	for k, _ := c.Seek(key64(from)); k != nil; k, _ = c.Next() {
		id, ok := id64(k)
		if !ok {
			return nil, 0, damage("a ready record has the key %x", k)
		}
		if len(spots) >= loadRecords {
			return spots, id, nil
		}
		s, err := readSpot(records, a, btx, id)
		if err != nil {
			return nil, 0, err
		}
		spots = append(spots, s)
	}
	return spots, allInMemory, nil
}

func readSpot(records *bbolt.Bucket, a area, btx *bbolt.Tx, id uint64) (*spot, error) {
	rec, err := readRecord(records, id)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, damage("record %d is in an index but not there", id)
	}
	group, _, err := payloadHead(rec.data(btx, a))
	if err != nil {
		return nil, damage("record %d: %v", id, err)
	}
	return &spot{
		id: id, group: string(group), enteredAt: rec.enteredAt, readyAt: max(rec.enteredAt, rec.dueAt), tries: rec.tries,
	}, nil
}

// takeInLocked adds what was read to what is in memory, but for what happened
// meanwhile.
func (q *queue) takeInLocked(l load, got loaded) {
	w := &q.front
	if w.version != l.version {
		return
	}
	room := q.takeRunsLocked(got.runs)
	if got.err != nil {
		if room { // else the rest of what was read is read again before
			q.breakOffLocked(got.err)
		}
		return
	}
	if len(got.runs) == 0 && w.through == l.from {
		w.through = max(w.through, l.last) // all beyond was deleted meanwhile
	}
	if q.returned.bound == l.bound && got.bound != l.bound { // else more than it holds came back meanwhile, or nothing was read
		q.takeSpotsLocked(got)
	}
}

// takeRunsLocked adds runs to the window, and reports whether there was memory
// for all.
func (q *queue) takeRunsLocked(runs []loadedRun) bool {
	w := &q.front
	for _, r := range runs {
		if r.first <= w.through {
			continue
		}
		if w.dropped[r.first] {
			w.through = r.first
			continue
		}
		known := q.runs[r.first]
		if known == nil {
			known = newRun(r.first, r.count)
		}
		if !q.addSegmentLocked(known, r.data, true) {
			return false
		}
	}
	return true
}

// breakOffLocked reads no further, as the file is damaged there. What is in
// memory is served still.
func (q *queue) breakOffLocked(err error) {
	w := &q.front
	w.last = w.through
	q.damage = err
	q.e.damaged(err)
	q.takeSpotsLocked(loaded{bound: allInMemory})
}

// takeSpotsLocked adds records to those that returned.
func (q *queue) takeSpotsLocked(got loaded) {
	w := &q.front
	q.returned.bound = got.bound
	for _, s := range got.spots {
		if _, ok := w.changed[s.id]; !ok && !q.departing[s.id] && q.leases[s.id] == nil && !q.isParkedLocked(s) {
			q.returned.push(s)
		}
	}
	for id, s := range w.changed {
		if s != nil && q.leases[id] == nil {
			q.returned.push(s)
		}
	}
}

// pushLocked makes a message ready that is not at the front of the log.
func (q *queue) pushLocked(s *spot) {
	if s.run == nil && s.id >= q.returned.bound && q.front.loading != nil {
		q.front.changed[s.id] = s
	}
	q.returned.push(s)
}

// goneLocked keeps a read under way from bringing a record back.
func (q *queue) goneLocked(id uint64) {
	if q.front.loading != nil {
		q.front.changed[id] = nil
	}
}
