package bolt

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// These benchmarks have publishers work beside something big, and report how
// long the one waited who waited longest.

// beside publishes one by one while work runs.
func (f *flat) beside(work func(), queue string) {
	f.publishOne(queue)
	stop, begun := make(chan struct{}), make(chan struct{})
	var times []time.Duration
	var publisher sync.WaitGroup
	publisher.Go(func() {
		close(begun)
		for done := false; !done; {
			start := time.Now()
			f.publishOne(queue)
			times = append(times, time.Since(start))
			select {
			case <-stop:
				done = true
			default:
			}
		}
	})
	<-begun
	took := millis(work)
	close(stop)
	publisher.Wait()
	slices.Sort(times)
	for name, at := range map[string]int{"p50-ms": len(times) / 2, "p99-ms": len(times) * 99 / 100, "max-ms": len(times) - 1} {
		f.b.ReportMetric(float64(times[at].Microseconds())/1000, name)
	}
	f.b.ReportMetric(took, "took-ms")
	f.b.ReportMetric(0, "ns/op")
}

// until polls for something that the engine does by itself.
func (f *flat) until(queue string, done func(engine.QueueInfo) bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		info, err := f.Queue(f.ctx, queue)
		f.must(err)
		if err != nil || done(info) {
			return
		}
	}
}

// wait is one thing that publishers may have to wait for.
type wait struct {
	name   string
	to     string // where they publish
	before func(f *flat, n int)
	work   func(f *flat, n int)
}

// BenchmarkWait shows what publishers notice of what time causes, and of what
// operators start.
func BenchmarkWait(b *testing.B) {
	for _, c := range []wait{
		{"nothing", "beside", nothing, func(*flat, int) { time.Sleep(flatSpan()) }},
		{"delays end", "beside", delayAll, awaitReady},
		{"leases run out", "beside", leaseAll, awaitReady},
		{"all expire", "beside", backlog, expire},
		{"a group waits", "bench", oneGroup, park},
		{"purge", "beside", backlog, purge},
		{"purge in flight", "beside", inFlight, purge},
		{"restore purged", "beside", purged, restore},
		{"delete queue", "beside", backlog, deleteQueue},
		{"restore queue", "beside", deleted, restore},
		{"restore in flight", "beside", deletedInFlight, restore},
		{"empty trash", "beside", purged, emptyTrash},
		{"requeue", "beside", deadLetters, requeue},
		{"list", "bench", backlog, listAll},
		{"write history", "beside", manyQueues, (*flat).writeHistory},
		{"delete one of many queues", "beside", manyQueues, deleteQueue},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				p := engine.DefaultPolicy()
				p.Backoff = engine.Backoff{} // what fails is ready at once
				f, done := newFlat(b, Options{}, p, "bench", "beside")
				c.before(f, many())
				f.beside(func() { c.work(f, many()) }, c.to)
				done()
			}
		})
	}
}

func nothing(*flat, int) {}

func backlog(f *flat, n int) { f.fill("bench", n, 1, 1000, nil) }

// soon is when what is being prepared is to happen, all at once.
func soon(n int) time.Time {
	return time.Now().Add(time.Second/2 + time.Duration(n)*20*time.Microsecond)
}

func delayAll(f *flat, n int) {
	at := soon(n)
	f.fill("bench", n, 4, 1000, func(_ int, m *engine.Outgoing) { m.Delay = time.Until(at) })
	time.Sleep(time.Until(at))
}

func leaseAll(f *flat, n int) {
	at := soon(n)
	backlog(f, n)
	f.receiveAll(n, func() time.Duration { return time.Until(at) })
	time.Sleep(time.Until(at))
}

// receiveAll leases everything.
func (f *flat) receiveAll(n int, length func() time.Duration) (all []engine.Receipt) {
	for len(all) < n {
		got, err := f.Receive(f.ctx, "bench", engine.ReceiveOptions{Max: 1000, Wait: time.Second, Lease: length()})
		f.must(err)
		if len(got) == 0 {
			f.b.Fatalf("%d messages of %d came", len(all), n)
		}
		for i := range got {
			all = append(all, got[i].Receipt)
		}
	}
	return all
}

