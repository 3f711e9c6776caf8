package views

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/keymap"
	"nixie/views/widget"
)

// Queue is the screen of one queue: its messages by state, its activity and its
// settings, as tabs.
type Queue struct {
	env           *Env
	name          string
	info          *fetcher[engine.QueueInfo]
	parts         []queuePart
	tab           int
	lastLive      int // the tab to jump back to from the dead letters
	width, height int
	open          OpenMsg
}

// queuePart is a tab: a list of messages, or a view of its own.
type queuePart struct {
	title  string
	screen Screen       // what it is by itself, to the tour
	state  engine.State // of a list
	list   *messageList // nil until it was shown, or not a list
	make   func(*Env, OpenMsg) View
	view   View // nil until it was shown, or a list
}

// queueTabs are the tabs behind the lists: views of their own.
func queueTabs() []queuePart {
	return []queuePart{
		{title: causesTitle, screen: DeadScreen, make: NewDead},
		{title: "Activity", screen: ActivityScreen, make: NewActivity},
		{title: settingsTitle, make: NewSettings},
	}
}

const (
	causesTitle   = "Causes"
	settingsTitle = "Settings"
)

// NewQueue returns the screen of OpenMsg.Queue, at the tab of its State.
func NewQueue(env *Env, open OpenMsg) View {
	e, name := env.Engine, open.Queue
	q := &Queue{
		env: env, name: name, open: open,
		info: newFetcher(env, func(ctx context.Context) (engine.QueueInfo, error) { return e.Queue(ctx, name) }),
		parts: []queuePart{
			{title: "Messages", state: engine.Ready},
			{title: "In flight", state: engine.InFlight},
			{title: "Delayed", state: engine.Delayed},
			{title: "Dead letters", screen: DeadScreen, state: engine.Dead},
		},
	}
	q.info.rest = listRefresh
	q.parts = append(q.parts, queueTabs()...)
	if open.State != "" {
		q.tab = max(slices.IndexFunc(q.parts, func(p queuePart) bool { return p.state == open.State }), 0)
	}
	if open.State == engine.Dead && open.ID == "" && open.Filter == "" {
		q.tab = q.named(causesTitle)
	}
	return q
}

func (q *Queue) Init() tea.Cmd { return tea.Batch(q.info.Load(), q.goTab(q.tab)) }

func (q *Queue) part() *queuePart { return &q.parts[q.tab] }

// list is that of the current tab; nil if it is not a list.
func (q *Queue) list() *messageList { return q.part().list }

// goTab shows a tab, which is made when it is shown first.
func (q *Queue) goTab(i int) tea.Cmd {
	if i < 0 || i >= len(q.parts) {
		return nil
	}
	if now := q.part(); now.state != engine.Dead && now.title != causesTitle {
		q.lastLive = q.tab
	}
	q.tab = i
	p := q.part()
	q.env.Tour.Visit(p.screen)
	defer q.SetSize(q.width, q.height)
	switch {
	case p.list != nil:
		p.list.setSize(q.width, q.height)
		return q.address(i, p.list.refresh())
	case p.view != nil:
		return q.address(i, p.view.Update(ShownMsg{}))
	case p.make != nil:
		p.view = p.make(q.env, OpenMsg{Queue: q.name})
		p.view.SetSize(q.width, q.height)
		return q.address(i, p.view.Init())
	default:
		p.list = newMessageList(q.env, q.name, p.state)
		p.list.setSize(q.width, q.height)
		open := q.open
		q.open = OpenMsg{} // only for the first one
		return q.address(i, p.list.load(open))
	}
}

// address lets messages of a tab's commands come back to that tab.
func (q *Queue) address(tab int, cmd tea.Cmd) tea.Cmd { return Address(ID(tab), cmd) }

func (q *Queue) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case Addressed:
		return q.address(int(m.To), q.deliver(int(m.To), m.Msg))
	case ChangesMsg:
		if !m.Has(q.name) {
			return nil
		}
		return tea.Batch(q.info.Load(), q.refresh(msg))
	case TickMsg, ShownMsg:
		return tea.Batch(q.info.Load(), q.refresh(msg))
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseMsg, JobsMsg:
		return q.address(q.tab, q.deliver(q.tab, msg))
	}
	cmd, fresh := q.info.Update(msg)
	if fresh && q.info.err == nil {
		for _, p := range q.parts {
			if p.list != nil {
				p.list.info = q.info.value
			}
		}
	}
	return cmd
}

func (q *Queue) deliver(tab int, msg tea.Msg) tea.Cmd {
	if tab < 0 || tab >= len(q.parts) {
		return nil
	}
	if m, ok := msg.(exportMsg); ok {
		return m.run
	}
	switch p := q.parts[tab]; {
	case p.list != nil:
		return p.list.update(msg)
	case p.view != nil:
		return p.view.Update(msg)
	}
	return nil
}

