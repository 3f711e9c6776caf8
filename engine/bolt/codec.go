package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"nixie/engine"
)

// Recipe for changing a record: give it a new version byte, keep decoding the
// old one, add a fixture of it to testdata, and raise formatVersion only if an
// older nixie must not open the file.

// errCodec is the root of every decoding error; it never reaches a caller bare.
var errCodec = errors.New("bad encoding")

// reader takes values off the front of b. After an error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", errCodec, what)
	}
	r.b = nil
}

func (r *reader) byte() byte {
	if len(r.b) < 1 {
		r.fail("cut short")
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("bad number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("bad number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes returns a part of the input, not a copy.
func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail("bad length")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) string() string { return string(r.bytes()) }

// count reads the number of things that follow, each at least size bytes long.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail("bad count")
		return 0
	}
	return int(n)
}

func (r *reader) version(want byte, what string) {
	if v := r.byte(); r.err == nil && v != want {
		r.fail(fmt.Sprintf("version %d of a %s is unknown", v, what))
	}
}

// Each value begins with its version and a checksum (CRC-32C) of what follows,
// so that check finds a bit that flipped.
const sealSize = 1 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// begin writes the version, and leaves room for the checksum.
func begin(b []byte, version byte) []byte { return append(b, version, 0, 0, 0, 0) }

// seal fills the checksum in.
func seal(b []byte) []byte {
	binary.BigEndian.PutUint32(b[1:], crc32.Checksum(b[sealSize:], castagnoli))
	return b
}

// intact reports that the checksum of a value is right.
func intact(b []byte) bool {
	return len(b) >= sealSize && binary.BigEndian.Uint32(b[1:]) == crc32.Checksum(b[sealSize:], castagnoli)
}

// unseal reads version and checksum.
func (r *reader) unseal(version byte, what string) {
	ok := intact(r.b)
	r.version(version, what)
	if r.err == nil && !ok {
		r.fail("the checksum is wrong")
	}
	if r.err == nil {
		r.b = r.b[sealSize-1:]
	}
}

func appendBytes[T []byte | string](b []byte, v T) []byte {
	b = binary.AppendUvarint(b, uint64(len(v)))
	return append(b, v...)
}

// A payload is what the producer gave, encoded by the publishing goroutine
// and copied unchanged from then on:
//
//	flags 1 │ [group] │ [deduplication id] │ [n, n × (key, value)] │ body …
type payload struct {
	group   string
	dedup   string
	headers engine.Headers
	body    []byte // a part of the input
}

const (
	flagGroup = 1 << iota
	flagDedup
	flagHeaders
)

