package bolt

import (
	"math/bits"
	"sync"
)

// buffers keeps the memory of runs and payloads for the next ones: they come
// and go at the speed of the disk, and would keep the garbage collector busier
// than all else. It is no sync.Pool, as collections empty that: with as little
// memory as a queue needs there are a hundred a second, and between the load of
// a run and its last delivery there is more than one.
var buffers bufferPools

const (
	minPooled = 10                  // 1 KiB; smaller is not worth it
	maxPooled = 21                  // 2 MiB; larger is rare
	maxIdle   = 2 * maxPendingBytes // of one size, in bytes: most are not quite full
)

// bufferPools has one pool for each size, which is a power of two.
type bufferPools [maxPooled - minPooled + 1]bufferPool

type bufferPool struct {
	mu    sync.Mutex
	idle  [][]byte
	spare int // the fewest that were idle since the last trim
}

// lend returns an empty buffer with room for n bytes.
func (p *bufferPools) lend(n int) []byte {
	class := max(bits.Len(uint(max(n, 1)-1)), minPooled)
	if class > maxPooled || n < 1<<(minPooled-1) {
		return make([]byte, 0, n)
	}
	if b := p[class-minPooled].take(); b != nil {
		return b[:0]
	}
	return make([]byte, 0, 1<<class)
}

// giveBack takes a buffer that nobody looks at any more. It need not come from
// lend.
func (p *bufferPools) giveBack(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if class >= minPooled && class <= maxPooled && cap(b) == 1<<class {
		p[class-minPooled].put(b, maxIdle>>class)
	}
}

// trim lets go of what nobody needed since it was called last.
func (p *bufferPools) trim() {
	for i := range p {
		p[i].trim()
	}
}

func (p *bufferPool) take() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	b := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	p.spare = min(p.spare, last)
	return b
}

func (p *bufferPool) put(b []byte, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) < limit {
		p.idle = append(p.idle, b)
	}
}

func (p *bufferPool) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := len(p.idle) - p.spare
	clear(p.idle[left:])
	p.idle = p.idle[:left]
	p.spare = left
}
