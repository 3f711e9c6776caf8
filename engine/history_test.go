package engine

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// durations are spread evenly over the orders of magnitude that a histogram
// holds.
func durations() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(r *rapid.T) time.Duration {
		exp := rapid.Float64Range(0, 39.9).Draw(r, "log2 µs")
		return time.Duration(math.Exp2(exp)) * time.Microsecond
	})
}

// TestQuantileIsNear: a quantile is within 13 % (half a bucket at its widest),
// or a microsecond, of a duration that was counted at that rank.
func TestQuantileIsNear(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		all := rapid.SliceOfN(durations(), 1, 200).Draw(r, "durations")
		q := rapid.Float64Range(0, 1).Draw(r, "q")
		var h Histogram
		for _, d := range all {
			h.Observe(d)
		}
		slices.Sort(all)
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		got := h.Quantile(q)
		if off := (got - want).Abs(); off > want*13/100+time.Microsecond {
			r.Fatalf("quantile %v of %d durations: %v, want %v", q, len(all), got, want)
		}
	})
}

func TestQuantilesAscend(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var h Histogram
		for _, d := range rapid.SliceOf(durations()).Draw(r, "durations") {
			h.Observe(d)
		}
		last := time.Duration(0)
		for q := 0.0; q <= 1; q += 0.05 {
			if got := h.Quantile(q); got < last {
				r.Fatalf("quantile %v is %v, less than the one before, %v", q, got, last)
			} else {
				last = got
			}
		}
	})
}

// TestMergeIsObserve: merged histograms are that of all durations.
func TestMergeIsObserve(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var both Histogram
		parts := make([]Histogram, 2)
		for i := range parts {
			for _, d := range rapid.SliceOf(durations()).Draw(r, "durations") {
				n := rapid.Uint32Range(1, 5).Draw(r, "n")
				parts[i].ObserveN(d, n)
				both.ObserveN(d, n)
			}
		}
		total := parts[0].Total() + parts[1].Total()
		second := slices.Clone(parts[1].Counts)
		parts[0].Merge(parts[1])
		if parts[0].Total() != total || !slices.Equal(parts[1].Counts, second) {
			r.Fatal("a merge changes the total, or what it adds")
		}
		if !slices.Equal(trimmed(parts[0]), trimmed(both)) {
			r.Fatalf("merged %v, together %v", parts[0].Counts, both.Counts)
		}
	})
}

func trimmed(h Histogram) []uint32 {
	c := h.Counts
	for len(c) > 0 && c[len(c)-1] == 0 {
		c = c[:len(c)-1]
	}
	return c
}

func TestHistogramEnds(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.5); got != 0 || h.Total() != 0 {
		t.Errorf("an empty histogram has the median %v of %d", got, h.Total())
	}
	for _, d := range []time.Duration{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		h.Observe(d)
	}
	if h.Total() != 5 || len(h.Counts) > histogramBuckets {
		t.Errorf("%d counted in %d buckets", h.Total(), len(h.Counts))
	}
	if got := h.Quantile(0); got != 0 {
		t.Errorf("the least is %v", got)
	}
	if got := h.Quantile(1); got < 7*24*time.Hour {
		t.Errorf("the most is %v", got)
	}
}

// TestBucketsAreInOrder: buckets have no gap and no overlap.
func TestBucketsAreInOrder(t *testing.T) {
	for b := range histogramBuckets {
		if got := bucketOf(bucketMiddle(b)); got != b {
			t.Errorf("the middle of bucket %d, %v, is in bucket %d", b, bucketMiddle(b), got)
		}
		if b > 0 && bucketMiddle(b) <= bucketMiddle(b-1) {
			t.Errorf("bucket %d is not above the one before", b)
		}
	}
}

func TestSamplesAddUp(t *testing.T) {
	at := time.Unix(100, 0)
	early := Sample{Start: at, Published: 1, Delivered: 2, Acked: 3, Failed: 4, Dead: 5, Expired: 6, Bytes: 7, Depth: 8}
	late := early
	late.Start, late.Depth = at.Add(time.Second), 80
	late.Wait.Observe(time.Second)
	for _, order := range [][2]Sample{{early, late}, {late, early}} {
		sum := Sample{Start: order[0].Start, Depth: order[0].Depth}
		sum.Add(order[0])
		sum.Add(order[1])
		if sum.Published != 2 || sum.Delivered != 4 || sum.Acked != 6 || sum.Failed != 8 || sum.Dead != 10 ||
			sum.Expired != 12 || sum.Bytes != 14 || sum.Wait.Total() != 1 {
			t.Errorf("the sum is %+v", sum)
		}
	}
	early.Add(late)
	if early.Depth != 80 {
		t.Errorf("the depth is %d, not that of the later one", early.Depth)
	}
}
