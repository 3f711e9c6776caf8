package bolt

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// History implements engine.Inspector.
func (e *Engine) History(ctx context.Context, name string, span engine.Span) (engine.Series, error) {
	if err := ctx.Err(); err != nil {
		return engine.Series{}, err
	}
	var number uint32
	if name != "" {
		q, err := e.open(name)
		if err != nil {
			return engine.Series{}, &engine.Error{Op: "history of", Queue: name, Err: err}
		}
		number = q.number
	} else if e.isClosed() {
		return engine.Series{}, engine.ErrClosed
	}
	now := time.Now()
	if span.To.IsZero() || span.To.After(now) {
		span.To = now
	}
	index := 0
	for index+1 < len(levels) && (span.Step >= levels[index+1].step || span.From.Before(now.Add(-levels[index].keep))) {
		index++
	}
	l := levels[index]
	span.From = maxTime(span.From, now.Add(-l.keep)).Truncate(l.step)
	var samples map[int64]engine.Sample
	var open []uptime
	var depth int64
	err := e.view(func(btx *bbolt.Tx) error {
		open = e.uptimes(btx, now)
		depth = e.depthBefore(btx, number, byte(index), span.From)
		var err error
		samples, err = e.samples(ctx, btx, number, byte(index), span)
		return err
	})
	if err != nil {
		return engine.Series{}, err
	}
	return fill(l.step, span, depth, samples, open), nil
}

// depthBefore is the depth that the queue had when the span began: that of the
// last sample before it.
func (e *Engine) depthBefore(btx *bbolt.Tx, number uint32, index byte, from time.Time) int64 {
	c := btx.Bucket(bucketHistory).Cursor()
	k, _ := c.Seek(historyKey(number, index, from.Truncate(levels[index].bucket)))
	var v []byte
	if k == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	if !bytes.HasPrefix(k, append(key32(number), index)) {
		return 0
	}
	samples, err := decodeSamples(v)
	if err != nil || len(samples) == 0 {
		return 0
	}
	return samples[len(samples)-1].Depth
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// samples reads those of a queue from the file, and adds the fresh ones.
func (e *Engine) samples(ctx context.Context, btx *bbolt.Tx, number uint32, index byte, span engine.Span) (map[int64]engine.Sample, error) {
	l := levels[index]
	out := map[int64]engine.Sample{}
	limit := historyKey(number, index, span.To.Add(l.bucket))
	c := btx.Bucket(bucketHistory).Cursor()
	for k, v := c.Seek(historyKey(number, index, span.From.Truncate(l.bucket))); k != nil && bytes.Compare(k, limit) < 0; k, v = c.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		samples, err := decodeSamples(v)
		if err != nil {
			return nil, damage("history %x: %v", k, err)
		}
		for _, s := range samples {
			out[s.Start.Unix()] = s
		}
	}
	e.recorder.mu.Lock()
	defer e.recorder.mu.Unlock()
	for _, s := range e.recorder.fresh[number] {
		s.Start = s.Start.Truncate(l.step)
		sum := engine.Sample{Start: s.Start}
		if known, ok := out[s.Start.Unix()]; ok {
			sum.Add(known)
		}
		sum.Add(s)
		out[s.Start.Unix()] = sum
	}
	return out, nil
}

// fill makes a series with a sample for each step in which the engine was
// open.
func fill(step time.Duration, span engine.Span, depth int64, samples map[int64]engine.Sample, open []uptime) engine.Series {
	series := engine.Series{Step: step}
	for at := span.From; at.Before(span.To); at = at.Add(step) {
		s, ok := samples[at.Unix()]
		if !ok {
			from, to := at.Unix(), at.Add(step).Unix()
			if !slices.ContainsFunc(open, func(u uptime) bool { return u.from < to && from < u.to }) {
				continue
			}
			s.Depth = depth
		}
		s.Start = at
		depth = s.Depth
		series.Samples = append(series.Samples, s)
	}
	return series
}