func awaitReady(f *flat, n int) {
	f.until("bench", func(q engine.QueueInfo) bool { return q.Ready == int64(n) })
}

func expire(f *flat, n int) {
	p := engine.DefaultPolicy()
	p.TTL = time.Millisecond
	_, err := f.Configure(f.ctx, "bench", p)
	f.must(err)
	f.until("bench", func(q engine.QueueInfo) bool { return q.Dead == int64(n) })
}

func oneGroup(f *flat, n int) {
	p := engine.DefaultPolicy()
	p.Ordered = true
	_, err := f.Configure(f.ctx, "bench", p)
	f.must(err)
	f.fill("bench", n, 1, 1000, func(_ int, m *engine.Outgoing) { m.Group = "g" })
}

// park receives one message of a group: all others wait for it.
func park(f *flat, _ int) {
	time.Sleep(50 * time.Millisecond) // there are publishes before it, too, to compare with
	for range 2 {
		_, err := f.Receive(f.ctx, "bench", engine.ReceiveOptions{Wait: 50 * time.Millisecond})
		f.must(err)
	}
}

func purge(f *flat, _ int) {
	_, err := f.Purge(f.ctx, "bench", engine.LiveArea)
	f.must(err)
}

// inFlight leases records, which cost more than what is in the log.
func inFlight(f *flat, n int) {
	delayAll(f, n)
	awaitReady(f, n)
	f.receiveAll(n, func() time.Duration { return time.Hour })
}

func deletedInFlight(f *flat, n int) {
	inFlight(f, n)
	deleteQueue(f, n)
}

func purged(f *flat, n int) {
	backlog(f, n)
	purge(f, n)
}

func deleteQueue(f *flat, _ int) {
	_, err := f.DeleteQueue(f.ctx, "bench")
	f.must(err)
}

func deleted(f *flat, n int) {
	backlog(f, n)
	deleteQueue(f, n)
}

func (f *flat) trash() string {
	entries, err := f.Trash(f.ctx)
	f.must(err)
	return entries[0].ID
}

func restore(f *flat, n int) {
	got, err := f.Restore(f.ctx, f.trash())
	if f.must(err); got != int64(n) {
		f.b.Errorf("%d messages of %d were restored", got, n)
	}
}

func emptyTrash(f *flat, _ int) {
	f.must(f.Discard(f.ctx, f.trash()))
	for swept := false; !swept; {
		f.must(f.view(func(btx *bbolt.Tx) error {
			k, _ := btx.Bucket(bucketSweep).Cursor().First()
			swept = k == nil
			return nil
		}))
	}
}

func deadLetters(f *flat, n int) {
	backlog(f, n)
	expire(f, n)
	_, err := f.Configure(f.ctx, "bench", engine.DefaultPolicy())
	f.must(err)
}

// requeue moves in steps, as the operators' jobs do.
func requeue(f *flat, n int) {
	for left := n; left > 0; {
		page, err := f.List(f.ctx, "bench", engine.ListOptions{State: engine.Dead, Limit: 200, BodyLimit: -1})
		f.must(err)
		ids := make([]engine.ID, len(page.Messages))
		for i := range ids {
			ids[i] = page.Messages[i].ID
		}
		_, err = f.Move(f.ctx, engine.MoveRequest{Queue: "bench", IDs: ids})
		f.must(err)
		left -= len(ids)
	}
}

func listAll(f *flat, _ int) {
	for o := (engine.ListOptions{Limit: 1000}); ; {
		page, err := f.List(f.ctx, "bench", o)
		f.must(err)
		if o.After = page.Next; o.After == "" {
			return
		}
	}
}

// manyQueues has something happen in each of 10,000 queues.
func manyQueues(f *flat, _ int) {
	const queues = 10_000
	f.each(queues, func(i int) {
		name := fmt.Sprintf("q%d", i)
		f.must(f.CreateQueue(f.ctx, name, engine.DefaultPolicy()))
		f.publishOne(name)
	})
	f.closeSecond(time.Now())
}

func (f *flat) writeHistory(int) { f.flushHistory() }
