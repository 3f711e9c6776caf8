package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/enginetest"
)

// The queues of the wide histories: those with a policy that takes messages away
// or refuses them, with topics, and with operators.
var widePolicies = map[string]engine.Policy{
	"lapsed":  {VisibilityTimeout: 3 * time.Second},
	"brief":   {VisibilityTimeout: 3 * time.Second, MaxTries: 3, TTL: 2 * time.Second, DeadLetter: "lapsed"},
	"small":   {VisibilityTimeout: 3 * time.Second, MaxTries: 3, MaxDepth: 6},
	"sliding": {VisibilityTimeout: 3 * time.Second, MaxTries: 3, MaxDepth: 6, Overflow: engine.DropOldest},
	"left":    {VisibilityTimeout: 3 * time.Second, MaxTries: 3},
	"right":   {VisibilityTimeout: 3 * time.Second, MaxTries: 3, Ordered: true},
	"desk":    {VisibilityTimeout: 3 * time.Second, MaxTries: 3},
	"file":    {VisibilityTimeout: 3 * time.Second, MaxTries: 3, Ordered: true, DeadLetter: "morgue"},
	"morgue":  {VisibilityTimeout: 3 * time.Second, MaxTries: 3},
	"stamp":   {VisibilityTimeout: time.Second, MaxTries: 3, TTL: 2 * time.Second, Ordered: true},
}

var wideBindings = []engine.Binding{{Queue: "left", Pattern: "#"}, {Queue: "right", Pattern: "a"}, {Queue: "small", Pattern: "b"}}

