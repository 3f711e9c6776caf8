package operation

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"nixie/engine"
)

const (
	// maxChosen bounds the messages that a plan looks at; the plan says so.
	maxChosen = 1_000_000
	pageSize  = 1000
	bodyPage  = 200 // with bodies
)

// chooser resolves a selection to messages, and counts what they are.
type chooser struct {
	*Manager
	now       time.Time
	selection Selection
	filter    *Filter

	seen     int64
	capped   bool
	of       int64
	queues   map[string]*chosen
	states   map[string]int64
	origins  map[string]int64
	groups   map[string]bool
	causes   map[string]int64
	inFlight int64
	again    int64 // were requeued before
}

// chosen are the messages of one queue.
type chosen struct {
	ids    []engine.ID
	states map[engine.State]int64
	last   engine.Message // for a plan of one
}

func (m *Manager) choose(ctx context.Context, s Selection) (*chooser, error) {
	filter, err := ParseFilter(s.Filter)
	if err != nil {
		return nil, err
	}
	if s.State == "" {
		s.State = engine.Dead
	}
	c := &chooser{
		Manager: m, now: time.Now(), selection: s, filter: filter,
		queues: map[string]*chosen{}, states: map[string]int64{}, origins: map[string]int64{}, groups: map[string]bool{}, causes: map[string]int64{},
	}
	if s.Refs != nil {
		err = c.refs(ctx)
	} else {
		err = c.search(ctx)
	}
	if err != nil {
		return nil, err
	}
	if len(c.queues) == 0 {
		return nil, ErrNothing
	}
	return c, nil
}

// refs takes in the messages that were named. Those that are gone are left out.
func (c *chooser) refs(ctx context.Context) error {
	known := map[Ref]bool{}
	for _, ref := range c.selection.Refs {
		if known[ref] {
			continue
		}
		known[ref] = true
		c.of++
		m, err := c.engine.Message(ctx, ref.Queue, ref.ID)
		if errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c.take(&m)
	}
	return nil
}

// search goes over the queues, oldest messages first.
func (c *chooser) search(ctx context.Context) error {
	queues, err := c.engine.Queues(ctx)
	if err != nil {
		return err
	}
	for _, name := range c.selection.Queues {
		if !slices.ContainsFunc(queues, func(q engine.QueueInfo) bool { return q.Name == name }) {
			return &engine.Error{Op: "plan", Queue: name, Err: engine.ErrQueueNotFound}
		}
	}
	for _, q := range queues {
		if len(c.selection.Queues) > 0 && !slices.Contains(c.selection.Queues, q.Name) {
			continue
		}
		if err := c.searchQueue(ctx, q.Name); err != nil {
			return err
		}
		if c.queues[q.Name] != nil {
			c.of += q.Count(c.selection.State)
		}
	}
	return nil
}

func (c *chooser) searchQueue(ctx context.Context, queue string) error {
	options := engine.ListOptions{State: c.selection.State, Limit: pageSize, BodyLimit: -1}
	if c.filter.NeedsBody() {
		options.BodyLimit, options.Limit = 0, bodyPage
	}
	for m, err := range Messages(ctx, c.engine, queue, options) {
		switch {
		case errors.Is(err, engine.ErrQueueNotFound):
			return nil // deleted meanwhile
		case err != nil:
			return err
		case c.seen >= maxChosen:
			c.capped = true
			return nil
		}
		c.seen++
		if c.filter.Match(*m, c.now) && (len(c.selection.Causes) == 0 || slices.Contains(c.selection.Causes, CauseOf(m))) {
			c.take(m)
		}
	}
	return nil
}

// take counts a message in.
func (c *chooser) take(m *engine.Message) {
	q := c.queues[m.Queue]
	if q == nil {
		q = &chosen{states: map[engine.State]int64{}}
		c.queues[m.Queue] = q
	}
	q.ids = append(q.ids, m.ID)
	q.states[m.State]++
	q.last = *m
	c.states[string(m.State)]++
	if m.Group != "" {
		c.groups[m.Queue+"\x00"+m.Group] = true
	}
	if m.State == engine.InFlight {
		c.inFlight++
	}
	if m.State == engine.Dead && m.Death != nil {
		c.origins[m.Death.Origin]++
		c.causes[CauseOf(m)]++
		if cameBack(m) {
			c.again++
		}
	}
}

// names are the queues of what was chosen, sorted.
func (c *chooser) names() []string { return slices.Sorted(maps.Keys(c.queues)) }

// total is the number of messages chosen.
func (c *chooser) total() (n int64) {
	for _, q := range c.queues {
		n += int64(len(q.ids))
	}
	return n
}

// state is the one in which all messages of a queue were chosen; live ones may
// change among themselves.
func (q *chosen) state() engine.State {
	if len(q.states) == 1 {
		for s := range q.states {
			return s
		}
	}
	if q.states[engine.Dead] > 0 {
		return ""
	}
	return engine.Ready
}

// counts sorts names by their numbers, most first.
func counts(m map[string]int64) []Count {
	list := make([]Count, 0, len(m))
	for name, n := range m {
		list = append(list, Count{name, n})
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return list
}
