package enginetest

import (
	"context"
	"time"

	"nixie/engine"
)

// resolutions are the steps of the history, and for how long each is kept.
var resolutions = []struct{ step, kept time.Duration }{
	{time.Second, 15 * time.Minute},
	{10 * time.Second, 6 * time.Hour},
	{time.Minute, 7 * 24 * time.Hour},
}

// rateSpan is over how many seconds the rates of a queue are taken.
const rateSpan = 10

// sample returns that of the second of the event under way.
func (s *state) sample(q *queue) *engine.Sample {
	second := s.now.Unix()
	if q.samples[second] == nil {
		q.samples[second] = &engine.Sample{Start: time.Unix(second, 0)}
	}
	return q.samples[second]
}

func (s *state) rates(q *queue) (in, out, failing float64) {
	for second := s.now.Unix() - rateSpan + 1; second <= s.now.Unix(); second++ {
		if sample := q.samples[second]; sample != nil {
			in += float64(sample.Published)
			out += float64(sample.Acked)
			failing += float64(sample.Failed)
		}
	}
	return in / rateSpan, out / rateSpan, failing / rateSpan
}

// History adds up the seconds of one queue, or of all, but for the one under
// way.
func (m *Model) History(ctx context.Context, name string, span engine.Span) (engine.Series, error) {
	if err := m.begin(ctx); err != nil {
		return engine.Series{}, &engine.Error{Op: "history", Queue: name, Err: err}
	}
	defer m.end()
	s := m.state
	queues := s.queues
	if name != "" {
		q, err := s.find("history", name)
		if err != nil {
			return engine.Series{}, err
		}
		queues = map[string]*queue{name: q}
	}
	to := span.To
	if to.IsZero() || to.After(s.now) {
		to = s.now
	}
	step := s.step(span)
	series := engine.Series{Step: step}
	from := span.From
	if from.Before(s.openedAt) {
		from = s.openedAt
	}
	width := int64(step / time.Second)
	for at := from.Unix() / width * width; at < min(to.Unix()+1, s.now.Unix()); at += width {
		series.Samples = append(series.Samples, sum(queues, at, min(at+width, s.now.Unix())))
	}
	return series, nil
}

// step chooses the coarsest resolution that is not coarser than asked for, or
// a coarser one that reaches back so far.
func (s *state) step(span engine.Span) time.Duration {
	step := resolutions[0].step
	for i, r := range resolutions[1:] {
		if r.step <= span.Step || s.now.Sub(span.From) > resolutions[i].kept {
			step = r.step
		}
	}
	return step
}

// sum adds up what happened in all the queues from one second to another.
func sum(queues map[string]*queue, from, to int64) engine.Sample {
	total := engine.Sample{Start: time.Unix(from, 0)}
	for _, q := range queues {
		for second := from; second < to; second++ {
			if sample := q.samples[second]; sample != nil {
				one := *sample
				one.Start = time.Time{} // depths are added up below
				total.Add(one)
			}
		}
		total.Depth += q.depthAt(to - 1)
	}
	return total
}

// depthAt returns the depth at the end of a second.
func (q *queue) depthAt(second int64) (depth int64) {
	var latest int64
	for at, sample := range q.samples {
		if at <= second && at >= latest {
			latest, depth = at, sample.Depth
		}
	}
	return depth
}
