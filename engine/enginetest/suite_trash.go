package enginetest

import (
	"time"

	"nixie/engine"
)

// zoo makes a queue with a message in each state, of every past, and returns
// them as they are.
func (f *fixture) zoo(name string) []engine.Message {
	f.Helper()
	f.create(name, func(p *engine.Policy) { p.Backoff.Base = time.Hour })
	f.publish(name, "dead", "delayed retry")
	f.kill(name)
	f.nack(f.take(name))
	f.publish(name, "requeued")
	f.moved(engine.MoveRequest{Queue: name, IDs: []engine.ID{f.kill(name)}})
	f.send(name, engine.Outgoing{Body: []byte("delayed"), Delay: time.Hour, DedupID: "d"})
	f.send(name, engine.Outgoing{Body: []byte("ready"), Headers: engine.Headers{"k": "v"}, Group: "g"})
	f.counts(name, 2, 0, 2, 1)
	return f.all(name)
}

// all returns all messages of a queue, by state.
func (f *fixture) all(name string) (messages []engine.Message) {
	f.Helper()
	for _, state := range engine.States() {
		messages = append(messages, f.list(name, state)...)
	}
	return messages
}

// purge puts an area into the trash and returns the entry.
func (f *fixture) purge(queue string, area engine.Area) engine.TrashEntry {
	f.Helper()
	entry, err := f.Purge(f.ctx, queue, area)
	f.do(err)
	return entry
}

// restore puts an entry back, which must have so many messages.
func (f *fixture) restore(entry engine.TrashEntry, want int64) {
	f.Helper()
	n, err := f.Restore(f.ctx, entry.ID)
	f.do(err)
	equal(f, "restored", n, want)
	_, err = f.Restore(f.ctx, entry.ID)
	f.refused("restoring again", err, engine.ErrTrashNotFound)
}

