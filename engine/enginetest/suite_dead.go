package enginetest

import (
	"time"

	"nixie/engine"
)

var deadTests = []test{
	{"kept with the queue itself", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		id := f.kill("jobs")
		f.counts("jobs", 1, 0, 0, 1)
		info := f.info("jobs")
		equal(f, "depth", info.Depth(), 1)
		equal(f, "bytes", info.Bytes, 1)
		f.is("jobs", id, engine.Dead)
		f.take("jobs")
		f.none("jobs", "the other message is dead")
	}},
	{"kept in another queue", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.publish("jobs", "a")
		published := time.Now()
		f.pass(time.Second)
		id := f.kill("jobs")
		f.gone("jobs", id)
		f.counts("jobs", 0, 0, 0, 0)
		f.counts("morgue", 0, 0, 0, 1)
		m := f.message("morgue", id)
		equal(f, "queue", m.Queue, "morgue")
		equal(f, "state", m.State, engine.Dead)
		equal(f, "origin", m.Death.Origin, "jobs")
		at(f, "published", m.PublishedAt, published)
		at(f, "entered", m.EnteredAt, time.Now())
		f.none("morgue", "dead letters are not delivered")
		equal(f, "dead of jobs", f.info("jobs").Totals.Dead, 1)
		equal(f, "dead of morgue", f.info("morgue").Totals.Dead, 0)
	}},
	{"not kept: they go to the trash", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = engine.NoDeadLetters })
		f.publish("jobs", "a", "b")
		id := f.kill("jobs")
		f.gone("jobs", id)
		f.counts("jobs", 1, 0, 0, 0)
		var count int64
		for _, e := range f.trash("jobs") {
			equal(f, "what", e.What, engine.TrashNoDead)
			count += e.Count
		}
		equal(f, "in the trash", count, 1)
		equal(f, "dead", f.info("jobs").Totals.Dead, 1)
	}},
	{"what was not kept can be restored, as a dead letter", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = engine.NoDeadLetters })
		f.publish("jobs", "a")
		id := f.kill("jobs")
		n, err := f.Restore(f.ctx, f.trash("jobs")[0].ID)
		f.do(err)
		equal(f, "restored", n, 1)
		f.is("jobs", id, engine.Dead)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		equal(f, "again", f.take("jobs").ID, id)
	}},
	{"a changed policy leaves what is dead where it is", func(f *fixture) {
		f.create("morgue")
		f.create("jobs")
		f.publish("jobs", "a", "b")
		old := f.kill("jobs")
		f.configure("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		fresh := f.kill("jobs")
		f.is("jobs", old, engine.Dead)
		f.is("morgue", fresh, engine.Dead)
	}},
	{"dead letters never expire", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.TTL = time.Minute })
		f.publish("jobs", "a")
		id := f.kill("jobs")
		f.pass(3 * time.Hour)
		equal(f, "reason", f.message("jobs", id).Death.Reason, engine.Rejected)
	}},
	{"dead letters are listed by age, not by death", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b", "c")
		d := f.receive("jobs", 3)
		for _, i := range []int{2, 0, 1} {
			f.fail(d[i], engine.Failure{Reject: true})
			f.pass(time.Second)
		}
		equal(f, "order", ids(f.list("jobs", engine.Dead)), all)
	}},
	{"requeue: back to where it died, as new, with its past", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "old", "young")
		published := time.Now()
		f.pass(time.Second)
		id := f.kill("jobs")
		died := time.Now()
		f.pass(time.Minute)
		now := time.Now()
		equal(f, "outcome", f.move(engine.MoveRequest{Queue: "jobs", IDs: all[:1]})[0].Queue, "jobs")
		m := f.message("jobs", id)
		equal(f, "state", m.State, engine.Ready)
		equal(f, "tries", m.Tries, 0)
		equal(f, "requeues", m.Requeues, 1)
		equal(f, "attempts", len(m.Attempts), 1)
		at(f, "published", m.PublishedAt, published)
		at(f, "entered", m.EnteredAt, now)
		if m.Death == nil {
			f.Fatal("a requeued message has forgotten its death")
		}
		at(f, "died", m.Death.At, died)
		f.counts("jobs", 2, 0, 0, 0)
		equal(f, "in the place of its age", ids(f.receive("jobs", 2)), all)
	}},
	{"requeue from a shared dead-letter queue", func(f *fixture) {
		f.create("morgue")
		shared := func(p *engine.Policy) { p.DeadLetter = "morgue" }
		f.create("a", shared)
		f.create("b", shared)
		f.publish("a", "1")
		f.publish("b", "2")
		a, b := f.kill("a"), f.kill("b")
		got := f.move(engine.MoveRequest{Queue: "morgue", IDs: []engine.ID{b, a}})
		equal(f, "outcomes", got, []engine.Outcome{{ID: b, Queue: "b"}, {ID: a, Queue: "a"}})
		f.counts("morgue", 0, 0, 0, 0)
		equal(f, "in a", f.take("a").ID, a)
		equal(f, "in b", f.take("b").ID, b)
	}},
	{"requeue may keep the tries", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		id := f.kill("jobs")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}, KeepTries: true})
		equal(f, "tries", f.message("jobs", id).Tries, 1)
		equal(f, "tries", f.take("jobs").Tries, 2)
	}},
	{"requeue is refused when the origin is gone", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.publish("jobs", "a")
		id := f.kill("jobs")
		_, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.refused("requeue", f.move(engine.MoveRequest{Queue: "morgue", IDs: []engine.ID{id}})[0].Err, engine.ErrQueueNotFound)
		f.is("morgue", id, engine.Dead)
	}},
	{"what dies again has a new death", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		id := f.kill("jobs")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		f.pass(time.Minute)
		f.fail(f.take("jobs"), engine.Failure{Reason: "still useless", Reject: true})
		m := f.message("jobs", id)
		equal(f, "cause", m.Death.Cause, "still useless")
		at(f, "died", m.Death.At, time.Now())
		equal(f, "requeues", m.Requeues, 1)
		equal(f, "attempts", len(m.Attempts), 2)
		equal(f, "dead", f.info("jobs").Totals.Dead, 2)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		equal(f, "requeues", f.message("jobs", id).Requeues, 2)
	}},
}
