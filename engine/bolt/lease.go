package bolt

import (
	"container/heap"
	"slices"
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
	run        *run     // if the message is in the log, and
	index      int      // its place there
	payload    []byte   // for the receiver, if it is in memory:
	segment    *segment // there
	at         int      // in the heap of deadlines; −1: not there
	settling   bool
	promised   bool   // to a settlement that is under way, in a relaxed queue
	noted      bool   // the record in the file says that it is in flight
	doom       string // not a delivery: the message is to die or be returned, and why
	ended      bool
}

// leasing is what a queue knows of its leases.
type leasing struct {
	leases    map[uint64]*lease // by message
	deadlines deadlines
	expired   int // of the leases: what the keeper is to bury
}

// tokenBase is the base in which a receipt gives the token of its lease.
const tokenBase = 36

const (
	doomExpired = "expired" // its TTL ran out
	doomCrashed = "crashed" // it was in flight when nixie last stopped
	// doomReturned is to be ready again: it was in flight when its queue was
	// deleted.
	doomReturned = "returned"
)

func formatID(id uint64) engine.ID { return engine.ID(strconv.FormatUint(id, 10)) }

// idDigits is how long formatID of the id is.
func idDigits(id uint64) (n int) {
	for n = 1; id >= 10; n++ {
		id /= 10
	}
	return n
}

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
	if l == nil || l.settling || l.doom != "" {
		return nil, engine.ErrLeaseLost
	}
	if token, err := strconv.ParseUint(r.Token, tokenBase, 64); err != nil || token != l.token {
		return nil, engine.ErrLeaseLost
	}
	return l, nil
}

func (q *queue) addLeaseLocked(l *lease) {
	q.oldest = nil
	q.leases[l.id] = l
	q.deadlines.add(l)
	if l.doom == doomExpired {
		q.expired++
	}
	if l.consumer != nil {
		l.consumer.inFlight++
	}
}

func (q *queue) endLeaseLocked(l *lease) {
	if q.leases[l.id] != l {
		return
	}
	q.oldest = nil
	l.ended = true
	delete(q.leases, l.id)
	q.deadlines.leave(l)
	if l.doom == doomExpired {
		q.expired--
	}
	if l.consumer != nil {
		l.consumer.inFlight--
	}
}

// deadlines has the leases by when they run out. Those that ended stay until
// they are the greater part: most leases end long before their deadline, and
// taking each out of the heap would be the dearest thing that is done for it.
type deadlines struct {
	heap  leaseHeap
	ended int
}

const minSweep = 64

func (d *deadlines) add(l *lease) { heap.Push(&d.heap, l) }

// leave notes that a lease ended.
func (d *deadlines) leave(l *lease) {
	if l.at < 0 {
		return
	}
	if d.ended++; d.ended >= minSweep && 2*d.ended > len(d.heap) {
		d.sweep()
	}
}

// move puts a lease where its new deadline belongs.
func (d *deadlines) move(l *lease) { heap.Fix(&d.heap, l.at) }

// earliest returns when the first lease runs out, or a time before that: when
// one that ended would have.
func (d *deadlines) earliest() (at int64, ok bool) {
	if len(d.heap) == 0 {
		return 0, false
	}
	return d.heap[0].deadline, true
}

// over takes out leases whose deadline has passed, as many as the step has
// room for; those that are being settled, or will be, stay.
func (d *deadlines) over(now int64, left *step) (out []*lease) {
	var settling []*lease
	for len(d.heap) > 0 && d.heap[0].deadline <= now && *left > 0 {
		switch l := heap.Pop(&d.heap).(*lease); {
		case l.ended:
			d.ended--
		case l.settling || l.promised:
			settling = append(settling, l)
		default:
			out = append(out, l)
			left.take(l.size)
		}
	}
	for _, l := range settling {
		d.add(l)
	}
	return out
}

// sweep drops the leases that ended.
func (d *deadlines) sweep() {
	d.heap = slices.DeleteFunc(d.heap, func(l *lease) bool { return l.ended })
	for i, l := range d.heap {
		l.at = i
	}
	heap.Init(&d.heap)
	d.ended = 0
}

type leaseHeap []*lease

func (h leaseHeap) Len() int { return len(h) }
func (h leaseHeap) Less(i, j int) bool {
	if h[i].deadline != h[j].deadline {
		return h[i].deadline < h[j].deadline
	}
	return h[i].id < h[j].id // what lies together in the file is dealt with together
}

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
	l.at = -1
	return l
}
