package bolt

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Queues implements engine.Inspector.
func (e *Engine) Queues(ctx context.Context) ([]engine.QueueInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.isClosed() {
		return nil, engine.ErrClosed
	}
	queues := e.all()
	infos := make([]engine.QueueInfo, len(queues))
	now := time.Now()
	unread, some := make([]*time.Time, len(queues)), false
	for i, q := range queues {
		infos[i], unread[i] = q.info(now)
		some = some || unread[i] != nil
	}
	if !some {
		return infos, nil
	}
	return infos, e.view(func(btx *bbolt.Tx) (err error) {
		for i, q := range queues {
			if unread[i] != nil && err == nil {
				infos[i].OldestAt, err = q.readOldest(btx, unread[i])
			}
		}
		return err
	})
}

// Queue implements engine.Inspector.
func (e *Engine) Queue(ctx context.Context, name string) (engine.QueueInfo, error) {
	if err := ctx.Err(); err != nil {
		return engine.QueueInfo{}, err
	}
	q, err := e.open(name)
	if err != nil {
		return engine.QueueInfo{}, wrapQueue(err, "queue", name)
	}
	info, oldest := q.info(time.Now())
	if oldest != nil {
		err = e.view(func(btx *bbolt.Tx) (err error) {
			info.OldestAt, err = q.readOldest(btx, oldest)
			return err
		})
	}
	return info, wrapQueue(err, "queue", name)
}

// info returns also where to note the oldest message, if that must be looked up in
// the file. If it changes before it is noted, nobody looks there any more.
func (q *queue) info(now time.Time) (info engine.QueueInfo, unread *time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := &q.stored
	info = engine.QueueInfo{
		Name: q.name, Policy: q.policy, Paused: s.paused, CreatedAt: time.Unix(0, s.createdAt),
		Ready: q.readyLocked(), InFlight: int64(len(q.leases)), Delayed: s.delayed, Dead: s.buried,
		Bytes: s.bytes, Totals: s.totals, Waiting: q.waiters.Len(),
	}
	info.Totals.Delivered += q.unwritten
	for _, c := range q.consumers {
		if c.waiting > 0 || c.inFlight > 0 || now.Sub(c.seen) <= consumerMemory {
			info.Consumers++
		}
	}
	info.In, info.Out, info.Failing = q.e.recorder.rates(q.number, now)
	if info.Ready <= 0 {
		return info, nil
	}
	oldest := allTime
	first := q.returned.first()
	if first != nil {
		oldest = first.enteredAt
	}
	f, ok := q.frontLocked()
	if ok {
		oldest = min(oldest, f.at)
	}
	if oldest != allTime && q.parked == 0 && (ok || q.front.complete()) && (first != nil || q.returned.bound == allInMemory) {
		info.OldestAt = time.Unix(0, oldest)
		return info, nil
	}
	if q.oldest != nil && !q.oldest.IsZero() {
		info.OldestAt = *q.oldest
		return info, nil
	}
	q.oldest = &time.Time{}
	return info, q.oldest
}

// readOldest finds when the oldest ready message of the file entered the queue, and
// notes it: as long as nothing happens to the queue that need not be read again,
// though there are very many queues.
func (q *queue) readOldest(btx *bbolt.Tx, note *time.Time) (at time.Time, err error) {
	q.mu.Lock()
	live := q.stored.live
	q.mu.Unlock()
	m, err := newReadyScan(btx, q, live, 0, false).next()
	if err != nil || m == nil {
		return time.Time{}, err
	}
	if at = time.Unix(0, m.at); m.rec != nil {
		at = time.Unix(0, m.rec.enteredAt)
	}
	q.mu.Lock()
	*note = at
	q.mu.Unlock()
	return at, nil
}

// held is what of a lease an inspector shows.
type held struct {
	id       uint64
	first    uint64 // of its run; 0: it is a record
	tries    int
	consumer string
	until    int64
}

// held returns the leases behind an id, in order.
func (q *queue) held(after uint64, backward bool) []held {
	q.mu.Lock()
	out := make([]held, 0, len(q.leases))
	for id, l := range q.leases {
		if after == 0 || id > after && !backward || id < after && backward {
			out = append(out, l.held())
		}
	}
	q.mu.Unlock()
	slices.SortFunc(out, func(a, b held) int {
		if backward {
			a, b = b, a
		}
		return cmp.Compare(a.id, b.id)
	})
	return out
}

