package bolt

import (
	"math/bits"
	"sync"
)

// buffers keeps the memory of runs and payloads for the next ones: they come
// and go at the speed of the disk, and would keep the garbage collector busier
// than all else. Each pool has one size, a power of two.
var buffers [maxPooled - minPooled + 1]sync.Pool

const (
	minPooled = 10 // 1 KiB; smaller is not worth it
	maxPooled = 21 // 2 MiB; larger is rare
)

// lend returns an empty buffer with room for n bytes.
func lend(n int) []byte {
	class := max(bits.Len(uint(max(n, 1)-1)), minPooled)
	if class > maxPooled || n < 1<<(minPooled-1) {
		return make([]byte, 0, n)
	}
	if b, _ := buffers[class-minPooled].Get().(*[]byte); b != nil {
		return (*b)[:0]
	}
	return make([]byte, 0, 1<<class)
}

// giveBack takes a buffer that nobody looks at any more. It need not come from
// lend.
func giveBack(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if class >= minPooled && class <= maxPooled && cap(b) == 1<<class {
		buffers[class-minPooled].Put(&b)
	}
}
