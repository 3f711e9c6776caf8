package views

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// minRefresh lies between two reads of one fetcher: ten a second however fast
// the engine changes.
const minRefresh = 100 * time.Millisecond

// fetcher reads something for a view without blocking it. At most one read is
// out; what is asked for meanwhile is read once, afterwards. A read whose
// question has changed since is dropped. After an error the old value stays,
// with the error beside it.
//
// The view calls Load when something may have changed and Restart when the
// question did, and passes its messages to Update.
type fetcher[T any] struct {
	read func(context.Context) (T, error)
	rest time.Duration // between two reads

	value  T     // of the last read that succeeded
	err    error // of the last read; nil if it succeeded
	loaded bool  // a read has succeeded

	base   context.Context
	stop   context.CancelFunc // of base
	cancel context.CancelFunc // of the read that is out
	gen    int                // of the question
	phase  fetchPhase
	dirty  bool // read again afterwards
}

type fetchPhase int

const (
	fetchIdle fetchPhase = iota
	fetchReading
	fetchResting // until rest has passed
)

type loadedMsg[T any] struct {
	from  *fetcher[T]
	gen   int
	value T
	err   error
}

type dueMsg[T any] struct {
	from *fetcher[T]
	gen  int
}

// newFetcher returns a fetcher that has not read yet. The function runs outside
// Update: it must use nothing of the view that changes.
func newFetcher[T any](env *Env, read func(context.Context) (T, error)) *fetcher[T] {
	base, stop := context.WithCancel(env.Context)
	return &fetcher[T]{read: read, rest: minRefresh, base: base, stop: stop}
}

// Load reads, now or as soon as it may.
func (f *fetcher[T]) Load() tea.Cmd {
	if f.phase != fetchIdle {
		f.dirty = true
		return nil
	}
	return f.start()
}

// Restart reads for a new question. A read that is out is cancelled, and its
// answer dropped.
func (f *fetcher[T]) Restart(read func(context.Context) (T, error)) tea.Cmd {
	f.read = read
	f.gen++
	if f.phase == fetchReading {
		f.cancel()
		f.dirty = true
		return nil
	}
	return f.start()
}

// Busy reports whether an answer is being waited for.
func (f *fetcher[T]) Busy() bool { return f.phase == fetchReading || f.dirty }

func (f *fetcher[T]) start() tea.Cmd {
	ctx, cancel := context.WithCancel(f.base)
	f.phase, f.dirty, f.cancel = fetchReading, false, cancel
	gen, read := f.gen, f.read
	return func() tea.Msg {
		defer cancel()
		value, err := read(ctx)
		return loadedMsg[T]{from: f, gen: gen, value: value, err: err}
	}
}

// Update takes the fetcher's own messages. Fresh reports that a new answer, or
// a new error, is there.
func (f *fetcher[T]) Update(msg tea.Msg) (cmd tea.Cmd, fresh bool) {
	switch m := msg.(type) {
	case loadedMsg[T]:
		if m.from != f {
			return nil, false
		}
		if f.base.Err() != nil {
			f.phase = fetchIdle
			return nil, false
		}
		if m.gen != f.gen {
			return f.start(), false
		}
		f.err = m.err
		if m.err == nil {
			f.value, f.loaded = m.value, true
		}
		f.phase = fetchResting
		gen := f.gen
		return tea.Tick(f.rest, func(time.Time) tea.Msg { return dueMsg[T]{from: f, gen: gen} }), true
	case dueMsg[T]:
		if m.from != f || m.gen != f.gen || f.phase != fetchResting {
			return nil, false
		}
		f.phase = fetchIdle
		if f.dirty {
			return f.start(), false
		}
	}
	return nil, false
}

// Close cancels what is out; the fetcher reads no more.
func (f *fetcher[T]) Close() { f.stop() }
