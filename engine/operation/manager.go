package operation

import (
	"context"
	"errors"

	"nixie/engine"
)

// Errors of a Manager.
var (
	// ErrJobNotFound: there is no job with that number.
	ErrJobNotFound = errors.New("no such job")
	// ErrNothing: the request concerns no message.
	ErrNothing = errors.New("nothing matches")
	// ErrNotNow: the job is in a state in which that cannot be done.
	ErrNotNow = errors.New("not possible now")
	// ErrClosed: the manager was closed.
	ErrClosed = errors.New("the manager is closed")
)

// Manager plans and runs an operator's changes of one engine, and remembers
// them. All methods may be called from any goroutine.
type Manager struct {
	engine engine.Engine
	dir    string
	hub    engine.Hub
}

// set is a run of units that are worked on in the same way.
type set struct{}

// Open returns the manager of an engine, with its journal in dir, which it
// creates; a directory belongs to one engine. Jobs that were under way when the
// program ended are Interrupted.
func Open(e engine.Engine, dir string) (*Manager, error) { return &Manager{engine: e, dir: dir}, nil }

// Close stops the jobs that run, between two steps; they are Interrupted.
func (m *Manager) Close() error { return nil }

// Watch returns a subscription to hints that jobs, notes or mutes changed (the
// names it carries mean nothing). Close it.
func (m *Manager) Watch() *engine.Subscription { return m.hub.Subscribe() }

// Plan resolves a request to a plan. Nothing is changed. Errors: ErrNothing,
// *FilterError, those of the engine.
func (m *Manager) Plan(ctx context.Context, request Request) (*Plan, error) { return nil, ErrNothing }

// PlanUndo plans to take a job back, as far as that is still possible.
// Errors: ErrJobNotFound, ErrNotNow (still running, or undone already),
// ErrNothing (nothing of it can be taken back).
func (m *Manager) PlanUndo(ctx context.Context, job int) (*Plan, error) { return nil, ErrNothing }

// Start makes a job of a plan and returns at once. The plan's pace may have
// been changed. Errors: ErrClosed, those of the journal.
func (m *Manager) Start(plan *Plan) (Job, error) { return Job{}, ErrClosed }

// Jobs returns all jobs, newest first: the log.
func (m *Manager) Jobs() []Job { return nil }

// Job returns one. Errors: ErrJobNotFound.
func (m *Manager) Job(id int) (Job, error) { return Job{}, ErrJobNotFound }

// Pause stops a job between two steps. Errors: ErrJobNotFound, ErrNotNow.
func (m *Manager) Pause(id int) error { return ErrJobNotFound }

// Resume lets a paused or interrupted job go on, and a watching one without
// waiting longer. Errors: ErrJobNotFound, ErrNotNow.
func (m *Manager) Resume(id int) error { return ErrJobNotFound }

// Cancel ends a job; what it did stays done. Errors: ErrJobNotFound, ErrNotNow.
func (m *Manager) Cancel(id int) error { return ErrJobNotFound }

// Wait returns the job when it is over, paused or interrupted.
func (m *Manager) Wait(ctx context.Context, id int) (Job, error) { return Job{}, ErrJobNotFound }

// Items returns messages of a job with that fate, in their order: at most
// limit (0: all), from the offset on. Errors: ErrJobNotFound.
func (m *Manager) Items(id int, fate Fate, offset, limit int) ([]Item, error) {
	return nil, ErrJobNotFound
}

// Causes searches the dead letters and groups them by cause.
func (m *Manager) Causes(ctx context.Context, options CauseOptions) (CauseReport, error) {
	return CauseReport{}, nil
}

// Explain says in which fields the messages of a cause differ from others.
func (m *Manager) Explain(ctx context.Context, report CauseReport, cause string) (Explanation, error) {
	return Explanation{}, nil
}

// SetNote keeps a note with a cause. "" removes it.
func (m *Manager) SetNote(cause, note string) error { return nil }

// SetMuted keeps a cause at the end of the list, or not.
func (m *Manager) SetMuted(cause string, muted bool) error { return nil }
