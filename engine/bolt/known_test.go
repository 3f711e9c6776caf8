package bolt

import (
	"fmt"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// everyMessageIsKnown fails the test if memory has lost a ready message of the
// file, so that nobody would get it before the next opening. Nothing may be under
// way.
func everyMessageIsKnown(t *testing.T, e *Engine) {
	t.Helper()
	err := e.db.View(func(btx *bbolt.Tx) error {
		for _, q := range e.all() {
			q.mu.Lock()
			lost := append(q.lostRecords(btx), q.lostInLog(btx)...)
			q.mu.Unlock()
			if len(lost) > 0 {
				t.Errorf("queue %s has lost %v", q.name, lost)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// holds reports that memory has a message, wherever it waits.
func (q *queue) holds(id uint64) bool {
	if q.leases[id] != nil || q.returned.byID[id] != nil {
		return true
	}
	for _, g := range q.groups {
		if _, ok := g.find(id); ok {
			return true
		}
	}
	return false
}

func (q *queue) lostRecords(btx *bbolt.Tx) (lost []string) {
	b := btx.Bucket(q.stored.live.bucket(kindReady))
	if b == nil {
		return nil
	}
	_ = b.ForEach(func(k, _ []byte) error {
		if id, _ := id64(k); id < q.returned.bound && !q.holds(id) {
			lost = append(lost, fmt.Sprintf("record %d", id))
		}
		return nil
	})
	return lost
}

func (q *queue) lostInLog(btx *bbolt.Tx) (lost []string) {
	b := btx.Bucket(q.stored.live.bucket(kindRuns))
	if b == nil {
		return nil
	}
	w := &q.front
	_ = b.ForEach(func(k, _ []byte) error {
		first, _ := id64(k)
		if first > w.through {
			return nil // it is still to be read
		}
		place := slices.IndexFunc(w.segments, func(s *segment) bool { return s.run.first == first })
		r, err := readRun(first, getValue(b, k))
		for err == nil && r.next() != nil {
			known := q.runs[first]
			if known != nil && known.settled.has(r.index) || q.holds(r.id) {
				continue
			}
			ahead := place > 0 || place == 0 && (!w.started || r.index >= w.reader.index)
			if !ahead || known != nil && known.taken.has(r.index) {
				lost = append(lost, fmt.Sprintf("message %d of run %d", r.id, first))
			}
		}
		return err
	})
	return lost
}
