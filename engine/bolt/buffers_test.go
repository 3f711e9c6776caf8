package bolt

import (
	"runtime"
	"testing"
)

// TestBuffersOutliveCollections: a buffer comes back however often garbage was
// collected meanwhile, until for a whole second nobody needed it.
func TestBuffersOutliveCollections(t *testing.T) {
	var p bufferPools
	lent := p.lend(100_000)
	p.giveBack(lent)
	same := func() bool {
		b := p.lend(100_000)
		defer p.giveBack(b)
		return &b[:1][0] == &lent[:1][0]
	}
	for range 3 {
		runtime.GC()
	}
	p.trim()
	if !same() {
		t.Error("a buffer that was in use in the last second was not lent again")
	}
	p.trim()
	p.trim()
	if same() {
		t.Error("a buffer was kept that nobody needed for a second")
	}
}

// TestBuffersAreBounded: no more than so much is idle.
func TestBuffersAreBounded(t *testing.T) {
	var p bufferPools
	for range 100 {
		p.giveBack(make([]byte, 1<<20))
	}
	if n := len(p[20-minPooled].idle); n != maxIdle>>20 {
		t.Errorf("%d MiB are idle, want %d", n, maxIdle>>20)
	}
}
