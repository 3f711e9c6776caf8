package bolt

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nixie/engine"
)

// BenchmarkCommit shows where the time goes while callers publish, receive and
// ack messages of 1 KiB, each waiting for its answer: how many calls share a
// commit, how long it is from one to the next, and how much of that the disk
// takes (pages are written, then synced twice) and bbolt, to lay them out. The
// rest is this package's, and the callers', who wake up and come again.
func BenchmarkCommit(b *testing.B) {
	for _, callers := range []int{1, 16, 256} {
		for _, work := range []string{"publish", "receive", "both"} {
			b.Run(fmt.Sprintf("%s/callers=%d", work, callers), func(b *testing.B) {
				for b.Loop() {
					f, done := newFlat(b, Options{}, engine.DefaultPolicy(), "bench")
					f.body = make([]byte, 1<<10)
					if work == "receive" {
						f.fill("bench", many(), 4, 100, nil)
					}
					f.commits(callers, work)
					done()
				}
			})
		}
	}
}

// commits reports what the commits of so many callers are made of.
func (f *flat) commits(callers int, work string) {
	before, commits, start := f.db.Stats().TxStats, f.committed(), time.Now()
	var all sync.WaitGroup
	var calls atomic.Int64
	by := func(call func() int) {
		all.Go(func() {
			f.rate(callers, func(int) int {
				calls.Add(1)
				return call()
			})
		})
	}
	if work != "receive" {
		by(func() int { return f.publishOne("bench") })
	}
	if work != "publish" {
		by(func() int { return f.consume("bench", 1) })
	}
	all.Wait()
	took := time.Since(start)
	now, n := f.db.Stats().TxStats, float64(f.committed()-commits)
	bolt := now.Sub(&before)
	report := func(d time.Duration, of string) {
		f.b.ReportMetric(float64(d)/float64(time.Microsecond)/n, of+"-µs/commit")
	}
	report(took, "all")
	report(bolt.GetWriteTime(), "disk")
	report(bolt.GetSpillTime()+bolt.GetRebalanceTime(), "bbolt")
	f.b.ReportMetric(float64(calls.Load())/n, "calls/commit")
	f.b.ReportMetric(0, "ns/op")
}

// committed counts the commits so far.
func (f *flat) committed() int {
	f.writer.mu.Lock()
	defer f.writer.mu.Unlock()
	return f.writer.commits
}
