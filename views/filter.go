package views

import (
	tea "charm.land/bubbletea/v2"

	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/themes"
	"nixie/views/widget"
)

// filterField is where a filter is typed, in the filter language, and the one
// that was accepted last.
type filterField struct {
	line    *line
	applied *operation.Filter // nil: none
	typing  bool
	err     error // of what was typed
}

func newFilterField(example string) filterField { return filterField{line: newLine("/ ", example)} }

// set takes a filter as if it had been typed. A wrong one changes nothing but
// what the field says.
func (f *filterField) set(text string) (ok bool) {
	f.line.SetValue(text)
	filter, err := operation.ParseFilter(text)
	if f.err = err; err != nil {
		return false
	}
	if filter.Empty() {
		filter = nil
	}
	f.applied = filter
	return true
}

// open gives the field the keyboard.
func (f *filterField) open() tea.Cmd {
	f.typing = true
	return f.line.Focus()
}

// act accepts what was typed, or leaves the field; accepted means that another
// filter counts from now on.
func (f *filterField) act(a keymap.Action) (accepted, ok bool) {
	switch a {
	case keymap.Accept:
		if !f.set(f.line.Value()) {
			return false, true
		}
		accepted = true
	case keymap.Cancel:
		f.err = nil
		f.line.SetValue(f.applied.String())
	default:
		return false, false
	}
	f.typing = false
	f.line.Blur()
	return accepted, true
}

// render draws the field, and what is wrong with what was typed.
func (f *filterField) render(s *themes.Styles, width int) string {
	wrong := ""
	if f.err != nil {
		wrong = s.Bad.Render(s.Glyphs.Cross + " " + widget.SafeFit(f.err.Error(), width*2/3))
	}
	field := f.line.Render(s, max(width-widget.Width(wrong)-3, 10))
	return widget.Pad(widget.Pad(" "+field, width-widget.Width(wrong)-1, widget.Left)+wrong, width, widget.Left)
}
