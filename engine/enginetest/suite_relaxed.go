package enginetest

import (
	"time"

	"nixie/engine"
)

func relaxed(p *engine.Policy) { p.Durability = engine.Relaxed }

// soon is how long a relaxed change may take until it is seen and safe.
const soon = 100 * time.Millisecond

var relaxedTests = []test{
	{"what is confirmed is there soon", func(f *fixture) {
		f.create("jobs", relaxed)
		all := f.publish("jobs", "a", "b", "c")
		if !ascend(all) {
			f.Errorf("the ids do not ascend: %v", all)
		}
		f.pass(soon)
		equal(f, "ready", ids(f.list("jobs", engine.Ready)), all)
		d := f.receive("jobs", 3)
		f.ack(d[0])
		f.fail(d[1], engine.Failure{Reason: "boom", Reject: true})
		f.do(f.Release(f.ctx, d[2].Receipt, 0))
		f.pass(soon)
		f.counts("jobs", 1, 0, 0, 1)
		f.gone("jobs", d[0].ID)
		equal(f, "cause", f.message("jobs", d[1].ID).Death.Cause, "boom")
	}},
	{"a receive that waits is woken soon", func(f *fixture) {
		f.create("jobs", relaxed)
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		id := f.publish("jobs", "a")[0]
		f.pass(soon)
		equal(f, "received", f.gotOne(result).ID, id)
	}},
	{"the caller's receipts are his own when it returns", func(f *fixture) {
		f.create("jobs", relaxed)
		f.publish("jobs", "a", "b")
		f.pass(soon)
		var receipts [1]engine.Receipt
		for range 2 {
			receipts[0] = f.take("jobs").Receipt
			f.do(f.Ack(f.ctx, receipts[:]...))
		}
		f.pass(soon)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"the caller's bodies are his own when it returns", func(f *fixture) {
		f.create("jobs", relaxed)
		body := make([]byte, 3)
		for _, word := range []string{"one", "two"} {
			copy(body, word)
			f.send("jobs", engine.Outgoing{Body: body})
		}
		copy(body, "___")
		f.pass(soon)
		for _, want := range []string{"one", "two"} {
			equal(f, "body", string(f.take("jobs").Body), want)
		}
	}},
	{"what was settled is settled once", func(f *fixture) {
		f.create("jobs", relaxed)
		f.publish("jobs", "a")
		f.pass(soon)
		d := f.take("jobs")
		f.ack(d)
		for _, s := range settlings { // whether these are refused now or ignored soon
			_ = s.do(f, d.Receipt)
		}
		f.pass(soon)
		f.worthless("settled before", d.Receipt)
		f.counts("jobs", 0, 0, 0, 0)
		totals := f.info("jobs").Totals
		equal(f, "acked", totals.Acked, 1)
		equal(f, "failed", totals.Failed, 0)
	}},
	{"refusals are told", func(f *fixture) {
		f.create("jobs", relaxed, maxDepth(1))
		first := f.send("jobs", dedup("x", ""))
		f.pass(soon)
		equal(f, "id", f.send("jobs", dedup("x", "")), first)
		f.full("jobs", "b")
		_, err := f.Publish(f.ctx, "nowhere", engine.Outgoing{})
		f.refused("publish", err, engine.ErrQueueNotFound)
	}},
	{"closing keeps all that was confirmed", func(f *fixture) {
		f.create("jobs", relaxed)
		all := f.publish("jobs", "a", "b")
		f.pass(soon)
		f.ack(f.take("jobs"))
		all = append(all, f.publish("jobs", "c")...)
		f.reopen()
		equal(f, "ready", ids(f.list("jobs", engine.Ready)), all[1:])
	}},
}
