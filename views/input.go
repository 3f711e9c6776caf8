package views

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// maxLine bounds what a one-line field takes, in characters.
const maxLine = 4096

// line is a one-line text field.
type line struct {
	input   textinput.Model
	focused bool
}

func newLine(prompt, placeholder string) *line {
	l := &line{input: textinput.New()}
	l.input.Prompt = prompt
	l.input.Placeholder = placeholder
	l.input.CharLimit = maxLine
	l.input.SetVirtualCursor(false)
	return l
}

func (l *line) Focus() tea.Cmd {
	l.focused = true
	return l.input.Focus()
}

func (l *line) Blur() {
	l.focused = false
	l.input.Blur()
}

// Update takes a key or a paste; it reports whether the text changed.
func (l *line) Update(msg tea.Msg) (cmd tea.Cmd, changed bool) {
	if p, ok := msg.(tea.PasteMsg); ok && len(p.Content) > maxLine*4 {
		p.Content = p.Content[:maxLine*4]
		msg = p
	}
	before := l.input.Value()
	l.input, cmd = l.input.Update(msg)
	return cmd, l.input.Value() != before
}

func (l *line) Value() string { return l.input.Value() }

func (l *line) SetValue(s string) {
	l.input.SetValue(s)
	l.input.CursorEnd()
}

// Render draws the field in width cells.
func (l *line) Render(s *themes.Styles, width int) string {
	state := textinput.StyleState{Text: s.Text, Placeholder: s.Fields.Placeholder, Prompt: s.Accent, Suggestion: s.Muted}
	blurred := state
	blurred.Prompt = s.Muted
	l.input.SetStyles(textinput.Styles{Focused: state, Blurred: blurred, Cursor: textinput.CursorStyle{Color: s.Accent.GetForeground(), Shape: tea.CursorBar, Blink: true}})
	l.input.SetWidth(max(width-lipgloss.Width(l.input.Prompt)-1, 1))
	return l.input.View()
}

// Cursor is where the text cursor stands, with the field at x, y.
func (l *line) Cursor(x, y int) *tea.Cursor {
	if !l.focused {
		return nil
	}
	c := l.input.Cursor()
	if c != nil {
		c.X += x
		c.Y += y
	}
	return c
}
