package enginetest

import (
	"time"

	"nixie/engine"
)

func dedup(id, body string) engine.Outgoing {
	return engine.Outgoing{Body: []byte(body), DedupID: id}
}

var dedupTests = []test{
	{"the second returns the first and stores nothing", func(f *fixture) {
		f.create("jobs")
		first := f.send("jobs", dedup("x", "first"))
		f.pass(time.Second)
		equal(f, "id", f.send("jobs", dedup("x", "second")), first)
		if other := f.send("jobs", dedup("y", "other")); other == first {
			f.Error("another deduplication id gave the same message")
		}
		f.counts("jobs", 2, 0, 0, 0)
		equal(f, "body", string(f.message("jobs", first).Body), "first")
		equal(f, "published", f.info("jobs").Totals.Published, 2)
	}},
	{"also within one call", func(f *fixture) {
		f.create("jobs")
		old := f.send("jobs", dedup("x", ""))
		got, err := f.Publish(f.ctx, "jobs", dedup("y", ""), dedup("x", ""), dedup("", ""), dedup("y", ""), dedup("", ""))
		f.do(err)
		if len(got) != 5 {
			f.Fatalf("five messages have the ids %v", got)
		}
		equal(f, "known before", got[1], old)
		equal(f, "known since", got[3], got[0])
		if got[2] == got[4] {
			f.Error("messages without a deduplication id are taken for one")
		}
		f.counts("jobs", 4, 0, 0, 0)
	}},
	{"until the window is over", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.DedupWindow = time.Minute })
		first := f.send("jobs", dedup("x", ""))
		f.pass(30 * time.Second)
		equal(f, "within", f.send("jobs", dedup("x", "")), first)
		f.pass(31 * time.Second)
		second := f.send("jobs", dedup("x", ""))
		if second == first {
			f.Error("the window is over, but the message is still known")
		}
		f.pass(59 * time.Second)
		equal(f, "within the next", f.send("jobs", dedup("x", "")), second)
	}},
	{"five minutes, unless the queue says otherwise", func(f *fixture) {
		f.create("jobs")
		first := f.send("jobs", dedup("x", ""))
		f.pass(engine.DefaultDedupWindow - time.Second)
		equal(f, "within", f.send("jobs", dedup("x", "")), first)
		f.pass(2 * time.Second)
		if f.send("jobs", dedup("x", "")) == first {
			f.Error("after five minutes the message is still known")
		}
	}},
	{"whatever became of the first", func(f *fixture) {
		f.create("jobs")
		first := f.send("jobs", dedup("x", ""))
		f.ack(f.take("jobs"))
		equal(f, "after the ack", f.send("jobs", dedup("x", "")), first)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"each queue for itself", func(f *fixture) {
		f.create("a")
		f.create("b")
		first := f.send("a", dedup("x", ""))
		if f.send("b", dedup("x", "")) == first {
			f.Error("a message of another queue was taken for this one")
		}
		f.counts("b", 1, 0, 0, 0)
	}},
	{"a topic's copies too", func(f *fixture) {
		f.create("a")
		f.create("b")
		f.do(f.Bind(f.ctx, "events", engine.Binding{Queue: "a", Pattern: "#"}))
		f.do(f.Bind(f.ctx, "events", engine.Binding{Queue: "b", Pattern: "#"}))
		f.send("a", dedup("x", ""))
		_, err := f.PublishTopic(f.ctx, "events", "k", dedup("x", ""))
		f.do(err)
		f.counts("a", 1, 0, 0, 0)
		f.counts("b", 1, 0, 0, 0)
	}},
	{"a publish that was refused is not remembered", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxDepth = 1 })
		f.publish("jobs", "a")
		_, err := f.Publish(f.ctx, "jobs", dedup("x", ""))
		f.refused("publish", err, engine.ErrQueueFull)
		f.ack(f.take("jobs"))
		id := f.send("jobs", dedup("x", ""))
		f.is("jobs", id, engine.Ready)
	}},
	{"a full queue still knows what it has", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxDepth = 1 })
		first := f.send("jobs", dedup("x", ""))
		equal(f, "id", f.send("jobs", dedup("x", "")), first)
	}},
	{"it is remembered over a reopening", func(f *fixture) {
		f.create("jobs")
		first := f.send("jobs", dedup("x", ""))
		f.reopen()
		equal(f, "id", f.send("jobs", dedup("x", "")), first)
	}},
}
