package bolt

import (
	"slices"

	"go.etcd.io/bbolt"
)

// scanned is a message that a scan meets: a record, or one of the log.
type scanned struct {
	id   uint64
	rec  *record
	at   int64  // of the log: when it was published, and
	data []byte // its payload, a part of the page
}

// readyScan goes over the ready messages of a queue by age, in one read
// transaction, without touching any. It holds no lock in between: what becomes
// in flight meanwhile is left out, what becomes ready may be missed.
type readyScan struct {
	q        *queue
	btx      *bbolt.Tx
	backward bool
	log      logScan
	records  recordScan
	m, r     *scanned // the next of each
	begun    bool
}

// newReadyScan begins behind the message with the given id; 0 begins at the
// end from which it goes.
func newReadyScan(btx *bbolt.Tx, q *queue, live area, after uint64, backward bool) *readyScan {
	return &readyScan{
		q: q, btx: btx, backward: backward,
		log:     logScan{q: q, b: btx.Bucket(live.bucket(kindRuns)), after: after, backward: backward},
		records: recordScan{q: q, ready: btx.Bucket(live.bucket(kindReady)), records: btx.Bucket(live.bucket(kindRecords)), after: after, backward: backward},
	}
}

// next returns the next ready message; nil at the end.
func (s *readyScan) next() (*scanned, error) {
	var err error
	if !s.begun {
		s.begun = true
		if s.m, err = s.log.next(); err != nil {
			return nil, err
		}
		if s.r, err = s.records.next(); err != nil {
			return nil, err
		}
	}
	first := s.m
	if first == nil || s.r != nil && s.r.id < first.id != s.backward {
		first = s.r
		s.r, err = s.records.next()
	} else {
		s.m, err = s.log.next()
	}
	return first, err
}

// logScan goes over the messages of the log that are neither settled nor
// leased, a run at a time.
type logScan struct {
	q        *queue
	b        *bbolt.Bucket
	after    uint64
	backward bool
	c        *bbolt.Cursor
	run      []*scanned
}

func (s *logScan) next() (*scanned, error) {
	for len(s.run) == 0 {
		k := s.step()
		if k == nil {
			return nil, nil
		}
		if err := s.read(k); err != nil {
			return nil, err
		}
	}
	m := s.run[0]
	s.run = s.run[1:]
	return m, nil
}

// step moves to the next run; the first is the one that may hold what comes
// behind after.
func (s *logScan) step() []byte {
	if s.b == nil {
		return nil
	}
	var k []byte
	switch {
	case s.c != nil && s.backward:
		k, _ = s.c.Prev()
		return k
	case s.c != nil:
		k, _ = s.c.Next()
		return k
	}
	s.c = s.b.Cursor()
	switch {
	case s.backward && s.after == 0:
		k, _ = s.c.Last()
	case s.after == 0:
		k, _ = s.c.First()
	default:
		if k, _ = s.c.Seek(key64(s.after)); k == nil {
			k, _ = s.c.Last()
		} else if first, ok := id64(k); ok && first > s.after {
			before, _ := s.c.Prev()
			if k = before; k == nil && !s.backward {
				k, _ = s.c.First()
			}
		}
	}
	return k
}

func (s *logScan) read(k []byte) error {
	first, ok := id64(k)
	v := getValue(s.b, k)
	if !ok || v == nil {
		return damage("a run has the key %x or no value", k)
	}
	r, err := readRun(first, v)
	if err != nil {
		return damage("run %d: %v", first, err)
	}
	q := s.q
	q.mu.Lock()
	var settled, taken bitset
	if known := q.runs[first]; known != nil && known.count == r.count {
		settled, taken = slices.Clone(known.settled), slices.Clone(known.taken)
	}
	q.mu.Unlock()
	s.run = s.run[:0]
	for p := r.next(); p != nil; p = r.next() {
		if s.after != 0 && (r.id <= s.after && !s.backward || r.id >= s.after && s.backward) {
			continue
		}
		if settled != nil && (settled.has(r.index) || taken.has(r.index) && q.isLeased(r.id)) {
			continue
		}
		s.run = append(s.run, &scanned{id: r.id, at: r.at, data: p})
	}
	if r.r.err != nil {
		return damage("run %d: %v", first, r.r.err)
	}
	if s.backward {
		slices.Reverse(s.run)
	}
	return nil
}

func (q *queue) isLeased(id uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.leases[id] != nil
}

// recordScan goes over the ready records that are not leased.
type recordScan struct {
	q              *queue
	ready, records *bbolt.Bucket
	after          uint64
	backward       bool
	c              *bbolt.Cursor
}

func (s *recordScan) next() (*scanned, error) {
	if s.ready == nil {
		return nil, nil
	}
	for {
		var k []byte
		if s.c == nil {
			s.c = s.ready.Cursor()
			k = seekBehind(s.c, s.after, s.backward)
		} else {
			k = move(s.c, s.backward)
		}
		if k == nil {
			return nil, nil
		}
		id, ok := id64(k)
		if !ok {
			return nil, damage("a ready record has the key %x", k)
		}
		if s.q.isLeased(id) {
			continue
		}
		rec, err := readRecord(s.records, id)
		if err != nil {
			return nil, err
		}
		if rec == nil {
			return nil, damage("record %d is in an index but not there", id)
		}
		return &scanned{id: id, rec: rec}, nil
	}
}

// seekBehind moves to the first key behind the given id, in the direction of
// the scan; 0 is the end from which it goes.
func seekBehind(c *bbolt.Cursor, after uint64, backward bool) []byte {
	var k []byte
	switch {
	case after == 0 && backward:
		k, _ = c.Last()
	case after == 0:
		k, _ = c.First()
	case backward:
		if k, _ = c.Seek(key64(after)); k == nil {
			k, _ = c.Last()
		} else {
			k, _ = c.Prev()
		}
	default:
		k, _ = c.Seek(key64(after + 1))
	}
	return k
}

func move(c *bbolt.Cursor, backward bool) []byte {
	var k []byte
	if backward {
		k, _ = c.Prev()
	} else {
		k, _ = c.Next()
	}
	return k
}
