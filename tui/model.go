package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// model is the only tea.Model: everything else is a part of it, or a view.
type model struct {
	env     *views.Env
	cancel  context.CancelFunc // of env.Context
	options Options

	width, height int
	layout        layout
	frame         *string // what View drew; nil: something changed since

	router
	dialogs []*page // the last one is on top

	summary *views.Summary
	changes *engine.Subscription // nil if the engine gives none
	jobs    jobsStrip
	notices notices

	theme    string // what was asked for: a name or themes.Auto
	terminal themes.Terminal
	dark     bool // the terminal's background
	mouse    bool
	frozen   bool      // the operator holds the screen still
	quitAt   time.Time // when quitting was asked for
	tabZones zones     // where the last frame drew tabs and footer keys
	keyZones zones
}

func newModel(ctx context.Context, options Options, clock func() time.Time) *model {
	ctx, cancel := context.WithCancel(ctx)
	place := options.Place
	if place == "" {
		place = options.Engine.Capabilities().Place
	}
	m := &model{
		options: options, cancel: cancel, dark: true, mouse: !options.NoMouse,
		theme: options.Theme, terminal: options.Terminal,
		env: &views.Env{
			Context: ctx, Engine: options.Engine, Operations: options.Operations, Keys: options.Keys,
			Demo: options.Demo, Place: place, Clock: clock, Styles: &themes.Styles{},
		},
	}
	if options.Demo != nil {
		m.env.Tour = views.NewTour(m.env)
	}
	m.restyle()
	m.summary = views.NewSummary(m.env)
	m.changes = options.Engine.Watch()
	m.router = newRouter(m.env)
	m.jobs = newJobsStrip(options.Operations)
	return m
}

// close ends all views and what they have under way.
func (m *model) close() {
	for _, d := range m.dialogs {
		d.view.Close()
	}
	m.router.close()
	m.summary.Close()
	m.changes.Close()
	m.jobs.close()
	m.cancel()
}

// Messages of the root itself.
type (
	changesMsg struct{ queues []string }
	tickMsg    struct{ now time.Time }
	// jumpMsg opens a screen in place of the path that led here.
	jumpMsg views.OpenMsg
)

// hintPause lies between two sets of hints.
const hintPause = 50 * time.Millisecond

// waitChanges waits for the engine's hints.
func waitChanges(ctx context.Context, s *engine.Subscription) tea.Cmd {
	return waitHints(ctx, s, func() tea.Msg { return changesMsg{queues: s.Take()} })
}

// waitHints waits for hints, to take them. It is armed again when they were
// taken, so that a slow console gets fewer and larger sets.
func waitHints(ctx context.Context, s *engine.Subscription, take func() tea.Msg) tea.Cmd {
	return func() tea.Msg {
		select {
		case _, ok := <-s.C():
			if !ok {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
		if !sleep(ctx, hintPause) {
			return nil
		}
		return take()
	}
}

// tick comes each second, on the second.
func tick(ctx context.Context, clock func() time.Time) tea.Cmd {
	return func() tea.Msg {
		now := clock()
		if !sleep(ctx, now.Truncate(time.Second).Add(time.Second).Sub(now)) {
			return nil
		}
		return tickMsg{now: clock()}
	}
}

// sleep reports whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *model) Init() tea.Cmd {
	return tea.Batch(
		tea.RequestBackgroundColor,
		waitChanges(m.env.Context, m.changes),
		tick(m.env.Context, m.env.Now),
		m.summary.Load(),
		m.jobs.wait(m.env.Context),
		m.jobs.load(),
		m.begin(),
	)
}

// begin opens the first screen.
func (m *model) begin() tea.Cmd {
	m.resize()
	cmd := m.goTab(0)
	if open := m.options.Open; open != nil {
		return tea.Batch(cmd, m.open(*open))
	}
	return cmd
}

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.frame = nil
	cmd := m.update(msg)
	m.refit()
	return m, cmd
}

