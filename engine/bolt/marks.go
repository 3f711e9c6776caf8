package bolt

import "encoding/binary"

// run is what memory knows of a run that is in the window, or of which some
// message was touched. Protected by its queue's lock; only the writer settles.
type run struct {
	first     uint64
	count     int
	left      int    // not settled
	settled   bitset // gone from the run: acked, or kept as a record
	delivered bitset // leased now
	taken     bitset // not for the window any more: leased, returned or parked
	dirty     bool   // in its queue's list of deliveries to be noted
	touched   bool   // in the transaction's list of marks to be written; the writer's alone
}

func newRun(first uint64, count int) *run {
	return &run{first: first, count: count, left: count, settled: newBitset(count), delivered: newBitset(count), taken: newBitset(count)}
}

func (r *run) settle(i int) {
	if !r.settled.has(i) {
		r.settled.set(i)
		r.left--
	}
}

func (r *run) unsettle(i int) {
	if r.settled.has(i) {
		r.settled.clear(i)
		r.left++
	}
}

// untouched reports that the run is as it was published.
func (r *run) untouched() bool { return r.left == r.count && r.taken.empty() }

const marksVersion = 0xC1

// encode writes: version 1 │ checksum 4 │ count │ settled, a bit each │ delivered, a bit each.
func (r *run) encode() []byte {
	b := make([]byte, 0, sealSize+4+r.count/4+2)
	b = begin(b, marksVersion)
	b = binary.AppendUvarint(b, uint64(r.count))
	b = r.settled.append(b, r.count)
	return seal(r.delivered.append(b, r.count))
}

func decodeMarks(first uint64, b []byte) (*run, error) {
	d := reader{b: b}
	d.unseal(marksVersion, "mark")
	n := d.uvarint()
	if n > maxRunMessages+1 || uint64(len(d.b)) != 2*((n+7)/8) {
		d.fail("bad length of marks")
	}
	if d.err != nil {
		return nil, d.err
	}
	r := newRun(first, int(n))
	half := len(d.b) / 2
	for i := range r.count {
		if d.b[i/8]&(1<<(i%8)) != 0 {
			r.settle(i)
		}
		if d.b[half+i/8]&(1<<(i%8)) != 0 {
			r.delivered.set(i)
		}
	}
	return r, nil
}

type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitset) clear(i int)    { b[i/64] &^= 1 << (i % 64) }

func (b bitset) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// append writes n bits as bytes, the lowest bit first.
func (b bitset) append(to []byte, n int) []byte {
	for i := range (n + 7) / 8 {
		to = append(to, byte(b[i/8]>>(8*(i%8))))
	}
	return to
}
