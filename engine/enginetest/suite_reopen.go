package enginetest

import (
	"time"

	"nixie/engine"
)

var reopenTests = []test{
	{"everything is as it was", func(f *fixture) {
		f.zoo("jobs")
		f.menagerie("more")
		for _, d := range f.list("more", engine.InFlight) {
			_, _, err := f.Delete(f.ctx, "more", d.ID)
			f.do(err)
		}
		type view struct {
			infos    []engine.QueueInfo
			messages [2][]engine.Message
		}
		look := func() view {
			v := view{f.infos(), [2][]engine.Message{f.all("jobs"), f.all("more")}}
			for i := range v.infos {
				v.infos[i].Consumers, v.infos[i].Waiting = 0, 0
				v.infos[i].In, v.infos[i].Out, v.infos[i].Failing = 0, 0, 0
			}
			return v
		}
		before := look()
		f.reopen()
		equal(f, "after", look(), before)
		f.reopen()
		equal(f, "after again", look(), before)
	}},
	{"what was in flight is given back, uncounted", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		d := f.receive("jobs", 2)
		equal(f, "tries", d[0].Tries, 2)
		f.reopen()
		f.counts("jobs", 2, 0, 0, 0)
		f.worthless("from before", d[0].Receipt)
		m := f.message("jobs", d[0].ID)
		equal(f, "tries", m.Tries, 1)
		equal(f, "attempts", len(m.Attempts), 1)
		equal(f, "order", ids(f.receive("jobs", 2)), ids(d))
		f.worthless("from before, in flight again", d[0].Receipt)
	}},
	{"no receipt fits a delivery of another opening", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		var all []engine.Receipt
		for range 5 {
			d := f.take("jobs")
			for _, old := range all {
				f.refused("ack", f.Ack(f.ctx, old), engine.ErrLeaseLost)
			}
			all = append(all, d.Receipt)
			f.reopen()
		}
	}},
	{"what became due meanwhile is done", func(f *fixture) {
		if f.harness.Reopen == nil {
			f.Skip("the engine keeps nothing when closed")
		}
		f.create("jobs", withTTL)
		old := f.publish("jobs", "old")[0]
		late := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		f.pass(testTTL / 2)
		f.reopen()
		f.is("jobs", old, engine.Ready)
		f.pass(testTTL/2 + time.Millisecond)
		f.is("jobs", old, engine.Dead)
		f.is("jobs", late, engine.Delayed)
		f.reopen()
		f.pass(time.Hour - testTTL - time.Second)
		f.is("jobs", late, engine.Delayed)
		f.pass(time.Second)
		f.is("jobs", late, engine.Dead) // expires as soon as it is due
	}},
	{"ids go on ascending", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b")
		f.do(f.Ack(f.ctx, f.take("jobs").Receipt, f.take("jobs").Receipt))
		f.reopen()
		all = append(all, f.publish("jobs", "c")...)
		f.reopen()
		all = append(all, f.publish("jobs", "d")...)
		if !ascend(all) {
			f.Errorf("the ids do not ascend: %v", all)
		}
	}},
	{"groups are held up by what still waits", func(f *fixture) {
		all := f.ordered("a", "a", "b")
		f.nack(f.take("jobs"))
		f.reopen()
		equal(f, "the other group", f.take("jobs").ID, all[2])
		f.none("jobs", "the group waits for its retry")
		f.pass(testBackoff + time.Millisecond)
		equal(f, "the retry", f.take("jobs").ID, all[0])
	}},
	{"a long life of small steps", func(f *fixture) {
		f.create("jobs")
		var all []engine.ID
		for i := range 30 {
			all = append(all, f.publish("jobs", "a", "b")...)
			d := f.take("jobs")
			equal(f, "next", d.ID, all[i])
			f.ack(d)
			if i%3 == 0 {
				f.reopen()
			}
		}
		f.counts("jobs", 30, 0, 0, 0)
		equal(f, "acked", f.info("jobs").Totals.Acked, 30)
	}},
}
