package engine

import (
	"math/bits"
	"time"
)

// Sample is what happened in a queue, or in all, during one step of time.
type Sample struct {
	Start     time.Time
	Published int64
	Delivered int64
	Acked     int64
	Failed    int64
	Dead      int64
	Expired   int64
	Bytes     int64     // of the bodies published
	Depth     int64     // at the end of the step
	Wait      Histogram // from ready to received
	Work      Histogram // from received to settled
}

// Add puts another sample on top of s. Depth becomes that of the later one.
func (s *Sample) Add(o Sample) {
	s.Published += o.Published
	s.Delivered += o.Delivered
	s.Acked += o.Acked
	s.Failed += o.Failed
	s.Dead += o.Dead
	s.Expired += o.Expired
	s.Bytes += o.Bytes
	if !o.Start.Before(s.Start) {
		s.Depth = o.Depth
	}
	s.Wait.Merge(o.Wait)
	s.Work.Merge(o.Work)
}

// Series are samples in the order of time. A step that is missing is a gap:
// the engine was not open then.
type Series struct {
	Step    time.Duration
	Samples []Sample
}

// Span is a piece of time to read the history of, at a step that the engine
// rounds to one that it keeps: 1 s for 15 minutes, 10 s for 6 hours, 1 minute
// for 7 days.
type Span struct {
	From, To time.Time // To zero: now
	Step     time.Duration
}

// Histogram counts durations in buckets that grow by a quarter of a power of
// two, from microseconds to weeks: a quantile is exact to about 10 %. The zero
// value is ready to use.
type Histogram struct {
	Counts []uint32 // by bucket; short or nil where the rest is zero
}

// histogramBuckets: four for each power of two of microseconds, up to 2^40 µs
// (12 days).
const histogramBuckets = 4 * 41

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 4 {
		return int(us)
	}
	exp := bits.Len64(us) - 1 // ≥ 2
	b := 4*(exp-1) + int(us>>(exp-2))&3
	return min(b, histogramBuckets-1)
}

// bucketMiddle is the duration that stands for a bucket.
func bucketMiddle(b int) time.Duration {
	if b < 4 {
		return time.Duration(b) * time.Microsecond
	}
	exp := b/4 + 1
	low := uint64(4+b%4) << (exp - 2)
	return time.Duration(low+uint64(1)<<(exp-2)/2) * time.Microsecond
}

// Observe counts one duration.
func (h *Histogram) Observe(d time.Duration) { h.ObserveN(d, 1) }

// ObserveN counts a duration n times.
func (h *Histogram) ObserveN(d time.Duration, n uint32) {
	b := bucketOf(d)
	for len(h.Counts) <= b {
		h.Counts = append(h.Counts, make([]uint32, b+1-len(h.Counts))...)
	}
	h.Counts[b] += n
}

// Merge adds what o counted.
func (h *Histogram) Merge(o Histogram) {
	if n := len(o.Counts); n > len(h.Counts) {
		h.Counts = append(h.Counts, make([]uint32, n-len(h.Counts))...)
	}
	for i, c := range o.Counts {
		h.Counts[i] += c
	}
}

// Total is the number of durations counted.
func (h Histogram) Total() (n int64) {
	for _, c := range h.Counts {
		n += int64(c)
	}
	return n
}

// Quantile returns the duration below which the share q (0 to 1) of those
// counted lie; 0 if none was counted.
func (h Histogram) Quantile(q float64) time.Duration {
	total := h.Total()
	if total == 0 {
		return 0
	}
	rank := int64(q * float64(total))
	if rank >= total {
		rank = total - 1
	}
	for b, c := range h.Counts {
		if rank -= int64(c); rank < 0 {
			return bucketMiddle(b)
		}
	}
	return bucketMiddle(len(h.Counts) - 1)
}
