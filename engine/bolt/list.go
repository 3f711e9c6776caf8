package bolt

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

const (
	defaultLimit = 100
	maxLimit     = 10_000
	// maxPageBytes of bodies end a page, too: it is in memory as a whole, and
	// what it is read from cannot be used again meanwhile.
	maxPageBytes = 16 << 20
)

// List implements engine.Inspector.
func (e *Engine) List(ctx context.Context, name string, o engine.ListOptions) (page engine.Page, err error) {
	if o.State == "" {
		o.State = engine.Ready
	}
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	if err = ctx.Err(); err == nil {
		err = checkList(&o)
	}
	var q *queue
	if err == nil {
		q, err = e.open(name)
	}
	if err == nil {
		err = e.view(func(btx *bbolt.Tx) error {
			var err error
			page, err = q.list(ctx, btx, &o)
			return err
		})
	}
	return page, wrapQueue(err, "list", name)
}

func checkList(o *engine.ListOptions) error {
	switch {
	case !o.State.Valid():
		return fmt.Errorf("%w: the states are %v, not %q", engine.ErrInvalid, engine.States(), o.State)
	case o.Limit < 0:
		return fmt.Errorf("%w: the limit must not be negative", engine.ErrInvalid)
	}
	o.Limit = min(o.Limit, maxLimit)
	switch {
	case o.BodyLimit == 0:
		o.BodyLimit = -1 // whole
	case o.BodyLimit < 0:
		o.BodyLimit = 0
	}
	return nil
}

// list reads a page. o.BodyLimit is negative for whole bodies here.
func (q *queue) list(ctx context.Context, btx *bbolt.Tx, o *engine.ListOptions) (engine.Page, error) {
	q.mu.Lock()
	live, dead := q.stored.live, q.stored.dead
	q.mu.Unlock()
	l := lister{ctx: ctx, q: q, btx: btx, o: o}
	switch o.State {
	case engine.InFlight:
		return l.inFlight(live)
	case engine.Delayed:
		return l.delayed(live)
	}
	after := uint64(0)
	if o.After != "" {
		var ok bool
		if after, ok = parseID(engine.ID(o.After)); !ok {
			return l.page, fmt.Errorf("%w: there is no page behind %q", engine.ErrInvalid, o.After)
		}
	}
	if o.State == engine.Dead {
		return l.dead(dead, after)
	}
	return l.ready(live, after)
}

// lister collects one page.
type lister struct {
	ctx    context.Context
	q      *queue
	btx    *bbolt.Tx
	o      *engine.ListOptions
	page   engine.Page
	last   string // cursor of the last message taken
	bytes  int    // of the bodies
	copies []byte // what is left of the memory for bodies
}

// expect makes room for a page of so many messages, at most.
func (l *lister) expect(n int64) {
	l.page.Messages = make([]engine.Message, 0, min(int64(l.o.Limit), max(n, 0)))
}

// add takes a message in. The caller has asked whether the page is full.
func (l *lister) add(m engine.Message, cursor string) {
	m.Queue = l.q.name
	l.page.Messages = append(l.page.Messages, m)
	l.last = cursor
	l.bytes += len(m.Body)
}

// full reports that the page is; it goes on behind its last message then.
func (l *lister) full() bool {
	if len(l.page.Messages) == l.o.Limit || l.bytes >= maxPageBytes {
		l.page.Next = l.last
		return true
	}
	return false
}

func (l *lister) ready(live area, after uint64) (engine.Page, error) {
	l.q.mu.Lock()
	l.expect(l.q.readyLocked())
	l.q.mu.Unlock()
	s := newReadyScan(l.btx, l.q, live, after, l.o.Backward)
	for {
		if err := l.ctx.Err(); err != nil {
			return l.page, err
		}
		m, err := s.next()
		if m == nil || err != nil {
			return l.page, err
		}
		if l.full() {
			return l.page, nil
		}
		var out engine.Message
		if m.rec != nil {
			out, err = messageFromRecord(l.btx, live, m.rec, l.o.BodyLimit)
			out.State = engine.Ready
		} else {
			out, err = l.fromLog(m)
		}
		if err != nil {
			return l.page, err
		}
		l.add(out, string(out.ID))
	}
}

// fromLog makes a message of the log, not delivered, with its body cut.
func (l *lister) fromLog(s *scanned) (engine.Message, error) {
	p, err := decodePayload(s.data)
	if err != nil {
		return engine.Message{}, damage("message %d: %v", s.id, err)
	}
	body := p.body
	if n := l.o.BodyLimit; n >= 0 && len(body) > n {
		body = body[:n]
	}
	t := time.Unix(0, s.at)
	return engine.Message{
		ID: formatID(s.id), State: engine.Ready, Body: l.copyBody(body), Size: len(p.body), Headers: p.headers,
		Group: p.group, DedupID: p.dedup, PublishedAt: t, EnteredAt: t,
	}, nil
}

