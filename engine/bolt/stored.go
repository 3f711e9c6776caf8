package bolt

import (
	"encoding/binary"

	"nixie/engine"
)

// stored is what the file keeps of a queue but for its policy: its areas and
// its counts, written with every commit that touches it.
type stored struct {
	number    uint32 // never used again
	live      area
	dead      area
	createdAt int64
	paused    bool
	waiting   int64 // messages ready or in flight
	delayed   int64
	buried    int64 // dead letters
	bytes     int64 // of the bodies that wait, are delayed or in flight
	lastID    uint64
	totals    engine.Totals
}

const storedVersion = 0xD1

func (s *stored) encode() []byte {
	b := make([]byte, 0, 96)
	b = append(begin(b, storedVersion), 0)
	if s.paused {
		b[sealSize] = 1
	}
	for _, v := range []uint64{
		uint64(s.number), uint64(s.live), uint64(s.dead), uint64(s.createdAt),
		uint64(s.waiting), uint64(s.delayed), uint64(s.buried), uint64(s.bytes), s.lastID,
		uint64(s.totals.Published), uint64(s.totals.Delivered), uint64(s.totals.Acked), uint64(s.totals.Failed),
		uint64(s.totals.Dead), uint64(s.totals.Expired), uint64(s.totals.Bytes),
	} {
		b = binary.AppendUvarint(b, v)
	}
	return seal(b)
}

func decodeStored(b []byte) (stored, error) {
	r := reader{b: b}
	r.unseal(storedVersion, "queue")
	s := stored{paused: r.byte() != 0}
	s.number = uint32(r.uvarint())
	s.live = area(r.uvarint())
	s.dead = area(r.uvarint())
	s.createdAt = int64(r.uvarint())
	s.waiting = int64(r.uvarint())
	s.delayed = int64(r.uvarint())
	s.buried = int64(r.uvarint())
	s.bytes = int64(r.uvarint())
	s.lastID = r.uvarint()
	t := &s.totals
	for _, v := range []*int64{&t.Published, &t.Delivered, &t.Acked, &t.Failed, &t.Dead, &t.Expired, &t.Bytes} {
		*v = int64(r.uvarint())
	}
	return s, r.err
}
