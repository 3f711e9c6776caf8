package bolt

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nixie/engine"
)

// These benchmarks show what does not grow with what there is. Each builds what
// it needs, works for a moment and reports what it saw: -benchtime 1x is enough.

// flatSizes are how many messages wait.
func flatSizes() []int {
	if *benchLarge {
		return []int{1_000, 1_000_000, 10_000_000}
	}
	return []int{1_000, 100_000}
}

// many is the size for what is not compared with less of it.
func many() int {
	if *benchLarge {
		return 1_000_000
	}
	return 50_000
}

// flatSpan is for how long a rate is measured.
func flatSpan() time.Duration {
	if *benchLarge {
		return 2 * time.Second
	}
	return 200 * time.Millisecond
}

// flat is an engine with queues to measure.
type flat struct {
	*Engine
	b    *testing.B
	ctx  context.Context
	body []byte
}

// newFlat opens an engine for one round of a benchmark; done ends it.
func newFlat(b *testing.B, o Options, p engine.Policy, queues ...string) (f *flat, done func()) {
	b.Helper()
	e, err := Open(filepath.Join(b.TempDir(), "nixie.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	f = &flat{Engine: e, b: b, ctx: context.Background(), body: bytes.Repeat([]byte{'x'}, 100)}
	for _, name := range queues {
		f.must(e.CreateQueue(f.ctx, name, p))
	}
	return f, func() { f.must(e.Close()) }
}

func (f *flat) must(err error) {
	if err != nil {
		f.b.Error(err)
	}
}

// fill publishes n messages, so many in a call, from so many callers.
func (f *flat) fill(queue string, n, callers, batch int, change func(i int, m *engine.Outgoing)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			messages := make([]engine.Outgoing, batch)
			for {
				end := int(next.Add(int64(batch)))
				if end-batch >= n {
					return
				}
				for i := range messages {
					messages[i] = engine.Outgoing{Body: f.body}
					if change != nil {
						change(end-batch+i, &messages[i])
					}
				}
				_, err := f.Publish(f.ctx, queue, messages[:min(batch, n-end+batch)]...)
				f.must(err)
			}
		})
	}
	all.Wait()
}

// rate is how many messages a second so many callers deal with.
func (f *flat) rate(callers int, do func(caller int) int) float64 {
	var n atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for i := range callers {
		all.Go(func() {
			for time.Since(start) < flatSpan() {
				n.Add(int64(do(i)))
			}
		})
	}
	all.Wait()
	return float64(n.Load()) / time.Since(start).Seconds()
}

func (f *flat) publishOne(queue string) int {
	_, err := f.Publish(f.ctx, queue, engine.Outgoing{Body: f.body})
	f.must(err)
	return 1
}

func (f *flat) consume(queue string, n int) int {
	got, err := f.Receive(f.ctx, queue, engine.ReceiveOptions{Max: n, Wait: 10 * time.Millisecond, Lease: time.Hour})
	f.must(err)
	receipts := make([]engine.Receipt, len(got))
	for i := range got {
		receipts[i] = got[i].Receipt
	}
	f.must(f.Ack(f.ctx, receipts...))
	return len(got)
}

// rates reports how fast messages come and go, one in each call.
func (f *flat) rates(queue func(caller int) string) {
	f.b.ReportMetric(f.rate(256, func(i int) int { return f.publishOne(queue(i)) }), "published/s")
	f.b.ReportMetric(f.rate(256, func(i int) int { return f.consume(queue(i), 1) }), "acked/s")
	f.b.ReportMetric(0, "ns/op")
}

func only(queue string) func(int) string { return func(int) string { return queue } }

// BenchmarkDepth shows that the cost does not grow with what waits.
func BenchmarkDepth(b *testing.B) {
	for _, depth := range flatSizes() {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy(), "bench")
				f.fill("bench", depth, 1, 1000, nil)
				f.rates(only("bench"))
				done()
			}
		})
	}
}

// BenchmarkMemory shows what a message costs that waits beyond the window, by
// how many share a commit.
func BenchmarkMemory(b *testing.B) {
	const window = 1 << 20
	for _, batch := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			for b.Loop() {
				before := heapInUse()
				f, done := newFlat(b, Options{Window: window}, engine.DefaultPolicy(), "bench")
				n := min(many(), 10_000*batch)
				f.fill("bench", n, 1, batch, nil)
				b.ReportMetric(float64(heapInUse()-before)/window, "windows")
				b.ReportMetric(max(0, float64(heapInUse()-before-window))/float64(n), "B/msg")
				b.ReportMetric(0, "ns/op")
				done()
			}
		})
	}
}

// BenchmarkMemoryOfQueues shows what very many queues cost in which more waits
// than the window holds.
func BenchmarkMemoryOfQueues(b *testing.B) {
	const window, each = 1 << 20, 40
	for b.Loop() {
		f, done := newFlat(b, Options{Window: window}, engine.DefaultPolicy())
		f.body = bytes.Repeat(f.body, 10)
		queues := many() / 100
		name := func(i int) string { return fmt.Sprintf("q%d", i%queues) }
		f.each(queues, func(i int) {
			f.must(f.CreateQueue(f.ctx, name(i), engine.DefaultPolicy()))
			f.publishOne(name(i))
		})
		before := heapInUse()
		f.each(each*queues, func(i int) { f.publishOne(name(i)) })
		b.ReportMetric(float64(heapInUse()-before)/window, "windows")
		b.ReportMetric(max(0, float64(heapInUse()-before-window))/float64(queues), "B/queue")
		b.ReportMetric(0, "ns/op")
		done()
	}
}

