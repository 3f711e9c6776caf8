package bolt

import (
	"runtime"
	"time"
)

// waiting counts the calls for the next commit.
func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.batches) == 0 {
		return 0
	}
	return len(w.batches[0].calls)
}

// company is how many callers are likely to meet in the next commit: those that
// came during the last one, and those that it released. Of closed loops of
// callers each commit would otherwise have only half: they would take turns.
type company struct {
	expected int
	alone    int // commits for which nobody is waited for, as somebody stayed away
	misses   int // in a row, up to 6
}

// bytesPerSecond is about what a fast disk takes in.
const bytesPerSecond = 1 << 30

// expect is told of each commit how long it took, and how many calls came in the
// meantime. If it mostly took so long for what it wrote, the callers had better
// prepare the next one in two halves.
func (c *company) expect(last *batch, took time.Duration, waiting int) {
	c.expected = len(last.calls) + waiting
	writing := time.Duration(last.bytes) * time.Second / bytesPerSecond
	if c.expected < 2 || writing > took/2 {
		c.expected = 0
	}
	if c.alone > 0 {
		c.alone--
		c.expected = 0
	}
}

// came notes whether those who were waited for did come.
func (c *company) came(all bool) {
	if all {
		c.misses = 0
		return
	}
	c.misses = min(c.misses+1, 6)
	c.alone = 1 << c.misses
}

// gather waits a moment for so many callers, and reports whether they came.
func (w *writer) gather(callers int, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	enough := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wanted = callers
		return w.closing || len(w.batches) > 1 || len(w.batches[0].calls) >= callers
	}
	// The callers are about to run: giving way to them is faster than a timer.
	for range 32 {
		if enough() {
			return true
		}
		if !time.Now().Before(deadline) {
			return false
		}
		runtime.Gosched()
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	for !enough() {
		select {
		case <-w.wake:
		case <-timer.C:
			return false
		}
	}
	return true
}
