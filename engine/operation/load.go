package operation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"nixie/engine"
)

// Load is what a publish job sends: Count messages that are made from the same
// templates (see ParseTemplate).
type Load struct {
	Queue string `json:"queue,omitempty"`
	// Create makes the queue, with the default policy, if there is none of that
	// name.
	Create bool `json:"create,omitempty"`
	// Topic and Key send to the queues that are bound to the topic, instead of
	// Queue.
	Topic string `json:"topic,omitempty"`
	Key   string `json:"key,omitempty"`
	// Body, the values of Headers, Group and DedupID are templates, unless
	// Literal.
	Body    []byte            `json:"-"`
	Headers map[string]string `json:"-"`
	Group   string            `json:"-"`
	DedupID string            `json:"-"`
	Delay   time.Duration     `json:"delay,omitempty"` // see engine.Outgoing
	Count   int64             `json:"count,omitempty"` // 0: 1; see Lines
	Literal bool              `json:"literal,omitempty"`
	// Lines makes a message of each line of Body that is not empty, one after
	// the other; a Count of 0 is one of each.
	Lines bool `json:"lines,omitempty"`
	// Seed makes the random parts the same again; Plan sets it if it is 0.
	Seed uint64 `json:"seed,omitempty"`
}

// MaxLoad bounds the messages of one load.
const MaxLoad = 10_000_000

// compiled is a load ready to make messages.
type compiled struct {
	load    *Load
	bodies  []*Template // one after the other, around
	group   *Template
	dedup   *Template
	names   []string // of headers, sorted
	headers []*Template
	began   time.Time // of the job; deduplication ids know no later time
}

func (l *Load) compile() (*compiled, error) {
	c := &compiled{load: l, names: slices.Sorted(maps.Keys(l.Headers))}
	var errs []error
	parse := func(part, text string) *Template {
		if l.Literal {
			return literal(text)
		}
		t, err := ParseTemplate(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part, err))
		}
		return t
	}
	bodies := [][]byte{l.Body}
	if l.Lines {
		bodies = l.split()
	}
	for i, body := range bodies {
		part := "body"
		if l.Lines {
			part = fmt.Sprintf("message %d", i+1)
		}
		c.bodies = append(c.bodies, parse(part, string(body)))
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("%w: no line has a message in it", engine.ErrInvalid)
	}
	c.group = parse("group", l.Group)
	c.dedup = parse("deduplication id", l.DedupID)
	for _, name := range c.names {
		c.headers = append(c.headers, parse("header "+name, l.Headers[name]))
	}
	return c, errors.Join(errs...)
}

