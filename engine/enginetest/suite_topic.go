package enginetest

import (
	"fmt"
	"strings"

	"nixie/engine"
)

// bind binds a queue, which it makes, to the topic "events".
func (f *fixture) bind(queue string, patterns ...string) {
	f.Helper()
	if _, err := f.Queue(f.ctx, queue); err != nil {
		f.create(queue)
	}
	for _, p := range patterns {
		f.do(f.Bind(f.ctx, "events", engine.Binding{Queue: queue, Pattern: p}))
	}
}

// emit publishes to the topic "events".
func (f *fixture) emit(key string, bodies ...string) []string {
	f.Helper()
	var messages []engine.Outgoing
	for _, b := range bodies {
		messages = append(messages, engine.Outgoing{Body: []byte(b)})
	}
	queues, err := f.PublishTopic(f.ctx, "events", key, messages...)
	f.do(err)
	return queues
}

var topicTests = []test{
	{"each bound queue has its own copy", func(f *fixture) {
		f.bind("mail", "order.*")
		f.bind("audit", "#")
		f.bind("stock", "stock.#")
		equal(f, "queues", f.emit("order.paid", "x", "y"), []string{"audit", "mail"})
		f.counts("stock", 0, 0, 0, 0)
		seen := map[engine.ID]bool{}
		for _, queue := range []string{"audit", "mail"} {
			f.counts(queue, 2, 0, 0, 0)
			equal(f, "published", f.info(queue).Totals.Published, 2)
			got := f.receive(queue, 2)
			equal(f, "bodies", string(got[0].Body)+string(got[1].Body), "xy")
			for _, d := range got {
				if seen[d.ID] {
					f.Errorf("the id %s is there twice", d.ID)
				}
				seen[d.ID] = true
			}
		}
		f.counts("audit", 0, 2, 0, 0)
	}},
	{"patterns choose by the key", func(f *fixture) {
		f.bind("one", "a.*.c")
		f.bind("any", "a.#")
		f.bind("exact", "a")
		for key, want := range map[string][]string{
			"a": {"any", "exact"}, "a.b": {"any"}, "a.b.c": {"any", "one"}, "a.b.b.c": {"any"},
		} {
			equal(f, "queues for "+key, f.emit(key, "x"), want)
		}
		_, err := f.PublishTopic(f.ctx, "events", "b", engine.Outgoing{})
		f.refused("publish", err, engine.ErrNoRoute)
	}},
	{"a queue bound twice has one copy", func(f *fixture) {
		f.bind("jobs", "a.*", "a.#", "a.*")
		equal(f, "queues", f.emit("a.b", "x"), []string{"jobs"})
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"without a topic there is no route", func(f *fixture) {
		_, err := f.PublishTopic(f.ctx, "nowhere", "a", engine.Outgoing{})
		f.refused("publish", err, engine.ErrNoRoute)
	}},
	{"all queues take it, or none does", func(f *fixture) {
		f.create("small", maxDepth(1))
		f.bind("a", "#")
		f.bind("small", "#")
		f.bind("z", "#")
		f.emit("k", "x")
		_, err := f.PublishTopic(f.ctx, "events", "k", engine.Outgoing{})
		f.refused("publish", err, engine.ErrQueueFull)
		for _, queue := range []string{"a", "small", "z"} {
			f.counts(queue, 1, 0, 0, 0)
		}
		_, err = f.PublishTopic(f.ctx, "events", "k", engine.Outgoing{Delay: engine.MaxDuration + 1})
		f.refused("publish", err, engine.ErrInvalid)
	}},
	{"each queue's policy holds", func(f *fixture) {
		f.create("late", func(p *engine.Policy) { p.Delay = testLease })
		f.bind("late", "#")
		f.bind("now", "#")
		f.emit("k", "x")
		f.counts("late", 0, 0, 1, 0)
		f.counts("now", 1, 0, 0, 0)
	}},
	{"topics are listed with their bindings", func(f *fixture) {
		f.bind("b", "y", "x")
		f.bind("a", "#")
		f.do(f.Bind(f.ctx, "alerts", engine.Binding{Queue: "a", Pattern: "*"}))
		got, err := f.Topics(f.ctx)
		f.do(err)
		equal(f, "topics", topicNames(got), []string{"alerts: a=*", "events: a=# b=x b=y"})
	}},
	{"a binding can be taken away, and the last takes the topic", func(f *fixture) {
		f.bind("a", "x", "y")
		f.do(f.Unbind(f.ctx, "events", engine.Binding{Queue: "a", Pattern: "x"}))
		_, err := f.PublishTopic(f.ctx, "events", "x", engine.Outgoing{})
		f.refused("publish", err, engine.ErrNoRoute)
		f.emit("y", "x")
		f.do(f.Unbind(f.ctx, "events", engine.Binding{Queue: "a", Pattern: "y"}))
		f.do(f.Unbind(f.ctx, "events", engine.Binding{Queue: "a", Pattern: "y"}))
		f.do(f.Unbind(f.ctx, "nowhere", engine.Binding{Queue: "b", Pattern: "z"}))
		got, err := f.Topics(f.ctx)
		f.do(err)
		equal(f, "topics", len(got), 0)
	}},
	{"what cannot be bound is refused", func(f *fixture) {
		f.create("jobs")
		for _, pattern := range []string{"", "a..b", "a*", ".", strings.Repeat("x", 1000)} {
			f.refused(pattern, f.Bind(f.ctx, "events", engine.Binding{Queue: "jobs", Pattern: pattern}), engine.ErrInvalid)
		}
		f.refused("topic", f.Bind(f.ctx, "a topic", engine.Binding{Queue: "jobs", Pattern: "#"}), engine.ErrInvalid)
		f.refused("queue", f.Bind(f.ctx, "events", engine.Binding{Queue: "nowhere", Pattern: "#"}), engine.ErrQueueNotFound)
		got, err := f.Topics(f.ctx)
		f.do(err)
		equal(f, "topics", len(got), 0)
	}},
	{"a deleted queue is bound no more, until it is restored", func(f *fixture) {
		f.bind("a", "#")
		f.bind("b", "#")
		entry, err := f.DeleteQueue(f.ctx, "a")
		f.do(err)
		equal(f, "without it", f.emit("k", "x"), []string{"b"})
		_, err = f.Restore(f.ctx, entry.ID)
		f.do(err)
		equal(f, "restored", f.emit("k", "x"), []string{"a", "b"})
	}},
	{"bindings stay over a reopening", func(f *fixture) {
		f.bind("a", "x.#")
		f.reopen()
		equal(f, "queues", f.emit("x.y", "x"), []string{"a"})
	}},
}

func topicNames(topics []engine.Topic) (names []string) {
	for _, t := range topics {
		name := t.Name + ":"
		for _, b := range t.Bindings {
			name += fmt.Sprintf(" %s=%s", b.Queue, b.Pattern)
		}
		names = append(names, name)
	}
	return names
}
