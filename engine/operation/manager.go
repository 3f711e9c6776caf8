package operation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"sync"
	"time"

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
	engine  engine.Engine
	dir     string
	who     string
	journal *journal
	hub     engine.Hub
	workers sync.WaitGroup

	mu     sync.Mutex // protects all below, and all of the jobs
	jobs   map[int]*job
	last   int // the newest job
	causes map[string]*causeNotes
	trash  map[string]bool // entries that belong to a job
	closed bool
}

// causeNotes is what is remembered of a cause.
type causeNotes struct {
	note  string
	muted bool
	back  back
}

// Open returns the manager of an engine, with its journal in dir, which it
// creates; a directory belongs to one engine. Jobs that were under way when the
// program ended are Interrupted.
func Open(e engine.Engine, dir string) (*Manager, error) {
	m := &Manager{
		engine: e, dir: dir, who: whoami(),
		jobs: map[int]*job{}, causes: map[string]*causeNotes{}, trash: map[string]bool{},
	}
	if err := m.compact(); err != nil {
		return nil, fmt.Errorf("opening the journal of operations: %w", err)
	}
	var err error
	if m.journal, err = openJournal(dir, m.replay); err != nil {
		return nil, fmt.Errorf("opening the journal of operations: %w", err)
	}
	for _, j := range m.jobs {
		if j.state.Active() {
			j.state, j.why = Interrupted, "the program ended"
		}
	}
	return m, nil
}

func whoami() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// SetUser says in whose name changes are written down from now on; at first it
// is the user of the operating system.
func (m *Manager) SetUser(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.who = name
}

// cause returns what is remembered of a cause, to be changed.
func (m *Manager) cause(key string) *causeNotes {
	c := m.causes[key]
	if c == nil {
		c = &causeNotes{}
		m.causes[key] = c
	}
	return c
}

// account adds to the boomerang ledger.
func (m *Manager) account(ledger map[string]back) {
	for key, b := range ledger {
		c := m.cause(key)
		c.back.Requeued += b.Requeued
		c.back.CameBack += b.CameBack
	}
}

// settle takes the outcome of a step in.
func (m *Manager) settle(j *job, o *outcome) {
	j.settle(o)
	m.account(o.Ledger)
	if o.Trash != "" {
		m.trash[o.Trash] = true
	}
}

// Close stops the jobs that run, between two steps; they are Interrupted.
// Calling it again does nothing.
func (m *Manager) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	for _, j := range m.jobs {
		j.interrupt(Interrupted, "the program ended")
	}
	m.mu.Unlock()
	m.workers.Wait()
	m.hub.Close()
	return m.journal.close()
}

// Watch returns a subscription to hints that jobs, notes or mutes changed (the
// names it carries mean nothing). Close it.
func (m *Manager) Watch() *engine.Subscription { return m.hub.Subscribe() }

// hint tells those who watch that something changed.
func (m *Manager) hint() { m.hub.Publish("") }

// Start makes a job of a plan and returns at once. The plan's pace may have
// been changed. Errors: ErrClosed, those of Pace.Validate and of the journal.
func (m *Manager) Start(plan *Plan) (Job, error) {
	if err := plan.Pace.Validate(); err != nil {
		return Job{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Job{}, ErrClosed
	}
	if u := m.jobs[plan.Undoes]; plan.Verb == Undo && (u == nil || u.undoneBy != 0) {
		return Job{}, fmt.Errorf("%w: job %d is undone already", ErrNotNow, plan.Undoes)
	}
	begin := &beginning{
		Request: plan.Request, Title: plan.Title(), Who: m.who, Command: plan.Command, Total: plan.Total,
		Sets: bare(plan.sets), Message: packRequest(plan.Request), Origins: plan.backTo(),
	}
	if plan.Verb == Undo {
		begin.Undone = m.jobs[plan.Undoes].begin.Request.Verb
	}
	id, at := m.last+1, time.Now()
	if err := writeSets(m.dir, id, plan.sets); err != nil {
		return Job{}, fmt.Errorf("writing down what is chosen: %w", err)
	}
	if err := m.journal.append(true, record{Kind: kindBegin, At: at, Job: id, Begin: begin}); err != nil {
		return Job{}, err
	}
	j := newJob(id, at, begin)
	j.sets = plan.sets
	m.jobs[id], m.last = j, id
	if u := m.jobs[plan.Undoes]; plan.Verb == Undo && u != nil {
		u.undoneBy = id
	}
	m.run(j)
	m.hint()
	return j.info(), nil
}

// Jobs returns all jobs, newest first: the log.
func (m *Manager) Jobs() []Job {
	m.mu.Lock()
	defer m.mu.Unlock()
	jobs := make([]Job, 0, len(m.jobs))
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(m.jobs))) {
		jobs = append(jobs, m.jobs[id].info())
	}
	return jobs
}

