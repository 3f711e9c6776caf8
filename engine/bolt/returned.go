package bolt

import "container/heap"

// returned holds the ready messages that are not at the front of the log, by
// age. Of very many records only the oldest are in memory: those with ids
// below bound; the others are found in the file when their turn comes.
type returned struct {
	spots spotHeap
	byID  map[uint64]*spot
	bound uint64
	// oldest is a lower bound of when any of them entered the queue, for TTLs.
	oldest int64
}

const (
	allInMemory = ^uint64(0)
	maxReturned = 8192 // more are left in the file
	loadRecords = 4096 // read from the file at a time
)

func newReturned() returned {
	return returned{byID: map[uint64]*spot{}, bound: allInMemory}
}

// push adds a message. One of the log is always kept, as nothing else
// remembers it.
func (r *returned) push(s *spot) {
	if s.run == nil {
		if s.id >= r.bound {
			return
		}
		if len(r.spots) >= 2*maxReturned && s.id > r.spots[0].id {
			r.bound = s.id // it, and all records behind it, stay in the file
			r.trim()
			return
		}
	}
	if old := r.byID[s.id]; old != nil {
		old.gone = true
	}
	r.byID[s.id] = s
	if len(r.byID) == 1 || s.enteredAt < r.oldest {
		r.oldest = s.enteredAt
	}
	heap.Push(&r.spots, s)
}

// trim drops records at or beyond the bound.
func (r *returned) trim() {
	kept := r.spots[:0]
	for _, s := range r.spots {
		if s.gone {
			continue
		}
		if s.run == nil && s.id >= r.bound {
			delete(r.byID, s.id)
			continue
		}
		kept = append(kept, s)
	}
	clear(r.spots[len(kept):])
	r.spots = kept
	heap.Init(&r.spots)
}

// drop takes a message out, and returns it.
func (r *returned) drop(id uint64) *spot {
	s := r.byID[id]
	if s != nil {
		s.gone = true
		delete(r.byID, id)
	}
	return s
}

// first returns the oldest, or nil.
func (r *returned) first() *spot {
	for len(r.spots) > 0 {
		if s := r.spots[0]; !s.gone {
			return s
		}
		heap.Pop(&r.spots)
	}
	return nil
}

func (r *returned) pop() *spot {
	s := r.first()
	heap.Pop(&r.spots)
	delete(r.byID, s.id)
	return s
}

type spotHeap []*spot

func (h spotHeap) Len() int           { return len(h) }
func (h spotHeap) Less(i, j int) bool { return h[i].id < h[j].id }
func (h spotHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *spotHeap) Push(x any)        { *h = append(*h, x.(*spot)) }
func (h *spotHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return s
}

// expired takes out what entered before the given time, at most so many.
func (r *returned) expired(before int64, limit int) []*spot {
	if len(r.byID) == 0 || r.oldest > before {
		return nil
	}
	var out []*spot
	r.oldest = allTime
	for _, s := range r.byID {
		if s.enteredAt <= before && len(out) < limit {
			out = append(out, s)
			continue
		}
		r.oldest = min(r.oldest, s.enteredAt)
	}
	for _, s := range out {
		r.drop(s.id)
	}
	return out
}

const allTime = int64(^uint64(0) >> 1)
