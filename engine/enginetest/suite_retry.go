package enginetest

import (
	"fmt"
	"time"

	"nixie/engine"
)

var retryTests = []test{
	{"nack: the attempt is kept and the next one waits", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.pass(time.Second)
		start := time.Now()
		d := f.take("jobs")
		f.pass(2 * time.Second)
		f.fail(d, engine.Failure{Reason: "no route to host\x1b"})
		m := f.message("jobs", d.ID)
		equal(f, "state", m.State, engine.Delayed)
		equal(f, "tries", m.Tries, 1)
		at(f, "due", m.DueAt, start.Add(2*time.Second+testBackoff))
		if !m.LeaseUntil.IsZero() || m.Consumer != "" || m.Death != nil {
			f.Errorf("a message that waits is leased, held or dead: %+v", m)
		}
		if len(m.Attempts) != 1 {
			f.Fatalf("the attempts are %+v, want one", m.Attempts)
		}
		a := m.Attempts[0]
		equal(f, "consumer", a.Consumer, "worker")
		equal(f, "reason", a.Reason, "no route to host\x1b")
		at(f, "received", a.ReceivedAt, start)
		at(f, "ended", a.EndedAt, start.Add(2*time.Second))
		equal(f, "failed", f.info("jobs").Totals.Failed, 1)
		f.counts("jobs", 0, 0, 1, 0)
	}},
	{"the back-off grows up to its cap", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) {
			p.MaxTries = 0
			p.Backoff = engine.Backoff{Base: time.Second, Factor: 3, Max: 20 * time.Second}
		})
		f.publish("jobs", "a")
		for i, want := range []time.Duration{1, 3, 9, 20, 20} {
			d := f.take("jobs")
			equal(f, "tries", d.Tries, i+1)
			f.nack(d)
			at(f, fmt.Sprint("due after failure ", i+1), f.message("jobs", d.ID).DueAt, time.Now().Add(want*time.Second))
			f.pass(want*time.Second - time.Millisecond)
			f.none("jobs", "the back-off is not over")
			f.pass(2 * time.Millisecond)
		}
	}},
	{"jitter takes a part off the back-off", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.Backoff = engine.Backoff{Base: time.Hour, Jitter: 0.5} })
		different := map[time.Time]bool{}
		for range 20 {
			f.publish("jobs", "a")
			d := f.take("jobs")
			f.nack(d)
			due := f.message("jobs", d.ID).DueAt
			if wait := time.Until(due); wait > time.Hour || wait < 30*time.Minute {
				f.Errorf("the wait is %v, not between half an hour and an hour", wait)
			}
			different[due] = true
		}
		if len(different) < 2 {
			f.Error("all twenty come back together")
		}
	}},
	{"a failure may say when", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		f.fail(d, engine.Failure{Reason: "busy", Delay: time.Hour})
		at(f, "due", f.message("jobs", d.ID).DueAt, time.Now().Add(time.Hour))
		f.publish("jobs", "b")
		d = f.take("jobs")
		f.fail(d, engine.Failure{Reason: "again", Delay: -1})
		f.is("jobs", d.ID, engine.Ready)
		equal(f, "tries", f.take("jobs").Tries, 2)
	}},
	{"no back-off: ready at once", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.Backoff = engine.Backoff{} })
		f.publish("jobs", "a")
		d := f.take("jobs")
		f.nack(d)
		f.is("jobs", d.ID, engine.Ready)
		f.pass(time.Second)
		d = f.take("jobs")
		f.pass(testLease + time.Millisecond)
		f.is("jobs", d.ID, engine.Ready)
	}},
	{"a delay beyond the bound is refused", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		d := f.receive("jobs", 2)
		err := f.Nack(f.ctx, d[0].Receipt, engine.Failure{Delay: engine.MaxDuration + 1})
		f.refused("nack", err, engine.ErrInvalid)
		f.refused("release", f.Release(f.ctx, d[1].Receipt, engine.MaxDuration+1), engine.ErrInvalid)
		f.counts("jobs", 0, 2, 0, 0)
	}},
	{"what failed takes the place of its age", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b", "c")
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		equal(f, "order", ids(f.receive("jobs", 3)), all)
	}},
	{"the last try makes a dead letter", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		for i := range testTries {
			d := f.take("jobs")
			equal(f, "tries", d.Tries, i+1)
			f.fail(d, engine.Failure{Reason: fmt.Sprint("reason ", i+1), Delay: -1})
		}
		f.none("jobs", "the message is dead")
		f.counts("jobs", 0, 0, 0, 1)
		m := f.list("jobs", engine.Dead)[0]
		equal(f, "tries", m.Tries, testTries)
		equal(f, "attempts", len(m.Attempts), testTries)
		for i, a := range m.Attempts {
			equal(f, "reason", a.Reason, fmt.Sprint("reason ", i+1))
		}
		if m.Death == nil {
			f.Fatal("the dead letter has no death")
		}
		at(f, "died", m.Death.At, time.Now())
		m.Death.At = time.Time{}
		equal(f, "death", *m.Death, engine.Death{
			Origin: "jobs", Reason: engine.MaxTries, Cause: "reason 3", Tries: testTries,
		})
		totals := f.info("jobs").Totals
		equal(f, "failed", totals.Failed, testTries)
		equal(f, "dead", totals.Dead, 1)
	}},
	{"a lease that runs out is a try too", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxTries = 1 })
		f.publish("jobs", "a")
		d := f.take("jobs")
		died := d.Deadline
		f.pass(testLease + time.Second)
		m := f.message("jobs", d.ID)
		if m.State != engine.Dead || m.Death == nil {
			f.Fatalf("after its only try the message is %s", m.State)
		}
		equal(f, "reason", m.Death.Reason, engine.MaxTries)
		equal(f, "cause", m.Death.Cause, m.Attempts[0].Reason)
		at(f, "died", m.Death.At, died)
	}},
	{"without a bound it is tried for ever", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxTries = 0 })
		f.publish("jobs", "a")
		for range 40 {
			f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		}
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"a lower bound counts from the next failure", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		f.configure("jobs", func(p *engine.Policy) { p.MaxTries = 1 })
		f.counts("jobs", 1, 0, 0, 0)
		f.fail(f.take("jobs"), engine.Failure{Delay: -1})
		f.counts("jobs", 0, 0, 0, 1)
	}},
	{"reject: trying again is useless", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		f.fail(d, engine.Failure{Reason: "not JSON", Reject: true, Delay: time.Hour})
		m := f.message("jobs", d.ID)
		if m.State != engine.Dead || m.Death == nil {
			f.Fatalf("the rejected message is %s", m.State)
		}
		equal(f, "reason", m.Death.Reason, engine.Rejected)
		equal(f, "cause", m.Death.Cause, "not JSON")
		equal(f, "tries", m.Death.Tries, 1)
		equal(f, "attempts", len(m.Attempts), 1)
		equal(f, "failed", f.info("jobs").Totals.Failed, 1)
	}},
	{"of very many attempts the first and the newest are kept", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxTries = 0 })
		const failures = 400
		id := f.publish("jobs", "a")[0]
		for i := range failures {
			f.fail(f.take("jobs"), engine.Failure{Reason: fmt.Sprint(i), Delay: -1})
		}
		m := f.message("jobs", id)
		equal(f, "tries", m.Tries, failures)
		kept := len(m.Attempts)
		if kept < 10 || kept > failures/2 {
			f.Fatalf("%d attempts are kept", kept)
		}
		equal(f, "first", m.Attempts[0].Reason, "0")
		for i, a := range m.Attempts[1:] {
			equal(f, "newest", a.Reason, fmt.Sprint(failures-kept+1+i))
		}
	}},
}