func heapInUse() int64 {
	buffers.trim() // as a second does,
	buffers.trim() // and another one in which nobody needs them
	runtime.GC()
	runtime.GC() // what the first one only marked as free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkQueues shows what the number of queues costs.
func BenchmarkQueues(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy())
				name := func(i int) string { return fmt.Sprintf("q%d", i%n) }
				start := time.Now()
				f.each(n, func(i int) { f.must(f.CreateQueue(f.ctx, name(i), engine.DefaultPolicy())) })
				b.ReportMetric(float64(time.Since(start).Microseconds())/float64(n), "µs/create")
				var next atomic.Int64
				f.rates(func(int) string { return name(int(next.Add(1))) })
				f.each(n, func(i int) { f.publishOne(name(i)) })
				b.ReportMetric(millis(func() { f.closeSecond(time.Now()) }), "second-ms")
				b.ReportMetric(millis(func() {
					_, err := f.Engine.Queues(f.ctx)
					f.must(err)
				}), "Queues-ms")
				done()
			}
		})
	}
}

// each does something n times, from 64 callers.
func (f *flat) each(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
				do(i - 1)
			}
		})
	}
	all.Wait()
}

func millis(do func()) float64 {
	start := time.Now()
	do()
	return float64(time.Since(start).Microseconds()) / 1000
}

// BenchmarkDelayed shows that the delayed ones are in nobody's way.
func BenchmarkDelayed(b *testing.B) {
	for _, n := range []int{0, many()} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy(), "bench")
				f.fill("bench", n, 4, 1000, func(_ int, m *engine.Outgoing) { m.Delay = time.Hour })
				f.fill("bench", 10_000, 1, 1000, nil)
				f.rates(only("bench"))
				done()
			}
		})
	}
}

// BenchmarkOrdered compares ordered queues with the plain path.
func BenchmarkOrdered(b *testing.B) {
	ordered := engine.DefaultPolicy()
	ordered.Ordered = true
	for _, c := range []struct {
		name   string
		policy engine.Policy
		group  func(i int) string
	}{
		{"plain", engine.DefaultPolicy(), func(int) string { return "" }},
		{"group each", ordered, func(i int) string { return fmt.Sprintf("g%d", i) }},
		{"100 groups", ordered, func(i int) string { return fmt.Sprintf("g%d", i%100) }},
		{"one group", ordered, func(int) string { return "g" }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, c.policy, "bench")
				group := func(i int, m *engine.Outgoing) { m.Group = c.group(i) }
				f.fill("bench", many(), 1, 1000, group)
				var next atomic.Int64
				b.ReportMetric(f.rate(256, func(int) int {
					m := engine.Outgoing{Body: f.body}
					group(int(next.Add(1)), &m)
					_, err := f.Publish(f.ctx, "bench", m)
					f.must(err)
					return 1
				}), "published/s")
				b.ReportMetric(f.rate(256, func(int) int { return f.consume("bench", 1) }), "acked/s")
				b.ReportMetric(0, "ns/op")
				done()
			}
		})
	}
}

// BenchmarkDrained commits 100 messages where a backlog was, nine tenths of
// which are gone.
func BenchmarkDrained(b *testing.B) {
	for _, backlog := range flatSizes() {
		b.Run(fmt.Sprint(backlog), func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy(), "bench")
				f.fill("bench", backlog, 1, 1000, nil)
				var drained atomic.Int64
				f.each(backlog/1000*9/10, func(int) { drained.Add(int64(f.consume("bench", 1000))) })
				messages := slices.Repeat([]engine.Outgoing{{Body: f.body}}, 100)
				times := make([]time.Duration, 500)
				for i := range times {
					start := time.Now()
					_, err := f.Publish(f.ctx, "bench", messages...)
					f.must(err)
					times[i] = time.Since(start)
				}
				reportMedian(b, times)
				done()
			}
		})
	}
}

// BenchmarkTopics publishes to a topic that many queues are bound to.
func BenchmarkTopics(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy())
				for i := range n {
					name := fmt.Sprintf("q%d", i)
					f.must(f.CreateQueue(f.ctx, name, engine.DefaultPolicy()))
					f.must(f.Bind(f.ctx, "topic", engine.Binding{Pattern: "#", Queue: name}))
				}
				b.ReportMetric(f.rate(256, func(int) int {
					_, err := f.PublishTopic(f.ctx, "topic", "key", engine.Outgoing{Body: f.body})
					f.must(err)
					return n
				}), "copies/s")
				b.ReportMetric(0, "ns/op")
				done()
			}
		})
	}
}

// BenchmarkFailing compares the ways in which a delivery ends.
func BenchmarkFailing(b *testing.B) {
	for _, c := range []struct {
		name   string
		settle func(f *flat, r engine.Receipt) error
	}{
		{"ack", func(f *flat, r engine.Receipt) error { return f.Ack(f.ctx, r) }},
		{"release", func(f *flat, r engine.Receipt) error { return f.Release(f.ctx, r, time.Hour) }},
		{"nack", func(f *flat, r engine.Receipt) error {
			return f.Nack(f.ctx, r, engine.Failure{Reason: "no", Delay: time.Hour})
		}},
		{"reject", func(f *flat, r engine.Receipt) error {
			return f.Nack(f.ctx, r, engine.Failure{Reason: "no", Reject: true})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				f, done := newFlat(b, Options{}, engine.DefaultPolicy(), "bench")
				f.fill("bench", many(), 1, 1000, nil)
				b.ReportMetric(f.rate(256, func(int) int {
					got, err := f.Receive(f.ctx, "bench", engine.ReceiveOptions{Wait: 10 * time.Millisecond})
					f.must(err)
					for i := range got {
						f.must(c.settle(f, got[i].Receipt))
					}
					return len(got)
				}), "settled/s")
				b.ReportMetric(0, "ns/op")
				done()
			}
		})
	}
}
