package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"nixie/engine"
)

var receiveTests = []test{
	{"oldest first", func(f *fixture) {
		f.create("jobs")
		var all []engine.ID
		for i := range 50 {
			all = append(all, f.publish("jobs", fmt.Sprint(i))...)
		}
		var got []engine.ID
		for most := 1; len(got) < len(all); most++ {
			got = append(got, ids(f.receive("jobs", most))...)
		}
		equal(f, "order", got, all)
	}},
	{"one, unless more are asked for", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b", "c", "d")
		got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{})
		f.do(err)
		equal(f, "by default", ids(got), all[:1])
		equal(f, "two", ids(f.receive("jobs", 2)), all[1:3])
		equal(f, "the rest", ids(f.receive("jobs", 100)), all[3:])
	}},
	{"a thousand at most", func(f *fixture) {
		f.create("jobs")
		batch := make([]engine.Outgoing, 1100)
		_, err := f.Publish(f.ctx, "jobs", batch...)
		f.do(err)
		equal(f, "first", len(f.receive("jobs", 5000)), 1000)
		equal(f, "second", len(f.receive("jobs", 5000)), 100)
	}},
	{"none of none", func(f *fixture) {
		f.create("jobs")
		got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Max: 5})
		f.do(err)
		equal(f, "deliveries", len(got), 0)
	}},
	{"a delivery has a lease and a receipt", func(f *fixture) {
		f.create("jobs")
		id := f.send("jobs", engine.Outgoing{Body: []byte("x"), Headers: engine.Headers{"k": "v"}, Group: "g"})
		f.pass(time.Second)
		now := time.Now()
		d := f.take("jobs")
		equal(f, "id", d.ID, id)
		equal(f, "body", string(d.Body), "x")
		equal(f, "headers", d.Headers, engine.Headers{"k": "v"})
		equal(f, "state", d.State, engine.InFlight)
		equal(f, "tries", d.Tries, 1)
		equal(f, "consumer", d.Consumer, "worker")
		equal(f, "queue of the receipt", d.Receipt.Queue, "jobs")
		equal(f, "id of the receipt", d.Receipt.ID, id)
		if d.Receipt.Token == "" {
			f.Error("the receipt proves nothing")
		}
		at(f, "deadline", d.Deadline, now.Add(testLease))
		at(f, "lease", d.LeaseUntil, d.Deadline)

		m := f.message("jobs", id)
		equal(f, "state", m.State, engine.InFlight)
		equal(f, "tries", m.Tries, 1)
		equal(f, "consumer", m.Consumer, "worker")
		at(f, "lease", m.LeaseUntil, d.Deadline)
		f.counts("jobs", 0, 1, 0, 0)
		equal(f, "delivered", f.info("jobs").Totals.Delivered, 1)
	}},
	{"what is in flight is not delivered again", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.take("jobs")
		f.none("jobs", "the only message is in flight")
		f.pass(testLease - time.Millisecond)
		f.none("jobs", "the lease has not run out")
	}},
	{"a receive may ask for another lease", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b")
		now := time.Now()
		for _, lease := range []time.Duration{time.Second, time.Hour} {
			got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Lease: lease})
			f.do(err)
			at(f, "deadline", got[0].Deadline, now.Add(lease))
		}
		f.pass(2 * time.Second)
		equal(f, "in flight", f.info("jobs").InFlight, 1)
	}},
	{"each delivery has a receipt of its own", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		first := f.take("jobs")
		f.do(f.Release(f.ctx, first.Receipt, 0))
		second := f.take("jobs")
		if first.Receipt == second.Receipt {
			f.Errorf("both deliveries have the receipt %v", first.Receipt)
		}
		f.refused("ack of the first", f.Ack(f.ctx, first.Receipt), engine.ErrLeaseLost)
		f.ack(second)
	}},
	{"a receipt can be written down", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		text, err := json.Marshal(f.take("jobs").Receipt)
		f.do(err)
		var r engine.Receipt
		f.do(json.Unmarshal(text, &r))
		f.do(f.Ack(f.ctx, r))
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"what makes no sense is refused", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		for _, o := range []engine.ReceiveOptions{
			{Max: -1}, {Wait: -1}, {Lease: -1}, {Lease: engine.MaxDuration + 1},
		} {
			_, err := f.Receive(f.ctx, "jobs", o)
			f.refused(fmt.Sprintf("%+v", o), err, engine.ErrInvalid)
		}
		f.counts("jobs", 1, 0, 0, 0)
	}},
	{"a cancelled context leases nothing", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		_, err := f.Receive(ctx, "jobs", engine.ReceiveOptions{Wait: time.Second})
		f.refused("receive", err, context.Canceled)
		f.counts("jobs", 1, 0, 0, 0)
		equal(f, "delivered", f.info("jobs").Totals.Delivered, 0)
	}},
	{"consumers are seen by their names", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a", "b", "c", "d")
		receive := func(name string, most int) []engine.Delivery {
			got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Consumer: name, Max: most, Lease: time.Hour})
			f.do(err)
			return got
		}
		bob := receive("bob", 2)
		receive("eve", 1)
		f.ack(receive("ann", 1)[0])
		f.pass(50 * time.Second)
		acked := time.Now()
		f.ack(bob[0])
		f.nack(bob[1])
		f.pass(20 * time.Second)

		got, err := f.Consumers(f.ctx, "jobs")
		f.do(err)
		if len(got) != 2 || got[0].Name != "bob" || got[1].Name != "eve" {
			f.Fatalf("bob was seen within the last minute, eve holds a message: not %+v", got)
		}
		at(f, "bob was seen", got[0].LastSeen, acked)
		equal(f, "bob holds", got[0].InFlight, 0)
		equal(f, "eve holds", got[1].InFlight, 1)
		equal(f, "bob's work", got[0].Totals, engine.Totals{Delivered: 2, Acked: 1, Failed: 1})
		equal(f, "consumers", f.info("jobs").Consumers, 2)

		receive("ann", 1)
		f.pass(40 * time.Second)
		got, err = f.Consumers(f.ctx, "jobs")
		f.do(err)
		var names []string
		for _, c := range got {
			names = append(names, c.Name)
		}
		equal(f, "consumers by name", names, []string{"ann", "bob", "eve"})
		equal(f, "ann's work", got[0].Totals, engine.Totals{Delivered: 2, Acked: 1})
	}},
}
