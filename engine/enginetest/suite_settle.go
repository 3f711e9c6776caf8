package enginetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"nixie/engine"
)

// settlings are all that can be done with a receipt.
var settlings = []struct {
	name string
	do   func(*fixture, engine.Receipt) error
}{
	{"ack", func(f *fixture, r engine.Receipt) error { return f.Ack(f.ctx, r) }},
	{"nack", func(f *fixture, r engine.Receipt) error { return f.Nack(f.ctx, r, engine.Failure{Delay: -1}) }},
	{"reject", func(f *fixture, r engine.Receipt) error { return f.Nack(f.ctx, r, engine.Failure{Reject: true}) }},
	{"release", func(f *fixture, r engine.Receipt) error { return f.Release(f.ctx, r, 0) }},
	{"extend", func(f *fixture, r engine.Receipt) error {
		_, err := f.Extend(f.ctx, r, time.Minute)
		return err
	}},
}

// worthless fails the test if anything can be done with a receipt.
func (f *fixture) worthless(why string, r engine.Receipt) {
	f.Helper()
	before := f.infos()
	for _, s := range settlings {
		f.refused(fmt.Sprintf("%s with a receipt %s", s.name, why), s.do(f, r), engine.ErrLeaseLost)
	}
	equal(f, "queues after refused settlings", f.infos(), before)
}

