package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"nixie/engine"
)

// producer publishes what its maker makes, at a rate that can be moved.
type producer struct {
	producerSpec
	play               *play
	rate, burst, pause *handle
	oddity             *handle // nil: there is none
	dice               *rand.Rand
	made, odd          int64
}

// beat is how often a producer publishes what has come together.
const beat = 100 * time.Millisecond

// headStart is published at once when a scenario begins, as if it had been
// going on for so long.
const headStart = 1500 * time.Millisecond

// patience is how long an actor waits after an error of the engine: the queue
// is full, or the operator has deleted it.
const patience = 500 * time.Millisecond

func (p *producer) run(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	due := float64(p.backlog) + p.rate.value()*headStart.Seconds()
	last := time.Now()
	for {
		batch := p.batch(int(due))
		due -= float64(int(due))
		if !p.publish(ctx, batch) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			// After a wait for room it does not catch up.
			elapsed := min(now.Sub(last), 2*beat)
			last = now
			due += p.current(now) * elapsed.Seconds()
		}
	}
}

// current is the rate now, in messages a second.
func (p *producer) current(now time.Time) float64 {
	switch {
	case p.pause.on():
		return 0
	case p.bursting(now):
		return p.rate.value() * p.producerSpec.burst
	}
	return p.rate.value()
}

func (p *producer) bursting(now time.Time) bool {
	return p.burst.on() && p.burst.held(now) < burstTime
}

// batch makes the next n messages, and what was sent by hand since.
func (p *producer) batch(n int) []engine.Outgoing {
	batch := make([]engine.Outgoing, 0, n)
	for range n {
		p.made++
		batch = append(batch, p.make(p.dice, p.made))
	}
	if p.oddity == nil {
		return batch
	}
	for ; p.odd < int64(p.oddity.value()); p.odd++ {
		p.made++
		batch = append(batch, p.producerSpec.oddity(p.dice, p.made))
	}
	return batch
}

// maxBatch is how many messages are published in one call.
const maxBatch = 500

// publish publishes all of the batch, and waits while there is no room for it.
// It reports false when the scenario ended.
func (p *producer) publish(ctx context.Context, batch []engine.Outgoing) bool {
	for len(batch) > 0 {
		n := min(len(batch), maxBatch)
		to := emission{queue: p.queue, topic: p.topic}
		if p.topic != "" {
			n = 1 // each has its own key
		}
		err := p.play.books.publish(ctx, p.play.engine, to, batch[:n]...)
		switch {
		case err == nil:
			batch = batch[n:]
		case errors.Is(err, engine.ErrNoRoute):
			batch = batch[n:] // nobody wants it
		case !sleep(ctx, patience):
			return false
		}
	}
	return ctx.Err() == nil
}

// sleep waits, and reports false if the context ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
