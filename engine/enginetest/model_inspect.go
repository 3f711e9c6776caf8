package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixie/engine"
)

const (
	defaultLimit = 100
	consumerSeen = time.Minute // for how long a consumer counts
)

type consumer struct {
	seen   time.Time
	totals engine.Totals
}

// consumer returns the one of that name, and notes that it was seen.
func (q *queue) consumer(name string, now time.Time) *consumer {
	c := q.consumers[name]
	if c == nil {
		c = &consumer{}
		q.consumers[name] = c
	}
	c.seen = now
	return c
}

// copy returns what an inspector may keep. bodyLimit is as in ListOptions.
func (x *message) copy(bodyLimit int) engine.Message {
	c := x.Message
	switch {
	case bodyLimit < 0:
		c.Body = nil
	case bodyLimit > 0:
		c.Body = bytes.Clone(c.Body[:min(bodyLimit, len(c.Body))])
	default:
		c.Body = bytes.Clone(c.Body)
	}
	c.Headers = c.Headers.Clone()
	c.Attempts = slices.Clone(c.Attempts)
	if c.Death != nil {
		death := *c.Death
		c.Death = &death
	}
	return c
}

// Queues returns all queues.
func (m *Model) Queues(ctx context.Context) ([]engine.QueueInfo, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "list queues", Err: err}
	}
	defer m.end()
	var infos []engine.QueueInfo
	for _, name := range slices.Sorted(maps.Keys(m.state.queues)) {
		infos = append(infos, m.state.info(m.state.queues[name]))
	}
	return infos, nil
}

// Queue returns one queue.
func (m *Model) Queue(ctx context.Context, name string) (engine.QueueInfo, error) {
	if err := m.begin(ctx); err != nil {
		return engine.QueueInfo{}, &engine.Error{Op: "inspect", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("inspect", name)
	if err != nil {
		return engine.QueueInfo{}, err
	}
	return m.state.info(q), nil
}

func (s *state) info(q *queue) engine.QueueInfo {
	ready := q.in(engine.Ready)
	info := engine.QueueInfo{
		Name: q.name, Policy: q.policy, Paused: q.paused, CreatedAt: q.createdAt,
		Ready:    int64(len(ready)),
		InFlight: int64(len(q.in(engine.InFlight))),
		Delayed:  int64(len(q.in(engine.Delayed))),
		Dead:     int64(len(q.in(engine.Dead))),
		Bytes:    q.bytes(), Totals: q.totals,
		Consumers: len(s.seen(q)), Waiting: len(q.waiters),
	}
	for _, x := range ready {
		if info.OldestAt.IsZero() || x.EnteredAt.Before(info.OldestAt) {
			info.OldestAt = x.EnteredAt
		}
	}
	info.In, info.Out, info.Failing = s.rates(q)
	return info
}

// Consumers returns those seen within the last minute.
func (m *Model) Consumers(ctx context.Context, name string) ([]engine.ConsumerInfo, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "list consumers", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("list consumers", name)
	if err != nil {
		return nil, err
	}
	return m.state.seen(q), nil
}

// seen returns who received, waited or settled within the last minute, or
// holds a message.
func (s *state) seen(q *queue) (infos []engine.ConsumerInfo) {
	waiting, inFlight := map[string]bool{}, map[string]int{}
	for _, w := range q.waiters {
		waiting[w.options.Consumer] = true
		q.consumer(w.options.Consumer, s.now)
	}
	for _, x := range q.in(engine.InFlight) {
		inFlight[x.Consumer]++
	}
	for _, name := range slices.Sorted(maps.Keys(q.consumers)) {
		if c := q.consumers[name]; inFlight[name] > 0 || s.now.Sub(c.seen) <= consumerSeen {
			infos = append(infos, engine.ConsumerInfo{
				Name: name, LastSeen: c.seen, Waiting: waiting[name], InFlight: inFlight[name], Totals: c.totals,
			})
		}
	}
	return infos
}

// Message returns one message.
func (m *Model) Message(ctx context.Context, name string, id engine.ID) (engine.Message, error) {
	if err := m.begin(ctx); err != nil {
		return engine.Message{}, &engine.Error{Op: "inspect", Queue: name, ID: id, Err: err}
	}
	defer m.end()
	q, err := m.state.find("inspect", name)
	if err != nil {
		return engine.Message{}, err
	}
	x := q.get(id)
	if x == nil {
		return engine.Message{}, &engine.Error{Op: "inspect", Queue: name, ID: id, Err: engine.ErrMessageNotFound}
	}
	return x.copy(0), nil
}

// List returns a page of messages.
func (m *Model) List(ctx context.Context, name string, options engine.ListOptions) (engine.Page, error) {
	if err := m.begin(ctx); err != nil {
		return engine.Page{}, &engine.Error{Op: "list", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("list", name)
	if err != nil {
		return engine.Page{}, err
	}
	page, err := q.page(options)
	if err != nil {
		return engine.Page{}, &engine.Error{Op: "list", Queue: name, Err: err}
	}
	return page, nil
}

// place orders a listing: by when a message is due, then by age. Only delayed
// messages have a due time.
type place struct {
	due    int64
	number int64
}

func (x *message) place() place {
	if x.State == engine.Delayed {
		return place{x.DueAt.UnixNano(), x.number}
	}
	return place{0, x.number}
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.due, o.due), cmp.Compare(p.number, o.number))
}

func (p place) String() string { return fmt.Sprintf("%d.%d", p.due, p.number) }

// parsePlace reads what String wrote, or the id of a message.
func (q *queue) parsePlace(cursor string) (place, error) {
	due, number, found := strings.Cut(cursor, ".")
	if !found {
		if x := q.get(engine.ID(cursor)); x != nil {
			return x.place(), nil
		}
		due, number = "0", cursor
	}
	var p place
	var err1, err2 error
	p.due, err1 = strconv.ParseInt(due, 10, 64)
	p.number, err2 = strconv.ParseInt(number, 10, 64)
	if err1 != nil || err2 != nil {
		return p, fmt.Errorf("%w: %q is no place in a listing", engine.ErrInvalid, cursor)
	}
	return p, nil
}

func (q *queue) page(o engine.ListOptions) (engine.Page, error) {
	o.State = cmp.Or(o.State, engine.Ready)
	o.Limit = cmp.Or(o.Limit, defaultLimit)
	if !o.State.Valid() {
		return engine.Page{}, fmt.Errorf("%w: there is no state %q", engine.ErrInvalid, o.State)
	}
	if o.Limit < 0 {
		return engine.Page{}, fmt.Errorf("%w: the limit must not be negative", engine.ErrInvalid)
	}
	direction := 1
	if o.Backward {
		direction = -1
	}
	all := q.in(o.State)
	slices.SortFunc(all, func(x, y *message) int { return direction * x.place().compare(y.place()) })
	if o.After != "" {
		after, err := q.parsePlace(o.After)
		if err != nil {
			return engine.Page{}, err
		}
		all = slices.DeleteFunc(all, func(x *message) bool { return direction*x.place().compare(after) <= 0 })
	}
	var page engine.Page
	for _, x := range all[:min(o.Limit, len(all))] {
		page.Messages = append(page.Messages, x.copy(o.BodyLimit))
	}
	if len(all) > o.Limit {
		page.Next = all[o.Limit-1].place().String()
	}
	return page, nil
}
