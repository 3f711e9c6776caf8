package bolt

import (
	"container/heap"
	"strconv"
	"time"

	"nixie/engine"
)

// lease is a consumer's right to a delivery. Leases live in memory: committing
// each before it is handed out would halve the speed. That a message was
// delivered is noted with the next commit (marks, or the record's state), so
// that its tries survive a crash.
type lease struct {
	id         uint64
	token      uint64
	consumer   *consumer
	receivedAt int64
	length     time.Duration
	deadline   int64
	enteredAt  int64
	tries      int // this one included
	size       int // of the body, if it is in the log
	group      string
	run        *run   // if the message is in the log, and
	index      int    // its place there
	payload    []byte // for the receiver, if it is in memory
	at         int    // in the heap of deadlines
	settling   bool
	noted      bool   // the record in the file says that it is in flight
	doom       string // not a delivery: the message is to die or be returned, and why
	ended      bool
}

const (
	doomExpired = "expired" // its TTL ran out
	doomCrashed = "crashed" // it was in flight when nixie last stopped
)

func (l *lease) receipt(queue string) engine.Receipt {
	return engine.Receipt{Queue: queue, ID: formatID(l.id), Token: strconv.FormatUint(l.token, 36)}
}

func formatID(id uint64) engine.ID { return engine.ID(strconv.FormatUint(id, 10)) }

// parseID accepts only what formatID writes.
func parseID(id engine.ID) (uint64, bool) {
	if id == "" || id[0] < '1' || id[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(id), 10, 64)
	return n, err == nil
}

// leaseLocked finds the current lease that the receipt proves.
func (q *queue) leaseLocked(r engine.Receipt) (*lease, error) {
	id, ok := parseID(r.ID)
	if !ok {
		return nil, engine.ErrLeaseLost
	}
	l := q.leases[id]
	if l == nil || l.settling || l.doom != "" || strconv.FormatUint(l.token, 36) != r.Token {
		return nil, engine.ErrLeaseLost
	}
	return l, nil
}

func (q *queue) addLeaseLocked(l *lease) {
	q.leases[l.id] = l
	heap.Push(&q.deadlines, l)
	if l.consumer != nil {
		l.consumer.inFlight++
	}
}

func (q *queue) endLeaseLocked(l *lease) {
	if l.ended {
		return
	}
	l.ended = true
	delete(q.leases, l.id)
	heap.Remove(&q.deadlines, l.at)
	if l.consumer != nil {
		l.consumer.inFlight--
	}
}

type leaseHeap []*lease

func (h leaseHeap) Len() int           { return len(h) }
func (h leaseHeap) Less(i, j int) bool { return h[i].deadline < h[j].deadline }
func (h leaseHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *leaseHeap) Push(x any) {
	l := x.(*lease)
	l.at = len(*h)
	*h = append(*h, l)
}

func (h *leaseHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}

func (h *leaseHeap) fix(l *lease) { heap.Fix(h, l.at) }
