package bolt

import "sync/atomic"

// window is the part of a queue's log that is in memory: the runs from the
// front on, as far as the budget goes. What a commit publishes is added to it
// directly if it reaches to the end of the log; else it is read back later.
type window struct {
	segments []*segment
	reader   runReader // of segments[0]
	started  bool      // reader is set
	moved    bool      // in this second: somebody receives
	payload  []byte    // of the message that reader stands at; nil: before the first
	through  uint64    // first id of the last run that was added
	last     uint64    // first id of the last run in the log; 0: none
	bytes    int64
	step     int64         // how much the next read brings
	loading  chan struct{} // closed when the read under way ends; nil: none
	version  int           // counts resets: a read begun before one is dropped

	// What happened while a read is under way: it may have seen the file from
	// before. Records that became ready beyond the bound, nil for those that are
	// gone; and runs that are.
	changed map[uint64]*spot
	dropped map[uint64]bool
}

// segment is a run in memory.
type segment struct {
	run  *run
	data []byte
	uses atomic.Int32 // by the window, and by leases whose payload is still to be copied
}

// leave ends a use; after the last one the memory serves another run.
func (s *segment) leave() {
	if s.uses.Add(-1) == 0 {
		buffers.giveBack(s.data)
	}
}

const (
	// minLoad and maxLoad are how much of the log is read from the file at a
	// time: little at first, to be quick, and more for those who go on.
	minLoad = 256 << 10
	maxLoad = 4 << 20
	// keepBytes of a front from which somebody receives are in memory whatever
	// the budget.
	keepBytes = 32 << 10
)

// complete reports that nothing of the log lies beyond the window.
func (w *window) complete() bool { return w.through >= w.last }

// runsLow reports that it is time to read on. A read needs a while to get at a
// processor, so fast receivers have nearly a whole step in hand; small steps say
// that memory is short.
func (w *window) runsLow() bool {
	return !w.complete() && w.bytes < max(w.step/2, w.step-minLoad)
}

// appendLocked adds a run just committed, if the window reaches up to it and
// there is memory, or somebody receives.
func (q *queue) appendLocked(r *run, data []byte) {
	w := &q.front
	complete := w.complete() && w.loading == nil
	w.last = r.first
	if !complete || !q.addSegmentLocked(r, data, w.moved || q.waiters.Len() > 0) {
		buffers.giveBack(data)
	}
	if !r.untouched() {
		q.runs[r.first] = r // some of it is gone already: the window must know when it reads it
	}
}

// forgetSettledLocked forgets those of the runs of which nothing is left: they
// are not in the file any more.
func (q *queue) forgetSettledLocked(runs []*run) {
	for _, r := range runs {
		if r.left > 0 {
			continue
		}
		delete(q.runs, r.first)
		if q.front.loading != nil {
			q.front.dropped[r.first] = true
		}
	}
}

// restoredLocked knows of a run that is in the log again, somewhere before its
// end: the log is read anew from its beginning.
func (q *queue) restoredLocked(r *run) {
	q.runs[r.first] = r
	q.front.last = max(q.front.last, r.first)
	q.resetLocked()
}

// dropFirstLocked forgets the front segment: all in it was delivered.
func (q *queue) dropFirstLocked() {
	w := &q.front
	s := w.segments[0]
	w.segments[0] = nil
	w.segments = w.segments[1:]
	w.started, w.payload = false, nil
	q.leaveWindowLocked(s)
}

// resetLocked forgets the window: the log is read from its beginning again.
func (q *queue) resetLocked() {
	w := &q.front
	for len(w.segments) > 0 {
		q.dropFirstLocked()
	}
	w.through, w.step = 0, 0
	w.version++
}

// frontLocked steps over what was settled or delivered and returns the next
// message of the log without taking it; nil if there is none in memory.
func (q *queue) frontLocked() (f front, ok bool) {
	w := &q.front
	for len(w.segments) > 0 {
		s := w.segments[0]
		if !w.started {
			r, err := readRun(s.run.first, s.data)
			if err != nil || r.count != s.run.count {
				// Damaged: check names it; here it must not stop the queue.
				q.dropFirstLocked()
				continue
			}
			w.reader, w.started, w.payload = r, true, nil
		}
		r := &w.reader
		for w.payload == nil || s.run.settled.has(r.index) || s.run.taken.has(r.index) {
			w.moved = true
			if w.payload = r.next(); w.payload == nil {
				break
			}
		}
		if w.payload == nil {
			q.dropFirstLocked()
			continue
		}
		return front{segment: s, index: r.index, id: r.id, at: r.at, payload: w.payload}, true
	}
	return front{}, false
}

// front is the next message of the log.
type front struct {
	*segment
	index   int
	id      uint64
	at      int64
	payload []byte
}

// take takes the message out of the window.
func (f *front) take() spot {
	f.run.taken.set(f.index)
	group, size, _ := payloadHead(f.payload)
	return spot{id: f.id, run: f.run, index: f.index, group: string(group), enteredAt: f.at, readyAt: f.at, size: size}
}