// recordWide writes down what clients and an operator of the model do.
func recordWide(t testing.TB, seed uint64) []byte {
	t.Helper()
	var lines bytes.Buffer
	r := NewRecorder(&lines)
	e := enginetest.NewModel()
	s := r.Open(e)
	for _, name := range []string{"lapsed", "morgue", "brief", "small", "sliding", "left", "right", "desk", "file", "stamp"} {
		if err := e.CreateQueue(t.Context(), name, widePolicies[name]); err != nil {
			t.Fatal(err)
		}
		r.Queue(name, widePolicies[name])
	}
	for _, b := range wideBindings {
		if err := s.Bind(t.Context(), 0, "events", b); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for n, queue := range []string{"brief", "small", "sliding", "left", "right", "desk", "file", "desk", "file", "stamp", "stamp"} {
		c := wideClient{TB: t, s: s, number: n, queue: queue, random: rand.New(rand.NewPCG(seed, uint64(n)))}
		wg.Go(func() { c.work(c.consume) })
	}
	for n := range 2 {
		c := wideClient{TB: t, s: s, number: 30 + n, random: rand.New(rand.NewPCG(seed, uint64(30+n)))}
		wg.Go(func() { c.work(c.emit) })
		o := wideClient{TB: t, s: s, number: 20 + n, random: rand.New(rand.NewPCG(seed, uint64(20+n)))}
		wg.Go(func() { o.work(func(ctx context.Context) error { return o.operate(ctx, e) }) })
	}
	wg.Wait()
	finish(t, s, e)
	if err := errors.Join(s.Close(), r.Err()); err != nil {
		t.Fatal(err)
	}
	return lines.Bytes()
}

// finish restores, drains and counts all.
func finish(t testing.TB, s *Session, e engine.Engine) {
	entries, err := e.Trash(t.Context())
	for _, entry := range entries {
		err = errors.Join(err, s.Restore(t.Context(), 99, entry))
	}
	for name := range widePolicies {
		err = errors.Join(err, s.SetPaused(t.Context(), 99, name, false))
		drain(t, s, name)
	}
	for name := range widePolicies {
		err = errors.Join(err, s.Census(t.Context(), name))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wideClient does one thing after the other, with some time between.
type wideClient struct {
	testing.TB
	s      *Session
	number int
	queue  string
	random *rand.Rand
	named  int
}

func (c *wideClient) work(do func(context.Context) error) {
	for range 12 {
		time.Sleep(1 + time.Duration(c.random.Int64N(int64(2*time.Second))))
		err := do(c.Context())
		if err != nil && !errors.Is(err, engine.ErrQueueFull) && !errors.Is(err, engine.ErrTrashNotFound) && !errors.Is(err, engine.ErrLeaseLost) {
			c.Error(err)
		}
	}
}

func (c *wideClient) batch() (names []string, batch []engine.Outgoing) {
	for range 1 + c.random.IntN(4) {
		c.named++
		names = append(names, fmt.Sprint(c.number, "/", c.named))
		batch = append(batch, engine.Outgoing{Body: []byte(names[len(names)-1]), Group: fmt.Sprint(c.random.IntN(3))})
	}
	return names, batch
}

func (c *wideClient) consume(ctx context.Context) error {
	names, batch := c.batch()
	err := c.s.Publish(ctx, c.number, c.queue, names, batch)
	if _, err := c.s.Look(ctx, c.number, c.queue); err != nil {
		return err
	}
	time.Sleep(1 + time.Duration(c.random.Int64N(int64(time.Second))))
	got, err2 := c.s.Receive(ctx, c.number, c.queue, engine.ReceiveOptions{Max: 1 + c.random.IntN(4)})
	for _, d := range got {
		settle(c, c.s, c.number, d.Receipt, c.random)
	}
	return errors.Join(err, err2)
}

func (c *wideClient) emit(ctx context.Context) error {
	names, batch := c.batch()
	b := wideBindings[1]
	switch c.random.IntN(6) {
	case 0:
		return c.s.Unbind(ctx, c.number, "events", b)
	case 1:
		return c.s.Bind(ctx, c.number, "events", b)
	}
	return c.s.PublishTopic(ctx, c.number, "events", []string{"a", "b", "c"}[c.random.IntN(3)], names, batch)
}

// operate does one of all that operators do.
func (c *wideClient) operate(ctx context.Context, e engine.Engine) error {
	queue := []string{"desk", "file", "morgue", "stamp"}[c.random.IntN(4)]
	page, err := e.List(ctx, queue, engine.ListOptions{State: engine.States()[c.random.IntN(4)], Limit: 3})
	if err != nil {
		return err
	}
	var ids []engine.ID
	for _, m := range page.Messages {
		ids = append(ids, m.ID)
	}
	switch c.random.IntN(8) {
	case 0:
		return c.s.SetPaused(ctx, c.number, queue, c.random.IntN(3) == 0)
	case 1:
		return c.s.Purge(ctx, c.number, queue, engine.LiveArea)
	case 2:
		return c.s.Delete(ctx, c.number, queue, ids...)
	case 3, 4:
		entries, err := e.Trash(ctx)
		if err != nil || len(entries) == 0 {
			return err
		}
		entry := entries[c.random.IntN(len(entries))]
		if c.random.IntN(8) == 0 {
			return c.s.Discard(ctx, c.number, entry)
		}
		return c.s.Restore(ctx, c.number, entry)
	}
	to := ""
	if queue != "stamp" {
		to = []string{"", "desk", "file"}[c.random.IntN(3)]
	}
	return c.s.Move(ctx, c.number, engine.MoveRequest{
		Queue: queue, IDs: ids, To: to,
		Into: []engine.State{engine.Ready, engine.Ready, engine.Dead}[c.random.IntN(3)], KeepTries: c.random.IntN(2) == 0,
	})
}

func recordedWide(t *testing.T, seed uint64) (lines []byte) {
	synctest.Test(t, func(t *testing.T) { lines = recordWide(t, seed) })
	return lines
}

// TestGoodWideHistories: what the model does breaks no rule, and all of it
// happens.
func TestGoodWideHistories(t *testing.T) {
	done := map[Op]int{}
	for seed := range uint64(30) {
		h := read(t, recordedWide(t, seed))
		for _, v := range Check(h) {
			t.Errorf("seed %d: %s", seed, v)
		}
		for _, c := range h.Calls {
			if c.Result == Done {
				done[c.Op]++
			}
		}
	}
	for _, op := range []Op{PublishTopic, Look, Move, Delete, Purge, Restore, Discard, Pause, Resume, Bind, Unbind} {
		if done[op] == 0 {
			t.Errorf("there is no %s", op)
		}
	}
}

// onWide is a mutation of a wide history.
func onWide[T any](candidates func(x *index) []T, do func(x *index, one T)) func(*index, func(int) int) bool {
	return func(x *index, pick func(int) int) bool {
		all := candidates(x)
		if len(all) == 0 {
			return false
		}
		do(x, all[pick(len(all))])
		return true
	}
}

// seenIn are the messages of a queue that fit, by id.
func seenIn(queue string, fits func(x *index, m *message) bool) func(x *index) []*message {
	return func(x *index) []*message {
		return slices.DeleteFunc(x.of(queue), func(m *message) bool { return m.sent == nil || !fits(x, m) })
	}
}

// calls are those that fit.
func calls(fits func(x *index, c *Call) bool) func(x *index) []*Call {
	return func(x *index) []*Call {
		return slices.DeleteFunc(slices.Clone(x.h.Calls), func(c *Call) bool { return !fits(x, c) })
	}
}
