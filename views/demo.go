package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/keymap"
)

// Demo is the screen of a demo's controls: what happens, what to watch, the
// scenarios to choose from, and the handles to meddle with.
type Demo struct {
	env    *Env
	state  DemoState
	matrix demoMatrix
	pane   demoPane
	at     string // the handle under the cursor, by its id
	choice int    // the scenario under the cursor
	scroll int    // of the handles, in lines
	busy   bool   // a scenario is being changed
	queues *fetcher[[]engine.QueueInfo]
	live   map[string]engine.QueueInfo // by name

	width, height int
}

// demoPane is a part of the screen that can have the keyboard.
type demoPane int

const (
	demoHandles demoPane = iota
	demoScenarios
)

// demoPlayedMsg says that another scenario plays, or why not.
type demoPlayedMsg struct {
	title string
	err   error
}

// NewDemo returns the screen; env.Demo must be there.
func NewDemo(env *Env, _ OpenMsg) View {
	e := env.Engine
	v := &Demo{env: env, live: map[string]engine.QueueInfo{}}
	v.queues = newFetcher(env, func(ctx context.Context) ([]engine.QueueInfo, error) { return e.Queues(ctx) })
	v.queues.rest = queuesRefresh
	v.look()
	for i, s := range v.state.Scenarios {
		if s.Name == v.state.Scenario {
			v.choice = i
		}
	}
	return v
}

// look takes what the demo says now.
func (v *Demo) look() {
	v.state = v.env.Demo.State()
	v.matrix = newDemoMatrix(v.state.Handles)
	if _, ok := v.matrix.find(v.at); !ok {
		v.at = v.matrix.first()
	}
	v.reveal()
}

func (v *Demo) Init() tea.Cmd { return v.queues.Load() }

func (v *Demo) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case TickMsg, ShownMsg, ChangesMsg:
		v.look()
		return v.queues.Load()
	case demoPlayedMsg:
		v.busy = false
		v.look()
		if m.err != nil {
			return Notify(NoticeError, "the scenario did not begin: "+m.err.Error())
		}
		return Notify(NoticeDone, "now playing: "+m.title)
	case tea.MouseMsg:
		return v.mouse(m)
	}
	cmd, fresh := v.queues.Update(msg)
	if fresh && v.queues.err == nil {
		clear(v.live)
		for _, q := range v.queues.value {
			v.live[q.Name] = q
		}
	}
	return cmd
}

func (v *Demo) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.NextPane, keymap.PrevPane:
		v.pane = 1 - v.pane
	case keymap.DemoMore:
		v.adjust(v.at, 1)
	case keymap.DemoLess:
		v.adjust(v.at, -1)
	case keymap.DemoFire:
		if v.pane == demoScenarios {
			return v.play(), true
		}
		v.adjust(v.at, 1)
	case keymap.DemoAuto:
		v.env.Demo.Lead(!v.state.Auto)
		v.look()
	case keymap.DemoTour:
		v.env.Tour.Toggle()
	case keymap.DemoRight:
		if v.pane == demoScenarios {
			v.pane = demoHandles
		} else {
			v.at = v.matrix.move(v.at, 0, 1)
		}
	case keymap.DemoLeft:
		if to := v.matrix.move(v.at, 0, -1); v.pane == demoHandles && to != v.at {
			v.at = to
		} else {
			v.pane = demoScenarios
		}
	case keymap.DemoUp:
		v.move(-1)
	case keymap.DemoDown:
		v.move(1)
	default:
		return nil, false
	}
	v.reveal()
	return nil, true
}

// move moves the cursor up and down.
func (v *Demo) move(steps int) {
	if v.pane == demoScenarios {
		v.choice = min(max(v.choice+steps, 0), len(v.state.Scenarios)-1)
	} else {
		v.at = v.matrix.move(v.at, steps, 0)
	}
}

// adjust moves a handle.
func (v *Demo) adjust(id string, steps int) {
	v.env.Demo.Adjust(id, steps)
	v.look()
}

// play begins the scenario under the cursor.
func (v *Demo) play() tea.Cmd {
	if v.busy || v.choice >= len(v.state.Scenarios) {
		return nil
	}
	v.busy = true
	s := v.state.Scenarios[v.choice]
	demo, ctx := v.env.Demo, v.env.Context
	return func() tea.Msg { return demoPlayedMsg{title: s.Title, err: demo.Play(ctx, s.Name)} }
}

// Why says why a handle cannot be moved.
func (v *Demo) Why(a keymap.Action) string {
	h, ok := v.matrix.find(v.at)
	switch {
	case a == keymap.DemoFire && v.pane == demoScenarios && v.busy:
		return "a scenario is beginning"
	case a != keymap.DemoMore && a != keymap.DemoLess:
		return ""
	case v.pane == demoScenarios:
		return "choose a handle first"
	case ok && h.Kind != DemoNumber:
		return h.Label + " has no more and less"
	}
	return ""
}

func (v *Demo) SetSize(width, height int) {
	v.width, v.height = width, height
	v.reveal()
}

func (v *Demo) Cursor() *tea.Cursor    { return nil }
func (v *Demo) Title() string          { return "demo" }
func (v *Demo) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Demo} }
func (v *Demo) Capturing() bool        { return false }
func (v *Demo) Close()                 { v.queues.Close() }

// mouse operates what is clicked: a scenario, a handle, its − and +.
func (v *Demo) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	boxes := v.boxes()
	switch event := msg.(type) {
	case tea.MouseWheelMsg:
		v.wheel(event.Mouse(), boxes)
	case tea.MouseClickMsg:
		switch {
		case m.Button != tea.MouseLeft:
		case inside(boxes.scenarios, m.X, m.Y):
			i := m.Y - boxes.scenarios.Min.Y - 1
			again := v.pane == demoScenarios && i == v.choice
			if i < 0 || i >= len(v.state.Scenarios) {
				return nil
			}
			v.pane, v.choice = demoScenarios, i
			if again {
				return v.play()
			}
		case inside(boxes.handles, m.X, m.Y):
			v.pane = demoHandles
			v.click(m.X-boxes.handles.Min.X-2, m.Y-boxes.handles.Min.Y-1+v.scroll, boxes)
		}
	}
	return nil
}

// click operates the handle at a place of the matrix.
func (v *Demo) click(x, y int, boxes demoBoxes) {
	h, part, ok := v.matrix.hit(x, y, boxes.inner())
	if !ok {
		return
	}
	v.at = h.ID
	switch {
	case h.Kind != DemoNumber, part > 0:
		v.adjust(h.ID, 1)
	case part < 0:
		v.adjust(h.ID, -1)
	}
}

// wheel moves the handle under the pointer, and elsewhere the cursor.
func (v *Demo) wheel(m tea.Mouse, boxes demoBoxes) {
	steps := wheel(m)
	if inside(boxes.handles, m.X, m.Y) {
		h, _, ok := v.matrix.hit(m.X-boxes.handles.Min.X-2, m.Y-boxes.handles.Min.Y-1+v.scroll, boxes.inner())
		if ok && h.Kind == DemoNumber {
			v.pane, v.at = demoHandles, h.ID
			v.adjust(h.ID, -steps/max(steps, -steps, 1))
			return
		}
		v.scroll = min(max(v.scroll+steps, 0), max(v.matrix.lines()-boxes.handles.Dy()+2, 0))
		return
	}
	if inside(boxes.scenarios, m.X, m.Y) {
		v.pane = demoScenarios
		v.move(steps / max(steps, -steps, 1))
	}
}
