package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A run is what one commit published to one queue, or a part of it:
//
//	version 1 │ checksum 4 │ time 8 │ queue number 4 │ length of the places 4 │
//	count │ places: count × (id − id before, length) │ count × payload
//
// Its key is the id of its first message, which stands in it, too: what can
// only be found by going over the pages can still be told where it belongs. The
// places stand together, so that a message is found without touching the pages
// of those before it. A run is written once and never changed; which of its
// messages are settled is in its marks.
//
// Format 1 of the file has runs without the length of the places, in which each
// place stands before its payload.
const (
	runVersion1 = 0xA1
	runVersion  = 0xA2
	runHeader1  = sealSize + 8 + 4
	runHeader   = runHeader1 + 4

	// A run is cut at these, so that finding one message in it stays cheap; of
	// small messages it fits into a buffer of a megabyte.
	maxRunMessages = 1024
	maxRunBytes    = 15 << 16
)

// runBuilder collects the messages of a run, to be copied once.
type runBuilder struct {
	messages []runMessage
	bytes    int // of payloads
}

type runMessage struct {
	id         uint64
	head, body []byte // the payload
}

func (m *runMessage) size() int { return len(m.head) + len(m.body) }

func (b *runBuilder) full() bool {
	return len(b.messages) >= maxRunMessages || b.bytes >= maxRunBytes
}

func (b *runBuilder) add(id uint64, head, body []byte) {
	m := runMessage{id, head, body}
	b.messages = append(b.messages, m)
	b.bytes += m.size()
}

func (b *runBuilder) reset() {
	clear(b.messages)
	b.messages, b.bytes = b.messages[:0], 0
}

func (b *runBuilder) first() uint64 { return b.messages[0].id }
func (b *runBuilder) last() uint64  { return b.messages[len(b.messages)-1].id }

func (b *runBuilder) encode(at int64, queue uint32) []byte {
	// An id mostly takes one byte, a length two or three.
	v := buffers.lend(runHeader + binary.MaxVarintLen32 + b.bytes + 6*len(b.messages))
	v = begin(v, runVersion)
	v = binary.BigEndian.AppendUint64(v, uint64(at))
	v = binary.BigEndian.AppendUint32(v, queue)
	v = binary.BigEndian.AppendUint32(v, 0) // filled in below
	v = binary.AppendUvarint(v, uint64(len(b.messages)))
	places := len(v)
	before := uint64(0)
	for i := range b.messages {
		m := &b.messages[i]
		v = binary.AppendUvarint(v, m.id-before)
		v = binary.AppendUvarint(v, uint64(m.size()))
		before = m.id
	}
	binary.BigEndian.PutUint32(v[runHeader1:], uint32(len(v)-places))
	for i := range b.messages {
		v = append(v, b.messages[i].head...)
		v = append(v, b.messages[i].body...)
	}
	return seal(v)
}

// runReader walks over the messages of a run.
type runReader struct {
	r        reader // over the places
	payloads []byte // of the messages to come
	mixed    bool   // format 1: each payload stands behind its place
	at       int64  // when it was published, Unix nanoseconds
	queue    uint32
	count    int
	index    int    // of the message that next returned last; −1 before
	id       uint64 // its id
}

// readRun does not verify the checksum, which would cost as much as the whole
// run for one message: who reads all of it does.
func readRun(first uint64, data []byte) (runReader, error) {
	run := runReader{r: reader{b: data}, index: -1, mixed: len(data) > 0 && data[0] == runVersion1}
	r := &run.r
	if !run.mixed {
		r.version(runVersion, "run")
	}
	header := runHeaderOf(data)
	if r.err == nil && len(data) < header {
		r.fail("cut short")
	}
	if r.err != nil {
		return runReader{}, r.err
	}
	run.at, run.queue = int64(binary.BigEndian.Uint64(data[sealSize:])), binary.BigEndian.Uint32(data[sealSize+8:])
	r.b = data[header:]
	run.count = r.count(2)
	if id, _ := binary.Uvarint(r.b); id != first {
		r.fail(fmt.Sprintf("it begins with message %d", id))
	}
	if !run.mixed && r.err == nil {
		n := uint64(binary.BigEndian.Uint32(data[runHeader1:]))
		if n > uint64(len(r.b)) {
			r.fail("bad length of the places")
		} else {
			r.b, run.payloads = r.b[:n], r.b[n:]
		}
	}
	return run, r.err
}

// runHeaderOf is how long the header of a run is.
func runHeaderOf(data []byte) int {
	if len(data) > 0 && data[0] == runVersion1 {
		return runHeader1
	}
	return runHeader
}

// next returns the payload of the next message, or nil at the end or at an
// error, which is then in r.err.
func (r *runReader) next() []byte {
	if r.index+1 >= r.count || r.r.err != nil {
		return nil
	}
	delta := r.r.uvarint()
	n := r.r.uvarint()
	from := &r.payloads
	if r.mixed {
		from = &r.r.b
	}
	if r.r.err != nil {
		return nil
	}
	if n > uint64(len(*from)) {
		r.r.fail("bad length")
		return nil
	}
	p := (*from)[:n:n]
	*from = (*from)[n:]
	r.index++
	r.id += delta
	return p
}

// walk is how far a transaction has read a run of which it takes messages: they
// mostly are many of the same one.
type walk struct {
	r        runReader
	payloads [][]byte // parts of the page
}

// payload returns a message of a run, and when it was published; nil if it is
// not there.
func (qt *queueTx) payload(r *run, index int) (at int64, p []byte, err error) {
	w := qt.walks[r.first]
	if w == nil {
		v := getValue(qt.t.Bucket(qt.s.live.bucket(kindRuns)), key64(r.first))
		if v == nil {
			return 0, nil, nil
		}
		reader, err := readRun(r.first, v)
		if err != nil {
			return 0, nil, damage("run %d: %v", r.first, err)
		}
		if qt.walks == nil {
			qt.walks = map[uint64]*walk{}
		}
		w = &walk{r: reader}
		qt.walks[r.first] = w
	}
	for len(w.payloads) <= index {
		p := w.r.next()
		if p == nil {
			return 0, nil, w.r.r.err
		}
		w.payloads = append(w.payloads, p)
	}
	return w.r.at, w.payloads[index], nil
}

// wholeRun is readRun for all of a run: it verifies the checksum.
func wholeRun(first uint64, v []byte) (runReader, error) {
	r, err := readRun(first, v)
	if err == nil && !intact(v) {
		err = errors.New("the checksum is wrong")
	}
	if err != nil {
		return r, damage("run %d: %v", first, err)
	}
	return r, nil
}
