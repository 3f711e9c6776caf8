package bolt

import (
	"slices"

	"go.etcd.io/bbolt"
)

// logScan goes over the messages of the log that are neither settled nor
// leased, a run at a time.
type logScan struct {
	q        *queue
	b        *bbolt.Bucket
	after    uint64
	backward bool
	c        *bbolt.Cursor
	ahead    readAhead

	run            runReader
	settled, taken bitset    // of the run; empty: none
	reversed       []scanned // what is left of the run, if the scan goes backward
	met            scanned
}

func newLogScan(btx *bbolt.Tx, q *queue, live area, after uint64, backward bool) logScan {
	s := logScan{q: q, b: btx.Bucket(live.bucket(kindRuns)), after: after, backward: backward}
	s.ahead = readAhead{db: q.e.db, runs: s.b, backward: backward}
	return s
}

// next returns the next message, which is good until the next call.
func (s *logScan) next() (*scanned, error) {
	for s.b != nil {
		if s.backward {
			if n := len(s.reversed); n > 0 {
				s.met, s.reversed = s.reversed[n-1], s.reversed[:n-1]
				return &s.met, nil
			}
		} else {
			if ok, err := s.step(); ok || err != nil {
				return &s.met, err
			}
		}
		k := s.nextRun()
		if k == nil {
			return nil, nil
		}
		if err := s.enter(k); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// nextRun moves to the next run; the first is the one that may hold what comes
// behind after.
func (s *logScan) nextRun() []byte {
	if s.c != nil {
		return move(s.c, s.backward)
	}
	s.c = s.b.Cursor()
	if s.after == 0 {
		return seekBehind(s.c, 0, s.backward)
	}
	k, _ := s.c.Seek(key64(s.after))
	if k == nil {
		k, _ = s.c.Last()
	} else if first, ok := id64(k); ok && first > s.after {
		before, _ := s.c.Prev()
		if k = before; k == nil && !s.backward {
			k, _ = s.c.First()
		}
	}
	return k
}

// enter begins to read a run.
func (s *logScan) enter(k []byte) error {
	first, ok := id64(k)
	v := getValue(s.b, k)
	if !ok || v == nil {
		return damage("a run has the key %x or no value", k)
	}
	var err error
	if s.run, err = readRun(first, v); err != nil {
		return damage("run %d: %v", first, err)
	}
	s.ahead.enter(k, v)
	q := s.q
	s.settled, s.taken = s.settled[:0], s.taken[:0]
	q.mu.Lock()
	if known := q.runs[first]; known != nil && known.count == s.run.count {
		s.settled, s.taken = append(s.settled, known.settled...), append(s.taken, known.taken...)
	}
	q.mu.Unlock()
	if !s.backward {
		return nil
	}
	s.reversed = slices.Grow(s.reversed[:0], s.run.count)
	for {
		ok, err := s.step()
		if !ok || err != nil {
			return err
		}
		s.reversed = append(s.reversed, s.met)
	}
}

// step moves to the next message of the run; false at its end.
func (s *logScan) step() (bool, error) {
	r := &s.run
	for p := r.next(); p != nil; p = r.next() {
		s.ahead.step(len(p))
		if s.after != 0 && (r.id <= s.after) != s.backward {
			continue
		}
		if s.backward && r.id == s.after {
			continue
		}
		if len(s.settled) > 0 && (s.settled.has(r.index) || s.taken.has(r.index) && s.q.isLeased(r.id)) {
			continue
		}
		s.met = scanned{id: r.id, at: r.at, data: p}
		return true, nil
	}
	if r.r.err != nil {
		return false, damage("run %d: %v", r.id, r.r.err)
	}
	return false, nil
}

func (q *queue) isLeased(id uint64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.leases[id] != nil
}
