package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"nixie/engine"
	"nixie/views/widget"
)

// pool is the workers of a queue, as many as its handle says.
type pool struct {
	poolSpec
	queue                       string
	play                        *play
	consumers, failure, latency *handle
	outage                      *handle // nil: it needs nothing
	order                       *orderCheck
}

// run starts and stops workers as the handle moves.
func (p *pool) run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	var stops []context.CancelFunc
	defer func() {
		for _, stop := range stops {
			stop()
		}
	}()
	for {
		wanted := int(p.consumers.value())
		for len(stops) > wanted {
			stops[len(stops)-1]()
			stops = stops[:len(stops)-1]
		}
		for len(stops) < wanted {
			own, stop := context.WithCancel(ctx)
			name := fmt.Sprintf("%s-%d", p.worker, len(stops)+1)
			stops = append(stops, stop)
			working.Go(func() { p.work(own, name) })
		}
		select {
		case <-ctx.Done():
			return
		case <-p.consumers.changed:
		}
	}
}

// crew is how many work, in words.
func (p *pool) crew() string {
	return widget.Plural(int(p.consumers.value()), "consumer")
}

// work is the life of a worker.
func (p *pool) work(ctx context.Context, name string) {
	options := engine.ReceiveOptions{Max: max(p.bulk, 1), Wait: time.Minute, Consumer: name}
	for ctx.Err() == nil {
		batch, err := p.play.engine.Receive(ctx, p.queue, options)
		if err != nil {
			if !sleep(ctx, patience) {
				return
			}
			continue
		}
		if len(batch) == 0 {
			// The wait was over, or the queue is paused.
			if !sleep(ctx, beat) {
				return
			}
			continue
		}
		p.handle(ctx, batch)
	}
}

// handle works on deliveries and settles them. Those that it does not come to
// are given back.
func (p *pool) handle(ctx context.Context, batch []engine.Delivery) {
	// What was begun is settled even if the worker is stopped.
	settle := context.WithoutCancel(ctx)
	wait := p.latency.value() * (0.7 + 0.6*p.dice(batch[0].Message, "latency").Float64())
	if !sleep(ctx, time.Duration(wait*float64(time.Second))) {
		for _, d := range batch {
			_ = p.play.books.settle(func() error { return p.play.engine.Release(settle, d.Receipt, 0) }) // else its lease ends
		}
		return
	}
	var done []engine.Receipt
	for _, d := range batch {
		reason, fatal := p.try(settle, d)
		if reason == "" {
			done = append(done, d.Receipt)
			continue
		}
		failure := engine.Failure{Reason: reason, Reject: fatal}
		_ = p.play.books.settle(func() error { return p.play.engine.Nack(settle, d.Receipt, failure) }) // else its lease ends
	}
	p.play.books.ack(settle, p.play.engine, done)
}

// try does the work on a delivery, and says why it failed.
func (p *pool) try(ctx context.Context, d engine.Delivery) (reason string, fatal bool) {
	f, err := readFacts(d.Message)
	if err != nil {
		return "unreadable: " + err.Error(), true
	}
	dice := p.dice(d.Message, fmt.Sprint("try ", d.Tries, len(d.Attempts)))
	if p.outage != nil && p.outage.on() {
		return p.down(f, dice), false
	}
	if p.flaw != nil {
		if reason, fatal := p.flaw(f, p.dice(d.Message, "flaw")); reason != "" {
			return reason, fatal
		}
	}
	if chance(dice, p.failure.value()) {
		if p.hiccup == nil {
			return "worker killed", false
		}
		return p.hiccup(f, dice), false
	}
	if p.then != nil {
		for _, em := range p.then(f, p.dice(d.Message, "then")) {
			if err := p.play.books.publish(ctx, p.play.engine, em, em.message); err != nil {
				return "publish: " + err.Error(), false
			}
		}
	}
	if p.order != nil {
		p.order.saw(f, d.Message)
	}
	return "", false
}

// dice are drawn anew for each message and purpose, so that what happens to a
// message depends on the seed and on itself, not on who takes it when.
func (p *pool) dice(m engine.Message, purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write(m.Body)
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(p.play.seed, h.Sum64()))
}

// orderCheck watches that the entries of a group are done in order.
type orderCheck struct {
	mu      sync.Mutex           // protects all below
	last    map[string]entryMark // by group
	seen    int64
	swapped int64
}

// saw notes an entry that is done. What was sent back from the dead is late on
// purpose.
func (o *orderCheck) saw(f facts, m engine.Message) {
	if m.Group == "" || m.Requeues > 0 || m.EditedFrom != "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen++
	mark := entryMark{m.PublishedAt, f.Entry}
	if o.last[m.Group].after(mark) {
		o.swapped++
	}
	o.last[m.Group] = mark
}

// entryMark says where in its group an entry is. Numbers begin anew when the
// demo does.
type entryMark struct {
	published time.Time
	entry     int64
}

func (a entryMark) after(b entryMark) bool {
	if !a.published.Equal(b.published) {
		return a.published.After(b.published)
	}
	return a.entry > b.entry
}

func (o *orderCheck) counts() (groups int, seen, swapped int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.last), o.seen, o.swapped
}
