package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/keymap"
	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// overDialogs are the root's actions that work while a dialog is open.
var overDialogs = []keymap.Action{keymap.Back, keymap.Quit, keymap.Suspend, keymap.Redraw, keymap.ToggleMouse}

// key resolves a key to an action and does it. While a text field has the
// keyboard, what types a character goes nowhere else.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.notices.key(m.env.Now())
	p := m.focus()
	if p == nil || tooSmall(m.width, m.height) {
		if a, ok := m.env.Keys.Resolve(msg.String(), keymap.Global); ok && a == keymap.Quit {
			return m.quit()
		}
		return nil
	}
	if p.view.Capturing() {
		if msg.Text == "" {
			if a, ok := m.env.Keys.ResolveTyping(msg.String(), p.view.Scopes()...); ok {
				return m.act(a)
			}
		}
		return p.update(msg)
	}
	a, ok := m.env.Keys.Resolve(msg.String(), append(slices.Clone(p.view.Scopes()), keymap.Global)...)
	if !ok {
		return nil
	}
	return m.act(a)
}

// act does an action: the focused view may, or else the root.
func (m *model) act(a keymap.Action) tea.Cmd {
	p := m.focus()
	if p == nil {
		return nil
	}
	if why := p.view.Why(a); why != "" {
		m.reply(views.NoticeMsg{Kind: views.NoticeWarning, Text: m.env.Keys.Binding(a).Help + ": " + why})
		return nil
	}
	if a != keymap.Quit {
		m.quitAt = time.Time{}
	}
	if cmd, ok := p.act(a); ok {
		return cmd
	}
	if len(m.dialogs) > 0 && !slices.Contains(overDialogs, a) {
		return nil
	}
	return m.actRoot(a)
}

func (m *model) actRoot(a keymap.Action) tea.Cmd {
	switch a {
	case keymap.Quit:
		return m.quit()
	case keymap.Back:
		return m.stepBack()
	case keymap.Help:
		return m.openDialog(views.DialogMsg{Dialog: m.help()})
	case keymap.Palette:
		return m.openDialog(views.DialogMsg{Dialog: m.palette()})
	case keymap.Theme:
		return m.openDialog(views.DialogMsg{Dialog: m.themes()})
	case keymap.TimeFormat:
		m.env.Times = m.env.Times.Next()
		m.resize()
		return views.Notify(views.NoticeInfo, "times are shown as "+m.env.Times.String())
	case keymap.Freeze:
		return m.freeze()
	case keymap.ToggleMouse:
		m.mouse = !m.mouse
		if m.mouse {
			return views.Notify(views.NoticeInfo, "the mouse is on")
		}
		return views.Notify(views.NoticeInfo, "the mouse is off: the terminal selects text")
	case keymap.Suspend:
		return tea.Suspend
	case keymap.Redraw:
		return tea.ClearScreen
	case keymap.Log, keymap.JobList:
		return m.open(views.OpenMsg{Screen: views.JobsScreen})
	case keymap.Undo:
		return m.undo()
	case keymap.NextPane, keymap.PrevPane:
		return views.Notify(views.NoticeInfo, "there is no other pane here")
	}
	if number, ok := strings.CutPrefix(string(a), "app.tab-"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			return m.goTab(n - 1)
		}
	}
	return nil
}

// stepBack lets the view clear its filter or marks first, then goes back.
func (m *model) stepBack() tea.Cmd {
	p := m.focus()
	if s, ok := p.view.(views.Stepper); ok {
		if cmd, handled := s.Back(); handled {
			return views.Address(p.id, cmd)
		}
	}
	return m.back()
}

// quitGrace is how long the question whether to quit stays open.
const quitGrace = 5 * time.Second

// quit asks first while a job runs; asked again it quits.
func (m *model) quit() tea.Cmd {
	now := m.env.Now()
	running := m.jobs.running()
	if running == 0 || (!m.quitAt.IsZero() && now.Sub(m.quitAt) < quitGrace) {
		return tea.Quit
	}
	m.quitAt = now
	return views.Notify(views.NoticeWarning, widget.Plural(running, "job")+" still running, offered for resumption next time; once more quits")
}

func (m *model) freeze() tea.Cmd {
	m.frozen = !m.frozen
	if m.frozen {
		return nil
	}
	return tea.Batch(m.summary.Load(), m.broadcast(views.ShownMsg{}))
}

// undo plans to take the newest change back that can be.
func (m *model) undo() tea.Cmd {
	job, ok := m.jobs.undoable()
	if !ok {
		return views.Notify(views.NoticeInfo, "there is nothing to take back")
	}
	return m.plan(undoPlan(job))
}

// paste goes to the text field that has the keyboard and nowhere else: it
// never triggers a key.
func (m *model) paste(msg tea.PasteMsg) tea.Cmd {
	p := m.focus()
	if p == nil || !p.view.Capturing() {
		return views.Notify(views.NoticeInfo, "nothing here takes a paste")
	}
	if len(msg.Content) > maxPaste {
		msg.Content = strings.ToValidUTF8(msg.Content[:maxPaste], "")
		return tea.Batch(p.update(msg), views.Notify(views.NoticeWarning, "the paste was cut to 1 MiB; load larger bodies from a file"))
	}
	return p.update(msg)
}

// maxPaste bounds what is taken at once, in bytes.
const maxPaste = 1 << 20

// themes lets the operator choose the colours, with a look ahead.
func (m *model) themes() views.Dialog {
	names := themeNames()
	choices := make([]views.Choice, len(names))
	at := 0
	for i, name := range names {
		choices[i] = views.Choice{Title: name, Help: themeHelp(name), Msg: views.ThemeMsg{Name: name}}
		if name == m.theme {
			at = i
		}
	}
	c := views.NewChooser(m.env, "Colours", choices)
	c.Moved = func(c views.Choice) tea.Cmd { return func() tea.Msg { return c.Msg } }
	c.Left = views.ThemeMsg{Name: m.theme}
	c.Select(at)
	return c
}

func themeHelp(name string) string {
	p, ok := themes.Lookup(name)
	switch {
	case !ok:
		return "as the terminal is"
	case p.Dark:
		return "dark"
	default:
		return "light"
	}
}
