package views

import (
	"context"
	"time"

	"nixie/engine"
	"nixie/views/widget"
)

// activityData is the history of the queues that are shown, ready to draw.
type activityData struct {
	from, to time.Time
	queues   []queueHistory // one, of all queues together, or one for each
}

// queueHistory are values in equal steps over the whole window, with gaps where
// the engine was not open.
type queueHistory struct {
	name  string
	rates [][]float64 // of activityRates, a second
	depth []float64
	waits [3][]float64 // p50, p95, p99 of the time in queue, in seconds
}

// activityRates are what is counted a second.
var activityRates = []struct {
	name  string
	value func(engine.Sample) int64
}{
	{"published", func(s engine.Sample) int64 { return s.Published }},
	{"delivered", func(s engine.Sample) int64 { return s.Delivered }},
	{"acked", func(s engine.Sample) int64 { return s.Acked }},
	{"failed", func(s engine.Sample) int64 { return s.Failed }},
	{"dead", func(s engine.Sample) int64 { return s.Dead }},
}

// waitSteps bounds the steps for which quantiles are computed: of a histogram
// of few messages they say nothing.
const waitSteps = 240

// reader returns what reads the history of the queues and the window of now.
func (v *Activity) reader() func(context.Context) (activityData, error) {
	e, clock, window := v.env.Engine, v.env.Now, activityWindows[v.window]
	queues := v.queues
	if len(queues) == 0 {
		queues = []string{""}
	}
	return func(ctx context.Context) (activityData, error) {
		// The step that is under way would look like a fall.
		to := clock().Add(-settling).Truncate(window.step)
		d := activityData{from: to.Add(-window.span), to: to}
		kept := d.from
		if window.span > time.Minute {
			// It is as long as its steps are kept: the very beginning is about to
			// be dropped, and asking for it would give coarser steps.
			kept = kept.Add(3 * window.step)
		}
		for _, name := range queues {
			series, err := e.History(ctx, name, engine.Span{From: kept, To: to, Step: window.step})
			if err != nil {
				return d, err
			}
			d.queues = append(d.queues, newQueueHistory(name, series, d.from, to))
		}
		return d, nil
	}
}

// newQueueHistory lays samples out in equal steps.
func newQueueHistory(name string, series engine.Series, from, to time.Time) queueHistory {
	step := max(series.Step, time.Second)
	n := int(to.Sub(from) / step)
	h := queueHistory{name: name, depth: gaps(n)}
	for range activityRates {
		h.rates = append(h.rates, gaps(n))
	}
	groups := min(n, waitSteps)
	waits := make([]engine.Histogram, groups)
	for _, s := range series.Samples {
		i := int(s.Start.Sub(from) / step)
		if s.Start.Before(from) || i >= n {
			continue
		}
		for k, rate := range activityRates {
			h.rates[k][i] = float64(rate.value(s)) / step.Seconds()
		}
		h.depth[i] = float64(s.Depth)
		waits[i*groups/n].Merge(s.Wait)
	}
	for k, q := range []float64{.5, .95, .99} {
		h.waits[k] = gaps(groups)
		for i := range waits {
			if waits[i].Total() > 0 {
				h.waits[k][i] = waits[i].Quantile(q).Seconds()
			}
		}
	}
	return h
}

func gaps(n int) []float64 {
	values := make([]float64, max(n, 0))
	for i := range values {
		values[i] = widget.Gap
	}
	return values
}
