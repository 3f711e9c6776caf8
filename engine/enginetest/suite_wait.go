package enginetest

import (
	"context"
	"fmt"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// received is what a receive in the background returned, and when.
type received struct {
	name       string
	deliveries []engine.Delivery
	err        error
	at         time.Time
}

// wait starts a receive that waits, and returns when it does.
func (f *fixture) wait(ctx context.Context, queue, name string, o engine.ReceiveOptions) <-chan received {
	f.Helper()
	o.Consumer = name
	result := make(chan received, 1)
	go func() {
		deliveries, err := f.Receive(ctx, queue, o)
		result <- received{name, deliveries, err, time.Now()}
	}()
	synctest.Wait()
	select {
	case r := <-result:
		f.Fatalf("%s did not wait: %+v", name, r)
	default:
	}
	return result
}

// got returns what a waiting receive returned; it must have done so by now.
func (f *fixture) got(result <-chan received) received {
	f.Helper()
	synctest.Wait()
	select {
	case r := <-result:
		return r
	default:
		f.Fatal("the receive still waits")
		return received{}
	}
}

// gotOne returns the only delivery of a waiting receive.
func (f *fixture) gotOne(result <-chan received) engine.Delivery {
	f.Helper()
	r := f.got(result)
	f.do(r.err)
	if len(r.deliveries) != 1 {
		f.Fatalf("%s received %d messages, want one", r.name, len(r.deliveries))
	}
	return r.deliveries[0]
}

const long = engine.MaxDuration

// wakeUps are all the ways in which a message becomes ready while a receive
// waits for it. Each begins with one message in flight and says after how
// long it is ready.
var wakeUps = []struct {
	by   string
	wake func(f *fixture, d engine.Delivery) (engine.ID, time.Duration)
}{
	{"publish", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		return f.publish("jobs", "new")[0], 0
	}},
	{"publish to a topic", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		f.do(f.Bind(f.ctx, "events", engine.Binding{Queue: "jobs", Pattern: "#"}))
		_, err := f.PublishTopic(f.ctx, "events", "a", engine.Outgoing{})
		f.do(err)
		return "", 0
	}},
	{"the end of a delay", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		return f.send("jobs", engine.Outgoing{Delay: 5 * time.Second}), 5 * time.Second
	}},
	{"release", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		f.do(f.Release(f.ctx, d.Receipt, 0))
		return d.ID, 0
	}},
	{"release after a delay", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		f.do(f.Release(f.ctx, d.Receipt, time.Second))
		return d.ID, time.Second
	}},
	{"nack", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		f.fail(d, engine.Failure{Delay: -1})
		return d.ID, 0
	}},
	{"the end of a back-off", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		f.nack(d)
		return d.ID, testBackoff
	}},
	{"the end of a lease", func(_ *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		return d.ID, testLease + testBackoff
	}},
	{"requeue", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		f.fail(d, engine.Failure{Reject: true})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{d.ID}})
		return d.ID, 0
	}},
	{"move from another queue", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		f.create("other")
		moved := f.publish("other", "moved")
		f.moved(engine.MoveRequest{Queue: "other", IDs: moved, To: "jobs"})
		return moved[0], 0
	}},
	{"moving a delayed one", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		id := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{id}})
		return id, 0
	}},
	{"edit", func(f *fixture, _ engine.Delivery) (engine.ID, time.Duration) {
		old := f.send("jobs", engine.Outgoing{Delay: time.Hour})
		id, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: old})
		f.do(err)
		return id, 0
	}},
	{"restore", func(f *fixture, d engine.Delivery) (engine.ID, time.Duration) {
		entry, err := f.Purge(f.ctx, "jobs", engine.LiveArea)
		f.do(err)
		_, err = f.Restore(f.ctx, entry.ID)
		f.do(err)
		return d.ID, 0
	}},
}

