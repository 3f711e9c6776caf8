package enginetest

import (
	"nixie/engine"
)

func maxDepth(n int64) func(*engine.Policy) { return func(p *engine.Policy) { p.MaxDepth = n } }

func dropOldest(p *engine.Policy) { p.Overflow = engine.DropOldest }

// full fails the test if the queue takes another message.
func (f *fixture) full(queue, body string) {
	f.Helper()
	before := f.info(queue)
	_, err := f.Publish(f.ctx, queue, engine.Outgoing{Body: []byte(body)})
	f.refused("publish", err, engine.ErrQueueFull)
	equal(f, "queue after a refused publish", f.info(queue), before)
}

var depthTests = []test{
	{"a full queue rejects", func(f *fixture) {
		f.create("jobs", maxDepth(2))
		f.publish("jobs", "a", "b")
		f.full("jobs", "c")
		f.ack(f.take("jobs"))
		f.publish("jobs", "c")
		f.full("jobs", "d")
	}},
	{"in flight and delayed count, dead do not", func(f *fixture) {
		f.create("jobs", maxDepth(3))
		f.publish("jobs", "a", "b")
		f.send("jobs", engine.Outgoing{Delay: 1})
		f.take("jobs")
		f.full("jobs", "d")
		f.kill("jobs")
		f.publish("jobs", "d")
		f.full("jobs", "e")
	}},
	{"bytes count too", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxBytes = 10 })
		f.publish("jobs", "1234", "567890")
		f.full("jobs", "x")
		f.publish("jobs", "") // has none
		f.ack(f.take("jobs"))
		f.full("jobs", "12345")
		f.publish("jobs", "1234")
		equal(f, "bytes", f.info("jobs").Bytes, 10)
	}},
	{"all of a batch fit, or none enters", func(f *fixture) {
		f.create("jobs", maxDepth(3))
		f.publish("jobs", "a")
		_, err := f.Publish(f.ctx, "jobs", make([]engine.Outgoing, 3)...)
		f.refused("publish", err, engine.ErrQueueFull)
		f.counts("jobs", 1, 0, 0, 0)
		_, err = f.Publish(f.ctx, "jobs", make([]engine.Outgoing, 2)...)
		f.do(err)
	}},
	{"a retry needs no room", func(f *fixture) {
		f.create("jobs", maxDepth(1))
		f.publish("jobs", "a")
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		f.take("jobs")
		f.pass(testLease + testBackoff + 1)
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"a lower bound takes nothing away", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b", "c")
		f.configure("jobs", maxDepth(2))
		f.counts("jobs", 3, 0, 0, 0)
		f.ack(f.take("jobs"))
		f.full("jobs", "d")
		f.ack(f.take("jobs"))
		f.publish("jobs", "d")
	}},
	{"drop oldest: it becomes a dead letter", func(f *fixture) {
		f.create("jobs", maxDepth(2), dropOldest)
		all := f.publish("jobs", "a", "b")
		all = append(all, f.publish("jobs", "c")...)
		equal(f, "ready", ids(f.list("jobs", engine.Ready)), all[1:])
		m := f.message("jobs", all[0])
		equal(f, "state", m.State, engine.Dead)
		equal(f, "reason", m.Death.Reason, engine.Overflow)
		equal(f, "dead", f.info("jobs").Totals.Dead, 1)
		if m.Death.Cause == "" {
			f.Error("the death has no cause")
		}
	}},
	{"drop oldest: by bytes, as many as it takes", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxBytes = 10 }, dropOldest)
		all := f.publish("jobs", "123", "456", "7890")
		f.publish("jobs", "12345")
		equal(f, "dead", ids(f.list("jobs", engine.Dead)), all[:2])
		equal(f, "bytes", f.info("jobs").Bytes, 9)
	}},
	{"drop oldest: only what is ready", func(f *fixture) {
		f.create("jobs", maxDepth(3), dropOldest)
		all := f.publish("jobs", "a", "b")
		f.take("jobs")
		f.send("jobs", engine.Outgoing{Delay: 1})
		f.publish("jobs", "d")
		equal(f, "dead", ids(f.list("jobs", engine.Dead)), all[1:])
		f.take("jobs")
		f.full("jobs", "e")
	}},
	{"drop oldest: never for more than the queue can hold", func(f *fixture) {
		f.create("jobs", maxDepth(2), dropOldest)
		f.publish("jobs", "a")
		_, err := f.Publish(f.ctx, "jobs", make([]engine.Outgoing, 3)...)
		f.refused("publish", err, engine.ErrQueueFull)
		f.counts("jobs", 1, 0, 0, 0)
		_, err = f.Publish(f.ctx, "jobs", make([]engine.Outgoing, 2)...)
		f.do(err)
		f.counts("jobs", 2, 0, 0, 1)
	}},
	{"drop oldest: to where dead letters are kept", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", maxDepth(1), dropOldest, func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.publish("jobs", "a")
		f.publish("jobs", "b")
		f.counts("jobs", 1, 0, 0, 0)
		f.counts("morgue", 0, 0, 0, 1)
	}},
	{"a move needs room", func(f *fixture) {
		f.create("small", maxDepth(1))
		f.create("jobs")
		all := f.publish("jobs", "a", "b")
		got := f.move(engine.MoveRequest{Queue: "jobs", IDs: all, To: "small"})
		f.do(got[0].Err)
		f.refused("second", got[1].Err, engine.ErrQueueFull)
		f.is("jobs", all[1], engine.Ready)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[1:], To: "small", Into: engine.Dead})
		f.counts("small", 1, 0, 0, 1)
		f.refused("requeue into a full queue", f.move(engine.MoveRequest{Queue: "small", IDs: all[1:], To: "small"})[0].Err, engine.ErrQueueFull)
		f.is("small", all[1], engine.Dead)
	}},
	{"a move makes room if the queue drops its oldest", func(f *fixture) {
		f.create("small", maxDepth(1), dropOldest)
		f.create("jobs")
		moved := f.publish("jobs", "older")
		dropped := f.publish("small", "younger")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: moved, To: "small"})
		f.is("small", moved[0], engine.Ready)
		f.is("small", dropped[0], engine.Dead)
	}},
	{"a message that stays in its queue needs no room", func(f *fixture) {
		f.create("jobs", maxDepth(1))
		id := f.send("jobs", engine.Outgoing{Delay: 1e9})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		f.is("jobs", id, engine.Ready)
	}},
}

