package bolt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// A record is one message that is kept by itself: it failed, is delayed, dead,
// was moved, or lies in the trash.
type record struct {
	id          uint64
	queue       uint32 // the number of the one that it is in, or was
	state       engine.State
	home        engine.State // in the trash: where it was
	publishedAt int64        // Unix nanoseconds, as all times here
	enteredAt   int64
	dueAt       int64
	tries       int
	requeues    int
	holds       bool // delayed for a retry: its group waits for it
	editedFrom  uint64
	death       *engine.Death
	attempts    []engine.Attempt
	payload     []byte // nil if it is in the area's large bucket
	size        int    // of the body
}

const recordVersion = 0xB1

var stateCodes = []engine.State{engine.Ready, engine.InFlight, engine.Delayed, engine.Dead}

func stateCode(s engine.State) byte { return byte(max(slices.Index(stateCodes, s), 0)) }

func (r *reader) state() engine.State {
	c := r.byte()
	if int(c) >= len(stateCodes) {
		r.fail("unknown state")
		return engine.Ready
	}
	return stateCodes[c]
}

const (
	recordHolds = 1 << iota
	recordDeath
	recordInline
)

// encode writes
//
//	version 1 │ checksum 4 │ flags 1 │ state 1 │ home 1 │ id, queue number │ published, entered, due │ tries, requeues, edited from, size
//	│ [death] │ n, n × attempt │ [payload …]
func (c *record) encode() []byte {
	var flags byte
	if c.holds {
		flags |= recordHolds
	}
	if c.death != nil {
		flags |= recordDeath
	}
	if c.payload != nil {
		flags |= recordInline
	}
	b := make([]byte, 0, 64+len(c.payload))
	b = append(begin(b, recordVersion), flags, stateCode(c.state), stateCode(c.home))
	b = binary.AppendUvarint(b, c.id)
	b = binary.AppendUvarint(b, uint64(c.queue))
	b = binary.AppendVarint(b, c.publishedAt)
	b = binary.AppendVarint(b, c.enteredAt)
	b = binary.AppendVarint(b, c.dueAt)
	b = binary.AppendUvarint(b, uint64(c.tries))
	b = binary.AppendUvarint(b, uint64(c.requeues))
	b = binary.AppendUvarint(b, c.editedFrom)
	b = binary.AppendUvarint(b, uint64(c.size))
	if d := c.death; d != nil {
		b = appendBytes(b, d.Origin)
		b = appendBytes(b, string(d.Reason))
		b = appendBytes(b, d.Cause)
		b = binary.AppendVarint(b, d.At.UnixNano())
		b = binary.AppendUvarint(b, uint64(d.Tries))
	}
	b = binary.AppendUvarint(b, uint64(len(c.attempts)))
	for _, a := range c.attempts {
		b = appendBytes(b, a.Consumer)
		b = binary.AppendVarint(b, a.ReceivedAt.UnixNano())
		b = binary.AppendVarint(b, a.EndedAt.UnixNano())
		b = appendBytes(b, a.Reason)
	}
	return seal(append(b, c.payload...))
}

func decodeRecord(id uint64, b []byte) (*record, error) {
	r := reader{b: b}
	r.unseal(recordVersion, "record")
	flags := r.byte()
	c := &record{id: id, state: r.state(), home: r.state(), holds: flags&recordHolds != 0}
	if own := r.uvarint(); own != id {
		r.fail(fmt.Sprintf("it says that it is %d", own))
	}
	c.queue = uint32(r.uvarint())
	c.publishedAt = r.varint()
	c.enteredAt = r.varint()
	c.dueAt = r.varint()
	c.tries = int(r.uvarint())
	c.requeues = int(r.uvarint())
	c.editedFrom = r.uvarint()
	c.size = int(r.uvarint())
	if flags&recordDeath != 0 {
		c.death = &engine.Death{
			Origin: r.string(), Reason: engine.DeathReason(r.string()), Cause: r.string(),
			At: time.Unix(0, r.varint()), Tries: int(r.uvarint()),
		}
	}
	for range r.count(4) {
		c.attempts = append(c.attempts, engine.Attempt{
			Consumer: r.string(), ReceivedAt: time.Unix(0, r.varint()),
			EndedAt: time.Unix(0, r.varint()), Reason: r.string(),
		})
	}
	if flags&recordInline != 0 {
		c.payload = r.b
	}
	if r.err != nil {
		return nil, r.err
	}
	return c, nil
}

// data is the payload of a record of the area, wherever it stands: a part of the
// page; nil if it is missing.
func (c *record) data(btx *bbolt.Tx, a area) []byte {
	if c.payload != nil {
		return c.payload
	}
	return getValue(btx.Bucket(a.bucket(kindLarge)), key64(c.id))
}

// maxAttempts is how many failed attempts a message keeps: beyond it, the
// first one and the newest.
const maxAttempts = 64

func (c *record) failed(a engine.Attempt) {
	c.attempts = append(c.attempts, a)
	if n := len(c.attempts); n > maxAttempts {
		c.attempts = slices.Delete(c.attempts, 1, 1+n-maxAttempts)
	}
}

// readRecord returns a record, or nil if there is none. Its payload is part of
// the page.
func readRecord(records *bbolt.Bucket, id uint64) (*record, error) {
	if records == nil {
		return nil, nil
	}
	v := records.Get(key64(id))
	if v == nil {
		return nil, nil
	}
	rec, err := decodeRecord(id, v)
	if err != nil {
		return nil, damage("record %d: %v", id, err)
	}
	return rec, nil
}