// Job returns one. Errors: ErrJobNotFound.
func (m *Manager) Job(id int) (Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.jobs[id]
	if j == nil {
		return Job{}, ErrJobNotFound
	}
	return j.info(), nil
}

// Pause stops a job between two steps. Errors: ErrJobNotFound, ErrNotNow.
func (m *Manager) Pause(id int) error {
	return m.control(id, func(j *job) error {
		if !j.state.Active() {
			return fmt.Errorf("%w: job %d is %s", ErrNotNow, id, j.state)
		}
		j.interrupt(Paused, "by "+m.who)
		return nil
	})
}

// Resume lets a paused or interrupted job go on, and a watching one without
// waiting longer. Errors: ErrJobNotFound, ErrNotNow, ErrClosed.
func (m *Manager) Resume(id int) error {
	return m.control(id, func(j *job) error {
		switch {
		case j.state == Watching:
			j.cleared = j.next
			j.wake()
			return nil
		case j.worker.stopping != nil:
			return fmt.Errorf("%w: job %d is about to stop", ErrNotNow, id)
		case j.state != Paused && j.state != Interrupted:
			return fmt.Errorf("%w: job %d is %s", ErrNotNow, id, j.state)
		}
		if j.state == Paused {
			j.cleared = j.next // what the rule stopped for, the operator has seen
		}
		if err := m.enter(j, Running, ""); err != nil {
			return err
		}
		m.run(j)
		return nil
	})
}

// Cancel ends a job; what it did stays done. Errors: ErrJobNotFound, ErrNotNow.
func (m *Manager) Cancel(id int) error {
	return m.control(id, func(j *job) error {
		if j.state.Over() {
			return fmt.Errorf("%w: job %d is %s", ErrNotNow, id, j.state)
		}
		if j.interrupt(Cancelled, "by "+m.who) {
			return nil
		}
		if j.doubt != nil { // find out what the last step did before it ends
			j.worker.pending = &halt{Cancelled, "by " + m.who}
			m.run(j)
			return nil
		}
		return m.enter(j, Cancelled, "by "+m.who)
	})
}

func (m *Manager) control(id int, do func(*job) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	j := m.jobs[id]
	if j == nil {
		return ErrJobNotFound
	}
	defer m.hint()
	return do(j)
}

// enter writes a new state down. m.mu is held.
func (m *Manager) enter(j *job, state JobState, why string) error {
	at := time.Now()
	if err := m.journal.append(true, record{Kind: kindState, At: at, Job: j.id, State: state, Why: why}); err != nil {
		return err
	}
	j.state, j.why = state, why
	if state.Over() {
		j.ended = at
		m.undoEnded(j)
		j.release()
	}
	return nil
}

// Wait returns the job when it is over, paused or interrupted. Errors:
// ErrJobNotFound, that of ctx.
func (m *Manager) Wait(ctx context.Context, id int) (Job, error) {
	for {
		m.mu.Lock()
		j := m.jobs[id]
		if j == nil {
			m.mu.Unlock()
			return Job{}, ErrJobNotFound
		}
		info, idle := j.info(), j.worker.idle
		m.mu.Unlock()
		if idle == nil {
			return info, nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return info, ctx.Err()
		}
	}
}

// SetNote keeps a note with a cause. "" removes it.
func (m *Manager) SetNote(cause, note string) error {
	return m.remember(record{Kind: kindNote, Cause: cause, Note: note})
}

// SetMuted keeps a cause at the end of the list, or not.
func (m *Manager) SetMuted(cause string, muted bool) error {
	return m.remember(record{Kind: kindMute, Cause: cause, Muted: muted})
}

func (m *Manager) remember(r record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	r.At = time.Now()
	if err := m.journal.append(true, r); err != nil {
		return err
	}
	defer m.hint()
	return m.replay(r)
}
