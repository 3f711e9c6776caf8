package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

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

func appendPayload(b []byte, m *engine.Outgoing) []byte { return append(appendHead(b, m), m.Body...) }

// appendHead appends a payload but for the body, which is the rest of it.
func appendHead(b []byte, m *engine.Outgoing) []byte {
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
	return b
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