// split returns the lines of Body that are not empty.
func (l *Load) split() [][]byte {
	var lines [][]byte
	for line := range bytes.Lines(l.Body) {
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// Messages is how many the load sends: Count, or one, or one for each line.
func (l *Load) Messages() int64 {
	switch {
	case l.Count != 0:
		return l.Count
	case l.Lines:
		return int64(len(l.split()))
	default:
		return 1
	}
}

// message makes the message with a sequence number, from 1 on.
func (c *compiled) message(seq int64, now time.Time) engine.Outgoing {
	v := newValues(c.load.Seed, seq, now)
	out := engine.Outgoing{Body: []byte(c.bodies[(seq-1)%int64(len(c.bodies))].expand(v)), Delay: c.load.Delay}
	if len(c.names) > 0 {
		out.Headers = engine.Headers{}
	}
	for i, name := range c.names {
		out.Headers[name] = c.headers[i].expand(v)
	}
	out.Group, out.DedupID = c.group.expand(v), c.ownDedupID(seq, now)
	return out
}

// ownDedupID is the one that was asked for: the same whenever it is made again.
func (c *compiled) ownDedupID(seq int64, now time.Time) string {
	if !c.began.IsZero() {
		now = c.began
	}
	return c.dedup.expand(newValues(c.load.Seed, seq, now))
}

// dedupID is that of a message: its own, or the job's.
func (c *compiled) dedupID(seq int64) string {
	if own := c.ownDedupID(seq, c.began); own != "" {
		return own
	}
	return fmt.Sprintf("load-%x-%d", c.load.Seed, seq)
}

// Message makes the message with a sequence number, from 1 on, as it would be
// sent now. Errors: *TemplateError.
func (l *Load) Message(seq int64, now time.Time) (engine.Outgoing, error) {
	c, err := l.compile()
	if err != nil {
		return engine.Outgoing{}, err
	}
	return c.message(seq, now), nil
}

// packed is a message in the journal, where it must stay exactly what it is:
// JSON strings hold no arbitrary bytes.
type packed struct {
	Body    []byte        `json:"body,omitempty"`
	Headers [][2][]byte   `json:"headers,omitempty"`
	Group   []byte        `json:"group,omitempty"`
	DedupID []byte        `json:"dedup,omitempty"`
	Delay   time.Duration `json:"delay,omitempty"`
}

func pack(o engine.Outgoing) *packed {
	p := &packed{Body: o.Body, Group: []byte(o.Group), DedupID: []byte(o.DedupID), Delay: o.Delay}
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		p.Headers = append(p.Headers, [2][]byte{[]byte(name), []byte(o.Headers[name])})
	}
	return p
}

func (p *packed) unpack() engine.Outgoing {
	o := engine.Outgoing{Body: p.Body, Group: string(p.Group), DedupID: string(p.DedupID), Delay: p.Delay}
	if len(p.Headers) > 0 {
		o.Headers = engine.Headers{}
	}
	for _, h := range p.Headers {
		o.Headers[string(h[0])] = string(h[1])
	}
	return o
}

// packRequest takes the bytes of a request out of it, for the journal.
func packRequest(r Request) *packed {
	switch r.Verb {
	case Edit:
		return pack(r.Replacement)
	case Publish:
		return pack(engine.Outgoing{Body: r.Load.Body, Headers: r.Load.Headers, Group: r.Load.Group, DedupID: r.Load.DedupID, Delay: r.Load.Delay})
	}
	return nil
}

// unpackRequest puts them back.
func unpackRequest(r *Request, p *packed) {
	if p == nil {
		return
	}
	o := p.unpack()
	if r.Verb == Edit {
		r.Replacement = o
		return
	}
	r.Load.Body, r.Load.Headers, r.Load.Group, r.Load.DedupID = o.Body, o.Headers, o.Group, o.DedupID
}

// publishStep publishes the units from…to of a load. Each has a deduplication
// id, its own or the job's, so that a step that is made again publishes
// nothing twice.
func (m *Manager) publishStep(ctx context.Context, j *job, from, to int64) error {
	c, err := j.load()
	if err != nil {
		return err
	}
	messages := make([]engine.Outgoing, 0, to-from)
	now := time.Now()
	for unit := from; unit < to; unit++ {
		out := c.message(unit+1, now)
		out.DedupID = c.dedupID(unit + 1)
		messages = append(messages, out)
	}
	return m.send(ctx, c.load, messages)
}

// send publishes to the queue or the topic of a load.
func (m *Manager) send(ctx context.Context, l *Load, messages []engine.Outgoing) error {
	if l.Topic != "" {
		_, err := m.engine.PublishTopic(ctx, l.Topic, l.Key, messages...)
		return err
	}
	_, err := m.engine.Publish(ctx, l.Queue, messages...)
	if !l.Create || !errors.Is(err, engine.ErrQueueNotFound) {
		return err
	}
	if err := m.engine.CreateQueue(ctx, l.Queue, engine.DefaultPolicy()); err != nil && !errors.Is(err, engine.ErrQueueExists) {
		return err
	}
	_, err = m.engine.Publish(ctx, l.Queue, messages...)
	return err
}
