package operation

import (
	"errors"
	"slices"
	"testing"

	"nixie/engine"
)

func (b *bench) bodies(queue string) []string {
	b.Helper()
	page, err := b.List(b.ctx, queue, engine.ListOptions{})
	b.do(err)
	var bodies []string
	for _, m := range page.Messages {
		bodies = append(bodies, string(m.Body))
	}
	return bodies
}

func TestPublishLines(t *testing.T) {
	b := newBench(t)
	load := Load{Queue: "orders", Lines: true, Literal: true, Body: []byte("{\"a\":1}\n\n{{not a call}}\r\nlast")}
	b.tally(b.run(Request{Verb: Publish, Load: load}), Tally{Selected: 3, Done: 3})
	if got, want := b.bodies("orders"), []string{`{"a":1}`, "{{not a call}}\r", "last"}; !slices.Equal(got, want) {
		t.Fatalf("published %q, want %q", got, want)
	}
	load.Count = 4
	b.tally(b.run(Request{Verb: Publish, Load: load}), Tally{Selected: 4, Done: 4})
	if got := b.bodies("orders"); len(got) != 7 || got[6] != `{"a":1}` {
		t.Fatalf("the first line does not come again: %q", got)
	}
	if _, err := b.m.Plan(b.ctx, Request{Verb: Publish, Load: Load{Queue: "orders", Lines: true, Body: []byte("\n\n")}}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("nothing but empty lines: %v", err)
	}
}

func TestPublishCreatesTheQueue(t *testing.T) {
	b := newBench(t)
	load := Load{Queue: "new", Body: []byte("{{seq}}"), Count: 2}
	if _, err := b.m.Plan(b.ctx, Request{Verb: Publish, Load: load}); !errors.Is(err, engine.ErrQueueNotFound) {
		t.Fatalf("without Create: %v", err)
	}
	load.Create = true
	plan := b.plan(Request{Verb: Publish, Load: load})
	if !plan.Destinations[0].Missing || len(plan.Warnings) != 1 {
		t.Fatalf("nothing said: %+v", plan)
	}
	b.tally(b.run(Request{Verb: Publish, Load: load}), Tally{Selected: 2, Done: 2})
	if got := b.bodies("new"); !slices.Equal(got, []string{"1", "2"}) {
		t.Fatalf("published %q", got)
	}
}

func TestPublishToATopic(t *testing.T) {
	b := newBench(t)
	load := Load{Topic: "events", Key: "order.paid", Body: []byte("x")}
	if _, err := b.m.Plan(b.ctx, Request{Verb: Publish, Load: load}); !errors.Is(err, engine.ErrNoRoute) {
		t.Fatalf("without a binding: %v", err)
	}
	bind := Request{Verb: Bind, Queue: "orders", Topic: "events", Pattern: "order.*"}
	bound := b.run(bind)
	b.tally(bound, Tally{Selected: 1, Done: 1})
	if _, err := b.m.Plan(b.ctx, bind); !errors.Is(err, ErrNothing) {
		t.Fatalf("bound twice: %v", err)
	}
	b.run(Request{Verb: Bind, Queue: "payments", Topic: "events", Pattern: "#"})
	b.tally(b.run(Request{Verb: Publish, Load: load}), Tally{Selected: 1, Done: 1})
	b.counts("orders", 1, 0)
	b.counts("payments", 1, 0)

	b.tally(b.run(Request{Verb: Undo, Undoes: bound.ID}), Tally{Selected: 1, Done: 1})
	b.run(Request{Verb: Publish, Load: load})
	b.counts("orders", 1, 0)
	b.counts("payments", 2, 0)
	b.run(Request{Verb: Unbind, Queue: "payments", Topic: "events", Pattern: "#"})
	if _, err := b.m.Plan(b.ctx, Request{Verb: Publish, Load: load}); !errors.Is(err, engine.ErrNoRoute) {
		t.Fatalf("after all is unbound: %v", err)
	}
	if _, err := b.m.Plan(b.ctx, Request{Verb: Bind, Queue: "orders", Topic: "events", Pattern: "a..b"}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("a wrong pattern: %v", err)
	}
}