func (m *model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.resize()
		return nil
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.MouseMsg:
		return m.mouseEvent(msg)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.restyle()
		return nil
	case tea.ColorProfileMsg:
		m.terminal.Sixteen = msg.Profile == colorprofile.ANSI
		m.restyle()
		return nil
	case views.Addressed:
		return m.deliver(msg)
	case changesMsg:
		return tea.Batch(waitChanges(m.env.Context, m.changes), m.broadcast(views.ChangesMsg{Queues: msg.queues}))
	case tickMsg:
		m.notices.expire(msg.now)
		m.env.Tour.Look()
		return tea.Batch(tick(m.env.Context, m.env.Now), m.summary.Load(), m.jobs.load(), m.broadcast(views.TickMsg{Now: msg.now}))
	case jobsChangedMsg:
		return tea.Batch(m.jobs.wait(m.env.Context), m.jobs.load(), m.broadcast(views.JobsMsg{}))
	case jobsLoadedMsg:
		return m.jobsLoaded(msg)
	case jumpMsg:
		m.closePath()
		return m.open(views.OpenMsg(msg))
	}
	if views.IsRequest(msg) {
		return m.request(msg)
	}
	return m.summary.Update(msg)
}

// request does what a view asks the root for.
func (m *model) request(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case views.OpenMsg:
		m.closeDialogs()
		return m.open(msg)
	case views.BackMsg:
		return m.back()
	case views.PlanMsg:
		return m.plan(msg)
	case views.NoticeMsg:
		m.reply(msg)
		return nil
	case views.CopyMsg:
		return m.copy(msg)
	case views.EditMsg:
		return m.edit(msg)
	case views.DialogMsg:
		return m.openDialog(msg)
	case views.AnswerMsg:
		return m.answer(msg)
	case views.ThemeMsg:
		m.theme = msg.Name
		m.restyle()
		return nil
	case views.ActMsg:
		return m.act(msg.Action)
	}
	return nil
}

// broadcast gives a message to what can be seen: the screen and the dialogs
// over it. A frozen screen gets none.
func (m *model) broadcast(msg tea.Msg) tea.Cmd {
	if m.frozen {
		return nil
	}
	var cmds []tea.Cmd
	if p := m.top(); p != nil {
		cmds = append(cmds, p.update(msg))
	}
	for _, d := range m.dialogs {
		cmds = append(cmds, d.update(msg))
	}
	return tea.Batch(cmds...)
}

// restyle makes the styles anew, in place, and lets everybody draw again.
func (m *model) restyle() {
	palette, ok := themes.Lookup(m.theme)
	if !ok {
		palette = themes.For(m.dark)
	}
	*m.env.Styles = *themes.New(palette, m.terminal)
	m.resize()
}

// resize gives everybody their size again.
func (m *model) resize() {
	m.layout = newLayout(m.width, m.height, m.env.Demo != nil, m.jobs.visible())
	body := m.layout.body
	m.setSize(max(body.Dx(), 0), max(body.Dy(), 0))
	for _, d := range m.dialogs {
		m.fit(d)
	}
}

func (m *model) View() tea.View {
	if m.frame == nil {
		frame := m.render()
		m.frame = &frame
	}
	v := tea.NewView(*m.frame)
	v.AltScreen = true
	v.Cursor = m.cursor()
	v.WindowTitle = "nixie " + widget.Safe(m.env.Place)
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// jobsLoaded takes the jobs, and makes room for their line or takes it away.
func (m *model) jobsLoaded(msg jobsLoadedMsg) tea.Cmd {
	before, first := m.jobs.visible(), !m.jobs.loaded
	ended := m.jobs.set(msg)
	if n := m.jobs.interrupted(); first && n > 0 {
		text := widget.Plural(n, "job") + " interrupted when the program ended: to be resumed in Jobs"
		m.notices.add(notice{NoticeMsg: views.NoticeMsg{Kind: views.NoticeWarning, Text: text}}, m.env.Now())
	}
	if m.jobs.visible() != before {
		m.resize()
	}
	for _, job := range ended {
		m.notices.add(notice{NoticeMsg: endNotice(job)}, m.env.Now())
	}
	return nil
}

// reply tells what came of a key.
func (m *model) reply(msg views.NoticeMsg) {
	m.notices.add(notice{NoticeMsg: msg, answer: true}, m.env.Now())
}

// endNotice tells how a job ended.
func endNotice(job operation.Job) views.NoticeMsg {
	kind := views.NoticeDone
	if job.Tally.Refused > 0 || job.State == operation.Cancelled {
		kind = views.NoticeWarning
	}
	return views.NoticeMsg{Kind: kind, Text: job.Title + ": " + string(job.State) + ", " + views.Reconciliation(job)}
}
