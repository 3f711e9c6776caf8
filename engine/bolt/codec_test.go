package bolt

import (
	"bytes"
	"encoding/binary"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

func outgoings() *rapid.Generator[engine.Outgoing] {
	return rapid.Custom(func(t *rapid.T) engine.Outgoing {
		return engine.Outgoing{
			Body:    rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
			Headers: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "headers"),
			Group:   rapid.String().Draw(t, "group"),
			DedupID: rapid.String().Draw(t, "deduplication id"),
		}
	})
}

// TestPayload: what is encoded comes out again.
func TestPayload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := outgoings().Draw(t, "message")
		b := appendPayload(nil, &m)
		if foreseen := headSize(&m) + len(m.Body); len(b) > foreseen {
			t.Fatalf("%d bytes, more than the %d that were foreseen", len(b), foreseen)
		}
		p, err := decodePayload(b)
		if err != nil {
			t.Fatal(err)
		}
		if p.group != m.Group || p.dedup != m.DedupID || !bytes.Equal(p.body, m.Body) || !maps.Equal(p.headers, m.Headers) {
			t.Fatalf("%+v became %+v", m, p)
		}
		group, size, err := payloadHead(b)
		if err != nil || string(group) != m.Group || size != len(m.Body) {
			t.Fatalf("its head is %q, %d, %v", group, size, err)
		}
	})
}

// encodeFormat1 writes a run as format 1 of the file had it.
func encodeFormat1(b *runBuilder, at int64, queue uint32) []byte {
	v := begin(nil, runVersion1)
	v = binary.BigEndian.AppendUint64(v, uint64(at))
	v = binary.BigEndian.AppendUint32(v, queue)
	v = binary.AppendUvarint(v, uint64(len(b.messages)))
	before := uint64(0)
	for _, m := range b.messages {
		v = appendBytes(binary.AppendUvarint(v, m.id-before), slices.Concat(m.head, m.body))
		before = m.id
	}
	return seal(v)
}

// TestRun: the messages of a run come out with their ids, and a bit that
// flips anywhere is noticed.
func TestRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b runBuilder
		id := rapid.Uint64Range(1, 1<<40).Draw(t, "first")
		for range rapid.IntRange(1, 20).Draw(t, "count") {
			payload := rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "payload")
			head := rapid.IntRange(1, len(payload)).Draw(t, "of it the head")
			b.add(id, payload[:head], payload[head:])
			id += rapid.Uint64Range(1, 300).Draw(t, "gap")
		}
		v := b.encode(42, 7)
		for _, v := range [][]byte{v, encodeFormat1(&b, 42, 7)} {
			r, err := wholeRun(b.first(), v)
			if err != nil || r.at != 42 || r.queue != 7 || r.count != len(b.messages) {
				t.Fatalf("%+v, %v", r, err)
			}
			for i, m := range b.messages {
				want := slices.Concat(m.head, m.body)
				if p := r.next(); !bytes.Equal(p, want) || r.id != m.id || r.index != i {
					t.Fatalf("message %d: %d %x, not %d %x", i, r.id, p, m.id, want)
				}
			}
			if r.next() != nil || r.r.err != nil {
				t.Fatal("there is more, or an error: ", r.r.err)
			}
		}
		v[rapid.IntRange(0, len(v)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := wholeRun(b.first(), v); err == nil {
			t.Fatal("a flipped bit is not noticed")
		}
	})
}

