package enginetest

import (
	"time"

	"nixie/engine"
)

var moveTests = []test{
	{"to another queue, with all it has", func(f *fixture) {
		f.create("a")
		f.create("b")
		id := f.send("a", engine.Outgoing{
			Body: []byte("x"), Headers: engine.Headers{"k": "v"}, Group: "g", DedupID: "d",
		})
		f.fail(f.take("a"), engine.Failure{Reason: "boom", Delay: -1})
		want := f.message("a", id)
		f.pass(time.Second)
		equal(f, "outcome", f.move(engine.MoveRequest{Queue: "a", IDs: []engine.ID{id}, To: "b"})[0].Queue, "b")
		f.gone("a", id)
		got := f.message("b", id)
		at(f, "entered", got.EnteredAt, time.Now())
		equal(f, "tries", got.Tries, 0)
		equal(f, "requeues", got.Requeues, 0)
		want.Queue, want.Tries, want.EnteredAt, got.EnteredAt = "b", 0, time.Time{}, time.Time{}
		equal(f, "message", got, want)
		f.counts("a", 0, 0, 0, 0)
		f.counts("b", 1, 0, 0, 0)
		equal(f, "dead", f.info("b").Totals.Dead, 0)
		f.ack(f.take("b"))
	}},
	{"into the place of its age", func(f *fixture) {
		f.create("a")
		f.create("b")
		old := f.publish("a", "1", "2")
		young := f.publish("b", "3", "4")
		last := f.publish("a", "5")
		f.moved(engine.MoveRequest{Queue: "a", IDs: []engine.ID{last[0], old[1], old[0]}, To: "b"})
		equal(f, "order", ids(f.receive("b", 9)), append(append(old, young...), last...))
	}},
	{"a delayed message becomes ready", func(f *fixture) {
		f.create("jobs")
		id := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		m := f.message("jobs", id)
		equal(f, "state", m.State, engine.Ready)
		if !m.DueAt.IsZero() {
			f.Errorf("a ready message is due at %v", m.DueAt)
		}
		f.ack(f.take("jobs"))
		f.pass(2 * time.Hour)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"a retry need not wait", func(f *fixture) {
		f.create("jobs")
		id := f.publish("jobs", "a")[0]
		f.nack(f.take("jobs"))
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}, KeepTries: true})
		equal(f, "tries", f.take("jobs").Tries, 2)
	}},
	{"what is in flight is refused", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		all := f.publish("jobs", "a", "b")
		d := f.take("jobs")
		got := f.move(engine.MoveRequest{Queue: "jobs", IDs: all, To: "other"})
		f.refused("in flight", got[0].Err, engine.ErrInFlight)
		f.do(got[1].Err)
		f.ack(d)
	}},
	{"the outcomes are in the order of the ids", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		all := f.publish("jobs", "a", "b", "c")
		f.take("jobs")
		got := f.move(engine.MoveRequest{
			Queue: "jobs", To: "other",
			IDs: []engine.ID{all[2], "999999", all[0], "rubbish", "", all[1], all[2]},
		})
		for i, want := range []error{
			nil, engine.ErrMessageNotFound, engine.ErrInFlight, engine.ErrMessageNotFound,
			engine.ErrMessageNotFound, nil, engine.ErrMessageNotFound,
		} {
			f.refused("outcome of "+string(got[i].ID), got[i].Err, want)
		}
		f.counts("jobs", 0, 1, 0, 0)
		f.counts("other", 2, 0, 0, 0)
	}},
	{"none of no messages", func(f *fixture) {
		f.create("jobs")
		f.move(engine.MoveRequest{Queue: "jobs"})
	}},
	{"an unknown queue moves nothing", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a")
		_, err := f.Move(f.ctx, engine.MoveRequest{Queue: "jobs", IDs: all, To: "nowhere"})
		f.refused("to nowhere", err, engine.ErrQueueNotFound)
		_, err = f.Move(f.ctx, engine.MoveRequest{Queue: "nowhere", IDs: all, To: "jobs"})
		f.refused("from nowhere", err, engine.ErrQueueNotFound)
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"only into ready or dead", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a")
		for _, state := range []engine.State{engine.InFlight, engine.Delayed, "limbo"} {
			_, err := f.Move(f.ctx, engine.MoveRequest{Queue: "jobs", IDs: all, Into: state})
			f.refused(string(state), err, engine.ErrInvalid)
		}
		f.is("jobs", all[0], engine.Ready)
	}},
	{"into the dead, by an operator", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		all := f.publish("jobs", "a", "b")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[:1], Into: engine.Dead})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: all[1:], Into: engine.Dead, To: "other"})
		for i, queue := range []string{"jobs", "other"} {
			m := f.message(queue, all[i])
			equal(f, "state", m.State, engine.Dead)
			equal(f, "reason", m.Death.Reason, engine.ByOperator)
			equal(f, "origin", m.Death.Origin, "jobs")
			at(f, "died", m.Death.At, time.Now())
		}
		f.counts("jobs", 0, 0, 0, 1)
		equal(f, "dead of jobs", f.info("jobs").Totals.Dead, 2)
		equal(f, "dead of other", f.info("other").Totals.Dead, 0)
		f.moved(engine.MoveRequest{Queue: "other", IDs: all[1:]})
		equal(f, "back at its origin", f.take("jobs").ID, all[1])
	}},
	{"into the dead, with what it died of before", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		id := f.kill("jobs")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		f.pass(time.Minute)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}, Into: engine.Dead})
		m := f.message("jobs", id)
		equal(f, "reason", m.Death.Reason, engine.Rejected)
		equal(f, "cause", m.Death.Cause, "useless")
		equal(f, "requeues", m.Requeues, 1)
	}},
	{"from the dead to the dead of another queue", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		f.publish("jobs", "a")
		id := f.kill("jobs")
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}, To: "other", Into: engine.Dead})
		m := f.message("other", id)
		equal(f, "state", m.State, engine.Dead)
		equal(f, "origin", m.Death.Origin, "jobs")
		equal(f, "requeues", m.Requeues, 0)
		equal(f, "dead", f.info("jobs").Totals.Dead+f.info("other").Totals.Dead, 1)
	}},
}