// bodyChunk is the size of the pieces of memory that small bodies share: who
// keeps one body keeps no more than this.
const bodyChunk = 16 << 10

func (l *lister) copyBody(body []byte) []byte {
	if len(body) == 0 || len(body) > bodyChunk/4 {
		return bytes.Clone(body)
	}
	if len(l.copies) < len(body) {
		l.copies = make([]byte, bodyChunk)
	}
	n := copy(l.copies, body)
	out := l.copies[:n:n]
	l.copies = l.copies[n:]
	return out
}

func (l *lister) dead(a area, after uint64) (engine.Page, error) {
	b := l.btx.Bucket(a.bucket(kindRecords))
	if b == nil {
		return l.page, nil
	}
	c := b.Cursor()
	var ahead leafAhead
	for k := seekBehind(c, after, l.o.Backward); k != nil; k = move(c, l.o.Backward) {
		ahead.enter(k, l.o.Backward)
		if err := l.ctx.Err(); err != nil {
			return l.page, err
		}
		if l.full() {
			break
		}
		id, _ := id64(k)
		rec, err := readRecord(b, id)
		if err != nil {
			return l.page, err
		}
		m, err := messageFromRecord(l.btx, a, rec, l.o.BodyLimit)
		if err != nil {
			return l.page, err
		}
		l.add(m, string(m.ID))
	}
	return l.page, nil
}

// delayed pages by when messages are due; its cursors are keys, in hexadecimal.
func (l *lister) delayed(a area) (engine.Page, error) {
	b := l.btx.Bucket(a.bucket(kindDue))
	records := l.btx.Bucket(a.bucket(kindRecords))
	var after []byte
	if l.o.After != "" {
		var err error
		if after, err = l.dueCursor(records); err != nil {
			return l.page, err
		}
	}
	if b == nil {
		return l.page, nil
	}
	c := b.Cursor()
	for k := seekKey(c, after, l.o.Backward); k != nil; k = move(c, l.o.Backward) {
		if err := l.ctx.Err(); err != nil {
			return l.page, err
		}
		if l.full() {
			break
		}
		_, id, ok := splitDueKey(k)
		rec, err := readRecord(records, id)
		if err != nil || rec == nil || !ok {
			return l.page, damage("the delayed record %d: %v", id, err)
		}
		m, err := messageFromRecord(l.btx, a, rec, l.o.BodyLimit)
		if err != nil {
			return l.page, err
		}
		l.add(m, "due-"+hex.EncodeToString(k))
	}
	return l.page, nil
}

func (l *lister) dueCursor(records *bbolt.Bucket) ([]byte, error) {
	if coded, ok := bytes.CutPrefix([]byte(l.o.After), []byte("due-")); ok {
		k, err := hex.DecodeString(string(coded))
		if err == nil && len(k) == 16 {
			return k, nil
		}
	} else if id, ok := parseID(engine.ID(l.o.After)); ok {
		rec, err := readRecord(records, id)
		if err != nil {
			return nil, err
		}
		if rec != nil && rec.state == engine.Delayed {
			return dueKey(rec.dueAt, id), nil
		}
	}
	return nil, fmt.Errorf("%w: there is no page behind %q", engine.ErrInvalid, l.o.After)
}

func seekKey(c *bbolt.Cursor, after []byte, backward bool) []byte {
	if after == nil {
		return seekBehind(c, 0, backward)
	}
	k, _ := c.Seek(after)
	switch {
	case backward && k == nil:
		k, _ = c.Last()
	case backward:
		k, _ = c.Prev()
	case bytes.Equal(k, after):
		k, _ = c.Next()
	}
	return k
}

// inFlight lists leases; a message that is about to die does not count as one
// that somebody holds, but is nowhere else either.
func (l *lister) inFlight(live area) (engine.Page, error) {
	after := uint64(0)
	if l.o.After != "" {
		var ok bool
		if after, ok = parseID(engine.ID(l.o.After)); !ok {
			return l.page, fmt.Errorf("%w: there is no page behind %q", engine.ErrInvalid, l.o.After)
		}
	}
	for _, h := range l.q.held(after, l.o.Backward) {
		if err := l.ctx.Err(); err != nil {
			return l.page, err
		}
		if l.full() {
			break
		}
		m, err := h.message(l.btx, live)
		if err != nil {
			return l.page, err
		}
		if m == nil {
			continue // settled since
		}
		if n := l.o.BodyLimit; n >= 0 && len(m.Body) > n {
			m.Body = m.Body[:n]
		}
		l.add(*m, string(m.ID))
	}
	return l.page, nil
}
