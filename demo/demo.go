// Package demo is a living system to try the console on: producers and
// consumers that publish, work, fail and recover, against a real engine. What a
// scenario shows is not acted: its failures are nacks, its retries and dead
// letters the engine's, and its story is read from the queues.
package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"nixie/engine"
	"nixie/views"
)

// Options say what to play.
type Options struct {
	Engine   engine.Engine
	Scenario string // one of Names; "": the first
	Seed     uint64 // of payloads and failures
}

// Demo plays one scenario at a time. It implements views.DemoControls.
type Demo struct {
	engine engine.Engine
	seed   uint64

	switching sync.Mutex // held while one scenario takes the place of another

	mu      sync.Mutex // protects all below; taken after switching
	current *play      // nil: none plays
	made    map[string]bool
}

var _ views.DemoControls = (*Demo)(nil)

// Start begins to play. Close the demo before the engine.
func Start(ctx context.Context, options Options) (*Demo, error) {
	d := &Demo{engine: options.Engine, seed: options.Seed, made: map[string]bool{}}
	return d, d.Play(ctx, options.Scenario)
}

// Close ends the scenario; its messages stay where they are. Calling it again
// does nothing.
func (d *Demo) Close() {
	d.switching.Lock()
	defer d.switching.Unlock()
	d.stop()
}

func (d *Demo) stop() {
	d.mu.Lock()
	p := d.current
	d.current = nil
	d.mu.Unlock()
	if p != nil {
		p.close()
	}
}

// Play ends the scenario that plays and begins another. The queues that the
// demo made go to the trash; others are left alone, and used if they have the
// right name.
func (d *Demo) Play(ctx context.Context, name string) error {
	s, ok := find(name)
	if !ok {
		return fmt.Errorf("%w: there is no scenario %q; there are %s", engine.ErrInvalid, name, strings.Join(Names(), ", "))
	}
	d.switching.Lock()
	defer d.switching.Unlock()
	d.stop()
	if err := d.clear(ctx); err != nil {
		return err
	}
	if err := d.prepare(ctx, s); err != nil {
		return err
	}
	p := newPlay(d.engine, s, d.seed)
	if err := p.begin(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	d.current = p
	d.mu.Unlock()
	return nil
}

// clear deletes the queues of the scenario before.
func (d *Demo) clear(ctx context.Context) error {
	for name := range d.made {
		if _, err := d.engine.DeleteQueue(ctx, name); err != nil && !errors.Is(err, engine.ErrQueueNotFound) {
			return err
		}
		delete(d.made, name)
	}
	return nil
}

// prepare makes the queues and topics of a scenario.
func (d *Demo) prepare(ctx context.Context, s scenario) error {
	for _, q := range s.queues {
		err := d.engine.CreateQueue(ctx, q.name, q.policy)
		switch {
		case err == nil:
			d.made[q.name] = true
		case !errors.Is(err, engine.ErrQueueExists):
			return err
		}
	}
	for _, t := range s.topics {
		for _, b := range t.bindings {
			if err := d.engine.Bind(ctx, t.name, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// State returns what goes on now.
func (d *Demo) State() views.DemoState {
	state := views.DemoState{Seed: d.seed}
	for _, s := range scenarios() {
		state.Scenarios = append(state.Scenarios, views.DemoScenario{Name: s.name, Title: s.title, Lesson: s.lesson})
	}
	if p := d.playing(); p != nil {
		p.describe(&state, time.Now())
	}
	return state
}

// Adjust moves a handle. An unknown one is none of the scenario that plays now.
func (d *Demo) Adjust(handle string, steps int) {
	if p := d.playing(); p != nil {
		p.adjust(handle, steps)
	}
}

// Lead lets the acts happen by themselves, or not.
func (d *Demo) Lead(auto bool) {
	if p := d.playing(); p != nil {
		p.lead(auto)
	}
}

func (d *Demo) playing() *play {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.current
}