var settleTests = []test{
	{"ack: the message is done", func(f *fixture) {
		f.create("jobs")
		id := f.publish("jobs", "a")[0]
		f.ack(f.take("jobs"))
		f.gone("jobs", id)
		f.counts("jobs", 0, 0, 0, 0)
		totals := f.info("jobs").Totals
		equal(f, "acked", totals.Acked, 1)
		equal(f, "failed", totals.Failed, 0)
		f.pass(time.Hour)
		f.none("jobs", "the message is done")
	}},
	{"ack of several, in any order, of several queues", func(f *fixture) {
		f.create("a")
		f.create("b")
		f.publish("a", "1", "2", "3")
		f.publish("b", "4")
		d := append(f.receive("a", 9), f.receive("b", 9)...)
		f.do(f.Ack(f.ctx, d[2].Receipt, d[3].Receipt, d[0].Receipt))
		f.counts("a", 0, 1, 0, 0)
		f.counts("b", 0, 0, 0, 0)
		f.is("a", d[1].ID, engine.InFlight)
	}},
	{"ack of none", func(f *fixture) { f.do(f.Ack(f.ctx)) }},
	{"ack of several acks those it can, and names the others", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b", "c")
		d := f.receive("jobs", 3)
		f.ack(d[0])
		made := engine.Receipt{Queue: "jobs", ID: d[2].ID, Token: d[2].Receipt.Token + "0"}
		err := f.Ack(f.ctx, d[0].Receipt, d[1].Receipt, made)
		f.refused("ack", err, engine.ErrLeaseLost)
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			f.Fatalf("the errors are not joined: %v", err)
		}
		var named []engine.ID
		for _, err := range joined.Unwrap() {
			var e *engine.Error
			if !errors.As(err, &e) || !errors.Is(err, engine.ErrLeaseLost) || e.Queue != "jobs" {
				f.Fatalf("not an *engine.Error of a lost lease: %v", err)
			}
			named = append(named, e.ID)
		}
		equal(f, "refused", named, []engine.ID{d[0].ID, d[2].ID})
		f.gone("jobs", d[1].ID)
		f.is("jobs", d[2].ID, engine.InFlight)
	}},
	{"a receipt acks once, also within a call", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		r := f.take("jobs").Receipt
		f.refused("ack", f.Ack(f.ctx, r, r), engine.ErrLeaseLost)
		equal(f, "acked", f.info("jobs").Totals.Acked, 1)
	}},
	{"a receipt that was made up is refused", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		f.publish("other", "x", "y")
		f.publish("jobs", "a", "b")
		other, own, next := f.take("other").Receipt, f.take("jobs").Receipt, f.take("jobs").Receipt
		f.worthless("of nothing", engine.Receipt{})
		f.worthless("without a token", engine.Receipt{Queue: "jobs", ID: own.ID})
		f.worthless("with another's token", engine.Receipt{Queue: "jobs", ID: own.ID, Token: next.Token})
		f.worthless("with rubbish", engine.Receipt{Queue: "jobs", ID: own.ID, Token: strings.Repeat("é\x00-1", 9)})
		f.worthless("of another queue", engine.Receipt{Queue: "jobs", ID: other.ID, Token: other.Token})
		f.worthless("of no queue", engine.Receipt{Queue: "nowhere", ID: own.ID, Token: own.Token})
		f.worthless("of no message", engine.Receipt{Queue: "jobs", ID: "x-9", Token: own.Token})
		f.counts("jobs", 0, 2, 0, 0)
	}},
	{"what was settled cannot be settled again", func(f *fixture) {
		for _, s := range settlings[:4] {
			f.create(s.name)
			f.publish(s.name, "a")
			d := f.take(s.name)
			f.do(s.do(f, d.Receipt))
			f.worthless("settled by "+s.name, d.Receipt)
		}
	}},
	{"what was settled stays so when it is in flight again", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		first := f.take("jobs")
		f.do(f.Release(f.ctx, first.Receipt, 0))
		second := f.take("jobs")
		f.worthless("of the delivery before", first.Receipt)
		f.is("jobs", first.ID, engine.InFlight)
		f.ack(second)
	}},
	{"the lease runs out: it counts as a failure", func(f *fixture) {
		f.create("jobs")
		id := f.publish("jobs", "a")[0]
		start := time.Now()
		d := f.take("jobs")
		f.pass(testLease + time.Millisecond)
		f.worthless("whose lease ran out", d.Receipt)
		m := f.message("jobs", id)
		equal(f, "state", m.State, engine.Delayed)
		at(f, "due", m.DueAt, start.Add(testLease+testBackoff))
		equal(f, "tries", m.Tries, 1)
		equal(f, "failed", f.info("jobs").Totals.Failed, 1)
		if len(m.Attempts) != 1 {
			f.Fatalf("the attempts are %+v, want one", m.Attempts)
		}
		a := m.Attempts[0]
		equal(f, "consumer", a.Consumer, "worker")
		at(f, "received", a.ReceivedAt, start)
		at(f, "ended", a.EndedAt, start.Add(testLease))
		if !strings.Contains(a.Reason, "lease") || !strings.Contains(a.Reason, "30s") {
			f.Errorf("the reason does not tell of a lease of 30s: %q", a.Reason)
		}
		f.pass(testBackoff)
		d = f.take("jobs")
		equal(f, "tries", d.Tries, 2)
		f.ack(d)
	}},
	{"the lease holds until its last moment", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		f.pass(testLease - time.Nanosecond)
		f.ack(d)
	}},
	{"extend moves the deadline", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		f.pass(20 * time.Second)
		want := time.Now().Add(time.Minute)
		deadline, err := f.Extend(f.ctx, d.Receipt, time.Minute)
		f.do(err)
		at(f, "deadline", deadline, want)
		at(f, "lease", f.message("jobs", d.ID).LeaseUntil, want)
		f.pass(time.Minute - time.Millisecond)
		f.is("jobs", d.ID, engine.InFlight)
		f.pass(2 * time.Millisecond)
		f.is("jobs", d.ID, engine.Delayed)
		f.worthless("whose lease ran out", d.Receipt)
	}},
	{"extend may shorten the lease", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		_, err := f.Extend(f.ctx, d.Receipt, time.Second)
		f.do(err)
		f.pass(time.Second + time.Millisecond)
		f.is("jobs", d.ID, engine.Delayed)
	}},
	{"extend keeps the receipt", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		for range 5 {
			f.pass(20 * time.Second)
			_, err := f.Extend(f.ctx, d.Receipt, testLease)
			f.do(err)
		}
		f.ack(d)
		equal(f, "failed", f.info("jobs").Totals.Failed, 0)
	}},
	{"extend by nothing, or beyond the bound, is refused", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		for _, lease := range []time.Duration{0, -1, engine.MaxDuration + 1} {
			_, err := f.Extend(f.ctx, d.Receipt, lease)
			f.refused(fmt.Sprint(lease), err, engine.ErrInvalid)
		}
		at(f, "lease", f.message("jobs", d.ID).LeaseUntil, d.Deadline)
	}},
	{"release: it does not count, and is next again", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b")
		d := f.take("jobs")
		f.do(f.Release(f.ctx, d.Receipt, 0))
		m := f.message("jobs", d.ID)
		equal(f, "state", m.State, engine.Ready)
		equal(f, "tries", m.Tries, 0)
		equal(f, "attempts", len(m.Attempts), 0)
		equal(f, "consumer", m.Consumer, "")
		equal(f, "failed", f.info("jobs").Totals.Failed, 0)
		d = f.take("jobs")
		equal(f, "next", d.ID, all[0])
		equal(f, "tries", d.Tries, 1)
	}},
	{"release with a delay", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		d := f.take("jobs")
		due := time.Now().Add(time.Minute)
		f.do(f.Release(f.ctx, d.Receipt, time.Minute))
		m := f.message("jobs", d.ID)
		equal(f, "state", m.State, engine.Delayed)
		equal(f, "tries", m.Tries, 0)
		at(f, "due", m.DueAt, due)
		f.pass(time.Minute + time.Millisecond)
		equal(f, "tries", f.take("jobs").Tries, 1)
	}},
	{"releasing a hundred times kills nobody", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		for range 100 {
			f.do(f.Release(f.ctx, f.take("jobs").Receipt, 0))
		}
		f.counts("jobs", 1, 0, 0, 0)
		equal(f, "delivered", f.info("jobs").Totals.Delivered, 100)
	}},
}
