package operation

import (
	"context"
	"errors"
	"slices"
	"time"

	"nixie/engine"
)

// maxStep bounds the messages of a step: publishers wait behind its commit.
const maxStep = 64

// run starts the worker of a job. m.mu is held.
func (m *Manager) run(j *job) {
	if j.worker.idle != nil {
		return
	}
	idle := make(chan struct{})
	j.worker.idle, j.worker.stopping, j.meter = idle, nil, meter{}
	j.state, j.why = Running, ""
	ctx, cancel := context.WithCancel(context.Background())
	m.workers.Go(func() {
		defer cancel()
		end := m.workOn(ctx, j)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.halted(j, end)
		j.worker.idle = nil
		close(idle)
		m.hint()
	})
}

// halted writes down what a job is after its worker. m.mu is held.
func (m *Manager) halted(j *job, end halt) {
	j.stage, j.worker.stopping, j.worker.pending = "", nil, nil
	if end.state == Interrupted { // the next Open finds that out by itself
		j.state, j.why = end.state, end.why
		return
	}
	if err := m.enter(j, end.state, end.why); err != nil {
		j.state, j.why = Paused, err.Error()
	}
}

// workOn makes step after step, and returns what the job is then.
func (m *Manager) workOn(ctx context.Context, j *job) halt {
	if err := m.prepare(j); err != nil {
		return halt{Paused, err.Error()}
	}
	if err := m.settleDoubt(ctx, j); err != nil {
		return halt{Paused, err.Error()}
	}
	pacer := newPacer(m, j)
	for {
		m.mu.Lock()
		stop, next := j.worker.stopping, j.next
		if stop == nil {
			stop = j.worker.pending
		}
		m.mu.Unlock()
		if stop != nil {
			return *stop
		}
		if next >= j.total() {
			return halt{state: Done}
		}
		set, first := locate(j.sets, next)
		n := min(maxStep, set.N-first)
		switch set.Op {
		case opMove, opDelete, opPublish:
		default:
			n = 1
		}
		n, rule := pacer.next(ctx, n)
		if rule != nil {
			return *rule
		}
		if n == 0 { // something else is to be looked at
			continue
		}
		if err := m.makeStep(ctx, j, &step{From: next, To: next + n}); err != nil {
			return halt{Paused, reasonOf(err)}
		}
		m.hint()
	}
}

// prepare reads what is needed of a job from an earlier run of the program.
func (m *Manager) prepare(j *job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j.sets != nil {
		return nil
	}
	sets, err := m.loadSets(j)
	if err == nil {
		j.sets = sets
	}
	return err
}

// loadSets returns the sets of a job with their ids. m.mu is held.
func (m *Manager) loadSets(j *job) ([]set, error) {
	if j.sets != nil {
		return j.sets, nil
	}
	sets := slices.Clone(j.begin.Sets)
	return sets, readSets(m.dir, j.id, sets)
}

// settleDoubt finds out what became of the last step, if that is not known.
func (m *Manager) settleDoubt(ctx context.Context, j *job) error {
	m.mu.Lock()
	doubt := j.doubt
	m.mu.Unlock()
	if doubt == nil {
		return nil
	}
	w := m.newWork(j, doubt)
	if err := w.recover(ctx); err != nil {
		return err
	}
	return m.record(j, w)
}

// makeStep announces a step in the journal, makes it, and writes down what it
// did. If it fails it stays in doubt: whoever goes on finds out.
func (m *Manager) makeStep(ctx context.Context, j *job, s *step) error {
	w := m.newWork(j, s)
	if err := w.look(ctx); err != nil {
		return err
	}
	at := time.Now()
	if err := m.journal.append(true, record{Kind: kindStep, At: at, Job: j.id, Step: s}); err != nil {
		return err
	}
	m.mu.Lock()
	j.doubt, j.doubtAt = s, at
	m.mu.Unlock()
	if err := w.do(ctx); err != nil {
		return err
	}
	return m.record(j, w)
}

// record writes down what a step did.
func (m *Manager) record(j *job, w *work) error {
	out := w.finish()
	now := time.Now()
	if err := m.journal.append(false, record{Kind: kindOut, At: now, Job: j.id, Out: out}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle(j, out)
	j.meter.add(now, out.To-out.From)
	return nil
}

// pause waits, and ends early if the job is to look again. It reports whether
// the time passed.
func (j *job) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-j.worker.nudge:
	case <-ctx.Done():
	}
	return false
}

// whereabouts is what became of a message that was sent to a queue.
type whereabouts int

const (
	underway whereabouts = iota // waits, is in flight or will be tried again
	consumed
	deadAgain
)

// trace finds out what became of a message since it was sent to a queue.
func (m *Manager) trace(ctx context.Context, queue string, id engine.ID) (whereabouts, error) {
	places := []string{queue}
	if info, err := m.engine.Queue(ctx, queue); err == nil {
		if d := info.Policy.DeadLetter; d != engine.OwnDeadLetters && d != engine.NoDeadLetters {
			places = append(places, d)
		}
	}
	for _, place := range places {
		msg, err := m.engine.Message(ctx, place, id)
		switch {
		case errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound):
			continue
		case err != nil:
			return underway, err
		case msg.State != engine.Dead:
			return underway, nil
		default:
			return deadAgain, nil
		}
	}
	return consumed, nil
}
