package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"nixie/engine"
)

// benchRun is one phase under way.
type benchRun struct {
	engine    engine.Engine
	load      benchLoad
	length    time.Duration
	start     time.Time
	slots     atomic.Int64 // of a given rate, taken so far
	published atomic.Int64
	consumed  atomic.Int64
	last      atomic.Int64 // when the last message was acked, since the start
	took      time.Duration

	mu    sync.Mutex // protects calls and err
	calls latencies
	err   error
}

func newBenchRun(e engine.Engine, load benchLoad, length time.Duration) *benchRun {
	return &benchRun{engine: e, load: load, length: length}
}

// phase runs the callers until the time is over; in recv until nothing is
// left.
func (r *benchRun) phase(ctx context.Context, phase string) error {
	ctx, cancel := context.WithTimeout(ctx, r.length)
	defer cancel()
	r.start = time.Now()
	var wg sync.WaitGroup
	for range r.load.clients {
		if phase != "recv" {
			wg.Go(func() { r.add(r.produce(ctx, phase == "pub")) })
		}
		if phase != "pub" {
			wg.Go(func() { r.add(r.consume(ctx, phase == "e2e")) })
		}
	}
	wg.Wait()
	r.took = time.Since(r.start)
	if phase == "recv" && r.last.Load() > 0 {
		r.took = time.Duration(r.last.Load())
	}
	return r.err
}

func (r *benchRun) add(l *latencies, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls.merge(l)
	if err != nil && r.err == nil && !errors.Is(err, context.DeadlineExceeded) {
		r.err = err
	}
}

// produce publishes bodies that begin with when their call began.
func (r *benchRun) produce(ctx context.Context, measure bool) (*latencies, error) {
	l := &latencies{}
	messages := make([]engine.Outgoing, r.load.batch)
	for i := range messages {
		messages[i].Body = make([]byte, r.load.size)
	}
	whole := context.WithoutCancel(ctx) // what has begun is done
	for r.pace(ctx) {
		began := time.Now()
		for i := range messages {
			binary.LittleEndian.PutUint64(messages[i].Body, uint64(began.Sub(r.start)))
		}
		if _, err := r.engine.Publish(whole, benchQueue, messages...); err != nil {
			return l, err
		}
		r.published.Add(int64(len(messages)))
		if measure {
			l.observe(time.Since(began))
		}
	}
	return l, nil
}

// pace waits for this producer's next turn, and reports whether there is one.
func (r *benchRun) pace(ctx context.Context) bool {
	if r.load.rate > 0 {
		slot := r.slots.Add(1) - 1
		at := time.Duration(float64(slot*int64(r.load.batch)) / r.load.rate * float64(time.Second))
		if wait := at - time.Since(r.start); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
	return ctx.Err() == nil
}

// consume receives and acks, until the time is over or, if nobody publishes,
// nothing is left.
func (r *benchRun) consume(ctx context.Context, goOn bool) (*latencies, error) {
	l := &latencies{}
	receipts := make([]engine.Receipt, 0, r.load.batch)
	o := engine.ReceiveOptions{Max: r.load.batch}
	if goOn {
		o.Wait = r.length
	}
	whole := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		began := time.Now()
		got, err := r.engine.Receive(ctx, benchQueue, o)
		if err != nil {
			return l, err
		}
		if len(got) == 0 && !goOn {
			return l, nil
		}
		receipts = receipts[:0]
		for i := range got {
			receipts = append(receipts, got[i].Receipt)
			if goOn {
				l.observe(time.Since(r.start) - time.Duration(binary.LittleEndian.Uint64(got[i].Body)))
			}
		}
		if err := r.engine.Ack(whole, receipts...); err != nil {
			return l, err
		}
		if !goOn {
			l.observe(time.Since(began))
		}
		r.consumed.Add(int64(len(got)))
		r.last.Store(int64(time.Since(r.start)))
	}
	return l, nil
}

func (r *benchRun) result(phase string) *benchResult {
	out := &benchResult{Phase: phase, Clients: r.load.clients, Batch: r.load.batch, Size: r.load.size, Messages: r.consumed.Load()}
	seconds := r.took.Seconds()
	if phase == "pub" {
		out.Messages = r.published.Load()
	}
	if phase == "e2e" {
		out.PublishRate = float64(r.published.Load()) / seconds
	}
	out.Rate = float64(out.Messages) / seconds
	out.P50 = float64(r.calls.quantile(0.50)) / float64(time.Microsecond)
	out.P99 = float64(r.calls.quantile(0.99)) / float64(time.Microsecond)
	return out
}

// latencies counts durations in buckets that grow by a 32nd of a power of two:
// exact to 3 %, which engine.Histogram is not.
type latencies struct {
	counts [latencySteps * 42]int64
	total  int64
}

const latencySteps = 32

func (l *latencies) observe(d time.Duration) {
	ns := uint64(max(d, 0))
	b := int(ns)
	if ns >= latencySteps {
		exp := bits.Len64(ns) - 1
		b = latencySteps*(exp-4) + int(ns>>(exp-5))&(latencySteps-1)
	}
	l.counts[min(b, len(l.counts)-1)]++
	l.total++
}

func (l *latencies) merge(o *latencies) {
	for i, n := range o.counts {
		l.counts[i] += n
	}
	l.total += o.total
}

func (l *latencies) quantile(q float64) time.Duration {
	rank := int64(q * float64(l.total))
	for b, n := range l.counts {
		if rank -= n; rank < 0 {
			if b < latencySteps {
				return time.Duration(b)
			}
			exp := b/latencySteps + 4
			return time.Duration(uint64(latencySteps+b%latencySteps) << (exp - 5))
		}
	}
	return 0
}