var waitTests = []test{
	{"a receive that waits is woken", func(f *fixture) {
		for _, w := range wakeUps {
			f.create("jobs")
			f.publish("jobs", "in flight")
			d := f.take("jobs")
			result := f.wait(f.ctx, "jobs", w.by, engine.ReceiveOptions{Wait: time.Hour})
			start := time.Now()
			id, after := w.wake(f, d)
			f.pass(after + time.Millisecond)
			if got := f.gotOne(result); id != "" && got.ID != id {
				f.Errorf("%s: received %s, want %s", w.by, got.ID, id)
			}
			_, err := f.DeleteQueue(f.ctx, "jobs")
			f.do(err)
			if took := time.Since(start) - time.Millisecond; took != after {
				f.Errorf("%s: woken after %v, want %v", w.by, took, after)
			}
		}
	}},
	{"it is woken at the very moment", func(f *fixture) {
		f.create("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: time.Hour})
		f.pass(7 * time.Second)
		published := time.Now()
		f.publish("jobs", "a")
		at(f, "woken", f.got(result).at, published)
	}},
	{"it gives up when the time is over", func(f *fixture) {
		f.create("jobs")
		end := time.Now().Add(3 * time.Second)
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: 3 * time.Second})
		f.pass(3*time.Second + time.Millisecond)
		r := f.got(result)
		f.do(r.err)
		equal(f, "deliveries", len(r.deliveries), 0)
		at(f, "given up", r.at, end)
		f.publish("jobs", "a")
		f.take("jobs")
	}},
	{"it does not wait for what is ready", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		start := time.Now()
		got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Wait: time.Hour, Max: 10})
		f.do(err)
		equal(f, "deliveries", len(got), 1)
		at(f, "received", time.Now(), start)
	}},
	{"cancelling ends it and loses no message", func(f *fixture) {
		f.create("jobs")
		ctx, cancel := context.WithCancel(f.ctx)
		result := f.wait(ctx, "jobs", "w", engine.ReceiveOptions{Wait: time.Hour})
		equal(f, "waiting", f.info("jobs").Waiting, 1)
		cancel()
		f.refused("cancelled", f.got(result).err, context.Canceled)
		equal(f, "waiting", f.info("jobs").Waiting, 0)
		f.publish("jobs", "a")
		f.counts("jobs", 1, 0, 0, 0)
		f.take("jobs")
	}},
	{"those who wait are served in the order in which they came", func(f *fixture) {
		f.create("jobs")
		var results []<-chan received
		for i := range 5 {
			results = append(results, f.wait(f.ctx, "jobs", fmt.Sprint(i), engine.ReceiveOptions{Wait: long}))
		}
		equal(f, "waiting", f.info("jobs").Waiting, 5)
		all := f.publish("jobs", "a", "b", "c")
		for i := range 3 {
			equal(f, fmt.Sprint("message of ", i), f.gotOne(results[i]).ID, all[i])
		}
		f.pass(time.Second)
		equal(f, "waiting", f.info("jobs").Waiting, 2)
		all = f.publish("jobs", "d", "e")
		equal(f, "message of 3", f.gotOne(results[3]).ID, all[0])
		equal(f, "message of 4", f.gotOne(results[4]).ID, all[1])
	}},
	{"the first takes as many as it asked for", func(f *fixture) {
		f.create("jobs")
		first := f.wait(f.ctx, "jobs", "first", engine.ReceiveOptions{Wait: long, Max: 3})
		second := f.wait(f.ctx, "jobs", "second", engine.ReceiveOptions{Wait: long, Max: 3})
		all := f.publish("jobs", "a", "b", "c", "d")
		equal(f, "first", ids(f.got(first).deliveries), all[:3])
		equal(f, "second", ids(f.got(second).deliveries), all[3:])
	}},
	{"a lease begins at the delivery", func(f *fixture) {
		f.create("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long, Lease: time.Minute})
		f.pass(time.Hour)
		f.publish("jobs", "a")
		at(f, "deadline", f.gotOne(result).Deadline, time.Now().Add(time.Minute))
	}},
	{"who waits is a consumer", func(f *fixture) {
		f.create("jobs")
		ctx, cancel := context.WithCancel(f.ctx)
		result := f.wait(ctx, "jobs", "patient", engine.ReceiveOptions{Wait: long})
		f.pass(time.Hour)
		got, err := f.Consumers(f.ctx, "jobs")
		f.do(err)
		if len(got) != 1 || got[0].Name != "patient" || !got[0].Waiting {
			f.Errorf("the consumer that waits is not seen: %+v", got)
		}
		equal(f, "consumers", f.info("jobs").Consumers, 1)
		cancel()
		f.got(result)
		got, err = f.Consumers(f.ctx, "jobs")
		f.do(err)
		if len(got) != 1 || got[0].Waiting {
			f.Errorf("after waiting: %+v", got)
		}
	}},
	{"queues do not wake one another's receivers", func(f *fixture) {
		f.create("a")
		f.create("b")
		result := f.wait(f.ctx, "a", "w", engine.ReceiveOptions{Wait: time.Minute})
		f.publish("b", "x")
		f.pass(time.Minute + time.Millisecond)
		equal(f, "deliveries", len(f.got(result).deliveries), 0)
		f.counts("b", 1, 0, 0, 0)
	}},
	{"deleting the queue ends it", func(f *fixture) {
		f.create("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		_, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
		f.refused("receive", f.got(result).err, engine.ErrQueueNotFound)
	}},
	{"closing the engine ends it", func(f *fixture) {
		f.create("jobs")
		result := f.wait(f.ctx, "jobs", "w", engine.ReceiveOptions{Wait: long})
		f.do(f.Close())
		f.closed = true
		f.refused("receive", f.got(result).err, engine.ErrClosed)
	}},
}