func appendPayload(b []byte, m *engine.Outgoing) []byte {
	var flags byte
	if m.Group != "" {
		flags |= flagGroup
	}
	if m.DedupID != "" {
		flags |= flagDedup
	}
	if len(m.Headers) > 0 {
		flags |= flagHeaders
	}
	b = append(b, flags)
	if m.Group != "" {
		b = appendBytes(b, m.Group)
	}
	if m.DedupID != "" {
		b = appendBytes(b, m.DedupID)
	}
	if n := len(m.Headers); n > 0 {
		keys := make([]string, 0, n)
		for k := range m.Headers {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		b = binary.AppendUvarint(b, uint64(n))
		for _, k := range keys {
			b = appendBytes(b, k)
			b = appendBytes(b, m.Headers[k])
		}
	}
	return append(b, m.Body...)
}

func decodePayload(b []byte) (payload, error) {
	r := reader{b: b}
	var p payload
	flags := r.byte()
	if flags&flagGroup != 0 {
		p.group = r.string()
	}
	if flags&flagDedup != 0 {
		p.dedup = r.string()
	}
	if flags&flagHeaders != 0 {
		n := r.count(2)
		p.headers = make(engine.Headers, n)
		for range n {
			k := r.string()
			p.headers[k] = r.string()
		}
	}
	p.body = r.b
	return p, r.err
}

// payloadHead reads what the engine itself needs of a payload: its group and
// the size of its body, without making the headers.
func payloadHead(b []byte) (group []byte, size int, err error) {
	r := reader{b: b}
	flags := r.byte()
	if flags&flagGroup != 0 {
		group = r.bytes()
	}
	if flags&flagDedup != 0 {
		r.bytes()
	}
	if flags&flagHeaders != 0 {
		for range 2 * r.count(2) {
			r.bytes()
		}
	}
	return group, len(r.b), r.err
}

// A run is what one commit published to one queue, or a part of it:
//
//	version 1 │ checksum 4 │ time 8 │ queue number 4 │ count │ count × (id − id before, payload)
//
// Its key is the id of its first message, which stands in it, too: what can
// only be found by going over the pages can still be told where it belongs. A
// run is written once and never changed; which of its messages are settled is
// in its marks.
const (
	runVersion = 0xA1
	runHeader  = sealSize + 8 + 4

	// A run is cut at these, so that finding one message in it stays cheap.
	maxRunMessages = 1024
	maxRunBytes    = 1 << 20
)

// runBuilder collects the messages of a run, to be copied once.
type runBuilder struct {
	messages []runMessage
	bytes    int // of payloads
}

type runMessage struct {
	id      uint64
	payload []byte
}

func (b *runBuilder) full() bool {
	return len(b.messages) >= maxRunMessages || b.bytes >= maxRunBytes
}

func (b *runBuilder) add(id uint64, payload []byte) {
	b.messages = append(b.messages, runMessage{id, payload})
	b.bytes += len(payload)
}

func (b *runBuilder) reset() {
	clear(b.messages)
	b.messages, b.bytes = b.messages[:0], 0
}

func (b *runBuilder) first() uint64 { return b.messages[0].id }
func (b *runBuilder) last() uint64  { return b.messages[len(b.messages)-1].id }

func (b *runBuilder) encode(at int64, queue uint32) []byte {
	// An id mostly takes one byte, a length two or three.
	v := make([]byte, 0, runHeader+binary.MaxVarintLen32+b.bytes+6*len(b.messages))
	v = begin(v, runVersion)
	v = binary.BigEndian.AppendUint64(v, uint64(at))
	v = binary.BigEndian.AppendUint32(v, queue)
	v = binary.AppendUvarint(v, uint64(len(b.messages)))
	before := uint64(0)
	for _, m := range b.messages {
		v = binary.AppendUvarint(v, m.id-before)
		v = appendBytes(v, m.payload)
		before = m.id
	}
	return seal(v)
}

// runReader walks over the messages of a run.
type runReader struct {
	r     reader
	at    int64 // when it was published, Unix nanoseconds
	queue uint32
	count int
	index int    // of the message that next returned last; −1 before
	id    uint64 // its id
}

// readRun does not verify the checksum, which would cost as much as the whole
// run for one message: who reads all of it does.
func readRun(first uint64, data []byte) (runReader, error) {
	r := reader{b: data}
	r.version(runVersion, "run")
	if len(r.b) < runHeader-1 {
		r.fail("cut short")
		return runReader{}, r.err
	}
	r.b = r.b[sealSize-1:]
	at, queue := int64(binary.BigEndian.Uint64(r.b)), binary.BigEndian.Uint32(r.b[8:])
	r.b = r.b[runHeader-sealSize:]
	n := r.count(2)
	if id, _ := binary.Uvarint(r.b); id != first {
		r.fail(fmt.Sprintf("it begins with message %d", id))
	}
	return runReader{r: r, at: at, queue: queue, count: n, index: -1}, r.err
}

// next returns the payload of the next message, or nil at the end or at an
// error, which is then in r.err.
func (r *runReader) next() []byte {
	if r.index+1 >= r.count || r.r.err != nil {
		return nil
	}
	delta := r.r.uvarint()
	p := r.r.bytes()
	if r.r.err != nil {
		return nil
	}
	r.index++
	r.id += delta
	return p
}

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

// maxAttempts is how many failed attempts a message keeps: beyond it, the
// first one and the newest.
const maxAttempts = 64

func (c *record) failed(a engine.Attempt) {
	c.attempts = append(c.attempts, a)
	if n := len(c.attempts); n > maxAttempts {
		c.attempts = slices.Delete(c.attempts, 1, 1+n-maxAttempts)
	}
}

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
