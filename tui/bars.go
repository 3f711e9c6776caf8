package tui

import (
	"slices"
	"strconv"
	"strings"

	"nixie/keymap"
	"nixie/views"
	"nixie/views/widget"
)

// zone is a piece of a line that can be clicked.
type zone struct {
	from, to int
	action   keymap.Action
}

type zones []zone

// at returns the action at a column.
func (z zones) at(x int) (keymap.Action, bool) {
	for _, zone := range z {
		if x >= zone.from && x < zone.to {
			return zone.action, true
		}
	}
	return "", false
}

// tabNames are the names behind the numbers: those of the screen's own tabs,
// or else the screens of the first level.
func (m *model) tabNames() (names []string, active int) {
	if p := m.top(); p != nil {
		if t, ok := p.view.(views.Tabbed); ok {
			return t.Tabs()
		}
	}
	for _, t := range m.tabs {
		names = append(names, t.title)
	}
	if len(m.path) > 0 {
		return names, -1
	}
	return names, m.current
}

// renderTabs draws the tab bar and remembers where the tabs are.
func (m *model) renderTabs() string {
	s := m.env.Styles
	names, active := m.tabNames()
	names, gap := fitTabs(names, active, m.width-2)
	m.tabZones = m.tabZones[:0]
	var b strings.Builder
	b.WriteString(" ")
	x := 1
	for i, name := range names {
		number := strconv.Itoa(i+1) + " "
		w := widget.Width(number + name)
		if x+w+1 > m.width {
			break
		}
		if i == active {
			b.WriteString(s.Accent.Render(number) + s.Bars.ActiveTab.Render(name))
		} else {
			b.WriteString(s.Muted.Render(number) + s.Bars.Tab.Render(name))
		}
		b.WriteString(strings.Repeat(" ", gap))
		if i < 9 {
			m.tabZones = append(m.tabZones, zone{x, x + w, keymap.Action("app.tab-" + strconv.Itoa(i+1))})
		}
		x += w + gap
	}
	return b.String()
}

// fitTabs makes the names shorter until they fit: without their counts, then
// the first words alone, then the numbers with the name of the active one.
func fitTabs(names []string, active, width int) (shown []string, gap int) {
	shorter := []func(int, string) string{
		func(_ int, s string) string { return s },
		func(_ int, s string) string { return strings.TrimRight(s, "0123456789 ") },
		func(_ int, s string) string { first, _, _ := strings.Cut(s, " "); return first },
		func(i int, s string) string {
			if i == active {
				return s
			}
			return ""
		},
	}
	for level, shorten := range shorter {
		shown = shown[:0]
		room := width
		for i, n := range names {
			shown = append(shown, shorten(i, n))
			room -= widget.Width(shown[i]) + 2
		}
		for gap = 3; gap >= 1; gap-- {
			fits := room >= gap*(len(names)-1)
			if fits && (gap > 1 || level == 1) { // so tight only to keep whole names
				return shown, gap
			}
		}
	}
	return shown, 1
}

// renderFooter draws the keys that can be used here, from the key table, and
// remembers where they are.
func (m *model) renderFooter() string {
	s := m.env.Styles.Bars
	m.keyZones = m.keyZones[:0]
	p := m.focus()
	if p == nil {
		return barLine("", "", m.width, s.Bar)
	}
	help := m.footerKey(m.env.Keys.Binding(keymap.Help), false)
	right := help.text + s.Bar.Render(" ")
	capturing := p.view.Capturing()
	if !capturing && len(m.dialogs) == 0 {
		m.keyZones = append(m.keyZones, zone{m.width - help.width - 1, m.width, keymap.Help})
	} else {
		right = ""
	}
	room := m.width - widget.Width(right) - 2
	left := s.Bar.Render(" ")
	x := 1
	add := func(b keymap.Binding, disabled bool) {
		k := m.footerKey(b, disabled)
		if x+k.width+2 > room {
			return
		}
		left += k.text + s.Bar.Render("  ")
		m.keyZones = append(m.keyZones, zone{x, x + k.width, b.Action})
		x += k.width + 2
	}
	seen := map[string]bool{}
	for _, scope := range p.view.Scopes() {
		for _, binding := range m.env.Keys.Bindings(scope) {
			if binding.Short == "" || len(binding.Keys) == 0 || seen[binding.Keys[0]] {
				continue
			}
			seen[binding.Keys[0]] = true
			disabled := p.view.Why(binding.Action) != ""
			if disabled && len(m.dialogs) > 0 {
				continue // a dialog is about one thing, which will not come to allow it
			}
			add(binding, disabled)
		}
	}
	if len(m.dialogs) > 0 && !capturing { // a text field says itself how it is left
		leave := m.env.Keys.Binding(keymap.Back)
		leave.Short = "leave"
		add(leave, false)
	}
	return barLine(left, right, m.width, s.Bar)
}