var trashTests = []test{
	{"delete: chosen messages, in any state", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "dead", "in flight", "ready", "stays")
		dead, held := f.kill("jobs"), f.take("jobs")
		ready := f.list("jobs", engine.Ready)
		delayed := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		entry, outcomes, err := f.Delete(f.ctx, "jobs", ready[0].ID, "999999", dead, held.ID, delayed, dead)
		f.do(err)
		for i, want := range []error{nil, engine.ErrMessageNotFound, nil, nil, nil, engine.ErrMessageNotFound} {
			f.refused("outcome of "+string(outcomes[i].ID), outcomes[i].Err, want)
		}
		equal(f, "what", entry.What, engine.TrashMessages)
		equal(f, "queue", entry.Queue, "jobs")
		equal(f, "count", entry.Count, 4)
		at(f, "deleted", entry.At, time.Now())
		if !entry.KeptTil.After(entry.At) {
			f.Errorf("it is kept until %v", entry.KeptTil)
		}
		f.counts("jobs", 1, 0, 0, 0)
		f.gone("jobs", dead)
		equal(f, "the other", f.take("jobs").ID, ready[1].ID)
	}},
	{"delete: a lease is lost", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		_, _, err := f.Delete(f.ctx, "jobs", d.ID)
		f.do(err)
		f.worthless("of a deleted message", d.Receipt)
		f.pass(testLease + time.Second)
		totals := f.info("jobs").Totals
		equal(f, "failed", totals.Failed, 0)
		equal(f, "acked", totals.Acked, 0)
	}},
	{"delete: nothing makes no entry", func(f *fixture) {
		f.create("jobs")
		entry, outcomes, err := f.Delete(f.ctx, "jobs", "999999")
		f.do(err)
		equal(f, "entry", entry.ID, "")
		f.refused("outcome", outcomes[0].Err, engine.ErrMessageNotFound)
		entry, _, err = f.Delete(f.ctx, "jobs")
		f.do(err)
		equal(f, "entry", entry.ID, "")
		equal(f, "entry", f.purge("jobs", engine.LiveArea).ID, "")
		equal(f, "entry", f.purge("jobs", engine.DeadArea).ID, "")
		equal(f, "trash", len(f.trash("jobs")), 0)
	}},
	{"purge: all that waits or is in flight", func(f *fixture) {
		f.zoo("jobs")
		d := f.take("jobs")
		entry := f.purge("jobs", engine.LiveArea)
		equal(f, "what", entry.What, engine.TrashPurge)
		equal(f, "count", entry.Count, 4)
		f.counts("jobs", 0, 0, 0, 1)
		equal(f, "bytes", f.info("jobs").Bytes, 0)
		f.worthless("of a purged message", d.Receipt)
		f.pass(3 * time.Hour)
		f.counts("jobs", 0, 0, 0, 1)
		f.none("jobs", "all was purged")
		id := f.publish("jobs", "new")[0]
		equal(f, "next", f.take("jobs").ID, id)
	}},
	{"purge: all dead letters", func(f *fixture) {
		f.zoo("jobs")
		entry := f.purge("jobs", engine.DeadArea)
		equal(f, "what", entry.What, engine.TrashDead)
		equal(f, "count", entry.Count, 1)
		f.counts("jobs", 2, 0, 2, 0)
	}},
	{"purge: frees a group", func(f *fixture) {
		f.ordered("a")
		f.take("jobs")
		f.purge("jobs", engine.LiveArea)
		id := f.grouped("a")[0]
		equal(f, "next", f.take("jobs").ID, id)
	}},
	{"purge: of an area that there is", func(f *fixture) {
		f.create("jobs")
		_, err := f.Purge(f.ctx, "jobs", "all")
		f.refused("purge", err, engine.ErrInvalid)
	}},
	{"delete a queue: it is gone with all that was in it", func(f *fixture) {
		all := f.zoo("jobs")
		d := f.take("jobs")
		entry, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		equal(f, "what", entry.What, engine.TrashQueue)
		equal(f, "queue", entry.Queue, "jobs")
		equal(f, "count", entry.Count, int64(len(all)))
		_, err = f.Queue(f.ctx, "jobs")
		f.refused("queue", err, engine.ErrQueueNotFound)
		f.worthless("of a deleted queue", d.Receipt)
		f.create("jobs")
		f.counts("jobs", 0, 0, 0, 0)
		equal(f, "totals", f.info("jobs").Totals, engine.Totals{})
		f.worthless("of the queue before", d.Receipt)
		f.pass(2 * time.Hour)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"the trash is listed, newest first", func(f *fixture) {
		f.create("a")
		f.create("b")
		all := f.publish("a", "1", "2")
		f.publish("b", "3")
		_, _, err := f.Delete(f.ctx, "a", all[0])
		f.do(err)
		f.pass(time.Second)
		f.purge("b", engine.LiveArea)
		f.pass(time.Second)
		f.purge("a", engine.LiveArea)
		got, err := f.Trash(f.ctx)
		f.do(err)
		var kinds []engine.TrashKind
		seen := map[string]bool{}
		for _, e := range got {
			kinds = append(kinds, e.What)
			seen[e.ID] = true
			equal(f, "count", e.Count, 1)
		}
		equal(f, "kinds", kinds, []engine.TrashKind{engine.TrashPurge, engine.TrashPurge, engine.TrashMessages})
		equal(f, "different ids", len(seen), 3)
	}},
	{"the trash keeps for a while", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		entry := f.purge("jobs", engine.LiveArea)
		if time.Until(entry.KeptTil) > 24*time.Hour {
			f.Skip("the engine under test should keep its trash for less than a day")
		}
		f.pass(time.Until(entry.KeptTil) - time.Second)
		equal(f, "entries", len(f.trash("jobs")), 1)
		f.pass(2 * time.Minute)
		equal(f, "entries", len(f.trash("jobs")), 0)
		_, err := f.Restore(f.ctx, entry.ID)
		f.refused("restore", err, engine.ErrTrashNotFound)
	}},
	{"discard: gone for good", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		entry := f.purge("jobs", engine.LiveArea)
		f.do(f.Discard(f.ctx, entry.ID))
		equal(f, "entries", len(f.trash("jobs")), 0)
		f.refused("again", f.Discard(f.ctx, entry.ID), engine.ErrTrashNotFound)
		_, err := f.Restore(f.ctx, entry.ID)
		f.refused("restore", err, engine.ErrTrashNotFound)
		for _, id := range []string{"", "rubbish", "-1"} {
			f.refused("discard "+id, f.Discard(f.ctx, id), engine.ErrTrashNotFound)
			_, err := f.Restore(f.ctx, id)
			f.refused("restore "+id, err, engine.ErrTrashNotFound)
		}
	}},
}

