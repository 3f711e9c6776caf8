package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// jobsStrip is the line that tells what is being done.
type jobsStrip struct {
	manager *operation.Manager // nil: nothing is ever done
	hints   *engine.Subscription
	jobs    []operation.Job // newest first
	loaded  bool
}

type (
	jobsChangedMsg struct{}
	jobsLoadedMsg  struct{ jobs []operation.Job }
)

func newJobsStrip(manager *operation.Manager) jobsStrip {
	s := jobsStrip{manager: manager}
	if manager != nil {
		s.hints = manager.Watch()
	}
	return s
}

func (s *jobsStrip) close() {
	if s.hints != nil {
		s.hints.Close()
	}
}

// wait waits for a hint that jobs changed.
func (s *jobsStrip) wait(ctx context.Context) tea.Cmd {
	if s.hints == nil {
		return nil
	}
	return waitHints(ctx, s.hints, func() tea.Msg {
		s.hints.Take()
		return jobsChangedMsg{}
	})
}

// load reads the jobs.
func (s *jobsStrip) load() tea.Cmd {
	if s.manager == nil {
		return nil
	}
	manager := s.manager
	return func() tea.Msg { return jobsLoadedMsg{jobs: manager.Jobs()} }
}

// set takes the jobs and returns those that have ended since.
func (s *jobsStrip) set(msg jobsLoadedMsg) (ended []operation.Job) {
	active := map[int]bool{}
	newest := 0
	for _, j := range s.jobs {
		if !j.State.Over() {
			active[j.ID] = true
		}
		newest = max(newest, j.ID)
	}
	for _, j := range msg.jobs {
		if j.State.Over() && (active[j.ID] || (s.loaded && j.ID > newest)) {
			ended = append(ended, j)
		}
	}
	s.jobs, s.loaded = msg.jobs, true
	return ended
}

// shown is the newest job that is not over, and how many there are.
func (s *jobsStrip) shown() (job operation.Job, n int) {
	for _, j := range s.jobs {
		if !j.State.Over() {
			if n == 0 {
				job = j
			}
			n++
		}
	}
	return job, n
}

func (s *jobsStrip) visible() bool { _, n := s.shown(); return n > 0 }

// running counts the jobs that work by themselves.
func (s *jobsStrip) running() (n int) {
	for _, j := range s.jobs {
		if j.State.Active() {
			n++
		}
	}
	return n
}

// interrupted counts the jobs that the end of the program stopped.
func (s *jobsStrip) interrupted() (n int) {
	for _, j := range s.jobs {
		if j.State == operation.Interrupted {
			n++
		}
	}
	return n
}

// undoable is the newest job that can be taken back.
func (s *jobsStrip) undoable() (operation.Job, bool) {
	for _, j := range s.jobs {
		if j.State.Over() && j.UndoneBy == 0 && j.Request.Verb != operation.Undo && j.Request.Verb != operation.Publish && j.Tally.Done > 0 {
			return j, true
		}
	}
	return operation.Job{}, false
}

func undoPlan(job operation.Job) views.PlanMsg {
	return views.PlanMsg{Request: operation.Request{Verb: operation.Undo, Undoes: job.ID}}
}

// render draws the line.
func (s *jobsStrip) render(st *themes.Styles, width int) string {
	job, n := s.shown()
	if n == 0 {
		return ""
	}
	style := st.Bars
	var b strings.Builder
	b.WriteString(style.Brand.Render(fmt.Sprintf(" job %d ", job.ID)))
	b.WriteString(style.Place.Render(" " + widget.SafeFit(job.Title, width/2) + " "))
	b.WriteString(style.Value.Foreground(st.Good.GetForeground()).Render(" " + widget.Progress(st.Glyphs, job.Tally.Selected-job.Tally.Left, job.Tally.Selected, 16) + " "))
	b.WriteString(style.Label.Render(fmt.Sprintf("%s of %s", widget.Count(job.Tally.Selected-job.Tally.Left), widget.Count(job.Tally.Selected))))
	if job.Rate > 0 {
		b.WriteString(style.Label.Render("  " + widget.Rate(job.Rate)))
	}
	if job.Remaining > 0 {
		b.WriteString(style.Label.Render("  " + widget.Age(job.Remaining) + " left"))
	}
	for _, text := range []string{job.Stage, job.Why} {
		if text != "" {
			b.WriteString(style.Label.Render("  " + widget.Safe(text)))
		}
	}
	if job.State != operation.Running {
		b.WriteString(style.Value.Foreground(st.Warn.GetForeground()).Render("  " + string(job.State)))
	}
	if n > 1 {
		b.WriteString(style.Label.Render(fmt.Sprintf("  and %d more", n-1)))
	}
	return b.String()
}