type footerKey struct {
	text  string
	width int
}

func (m *model) footerKey(b keymap.Binding, disabled bool) footerKey {
	s := m.env.Styles.Bars
	keyStyle, helpStyle := s.Key, s.KeyHelp
	if disabled {
		keyStyle, helpStyle = s.Disabled, s.Disabled
	}
	text := keyStyle.Render(b.Key()) + helpStyle.Render(" "+b.Short)
	return footerKey{text, widget.Width(text)}
}

// here lists the bindings that have a meaning where the focus is, innermost
// first.
func (m *model) here() []keymap.Binding {
	p := m.focus()
	if p == nil {
		return nil
	}
	var rows []keymap.Binding
	seen := map[string]bool{}
	for _, scope := range append(slices.Clone(p.view.Scopes()), keymap.Global) {
		for _, b := range m.env.Keys.Bindings(scope) {
			shadowed := len(b.Keys) > 0
			for _, k := range b.Keys {
				shadowed = shadowed && seen[k]
				seen[k] = true
			}
			if !shadowed {
				rows = append(rows, b)
			}
		}
	}
	return rows
}

// help lists what can be done here; choosing does it.
func (m *model) help() views.Dialog {
	var choices []views.Choice
	p := m.focus()
	for _, b := range m.here() {
		choices = append(choices, views.Choice{
			Kind: b.ShowAll(), Title: b.Help, Help: string(b.Scope), Why: p.view.Why(b.Action),
			Msg: views.ActMsg{Action: b.Action},
		})
	}
	return views.NewChooser(m.env, "What can be done here", choices)
}

// palette finds any action, screen, queue or theme.
func (m *model) palette() views.Dialog {
	var choices []views.Choice
	p := m.focus()
	for _, b := range m.here() {
		if b.Hidden {
			continue
		}
		choices = append(choices, views.Choice{
			Kind: "do", Title: string(b.Action), Help: b.Help, Key: b.Key(), Why: p.view.Why(b.Action),
			Msg: views.ActMsg{Action: b.Action},
		})
	}
	for _, t := range m.tabs {
		choices = append(choices, views.Choice{Kind: "screen", Title: t.title, Msg: views.OpenMsg{Screen: t.screen}})
	}
	totals, _, _ := m.summary.Totals()
	for _, q := range totals.Names {
		choices = append(choices, views.Choice{Kind: "queue", Title: q, Msg: jumpMsg{Screen: views.QueueScreen, Queue: q}})
	}
	for _, t := range themeNames() {
		choices = append(choices, views.Choice{Kind: "theme", Title: t, Help: themeHelp(t), Msg: views.ThemeMsg{Name: t}})
	}
	return views.NewChooser(m.env, "Commands", append(choices, m.elsewhere()...))
}

// elsewhere lists the actions that have a meaning on other screens, so that a
// search finds them, and says where.
func (m *model) elsewhere() []views.Choice {
	var choices []views.Choice
	here := m.here()
	for _, b := range m.env.Keys.All() {
		known := slices.ContainsFunc(here, func(h keymap.Binding) bool { return h.Action == b.Action })
		if known || b.Hidden || b.Scope == keymap.Demo && m.env.Demo == nil {
			continue
		}
		choices = append(choices, views.Choice{
			Kind: "do", Title: string(b.Action), Help: b.Help, Key: b.Key(),
			Why: "only in " + string(b.Scope) + ": " + b.Help,
		})
	}
	return choices
}