var restoreTests = []test{
	{"chosen messages, as they were", func(f *fixture) {
		all := f.zoo("jobs")
		before := f.info("jobs")
		entry, _, err := f.Delete(f.ctx, "jobs", ids(all)...)
		f.do(err)
		f.counts("jobs", 0, 0, 0, 0)
		f.pass(time.Minute)
		f.restore(entry, int64(len(all)))
		equal(f, "messages", f.all("jobs"), all)
		after := f.info("jobs")
		equal(f, "totals", after.Totals, before.Totals)
		equal(f, "bytes", after.Bytes, before.Bytes)
	}},
	{"a purge, as it was", func(f *fixture) {
		all := f.zoo("jobs")
		live := f.purge("jobs", engine.LiveArea)
		dead := f.purge("jobs", engine.DeadArea)
		f.restore(dead, 1)
		f.restore(live, 4)
		equal(f, "messages", f.all("jobs"), all)
	}},
	{"among what came since, in the place of its age", func(f *fixture) {
		f.create("jobs")
		old := f.publish("jobs", "a", "b")
		entry := f.purge("jobs", engine.LiveArea)
		young := f.publish("jobs", "c")
		f.restore(entry, 2)
		equal(f, "order", ids(f.receive("jobs", 9)), append(old, young...))
	}},
	{"what was in flight is ready, as if not received", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		entry := f.purge("jobs", engine.LiveArea)
		f.restore(entry, 1)
		m := f.message("jobs", d.ID)
		equal(f, "state", m.State, engine.Ready)
		equal(f, "tries", m.Tries, 0)
		f.worthless("from before the purge", d.Receipt)
		equal(f, "tries", f.take("jobs").Tries, 1)
	}},
	{"what became due meanwhile is ready", func(f *fixture) {
		f.create("jobs")
		soon := f.send("jobs", engine.Outgoing{Delay: time.Minute})
		late := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		entry := f.purge("jobs", engine.LiveArea)
		f.pass(30 * time.Minute)
		f.restore(entry, 2)
		f.is("jobs", soon, engine.Ready)
		f.is("jobs", late, engine.Delayed)
		f.pass(31 * time.Minute)
		f.is("jobs", late, engine.Ready)
	}},
	{"a queue, with all that was in it", func(f *fixture) {
		all := f.zoo("jobs")
		before := f.info("jobs")
		f.do(f.SetPaused(f.ctx, "jobs", true))
		entry, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.pass(time.Minute)
		f.restore(entry, int64(len(all)))
		equal(f, "messages", f.all("jobs"), all)
		after := f.info("jobs")
		equal(f, "paused", after.Paused, true)
		equal(f, "policy", after.Policy, before.Policy)
		equal(f, "totals", after.Totals, before.Totals)
		equal(f, "bytes", after.Bytes, before.Bytes)
		at(f, "created", after.CreatedAt, before.CreatedAt)
	}},
	{"a queue that had messages in flight", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		f.take("jobs")
		entry, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.restore(entry, 2)
		f.counts("jobs", 2, 0, 0, 0)
		equal(f, "tries", f.take("jobs").Tries, 1)
	}},
	{"a queue whose name is taken is refused", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		entry, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.create("jobs")
		_, err = f.Restore(f.ctx, entry.ID)
		f.refused("restore", err, engine.ErrQueueExists)
		_, err = f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.restore(entry, 1)
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"messages whose queue is gone are refused, until it is back", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		messages := f.purge("jobs", engine.LiveArea)
		f.publish("jobs", "c")
		queue, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		_, err = f.Restore(f.ctx, messages.ID)
		f.refused("restore", err, engine.ErrQueueNotFound)
		f.restore(queue, 1)
		f.restore(messages, 2)
		f.counts("jobs", 3, 0, 0, 0)
	}},
	{"a full queue takes back what was its own", func(f *fixture) {
		f.create("jobs", maxDepth(1))
		f.publish("jobs", "a")
		entry := f.purge("jobs", engine.LiveArea)
		f.publish("jobs", "b")
		f.restore(entry, 1)
		f.counts("jobs", 2, 0, 0, 0)
		f.full("jobs", "c")
	}},
	{"a queue whose dead letters have no place any more keeps its own", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		f.publish("jobs", "a")
		jobs, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		_, err = f.DeleteQueue(f.ctx, "morgue")
		f.do(err)
		f.restore(jobs, 1)
		f.kill("jobs")
		f.counts("jobs", 0, 0, 0, 1)
	}},
	{"after a reopening", func(f *fixture) {
		all := f.zoo("jobs")
		live := f.purge("jobs", engine.LiveArea)
		f.reopen()
		entry, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.reopen()
		equal(f, "trash", len(f.trash("jobs")), 2)
		f.restore(entry, 1)
		f.restore(live, 4)
		equal(f, "messages", f.all("jobs"), all)
	}},
}
