package bolt

import "go.etcd.io/bbolt"

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
	backward bool
	log      logScan
	records  recordScan
	m, r     *scanned // the next of each, once it was looked for
	met, rec bool     // it was
}

// newReadyScan begins behind the message with the given id; 0 begins at the
// end from which it goes.
func newReadyScan(btx *bbolt.Tx, q *queue, live area, after uint64, backward bool) *readyScan {
	return &readyScan{
		backward: backward,
		log:      newLogScan(btx, q, live, after, backward),
		records:  recordScan{q: q, ready: btx.Bucket(live.bucket(kindReady)), records: btx.Bucket(live.bucket(kindRecords)), after: after, backward: backward},
	}
}

// next returns the next ready message, which is good until the next call; nil
// at the end.
func (s *readyScan) next() (_ *scanned, err error) {
	if !s.met {
		if s.m, err = s.log.next(); err != nil {
			return nil, err
		}
		s.met = true
	}
	if !s.rec {
		if s.r, err = s.records.next(); err != nil {
			return nil, err
		}
		s.rec = true
	}
	if s.m == nil || s.r != nil && s.r.id < s.m.id != s.backward {
		s.rec = s.r == nil
		return s.r, nil
	}
	s.met = false
	return s.m, nil
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
