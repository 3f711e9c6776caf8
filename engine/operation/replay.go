package operation

import (
	"errors"
	"fmt"
)

// replay takes a record of the journal in.
func (m *Manager) replay(r record) error {
	switch r.Kind {
	case kindNote:
		m.cause(r.Cause).note = r.Note
	case kindMute:
		m.cause(r.Cause).muted = r.Muted
	case kindLedger:
		m.account(map[string]back{r.Cause: {Requeued: r.Requeued, CameBack: r.CameBack}})
	case kindBegin:
		if r.Begin == nil {
			return errors.New("a job without its beginning")
		}
		if err := r.Begin.check(); err != nil {
			return err
		}
		unpackRequest(&r.Begin.Request, r.Begin.Message)
		m.jobs[r.Job] = newJob(r.Job, r.At, r.Begin)
		m.last = max(m.last, r.Job)
		if u := m.jobs[r.Begin.Request.Undoes]; r.Begin.Request.Verb == Undo && u != nil {
			u.undoneBy = r.Job
		}
	default:
		j := m.jobs[r.Job]
		if j == nil {
			return fmt.Errorf("a record of job %d, which never began", r.Job)
		}
		return m.replayJob(j, r)
	}
	return nil
}

func (m *Manager) replayJob(j *job, r record) error {
	switch {
	case r.Kind == kindStep && r.Step != nil:
		j.doubt, j.doubtAt = r.Step, r.At
		return r.Step.check(j)
	case r.Kind == kindOut && r.Out != nil:
		if err := r.Out.check(j); err != nil {
			return err
		}
		m.settle(j, r.Out)
	case r.Kind == kindState:
		j.state, j.why = r.State, r.Why
		if r.State.Over() {
			j.ended = r.At
			m.undoEnded(j)
		}
	default:
		return fmt.Errorf("unknown record %q; a newer version wrote it", r.Kind)
	}
	return nil
}

// undoEnded gives a job back its undo, if that did nothing. m.mu is held, or
// not needed yet.
func (m *Manager) undoEnded(undo *job) {
	if undo.begin.Request.Verb != Undo || undo.tally.Done > 0 {
		return
	}
	if u := m.jobs[undo.begin.Request.Undoes]; u != nil && u.undoneBy == undo.id {
		u.undoneBy = 0
	}
}
