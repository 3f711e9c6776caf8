package bolt

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestReturnedIsBounded has very many records come back, in any order, and then
// the rest of them from the file.
func TestReturnedIsBounded(t *testing.T) {
	const n = 10 * maxReturned
	for name, next := range map[string]func(i int) uint64{
		"oldest first": func(i int) uint64 { return uint64(1 + i) },
		"newest first": func(i int) uint64 { return uint64(n - i) },
		"mixed":        func(i int) uint64 { return uint64(1 + (i*7919)%n) }, // a prime
	} {
		t.Run(name, func(t *testing.T) {
			r := newReturned()
			for i := range n {
				r.push(&spot{id: next(i)})
				if i%3 == 0 {
					r.push(&spot{id: next(i)}) // once more
				}
				if len(r.spots) > maxReturned {
					t.Fatalf("%d records are in memory", len(r.spots))
				}
			}
			for id := uint64(1); id <= n; id++ {
				if r.first() == nil { // the next ones are in the file
					from := r.bound
					r.bound = from + loadRecords
					for i := from; i < r.bound && i <= n; i++ {
						r.push(&spot{id: i})
					}
				}
				if got := r.pop().id; got != id {
					t.Fatalf("the next one is %d, not %d", got, id)
				}
			}
		})
	}
}

// TestReturnedKeepsTheLog: nothing else remembers messages of the log.
func TestReturnedKeepsTheLog(t *testing.T) {
	const n = 3 * maxReturned
	r, log := newReturned(), newRun(1, n)
	var want []uint64
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		s := &spot{id: uint64(1 + i), run: log, index: i}
		if i%3 == 0 {
			s.run = nil
		} else {
			want = append(want, s.id)
		}
		r.push(s)
	}
	slices.Sort(want)
	var got []uint64
	for s := r.first(); s != nil; s = r.first() {
		if r.pop(); s.run != nil {
			got = append(got, s.id)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d messages of the log are left, of %d", len(got), len(want))
	}
}