var editTests = []test{
	{"another message takes its place", func(f *fixture) {
		f.create("jobs")
		old := f.publish("jobs", "bad")[0]
		f.kill("jobs")
		f.pass(time.Second)
		id, entry, err := f.Edit(f.ctx, engine.EditRequest{
			Queue: "jobs", ID: old,
			Replacement: engine.Outgoing{Body: []byte("good"), Headers: engine.Headers{"k": "v"}, Group: "g"},
		})
		f.do(err)
		if compareIDs(id, old) <= 0 {
			f.Errorf("the replacement of %s is %s", old, id)
		}
		f.gone("jobs", old)
		m := f.message("jobs", id)
		equal(f, "state", m.State, engine.Ready)
		equal(f, "body", string(m.Body), "good")
		equal(f, "headers", m.Headers, engine.Headers{"k": "v"})
		equal(f, "group", m.Group, "g")
		equal(f, "edited from", m.EditedFrom, old)
		at(f, "published", m.PublishedAt, time.Now())
		if m.Tries != 0 || len(m.Attempts) != 0 || m.Death != nil {
			f.Errorf("the replacement has a past: %+v", m)
		}
		equal(f, "what", entry.What, engine.TrashEdit)
		equal(f, "count", entry.Count, 1)
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"it can be taken back", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "bad")
		old := f.kill("jobs")
		id, entry, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old})
		f.do(err)
		_, err = f.Restore(f.ctx, entry.ID)
		f.do(err)
		equal(f, "body", string(f.message("jobs", old).Body), "bad")
		f.is("jobs", old, engine.Dead)
		f.is("jobs", id, engine.Ready)
	}},
	{"to where the dead letter came from, or elsewhere", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.publish("jobs", "a", "b")
		a, b := f.kill("jobs"), f.kill("jobs")
		id, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "morgue", ID: a})
		f.do(err)
		f.is("jobs", id, engine.Ready)
		id, entry, err := f.Edit(f.ctx, engine.EditRequest{Queue: "morgue", ID: b, To: "morgue"})
		f.do(err)
		f.is("morgue", id, engine.Ready)
		equal(f, "trash of", entry.Queue, "morgue")
		f.counts("morgue", 1, 0, 0, 0)
	}},
	{"with a delay", func(f *fixture) {
		f.create("jobs")
		old := f.publish("jobs", "a")[0]
		id, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old, Replacement: engine.Outgoing{Delay: time.Hour}})
		f.do(err)
		f.is("jobs", id, engine.Delayed)
	}},
	{"a full queue takes an edit of its own", func(f *fixture) {
		f.create("jobs", maxDepth(1), func(p *engine.Policy) { p.MaxBytes = 5 })
		old := f.publish("jobs", "abcde")[0]
		_, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old, Replacement: engine.Outgoing{Body: []byte("ABCDEF")}})
		f.refused("larger than fits", err, engine.ErrQueueFull)
		f.is("jobs", old, engine.Ready)
		_, _, err = f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old, Replacement: engine.Outgoing{Body: []byte("ABCDE")}})
		f.do(err)
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"the deduplication id of the original is no hindrance", func(f *fixture) {
		f.create("jobs")
		old := f.send("jobs", dedup("x", "bad"))
		id, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old, Replacement: dedup("x", "good")})
		f.do(err)
		equal(f, "body", string(f.message("jobs", id).Body), "good")
	}},
	{"what cannot be edited stays as it is", func(f *fixture) {
		f.create("full", maxDepth(1))
		f.create("jobs")
		f.publish("full", "x")
		old := f.publish("jobs", "a", "b")
		f.take("jobs")
		edit := func(r engine.EditRequest, want error) {
			f.Helper()
			_, _, err := f.Edit(f.ctx, r)
			f.refused("edit", err, want)
		}
		large := engine.Outgoing{Body: make([]byte, f.Capabilities().MaxBody+1)}
		edit(engine.EditRequest{Queue: "nowhere", ID: old[1]}, engine.ErrQueueNotFound)
		edit(engine.EditRequest{Queue: "jobs", ID: "999999"}, engine.ErrMessageNotFound)
		edit(engine.EditRequest{Queue: "jobs", ID: old[0]}, engine.ErrInFlight)
		edit(engine.EditRequest{Queue: "jobs", ID: old[1], To: "nowhere"}, engine.ErrQueueNotFound)
		edit(engine.EditRequest{Queue: "jobs", ID: old[1], To: "full"}, engine.ErrQueueFull)
		edit(engine.EditRequest{Queue: "jobs", ID: old[1], Replacement: large}, engine.ErrTooLarge)
		f.counts("jobs", 1, 1, 0, 0)
		f.counts("full", 1, 0, 0, 0)
		equal(f, "trash", len(f.trash("jobs")), 0)
	}},
}
