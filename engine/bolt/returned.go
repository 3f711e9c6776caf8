package bolt

import (
	"container/heap"
	"slices"
)

// returned holds the ready messages that are not at the front of the log, by
// age. Of very many records only the oldest are in memory: those with ids
// below bound; the others are found in the file when their turn comes.
//
// So of a record that the file says is ready, memory knows
//
//	below bound   that it is here, parked, leased, or departing (taken by the transaction under way)
//	from bound    nothing, but that it may be parked, leased or departing: a read passes over it then
//
// and what comes and goes from bound on while a read is under way, which sees the
// file as it was when it began, stands in window.changed until that ends.
type returned struct {
	spots spotHeap
	byID  map[uint64]*spot
	bound uint64
	full  int // at so many spots, all that need not be in memory is forgotten
	// oldest is a lower bound of when any of them entered the queue, for TTLs.
	oldest int64
}

const (
	allInMemory = ^uint64(0)
	maxReturned = 16 << 10 // of more records half are left in the file
	loadRecords = 4096     // read from the file at a time
	trimSample  = 64       // records that say which half is the older
)

func newReturned() returned {
	return returned{byID: map[uint64]*spot{}, bound: allInMemory, full: maxReturned}
}

// push adds a message. One of the log is always kept, as nothing else
// remembers it.
func (r *returned) push(s *spot) {
	if s.run == nil && s.id >= r.bound {
		return
	}
	if old := r.byID[s.id]; old != nil {
		old.gone = true
	}
	r.byID[s.id] = s
	if len(r.byID) == 1 || s.enteredAt < r.oldest {
		r.oldest = s.enteredAt
	}
	heap.Push(&r.spots, s)
	if len(r.spots) >= r.full {
		r.trim()
	}
}

// trim forgets what is gone, and leaves about the younger half of the records in
// the file.
func (r *returned) trim() {
	var sample []uint64
	for i := 0; i < len(r.spots); i += max(len(r.spots)/trimSample, 1) {
		if s := r.spots[i]; s.run == nil && !s.gone {
			sample = append(sample, s.id)
		}
	}
	if len(sample) > 1 {
		slices.Sort(sample)
		r.bound = sample[len(sample)/2]
	}
	log := 0
	r.spots = slices.DeleteFunc(r.spots, func(s *spot) bool {
		switch {
		case s.gone:
			return true
		case s.run != nil:
			log++
		case s.id >= r.bound:
			delete(r.byID, s.id)
			return true
		}
		return false
	})
	heap.Init(&r.spots)
	r.full = maxReturned + 2*log
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
func (r *returned) expired(before int64, limit int) (out []*spot) {
	if len(r.byID) == 0 || r.oldest > before {
		return nil
	}
	oldest := allTime
	for _, s := range r.byID {
		if s.enteredAt > before {
			oldest = min(oldest, s.enteredAt)
			continue
		}
		if len(out) == limit {
			oldest = r.oldest // there may be more, which are not looked at now
			break
		}
		out = append(out, s)
	}
	r.oldest = oldest
	for _, s := range out {
		r.drop(s.id)
	}
	return out
}

const allTime = int64(^uint64(0) >> 1)
