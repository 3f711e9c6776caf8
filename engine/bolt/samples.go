package bolt

import (
	"encoding/binary"
	"time"

	"nixie/engine"
)

const samplesVersion = 0xE1

// encodeSamples writes: version 1 │ n │ n × (start, counts, two histograms).
func encodeSamples(samples []engine.Sample) []byte {
	b := binary.AppendUvarint([]byte{samplesVersion}, uint64(len(samples)))
	for _, s := range samples {
		b = binary.AppendVarint(b, s.Start.Unix())
		for _, v := range []int64{s.Published, s.Delivered, s.Acked, s.Failed, s.Dead, s.Expired, s.Bytes, s.Depth} {
			b = binary.AppendUvarint(b, uint64(v))
		}
		for _, h := range []engine.Histogram{s.Wait, s.Work} {
			b = appendHistogram(b, h)
		}
	}
	return b
}

// appendHistogram writes only the buckets that count something.
func appendHistogram(b []byte, h engine.Histogram) []byte {
	n := 0
	for _, c := range h.Counts {
		if c > 0 {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	last := 0
	for i, c := range h.Counts {
		if c > 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, uint64(c))
			last = i
		}
	}
	return b
}

func decodeSamples(v []byte) ([]engine.Sample, error) {
	if v == nil {
		return nil, nil
	}
	r := reader{b: v}
	r.version(samplesVersion, "sample")
	samples := make([]engine.Sample, r.count(11))
	for i := range samples {
		s := &samples[i]
		s.Start = time.Unix(r.varint(), 0)
		for _, p := range []*int64{&s.Published, &s.Delivered, &s.Acked, &s.Failed, &s.Dead, &s.Expired, &s.Bytes, &s.Depth} {
			*p = int64(r.uvarint())
		}
		s.Wait, s.Work = r.histogram(), r.histogram()
	}
	if r.err != nil {
		return nil, r.err
	}
	return samples, nil
}

func (r *reader) histogram() (h engine.Histogram) {
	at := uint64(0)
	for range r.count(2) {
		at += r.uvarint()
		if at > 1024 {
			r.fail("bad histogram")
			return h
		}
		for uint64(len(h.Counts)) <= at {
			h.Counts = append(h.Counts, 0)
		}
		h.Counts[at] = uint32(r.uvarint())
	}
	return h
}