// TestRecord: the same of a record.
func TestRecord(t *testing.T) {
	times := rapid.Custom(func(t *rapid.T) time.Time { return time.Unix(0, rapid.Int64().Draw(t, "time")) })
	rapid.Check(t, func(t *rapid.T) {
		c := &record{
			id: rapid.Uint64().Draw(t, "id"), queue: rapid.Uint32().Draw(t, "queue"),
			state: rapid.SampledFrom(stateCodes).Draw(t, "state"), home: rapid.SampledFrom(stateCodes).Draw(t, "home"),
			publishedAt: rapid.Int64().Draw(t, "published"), enteredAt: rapid.Int64().Draw(t, "entered"), dueAt: rapid.Int64().Draw(t, "due"),
			tries: rapid.IntRange(0, 1e6).Draw(t, "tries"), requeues: rapid.IntRange(0, 1e6).Draw(t, "requeues"),
			holds: rapid.Bool().Draw(t, "holds"), editedFrom: rapid.Uint64().Draw(t, "edited from"), size: rapid.IntRange(0, 1e9).Draw(t, "size"),
			payload: rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "payload"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "attempts") {
			c.attempts = append(c.attempts, engine.Attempt{
				Consumer: rapid.String().Draw(t, "consumer"), Reason: rapid.String().Draw(t, "reason"),
				ReceivedAt: times.Draw(t, "received"), EndedAt: times.Draw(t, "ended"),
			})
		}
		if rapid.Bool().Draw(t, "dead") {
			c.death = &engine.Death{Origin: "jobs", Reason: engine.MaxTries, Cause: rapid.String().Draw(t, "cause"), At: times.Draw(t, "died"), Tries: 3}
		}
		v := c.encode()
		got, err := decodeRecord(c.id, v)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v became %+v, %v", c, got, err)
		}
		if _, err := decodeRecord(c.id+1, v); err == nil {
			t.Fatal("it is taken for another one")
		}
		v[rapid.IntRange(0, len(v)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := decodeRecord(c.id, v); err == nil {
			t.Fatal("a flipped bit is not noticed")
		}
	})
}

// TestManyAttempts: of very many the first and the newest are kept.
func TestManyAttempts(t *testing.T) {
	var c record
	for i := range 3 * maxAttempts {
		c.failed(engine.Attempt{EndedAt: time.Unix(int64(i), 0)})
	}
	if len(c.attempts) != maxAttempts {
		t.Fatalf("%d are kept", len(c.attempts))
	}
	if first, last := c.attempts[0].EndedAt.Unix(), c.attempts[maxAttempts-1].EndedAt.Unix(); first != 0 || last != 3*maxAttempts-1 {
		t.Errorf("kept from %d to %d", first, last)
	}
}

// TestMarks: the same of marks.
func TestMarks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRun(5, rapid.IntRange(1, maxRunMessages).Draw(t, "count"))
		for range rapid.IntRange(0, 50).Draw(t, "touched") {
			i := rapid.IntRange(0, r.count-1).Draw(t, "index")
			if rapid.Bool().Draw(t, "settled") {
				r.settle(i)
			} else {
				r.delivered.set(i)
			}
		}
		got, err := decodeMarks(5, r.encode())
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("%+v became %+v, %v", r, got, err)
		}
	})
}

func fuzzSeeds(f *testing.F) {
	m := engine.Outgoing{Body: []byte("body"), Headers: engine.Headers{"k": "v"}, Group: "g", DedupID: "d"}
	p := appendPayload(nil, &m)
	var b runBuilder
	b.add(9, p[:1], p[1:])
	b.add(12, p[:1], p[1:])
	r := newRun(9, 70)
	r.settle(3)
	c := record{id: 9, state: engine.Dead, payload: p, attempts: []engine.Attempt{{Reason: "no"}}, death: &engine.Death{Origin: "jobs"}}
	var h engine.Histogram
	h.Observe(time.Second)
	s := stored{number: 3, waiting: 5}
	for _, seed := range [][]byte{
		p, b.encode(1, 2), encodeFormat1(&b, 1, 2), r.encode(), c.encode(), s.encode(), encodeSamples([]engine.Sample{{Start: time.Unix(5, 0), Published: 3, Wait: h}}),
	} {
		f.Add(seed)
	}
}

// FuzzDecoders: no input makes a decoder panic or take much memory, with the
// right checksum or without.
func FuzzDecoders(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		decodeAll(b)
		if len(b) >= sealSize {
			decodeAll(seal(bytes.Clone(b)))
		}
	})
}

func decodeAll(b []byte) {
	_, _ = decodePayload(b)
	_, _, _ = payloadHead(b)
	_, _ = decodeRecord(9, b)
	_, _ = decodeMarks(9, b)
	_, _ = decodeStored(b)
	_, _ = decodeSamples(b)
	_, _, _ = decodeTrash(key64(9), b)
	_, _, _ = decodeTrash(b, []byte("{}"))
	if r, err := readRun(9, b); err == nil {
		for p := r.next(); p != nil; p = r.next() {
			_, _ = decodePayload(p)
		}
	}
}

// FuzzPages: no file makes salvage panic or run for ever.
func FuzzPages(f *testing.F) {
	f.Add(make([]byte, 4*guessPageSize), uint16(1))
	f.Fuzz(func(t *testing.T, b []byte, root uint16) {
		if len(b) > 1<<20 {
			return
		}
		p := &pageFile{r: bytes.NewReader(b), size: int64(len(b)), pageSize: guessPageSize}
		p.begin()
		p.tree(uint64(root), nil, 0, func(entry) {})
		p.walk(func(entry) {})
	})
}
