package enginetest

import (
	"fmt"
	"time"

	"nixie/engine"
)

// past returns the history of a queue and its sum. The second under way need
// not be in it.
func (f *fixture) past(queue string, span engine.Span) (engine.Series, engine.Sample) {
	f.Helper()
	f.pass(time.Second)
	series, err := f.History(f.ctx, queue, span)
	f.do(err)
	var sum engine.Sample
	for i, s := range series.Samples {
		if i > 0 && s.Start.Sub(series.Samples[i-1].Start)%series.Step != 0 {
			f.Errorf("samples at %v and %v, but the step is %v", series.Samples[i-1].Start, s.Start, series.Step)
		}
		if i > 0 && !s.Start.After(series.Samples[i-1].Start) {
			f.Errorf("samples are not in the order of time: %v, %v", series.Samples[i-1].Start, s.Start)
		}
		sum.Add(s)
	}
	return series, sum
}

// about fails the test if a duration of a histogram is more than 15 % off.
func (f *fixture) about(what string, got, want time.Duration) {
	f.Helper()
	if d := got - want; d.Abs() > want*15/100 {
		f.Errorf("%s: %v, want about %v", what, got, want)
	}
}

// labour lets each second one message be published and acked, after waiting
// and working for so long, with a failure in between.
func (f *fixture) labour(seconds int, queue string) {
	f.Helper()
	for range seconds {
		f.publish(queue, "12345")
		f.pass(100 * time.Millisecond)
		d := f.take(queue)
		f.pass(400 * time.Millisecond)
		f.fail(d, engine.Failure{Delay: -1})
		f.ack(f.take(queue))
		f.pass(500 * time.Millisecond)
	}
}

var historyTests = []test{
	{"what happened, second by second", func(f *fixture) {
		f.create("jobs")
		f.pass(time.Second)
		from := time.Now()
		f.labour(5, "jobs")
		f.publish("jobs", "a", "b")
		f.kill("jobs")
		series, sum := f.past("jobs", engine.Span{From: from, Step: time.Second})
		equal(f, "step", series.Step, time.Second)
		if n := len(series.Samples); n < 5 || n > 8 {
			f.Fatalf("five seconds have %d samples", n)
		}
		got := []int64{sum.Published, sum.Delivered, sum.Acked, sum.Failed, sum.Dead, sum.Expired, sum.Bytes, sum.Depth}
		equal(f, "sum", got, []int64{7, 11, 5, 6, 1, 0, 27, 1})
		first := series.Samples[0]
		at(f, "first sample", first.Start, from.Truncate(time.Second))
		equal(f, "published in the first second", first.Published, 1)
		equal(f, "depth after it", first.Depth, 0)
		f.about("longest work", sum.Work.Quantile(1), 400*time.Millisecond)
		f.about("longest wait", sum.Wait.Quantile(1), 100*time.Millisecond)
		equal(f, "waits", sum.Wait.Total(), 11)
	}},
	{"what expired", func(f *fixture) {
		f.create("jobs", withTTL)
		from := time.Now()
		f.publish("jobs", "a", "b")
		f.pass(testTTL + time.Second)
		_, sum := f.past("jobs", engine.Span{From: from})
		equal(f, "expired", sum.Expired, 2)
		equal(f, "dead", sum.Dead, 2)
		equal(f, "depth", sum.Depth, 0)
	}},
	{"coarser, the further back", func(f *fixture) {
		f.create("jobs")
		from := time.Now()
		f.labour(30, "jobs")
		for _, c := range []struct{ after, step time.Duration }{
			{10 * time.Minute, time.Second},
			{5 * time.Hour, 10 * time.Second},
			{7 * time.Hour, time.Minute},
		} {
			f.pass(c.after - time.Since(from))
			series, sum := f.past("jobs", engine.Span{From: from, Step: time.Second})
			equal(f, fmt.Sprint("step after ", c.after), series.Step, c.step)
			equal(f, fmt.Sprint("published, after ", c.after), sum.Published, 30)
			equal(f, fmt.Sprint("acked, after ", c.after), sum.Acked, 30)
		}
	}},
	{"as coarse as asked for", func(f *fixture) {
		f.create("jobs")
		from := time.Now()
		f.labour(20, "jobs")
		for ask, want := range map[time.Duration]time.Duration{
			0: time.Second, 2 * time.Second: time.Second, 10 * time.Second: 10 * time.Second,
			59 * time.Second: 10 * time.Second, time.Minute: time.Minute, time.Hour: time.Minute,
		} {
			series, sum := f.past("jobs", engine.Span{From: from, Step: ask})
			equal(f, fmt.Sprint("step for ", ask), series.Step, want)
			equal(f, fmt.Sprint("published, by ", ask), sum.Published, 20)
		}
	}},
	{"a span of it", func(f *fixture) {
		f.create("jobs")
		f.pass(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
		start := time.Now()
		f.labour(40, "jobs")
		_, sum := f.past("jobs", engine.Span{From: start.Add(10 * time.Second), To: start.Add(20*time.Second - 1)})
		equal(f, "published", sum.Published, 10)
		_, sum = f.past("jobs", engine.Span{From: start.Add(-time.Hour), To: start.Add(-1)})
		equal(f, "published before", sum.Published, 0)
	}},
	{"of all queues together", func(f *fixture) {
		f.create("a")
		f.create("b")
		from := time.Now()
		f.labour(3, "a")
		f.labour(2, "b")
		f.publish("a", "x", "y")
		f.publish("b", "z")
		_, sum := f.past("", engine.Span{From: from})
		equal(f, "published", sum.Published, 8)
		equal(f, "acked", sum.Acked, 5)
		equal(f, "depth", sum.Depth, 3)
	}},
	{"of no queue", func(f *fixture) {
		_, err := f.History(f.ctx, "nowhere", engine.Span{})
		f.refused("history", err, engine.ErrQueueNotFound)
	}},
	{"rates over the last ten seconds", func(f *fixture) {
		f.create("jobs")
		f.labour(30, "jobs")
		rate := func(what string, got float64) {
			if got < 0.8 || got > 1.2 {
				f.Errorf("%s: %v a second, want about 1", what, got)
			}
		}
		info := f.info("jobs")
		rate("in", info.In)
		rate("out", info.Out)
		rate("failing", info.Failing)
		f.pass(12 * time.Second)
		info = f.info("jobs")
		equal(f, "rates later", []float64{info.In, info.Out, info.Failing}, []float64{0, 0, 0})
	}},
	{"it stays over a reopening", func(f *fixture) {
		f.create("jobs")
		from := time.Now()
		f.labour(5, "jobs")
		f.publish("jobs", "a")
		totals := f.info("jobs").Totals
		f.reopen()
		equal(f, "totals", f.info("jobs").Totals, totals)
		f.pass(time.Minute)
		f.labour(2, "jobs")
		_, sum := f.past("jobs", engine.Span{From: from})
		equal(f, "published", sum.Published, 8)
		equal(f, "acked", sum.Acked, 7)
	}},
}
