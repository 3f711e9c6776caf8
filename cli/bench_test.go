package cli

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLatencies: a quantile is within 4 % of the true one.
func TestLatencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 200).Draw(t, "durations")
		q := rapid.Float64Range(0, 0.999).Draw(t, "quantile")
		var l latencies
		for _, v := range values {
			l.observe(time.Duration(v))
		}
		slices.Sort(values)
		want := float64(values[int64(q*float64(len(values)))])
		got := float64(l.quantile(q))
		if math.Abs(got-want) > 0.04*want {
			t.Fatalf("the %g quantile is %g, not %g", q, got, want)
		}
	})
}

func TestBenchRefuses(t *testing.T) {
	good := benchCommand{Size: 8, Clients: 1, Batch: 1, Seconds: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*benchCommand){
		"size":    func(b *benchCommand) { b.Size = 7 },
		"clients": func(b *benchCommand) { b.Clients = 0 },
		"batch":   func(b *benchCommand) { b.Batch = 1001 },
		"seconds": func(b *benchCommand) { b.Seconds = 0 },
		"rate":    func(b *benchCommand) { b.Rate = -1 },
	} {
		b := good
		change(&b)
		if b.Validate() == nil {
			t.Errorf("a bad %s is accepted", name)
		}
	}
}
