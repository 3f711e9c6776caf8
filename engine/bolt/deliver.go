package bolt

import (
	"bytes"
	"slices"
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
	var rest []int // those whose messages must be read from the file
	for i, l := range leases {
		if l.payload == nil {
			rest = append(rest, i)
			continue
		}
		m, err := messageFromLog(l.id, l.enteredAt, l.payload)
		l.payload = nil
		if err != nil {
			e.damaged(err)
			continue
		}
		out[i] = q.delivery(l, m)
	}
	if len(rest) > 0 {
		err := e.view(func(btx *bbolt.Tx) error {
			for _, i := range rest {
				m, err := q.messageInFile(btx, leases[i])
				if err != nil {
					e.damaged(err)
				}
				if m != nil {
					out[i] = q.delivery(leases[i], *m)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	// An operator may have taken one of them away in the meantime.
	return slices.DeleteFunc(out, func(d engine.Delivery) bool { return d.ID == "" }), nil
}

func (q *queue) delivery(l *lease, m engine.Message) engine.Delivery {
	m.Queue = q.name
	m.State = engine.InFlight
	m.LeaseUntil = time.Unix(0, l.receivedAt+int64(l.length))
	if l.consumer != nil {
		m.Consumer = l.consumer.name
	}
	return engine.Delivery{Message: m, Receipt: l.receipt(q.name), Deadline: m.LeaseUntil}
}

// messageInFile reads what is leased; nil if an operator took it meanwhile.
func (q *queue) messageInFile(btx *bbolt.Tx, l *lease) (*engine.Message, error) {
	q.mu.Lock()
	live := q.stored.live
	q.mu.Unlock()
	if l.run == nil {
		rec, err := readRecord(btx.Bucket(live.bucket(kindRecords)), l.id)
		if rec == nil {
			return nil, err
		}
		m, err := messageFromRecord(btx, live, rec, -1)
		m.Tries = l.tries
		return &m, err
	}
	r, p, err := findInRun(btx, live, l.run.first, l.id)
	if p == nil {
		return nil, err
	}
	m, err := messageFromLog(l.id, r.at, p)
	return &m, err
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

// messageFromLog makes a message that was delivered for the first time.
func messageFromLog(id uint64, at int64, data []byte) (engine.Message, error) {
	p, err := decodePayload(data)
	if err != nil {
		return engine.Message{}, damage("message %d: %v", id, err)
	}
	t := time.Unix(0, at)
	return engine.Message{
		ID: formatID(id), State: engine.Ready, Body: bytes.Clone(p.body), Size: len(p.body), Headers: p.headers,
		Group: p.group, DedupID: p.dedup, PublishedAt: t, EnteredAt: t, Tries: 1,
	}, nil
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
	data := rec.payload
	if data == nil {
		data = getValue(btx.Bucket(a.bucket(kindLarge)), key64(rec.id))
	}
	p, err := decodePayload(data)
	if err != nil {
		return m, damage("record %d: %v", rec.id, err)
	}
	if bodyLimit >= 0 && len(p.body) > bodyLimit {
		p.body = p.body[:bodyLimit]
	}
	m.Body, m.Headers, m.Group, m.DedupID = bytes.Clone(p.body), p.headers, p.group, p.dedup
	return m, nil
}