var pauseTests = []test{
	{"nothing is received", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.do(f.SetPaused(f.ctx, "jobs", true))
		equal(f, "paused", f.info("jobs").Paused, true)
		f.none("jobs", "the queue is paused")
		f.publish("jobs", "b")
		f.counts("jobs", 2, 0, 0, 0)
		f.do(f.SetPaused(f.ctx, "jobs", true))
		f.do(f.SetPaused(f.ctx, "jobs", false))
		equal(f, "paused", f.info("jobs").Paused, false)
		equal(f, "received", len(f.receive("jobs", 2)), 2)
	}},
	{"settling goes on", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b", "c", "d", "e")
		d := f.receive("jobs", 5)
		f.do(f.SetPaused(f.ctx, "jobs", true))
		f.ack(d[0])
		f.nack(d[1])
		f.do(f.Release(f.ctx, d[2].Receipt, 0))
		_, err := f.Extend(f.ctx, d[3].Receipt, 2*testLease)
		f.do(err)
		f.counts("jobs", 1, 2, 1, 0)
		f.pass(testLease + 1)
		f.is("jobs", d[4].ID, engine.Delayed)
		f.is("jobs", d[1].ID, engine.Ready)
		f.is("jobs", d[3].ID, engine.InFlight)
	}},
	{"who waits goes on waiting", func(f *fixture) {
		f.create("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		f.do(f.SetPaused(f.ctx, "jobs", true))
		id := f.publish("jobs", "a")[0]
		f.pass(testLease)
		f.counts("jobs", 1, 0, 0, 0)
		equal(f, "waiting", f.info("jobs").Waiting, 1)
		f.do(f.SetPaused(f.ctx, "jobs", false))
		equal(f, "received", f.gotOne(result).ID, id)
	}},
	{"a receive may wait for the queue to go on", func(f *fixture) {
		f.create("jobs")
		f.do(f.SetPaused(f.ctx, "jobs", true))
		id := f.publish("jobs", "a")[0]
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		f.do(f.SetPaused(f.ctx, "jobs", false))
		equal(f, "received", f.gotOne(result).ID, id)
	}},
	{"it stays paused over a reopening", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.do(f.SetPaused(f.ctx, "jobs", true))
		f.reopen()
		equal(f, "paused", f.info("jobs").Paused, true)
		f.none("jobs", "the queue is paused")
	}},
}
