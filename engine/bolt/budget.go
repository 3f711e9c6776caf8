package bolt

import (
	"sync/atomic"
)

// budget is the memory that the windows of all queues share. Who finds it used
// up reads the log a run at a time, and each second the windows that did not
// move, and those that are too large, give a part of it free.
type budget struct {
	limit  int64
	used   atomic.Int64
	moving atomic.Int64 // windows that moved in the last second
}

// segmentCost is what a segment takes of the budget: its buffer, and about what
// it costs to know of it, which is more than the data of a lone message.
func segmentCost(data []byte) int64 { return int64(cap(data)) + 256 }

// take takes so much, if there is enough.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) <= b.limit {
		return true
	}
	b.used.Add(-n)
	return false
}

// most takes what a read asks for, or as much as there is of it; all who read
// at once are to find some.
func (b *budget) most(n int64) int64 {
	n = min(n, b.share()/2)
	if over := b.used.Add(n) - b.limit; over > 0 {
		over = min(over, n)
		b.used.Add(-over)
		n -= over
	}
	return n
}

func (b *budget) give(n int64) { b.used.Add(-n) }

// share is what each of the windows that move may keep.
func (b *budget) share() int64 { return b.limit / max(b.moving.Load(), 1) }

// short reports that little is left for those who come.
func (b *budget) short() bool { return b.used.Load() > b.limit/4*3 }

// addSegmentLocked adds a run if there is memory; if it is needed soon, a little
// in any case.
func (q *queue) addSegmentLocked(r *run, data []byte, needed bool) bool {
	w := &q.front
	cost := segmentCost(data)
	if !q.e.budget.take(cost) {
		if !needed || len(w.segments) > 0 && w.bytes+cost > keepBytes {
			return false
		}
		q.e.budget.used.Add(cost)
		q.e.stir() // to get it back
	}
	s := &segment{run: r, data: data}
	s.uses.Store(1)
	w.segments = append(w.segments, s)
	w.through = r.first
	w.bytes += cost
	q.runs[r.first] = r
	return true
}

// shed has the window of a queue give memory free while there is little: all if
// it did not move in the last second, else what is more than its share. It
// reports whether it moved.
func (q *queue) shed() (moved bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &q.front
	moved, w.moved = w.moved, false
	keep := int64(0)
	if moved {
		keep = q.e.budget.share()
	}
	q.dropWhileLocked(func() bool { return q.e.budget.short() && w.bytes > keep })
	return moved
}

// dropWindow empties the window of a queue before somebody must do that at once.
func (e *Engine) dropWindow(name string) {
	if q := e.lookup(name); q != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.dropWhileLocked(func() bool { return true })
	}
}

// dropStep is how many segments are dropped before others get at the queue.
const dropStep = 512

// dropWhileLocked drops segments, the last ones first.
func (q *queue) dropWhileLocked(more func() bool) {
	w := &q.front
	for n := 1; len(w.segments) > 0 && w.loading == nil && more(); n++ {
		q.dropLastLocked()
		if n%dropStep == 0 {
			q.mu.Unlock()
			q.mu.Lock()
		}
	}
}

// dropLastLocked forgets the last segment: it is read again in its turn.
func (q *queue) dropLastLocked() {
	w := &q.front
	n := len(w.segments) - 1
	s := w.segments[n]
	w.segments[n] = nil
	w.segments = w.segments[:n]
	if n == 0 {
		w.started, w.payload = false, nil
	}
	w.through = s.run.first - 1
	q.leaveWindowLocked(s)
}

// leaveWindowLocked ends what the window has to do with a segment. A run all of
// which is settled is known until that is committed.
func (q *queue) leaveWindowLocked(s *segment) {
	cost := segmentCost(s.data)
	q.front.bytes -= cost
	q.e.budget.give(cost)
	s.leave()
	if s.run.untouched() {
		delete(q.runs, s.run.first)
	}
}
