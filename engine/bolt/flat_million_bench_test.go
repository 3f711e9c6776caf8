package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

// These benchmarks put very many messages into a queue in which they are not
// merely waiting, and report what that costs from the beginning to the end.

// timed reports how many of n messages a second some work deals with.
func (f *flat) timed(n int, unit string, work func()) {
	start := time.Now()
	work()
	f.b.ReportMetric(float64(n)/time.Since(start).Seconds(), unit)
	f.b.ReportMetric(0, "ns/op")
}

// reopened reports how long it takes to open what a kill would leave now, warm.
func (f *flat) reopened() {
	killed := filepath.Join(f.b.TempDir(), "killed.db")
	defer os.Remove(killed)
	copyFile(f.b, f.Path(), killed)
	var e *Engine
	f.b.ReportMetric(millis(func() { e = benchOpen(f.b, killed) }), "open-ms")
	f.must(e.Close())
}

// BenchmarkGroups has all messages in one group, and each in a group of its own.
func BenchmarkGroups(b *testing.B) {
	ordered := engine.DefaultPolicy()
	ordered.Ordered = true
	for name, group := range map[string]func(i int) string{
		"one":  func(int) string { return "g" },
		"each": func(i int) string { return fmt.Sprintf("g%d", i) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before := heapInUse()
				f, done := newFlat(b, Options{Window: 1 << 20}, ordered, "bench")
				n := many()
				f.timed(n, "published/s", func() {
					f.fill("bench", n, 4, 1000, func(i int, m *engine.Outgoing) { m.Group = group(i) })
				})
				f.consume("bench", 1)
				b.ReportMetric(float64(heapInUse()-before)/float64(n), "B/msg")
				f.reopened()
				b.ReportMetric(f.rate(256, func(int) int { return f.consume("bench", 1) }), "acked/s")
				b.ReportMetric(float64(heapInUse()-before)/float64(n), "B/msg-after")
				done()
			}
		})
	}
}

// BenchmarkFallDue has all messages delayed, until they are due at once.
func BenchmarkFallDue(b *testing.B) {
	for name, ordered := range map[string]bool{"plain": false, "ordered": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before := heapInUse()
				p := engine.DefaultPolicy()
				p.Ordered = ordered
				f, done := newFlat(b, Options{Window: 1 << 20}, p, "bench")
				n := many()
				at := soon(n)
				f.timed(n, "published/s", func() {
					f.fill("bench", n, 4, 1000, func(_ int, m *engine.Outgoing) { m.Delay = time.Until(at) })
				})
				b.ReportMetric(float64(heapInUse()-before)/float64(n), "B/msg")
				f.reopened()
				time.Sleep(time.Until(at)) // the beginning of what is measured
				f.timed(n, "due/s", func() { awaitReady(f, n) })
				done()
			}
		})
	}
}
