package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"nixie/engine"
	"nixie/views"
)

// play is a scenario that is being played.
type play struct {
	scenario
	engine  engine.Engine
	seed    uint64
	books   *books
	handles []*handle
	byID    map[string]*handle
	makers  []*producer
	pools   []*pool
	began   time.Time

	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex // protects all below
	stage stage
	told  views.DemoStory
	count views.DemoBooks
}

func newPlay(e engine.Engine, s scenario, seed uint64) *play {
	p := &play{scenario: s, engine: e, seed: seed, books: &books{}, byID: map[string]*handle{}, began: time.Now()}
	for _, spec := range s.queues {
		p.addPool(spec)
	}
	for _, spec := range s.producers {
		p.addProducer(spec)
	}
	p.stage = stage{auto: true, done: -1}
	return p
}

func (p *play) addHandle(h *handle) *handle {
	p.handles = append(p.handles, h)
	p.byID[h.id] = h
	return h
}

func (p *play) addPool(spec queueSpec) {
	add := func(h *handle, label string) *handle {
		h.group, h.part, h.role, h.queue, h.label = "workers", spec.name, spec.pool.worker, spec.name, label
		return p.addHandle(h)
	}
	number := func(id string, value float64, ladder []float64, format func(float64) string) *handle {
		h := newHandle(id, views.DemoNumber, value)
		h.ladder, h.format = ladder, format
		return h
	}
	w := &pool{poolSpec: spec.pool, queue: spec.name, play: p}
	w.consumers = add(number(consumersOf(spec.name), float64(spec.pool.count), consumerLadder, formatCount), "consumers")
	w.consumers.alarm = func(v float64) bool { return v == 0 }
	w.failure = add(number(failureOf(spec.name), spec.pool.failure, failureLadder, formatShare), "failures")
	w.failure.alarm = func(v float64) bool { return v >= 0.5 }
	w.latency = add(number(latencyOf(spec.name), spec.pool.latency.Seconds(), latencyLadder, formatLatency), "latency")
	if spec.pool.needs != "" {
		w.outage = add(newHandle(outageOf(spec.name), views.DemoSwitch, 0), "outage")
		w.outage.alarm = func(v float64) bool { return v > 0 }
	}
	if spec.policy.Ordered {
		w.order = &orderCheck{last: map[string]entryMark{}}
	}
	p.pools = append(p.pools, w)
}

func (p *play) addProducer(spec producerSpec) {
	goal := spec.queue
	if goal == "" {
		goal = spec.topic
	}
	add := func(h *handle, label string) *handle {
		h.group, h.part, h.role, h.queue, h.label = "producers", spec.name, goal, spec.queue, label
		return p.addHandle(h)
	}
	m := &producer{producerSpec: spec, play: p, dice: p.dice(spec.name)}
	m.rate = add(newHandle(rateOf(spec.name), views.DemoNumber, spec.rate), "rate")
	m.rate.ladder, m.rate.format = rateLadder(spec.rate), formatRate
	m.burst = add(newHandle(burstOf(spec.name), views.DemoButton, 0), "burst")
	m.burst.caption = fmt.Sprintf("%gx", spec.burst)
	m.pause = add(newHandle(pauseOf(spec.name), views.DemoSwitch, 0), "pause")
	if spec.oddity != nil {
		m.oddity = add(newHandle(oddityOf(spec.name), views.DemoButton, 0), "send")
		m.oddity.caption = spec.what
	}
	p.makers = append(p.makers, m)
}

// dice are those of one actor.
func (p *play) dice(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(p.name + "/" + name))
	return rand.New(rand.NewPCG(p.seed, h.Sum64()))
}

// mine reports whether a queue belongs to the scenario.
func (p *play) mine(queue string) bool {
	for _, q := range p.queues {
		if q.name == queue {
			return true
		}
	}
	return false
}

// begin counts what is there and lets everything run.
func (p *play) begin(ctx context.Context) error {
	before, _, err := p.books.count(ctx, p.engine, p.mine)
	if err != nil {
		return err
	}
	p.books.before = before.Waiting + before.Dead
	// The scenario outlives the call that began it.
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	for _, w := range p.pools {
		p.running.Go(func() { w.run(run) })
	}
	for _, m := range p.makers {
		p.running.Go(func() { m.run(run) })
	}
	p.running.Go(func() { p.direct(run) })
	return nil
}

// close ends all actors. What they were at is given back.
func (p *play) close() {
	p.cancel()
	p.running.Wait()
}

// watchEvery is how often the director looks at the queues.
const watchEvery = 500 * time.Millisecond

// direct makes the acts happen, and tells what goes on.
func (p *play) direct(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var seen witness
	for {
		now := time.Now()
		p.act(now)
		// An engine that cannot be read has nothing to tell; the last story
		// stays, with its time.
		if count, queues, err := p.books.count(ctx, p.engine, p.mine); err == nil {
			seen.note(now, queues)
			told := p.tell(now, &seen)
			p.mu.Lock()
			p.count, p.told = count, told
			p.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// stage is where on its acts a scenario is.
type stage struct {
	auto    bool
	at      time.Duration // on the loop
	resumed time.Time     // at is as of then; zero: not begun
	done    int           // the last act that happened; -1: none in this round
}

// act makes the acts happen whose time has come.
func (p *play) act(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.stage
	if !s.auto {
		return
	}
	if !s.resumed.IsZero() {
		s.at += now.Sub(s.resumed)
	}
	s.resumed = now
	if s.at >= p.loop {
		s.at %= p.loop
		s.done = -1
	}
	for s.done+1 < len(p.acts) && p.acts[s.done+1].at <= s.at {
		s.done++
		for id, value := range p.acts[s.done].set {
			h := p.byID[id]
			if h.kind == views.DemoButton {
				value += h.value()
			}
			h.set(value)
		}
	}
}

func (p *play) lead(auto bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage.auto = auto
	p.stage.resumed = time.Time{}
}

func (p *play) adjust(id string, steps int) {
	h := p.byID[id]
	if h == nil {
		return
	}
	if h.kind != views.DemoButton && p.acted(id) {
		p.lead(false)
	}
	h.move(steps)
}

// acted reports whether an act moves the handle.
func (p *play) acted(id string) bool {
	for _, a := range p.acts {
		if _, ok := a.set[id]; ok {
			return true
		}
	}
	return false
}

// describe fills in what the console shows.
func (p *play) describe(state *views.DemoState, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	state.Scenario, state.Began, state.Story, state.Books = p.name, p.began, p.told, p.count
	state.Auto, state.Loop, state.At = p.stage.auto, p.loop, p.stage.at
	for _, a := range p.acts {
		state.Acts = append(state.Acts, views.DemoAct{At: a.at, Text: a.text})
	}
	for _, h := range p.handles {
		state.Handles = append(state.Handles, h.show(now))
	}
}