func (l *lease) held() held {
	h := held{id: l.id, tries: l.tries, until: l.deadline}
	if l.run != nil {
		h.first = l.run.first
	}
	if l.consumer != nil {
		h.consumer = l.consumer.name
	}
	return h
}

// message reads what is held; nil if it is not there any more, or cannot be read.
func (h held) message(btx *bbolt.Tx, live area) (*engine.Message, error) {
	var m engine.Message
	if h.first != 0 {
		r, p, err := findInRun(btx, live, h.first, h.id)
		if p == nil {
			return nil, err
		}
		if m, err = oneFromLog(h.id, r.at, p); err != nil {
			return nil, err
		}
	} else {
		rec, err := readRecord(btx.Bucket(live.bucket(kindRecords)), h.id)
		if rec == nil {
			return nil, err
		}
		if m, err = messageFromRecord(btx, live, rec, -1); err != nil {
			return nil, err
		}
	}
	m.State, m.Tries, m.Consumer, m.LeaseUntil, m.DueAt = engine.InFlight, h.tries, h.consumer, time.Unix(0, h.until), time.Time{}
	return &m, nil
}

// Message implements engine.Inspector.
func (e *Engine) Message(ctx context.Context, name string, id engine.ID) (m engine.Message, err error) {
	if err = ctx.Err(); err != nil {
		return m, err
	}
	q, err := e.open(name)
	if err == nil {
		n, ok := parseID(id)
		if !ok {
			err = engine.ErrMessageNotFound
		} else {
			err = e.view(func(btx *bbolt.Tx) error {
				var err error
				m, err = q.message(btx, n)
				return err
			})
		}
	}
	if err != nil {
		return engine.Message{}, &engine.Error{Op: "message of", Queue: name, ID: id, Err: err}
	}
	m.Queue = name
	return m, nil
}

func (q *queue) message(btx *bbolt.Tx, id uint64) (engine.Message, error) {
	q.mu.Lock()
	live, dead := q.stored.live, q.stored.dead
	l := q.leases[id]
	var h held
	if l != nil {
		h = l.held()
	}
	q.mu.Unlock()
	if l != nil {
		if m, err := h.message(btx, live); m != nil || err != nil {
			return deref(m), err
		}
	}
	for _, a := range []area{live, dead} {
		rec, err := readRecord(btx.Bucket(a.bucket(kindRecords)), id)
		if err != nil {
			return engine.Message{}, err
		}
		if rec != nil {
			m, err := messageFromRecord(btx, a, rec, -1)
			if m.State == engine.InFlight {
				m.State = engine.Ready // given back; the file will say so soon
			}
			return m, err
		}
	}
	first, r, p, err := findInLog(btx, live, id)
	if err != nil {
		return engine.Message{}, err
	}
	if p == nil || q.isSettled(first, r.index) {
		return engine.Message{}, engine.ErrMessageNotFound
	}
	m, err := oneFromLog(id, r.at, p)
	m.Tries = 0
	return m, err
}

func (q *queue) isSettled(first uint64, index int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.runs[first]
	return r != nil && r.settled.has(index)
}

// Consumers implements engine.Inspector.
func (e *Engine) Consumers(ctx context.Context, name string) ([]engine.ConsumerInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q, err := e.open(name)
	if err != nil {
		return nil, wrapQueue(err, "consumers of", name)
	}
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []engine.ConsumerInfo
	for _, c := range q.consumers {
		if c.waiting == 0 && c.inFlight == 0 && now.Sub(c.seen) > consumerMemory {
			continue
		}
		out = append(out, engine.ConsumerInfo{
			Name: c.name, LastSeen: c.seen, Waiting: c.waiting > 0, InFlight: c.inFlight, Totals: c.totals,
		})
	}
	slices.SortFunc(out, func(a, b engine.ConsumerInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

func deref(m *engine.Message) engine.Message {
	if m == nil {
		return engine.Message{}
	}
	return *m
}
