package bolt

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// deliver makes deliveries of leases, in the receiver's goroutine.
func (e *Engine) deliver(q *queue, leases []*lease) ([]engine.Delivery, error) {
	if len(leases) == 0 {
		return nil, nil
	}
	out := make([]engine.Delivery, len(leases))
	bodies := bodies{expect: len(leases)}
	var texts texts
	texts.expect(leases)
	var rest []int // those whose messages must be read from the file
	missing := false
	for i, l := range leases {
		payload := l.payload
		if l.payload = nil; payload == nil {
			rest = append(rest, i)
			continue
		}
		m := &out[i].Message
		err := messageFromLog(m, l.id, l.enteredAt, payload, &bodies)
		l.segment.leave()
		l.segment = nil
		if err != nil {
			e.damaged(err)
			out[i] = engine.Delivery{}
			missing = true
			continue
		}
		q.delivered(&out[i], l, &texts)
	}
	if len(rest) > 0 {
		err := e.view(func(btx *bbolt.Tx) error {
			for _, i := range rest {
				m, err := q.messageInFile(btx, leases[i])
				if err != nil {
					e.damaged(err)
				}
				if m == nil {
					missing = true
					continue
				}
				out[i].Message = *m
				q.delivered(&out[i], leases[i], &texts)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if missing {
		out = slices.DeleteFunc(out, func(d engine.Delivery) bool { return d.ID == "" })
	}
	return out, nil
}

// delivered completes a delivery whose message is there.
func (q *queue) delivered(d *engine.Delivery, l *lease, texts *texts) {
	id, token := texts.of(l)
	d.ID, d.Queue, d.State = id, q.name, engine.InFlight
	d.LeaseUntil = time.Unix(0, l.receivedAt+int64(l.length))
	if l.consumer != nil {
		d.Consumer = l.consumer.name
	}
	d.Receipt = engine.Receipt{Queue: q.name, ID: id, Token: token}
	d.Deadline = d.LeaseUntil
}

// texts makes ids and tokens, in one piece of memory.
type texts struct{ b strings.Builder }

func (t *texts) expect(leases []*lease) {
	const token = 13 // digits of any
	t.b.Grow(len(leases) * (idDigits(leases[len(leases)-1].id) + token))
}

func (t *texts) of(l *lease) (engine.ID, string) {
	return engine.ID(t.number(l.id, 10)), t.number(l.token, tokenBase)
}

func (t *texts) number(n uint64, base int) string {
	var digits [20]byte
	start := t.b.Len()
	t.b.Write(strconv.AppendUint(digits[:0], n, base))
	return t.b.String()[start:]
}

// bodies copies the bodies of messages that are received together: small ones
// share a piece of memory, which is free when the last of them is.
type bodies struct {
	expect int // as many as are still to come
	room   []byte
}

const (
	maxShared     = 4 << 10  // the largest body that shares
	maxSharedRoom = 32 << 10 // what they share
)

func (b *bodies) clone(body []byte) []byte {
	n := len(body)
	b.expect--
	if b.expect < 1 && len(b.room) < n || n > maxShared {
		return append([]byte{}, body...)
	}
	if len(b.room) < n {
		b.room = make([]byte, min((b.expect+1)*n, maxSharedRoom))
	}
	own := b.room[:n:n]
	b.room = b.room[n:]
	copy(own, body)
	return own
}

// messageInFile reads what is leased; nil if an operator took it meanwhile, or it
// cannot be read: those that are received with it are delivered all the same.
func (q *queue) messageInFile(btx *bbolt.Tx, l *lease) (m *engine.Message, err error) {
	defer guard(&err)
	q.mu.Lock()
	live, h := q.stored.live, l.held()
	q.mu.Unlock()
	return h.message(btx, live)
}

// findInRun returns the payload of a message of a run, a part of the page; nil
// if it is not there.
func findInRun(btx *bbolt.Tx, a area, first, id uint64) (runReader, []byte, error) {
	v := getValue(btx.Bucket(a.bucket(kindRuns)), key64(first))
	if v == nil {
		return runReader{}, nil, nil
	}
	r, err := readRun(first, v)
	if err != nil {
		return r, nil, damage("run %d: %v", first, err)
	}
	for p := r.next(); p != nil; p = r.next() {
		if r.id == id {
			return r, p, nil
		}
	}
	if r.r.err != nil {
		return r, nil, damage("run %d: %v", first, r.r.err)
	}
	return r, nil, nil
}

// messageFromLog makes a message as it was published, delivered for the first
// time.
func messageFromLog(m *engine.Message, id uint64, at int64, data []byte, bodies *bodies) error {
	p, err := decodePayload(data)
	if err != nil {
		return damage("message %d: %v", id, err)
	}
	t := time.Unix(0, at)
	m.State, m.Body, m.Size, m.Headers = engine.Ready, bodies.clone(p.body), len(p.body), p.headers
	m.Group, m.DedupID, m.PublishedAt, m.EnteredAt, m.Tries = p.group, p.dedup, t, t, 1
	return nil
}

// oneFromLog is messageFromLog for one alone.
func oneFromLog(id uint64, at int64, data []byte) (m engine.Message, err error) {
	m.ID = formatID(id)
	err = messageFromLog(&m, id, at, data, &bodies{})
	return m, err
}

// messageFromRecord makes a message of a record; its body is cut to bodyLimit
// bytes (negative: whole).
func messageFromRecord(btx *bbolt.Tx, a area, rec *record, bodyLimit int) (engine.Message, error) {
	m := engine.Message{
		ID: formatID(rec.id), State: rec.state, Size: rec.size,
		PublishedAt: time.Unix(0, rec.publishedAt), EnteredAt: time.Unix(0, rec.enteredAt),
		Tries: rec.tries, Attempts: rec.attempts, Death: rec.death, Requeues: rec.requeues,
	}
	if rec.state == engine.Delayed {
		m.DueAt = time.Unix(0, rec.dueAt)
	}
	if rec.editedFrom != 0 {
		m.EditedFrom = formatID(rec.editedFrom)
	}
	p, err := decodePayload(rec.data(btx, a))
	if err != nil {
		return m, damage("record %d: %v", rec.id, err)
	}
	if bodyLimit >= 0 && len(p.body) > bodyLimit {
		p.body = p.body[:bodyLimit]
	}
	m.Body, m.Headers, m.Group, m.DedupID = bytes.Clone(p.body), p.headers, p.group, p.dedup
	return m, nil
}
