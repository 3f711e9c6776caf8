package enginetest

import (
	"time"

	"nixie/engine"
)

// ordered makes a queue that delivers groups in order, with a message for
// each group given.
func (f *fixture) ordered(groups ...string) []engine.ID {
	f.Helper()
	f.create("jobs", func(p *engine.Policy) { p.Ordered = true })
	return f.grouped(groups...)
}

func (f *fixture) grouped(groups ...string) (ids []engine.ID) {
	f.Helper()
	for _, g := range groups {
		ids = append(ids, f.send("jobs", engine.Outgoing{Group: g, Body: []byte(g)}))
	}
	return ids
}

var groupTests = []test{
	{"one at a time, in order", func(f *fixture) {
		all := f.ordered("a", "a", "a")
		for _, id := range all {
			d := f.take("jobs")
			equal(f, "next", d.ID, id)
			f.none("jobs", "its group is busy")
			f.ack(d)
		}
	}},
	{"the others go on", func(f *fixture) {
		all := f.ordered("a", "a", "b", "", "b", "", "c")
		got := f.receive("jobs", 100)
		equal(f, "one of each group, and all without", ids(got), []engine.ID{all[0], all[2], all[3], all[5], all[6]})
		f.ack(got[1])
		equal(f, "next of b", f.take("jobs").ID, all[4])
		f.none("jobs", "all groups are busy")
	}},
	{"one that is taken away while it is ready lets the next through", func(f *fixture) {
		all := f.ordered("a", "a", "a", "a")
		first := f.receive("jobs", 100)[0]
		f.ack(first)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[1:2], Into: engine.Dead})
		equal(f, "next", f.take("jobs").ID, all[2])
		f.none("jobs", "its group is busy")
	}},
	{"a retry holds its group up", func(f *fixture) {
		all := f.ordered("a", "a", "b")
		f.nack(f.take("jobs"))
		equal(f, "the other group", f.take("jobs").ID, all[2])
		f.none("jobs", "the group waits for its retry")
		f.pass(testBackoff + time.Millisecond)
		d := f.take("jobs")
		equal(f, "the retry", d.ID, all[0])
		f.ack(d)
		equal(f, "its successor", f.take("jobs").ID, all[1])
	}},
	{"a lease that ran out holds its group up", func(f *fixture) {
		all := f.ordered("a", "a")
		f.take("jobs")
		f.pass(testLease + time.Millisecond)
		f.none("jobs", "the group waits for its retry")
		f.pass(testBackoff)
		equal(f, "the retry", f.take("jobs").ID, all[0])
	}},
	{"what is released comes first again", func(f *fixture) {
		all := f.ordered("a", "a")
		f.do(f.Release(f.ctx, f.take("jobs").Receipt, 0))
		equal(f, "next", f.take("jobs").ID, all[0])
	}},
	{"a dead letter frees its group", func(f *fixture) {
		all := f.ordered("a", "a")
		f.kill("jobs")
		equal(f, "next", f.take("jobs").ID, all[1])
	}},
	{"so does an operator who takes the message away", func(f *fixture) {
		all := f.ordered("a", "a", "b", "b")
		d := f.receive("jobs", 2)
		f.fail(d[1], engine.Failure{Delay: time.Hour})
		_, _, err := f.Delete(f.ctx, "jobs", all[0])
		f.do(err)
		equal(f, "next of a", f.take("jobs").ID, all[1])
		f.none("jobs", "b waits for its retry")
		f.create("other")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[2:3], To: "other"})
		equal(f, "next of b", f.take("jobs").ID, all[3])
	}},
	{"what was published with a delay holds nobody up", func(f *fixture) {
		f.ordered()
		f.send("jobs", engine.Outgoing{Group: "a", Delay: time.Hour})
		id := f.grouped("a")[0]
		equal(f, "next", f.take("jobs").ID, id)
	}},
	{"what is requeued takes its place in the group", func(f *fixture) {
		all := f.ordered("a", "a", "a")
		f.kill("jobs")
		d := f.take("jobs")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[:1]})
		f.none("jobs", "its group is busy")
		f.ack(d)
		d = f.take("jobs")
		equal(f, "the requeued one", d.ID, all[0])
		f.ack(d)
		equal(f, "the last", f.take("jobs").ID, all[2])
	}},
	{"what comes back to a group takes its place before a retry", func(f *fixture) {
		all := f.ordered("a", "a")
		f.kill("jobs")
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[:1]})
		d := f.take("jobs")
		equal(f, "first", d.ID, all[0])
		f.ack(d)
		d = f.take("jobs")
		equal(f, "then the retry", d.ID, all[1])
		f.nack(d)
		f.pass(testBackoff / 2)
		f.grouped("a")
		f.none("jobs", "the group waits for its retry")
		f.pass(testBackoff)
		equal(f, "the retry", f.take("jobs").ID, all[1])
	}},
	{"a retry that is restored holds its group up again", func(f *fixture) {
		all := f.ordered("a", "a")
		f.nack(f.take("jobs"))
		entry, _, err := f.Delete(f.ctx, "jobs", all[0])
		f.do(err)
		f.restore(entry, 1)
		f.none("jobs", "the group waits for its retry")
		f.pass(testBackoff)
		equal(f, "the retry", f.take("jobs").ID, all[0])
	}},
	{"a receive that waits has the group when it is free", func(f *fixture) {
		all := f.ordered("a", "a")
		d := f.take("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		f.ack(d)
		equal(f, "next", f.gotOne(result).ID, all[1])
	}},
	{"an unordered queue only carries groups along", func(f *fixture) {
		f.create("jobs")
		all := f.grouped("a", "a")
		got := f.receive("jobs", 2)
		equal(f, "both", ids(got), all)
		equal(f, "group", got[1].Group, "a")
	}},
	{"a queue can become ordered, and stop", func(f *fixture) {
		f.create("jobs")
		all := f.grouped("a", "a", "a", "a")
		d := f.receive("jobs", 2)
		f.configure("jobs", func(p *engine.Policy) { p.Ordered = true })
		f.ack(d[0])
		f.none("jobs", "another one of the group is in flight")
		f.ack(d[1])
		equal(f, "next", f.take("jobs").ID, all[2])
		f.configure("jobs", func(*engine.Policy) {})
		equal(f, "last", f.take("jobs").ID, all[3])
	}},
}