// refresh lets the visible tab read again.
func (q *Queue) refresh(msg tea.Msg) tea.Cmd {
	if l := q.list(); l != nil {
		return q.address(q.tab, l.refresh())
	}
	return q.address(q.tab, q.deliver(q.tab, msg))
}

func (q *Queue) Act(a keymap.Action) (tea.Cmd, bool) {
	if l := q.list(); l != nil {
		if cmd, ok := l.act(a); ok {
			return q.address(q.tab, cmd), true
		}
	} else if v := q.part().view; v != nil {
		if cmd, ok := v.Act(a); ok {
			return q.address(q.tab, cmd), true
		}
	}
	if i := slices.Index(tabActions, a); i >= 0 {
		return q.goTab(i), true
	}
	switch a {
	case keymap.NextPane:
		return q.goTab((q.tab + 1) % len(q.parts)), true
	case keymap.PrevPane:
		return q.goTab((q.tab + len(q.parts) - 1) % len(q.parts)), true
	case keymap.JumpDead:
		if q.part().state == engine.Dead || q.part().title == causesTitle {
			return q.goTab(q.lastLive), true
		}
		return q.goTab(q.named(causesTitle)), true
	case keymap.Configure:
		return q.goTab(q.named(settingsTitle)), true
	}
	return actOnQueue(q.env, a, q.current(), true)
}

var tabActions = []keymap.Action{
	keymap.Tab1, keymap.Tab2, keymap.Tab3, keymap.Tab4, keymap.Tab5, keymap.Tab6, keymap.Tab7, keymap.Tab8, keymap.Tab9,
}

// named is the tab with a title.
func (q *Queue) named(title string) int {
	return slices.IndexFunc(q.parts, func(p queuePart) bool { return p.title == title })
}

// current is what is known about the queue.
func (q *Queue) current() engine.QueueInfo {
	info := q.info.value
	info.Name = q.name
	return info
}

// Back undoes a step of the tab before the screen is left.
func (q *Queue) Back() (tea.Cmd, bool) {
	if l := q.list(); l != nil {
		cmd, ok := l.back()
		return q.address(q.tab, cmd), ok
	}
	if s, ok := q.part().view.(Stepper); ok {
		cmd, handled := s.Back()
		return q.address(q.tab, cmd), handled
	}
	return nil, false
}

func (q *Queue) Why(a keymap.Action) string {
	if l := q.list(); l != nil {
		return l.why(a)
	}
	if a == keymap.Configure && q.tab == q.named(settingsTitle) {
		return "these are its settings"
	}
	if v := q.part().view; v != nil {
		return v.Why(a)
	}
	return ""
}

func (q *Queue) SetSize(width, height int) {
	q.width, q.height = width, height
	if l := q.list(); l != nil {
		l.setSize(width, height)
	} else if v := q.part().view; v != nil {
		v.SetSize(width, height)
	}
}

func (q *Queue) Render() string {
	switch {
	case q.list() != nil:
		return q.list().render()
	case q.part().view != nil:
		return q.part().view.Render()
	}
	return ""
}

// Tabs are the numbered parts, with how many messages are in each.
func (q *Queue) Tabs() (names []string, active int) {
	for _, p := range q.parts {
		name := p.title
		if p.state != "" && q.info.loaded {
			name += " " + widget.Count(q.info.value.Count(p.state))
		}
		names = append(names, name)
	}
	return names, q.tab
}

func (q *Queue) Cursor() *tea.Cursor {
	if l := q.list(); l != nil {
		return l.cursor()
	}
	if v := q.part().view; v != nil {
		return v.Cursor()
	}
	return nil
}

func (q *Queue) Title() string { return widget.Safe(q.name) }

func (q *Queue) Scopes() []keymap.Scope {
	switch {
	case q.Capturing() && q.list() != nil:
		return q.list().scopes()
	case q.Capturing():
		return q.part().view.Scopes()
	case q.list() != nil:
		return append(q.list().scopes(), keymap.Queue)
	case q.part().view != nil:
		return append(slices.Clone(q.part().view.Scopes()), keymap.Queue)
	}
	return []keymap.Scope{keymap.Queue}
}

func (q *Queue) Capturing() bool {
	if l := q.list(); l != nil {
		return l.capturing()
	}
	return q.part().view != nil && q.part().view.Capturing()
}

func (q *Queue) Close() {
	q.info.Close()
	for _, p := range q.parts {
		if p.list != nil {
			p.list.close()
		}
		if p.view != nil {
			p.view.Close()
		}
	}
}
