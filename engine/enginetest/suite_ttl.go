package enginetest

import (
	"time"

	"nixie/engine"
)

const testTTL = time.Minute

func withTTL(p *engine.Policy) { p.TTL = testTTL }

var ttlTests = []test{
	{"what waits too long is a dead letter", func(f *fixture) {
		f.create("jobs", withTTL)
		id := f.publish("jobs", "a")[0]
		entered := time.Now()
		f.pass(testTTL - time.Millisecond)
		f.is("jobs", id, engine.Ready)
		f.pass(2 * time.Millisecond)
		f.none("jobs", "the message expired")
		f.counts("jobs", 0, 0, 0, 1)
		m := f.message("jobs", id)
		equal(f, "reason", m.Death.Reason, engine.Expired)
		equal(f, "tries", m.Death.Tries, 0)
		at(f, "died", m.Death.At, entered.Add(testTTL))
		if m.Death.Cause == "" {
			f.Error("the death has no cause")
		}
		totals := f.info("jobs").Totals
		equal(f, "expired", totals.Expired, 1)
		equal(f, "dead", totals.Dead, 1)
		equal(f, "failed", totals.Failed, 0)
	}},
	{"what is in flight does not expire", func(f *fixture) {
		f.create("jobs", withTTL)
		f.publish("jobs", "a")
		got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Lease: time.Hour})
		f.do(err)
		f.pass(30 * time.Minute)
		f.is("jobs", got[0].ID, engine.InFlight)
		f.do(f.Release(f.ctx, got[0].Receipt, 0))
		f.pass(time.Millisecond)
		f.counts("jobs", 0, 0, 0, 1)
	}},
	{"what is delayed does not expire until it is due", func(f *fixture) {
		f.create("jobs", withTTL)
		id := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		f.pass(time.Hour - time.Millisecond)
		f.is("jobs", id, engine.Delayed)
		f.pass(2 * time.Millisecond)
		equal(f, "reason", f.message("jobs", id).Death.Reason, engine.Expired)
	}},
	{"a requeued message waits anew", func(f *fixture) {
		f.create("jobs", withTTL)
		id := f.publish("jobs", "a")[0]
		f.pass(time.Hour)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		f.pass(testTTL - time.Millisecond)
		f.is("jobs", id, engine.Ready)
		f.pass(2 * time.Millisecond)
		f.is("jobs", id, engine.Dead)
		equal(f, "expired", f.info("jobs").Totals.Expired, 2)
	}},
	{"of several, each in its time", func(f *fixture) {
		f.create("jobs", withTTL)
		for range 5 {
			f.publish("jobs", "a")
			f.pass(10 * time.Second)
		}
		f.counts("jobs", 5, 0, 0, 0)
		f.pass(11 * time.Second)
		f.counts("jobs", 4, 0, 0, 1)
		f.pass(20 * time.Second)
		f.counts("jobs", 2, 0, 0, 3)
	}},
	{"a new TTL holds for what waits already", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "old")
		f.pass(time.Hour)
		f.publish("jobs", "young")
		f.configure("jobs", withTTL)
		f.pass(time.Millisecond)
		f.counts("jobs", 1, 0, 0, 1)
		f.configure("jobs", func(*engine.Policy) {})
		f.pass(time.Hour)
		f.counts("jobs", 1, 0, 0, 1)
	}},
	{"a paused queue's messages expire too", func(f *fixture) {
		f.create("jobs", withTTL)
		f.publish("jobs", "a")
		f.do(f.SetPaused(f.ctx, "jobs", true))
		f.pass(testTTL + time.Millisecond)
		f.counts("jobs", 0, 0, 0, 1)
	}},
	{"in another queue, or in the trash", func(f *fixture) {
		f.create("morgue")
		f.create("a", withTTL, func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.create("b", withTTL, func(p *engine.Policy) { p.DeadLetter = engine.NoDeadLetters })
		f.publish("a", "1")
		f.publish("b", "2", "3")
		f.pass(testTTL + time.Millisecond)
		f.counts("a", 0, 0, 0, 0)
		f.counts("b", 0, 0, 0, 0)
		f.counts("morgue", 0, 0, 0, 1)
		var count int64
		for _, e := range f.trash("b") {
			count += e.Count
		}
		equal(f, "in the trash", count, 2)
	}},
}
