package widget

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/themes"
)

// HeadersItem edits names and values, one pair a row, with an empty row at the
// end for the next. Values keep every byte.
type HeadersItem struct {
	styles  *themes.Styles
	rows    []headerRow
	at      int  // the row with the focus
	value   bool // its value has it, not its name
	focused bool
	width   int
}

type headerRow struct{ name, value *Editor }

// NewHeaders returns an item without headers.
func NewHeaders(styles *themes.Styles) *HeadersItem {
	h := &HeadersItem{styles: styles}
	h.Set(nil)
	return h
}

func (h *HeadersItem) newRow(name, value string) headerRow {
	r := headerRow{NewInput(h.styles), NewInput(h.styles)}
	r.name.Placeholder, r.value.Placeholder = "name", "value"
	r.value.Limit = 64 << 10
	r.name.SetValue([]byte(name))
	r.value.SetValue([]byte(value))
	return r
}

// Set replaces all headers.
func (h *HeadersItem) Set(headers map[string]string) {
	h.rows = h.rows[:0]
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		h.rows = append(h.rows, h.newRow(name, headers[name]))
	}
	h.at, h.value = 0, false
	h.tidy()
	h.SetWidth(h.width)
}

// Headers returns them, without rows that have no name and no value.
func (h *HeadersItem) Headers() map[string]string {
	headers := map[string]string{}
	for _, r := range h.rows {
		if name := r.name.String(); name != "" || len(r.value.Value()) > 0 {
			headers[name] = r.value.String()
		}
	}
	return headers
}

// Problem says what is wrong with the rows; "": nothing.
func (h *HeadersItem) Problem() string {
	seen := map[string]bool{}
	for _, r := range h.rows {
		name := r.name.String()
		if name == "" && len(r.value.Value()) > 0 {
			return "a header has a value and no name"
		}
		if seen[name] && name != "" {
			return "the header " + SafeFit(name, 30) + " stands there twice"
		}
		seen[name] = true
	}
	return ""
}

func (r headerRow) empty() bool { return len(r.name.Value()) == 0 && len(r.value.Value()) == 0 }

// tidy keeps exactly one empty row at the end.
func (h *HeadersItem) tidy() {
	for len(h.rows) > 1 && h.rows[len(h.rows)-1].empty() && h.rows[len(h.rows)-2].empty() && h.at < len(h.rows)-1 {
		h.rows = h.rows[:len(h.rows)-1]
	}
	if len(h.rows) == 0 || !h.rows[len(h.rows)-1].empty() {
		h.rows = append(h.rows, h.newRow("", ""))
		h.SetWidth(h.width)
	}
	h.at = min(h.at, len(h.rows)-1)
}

// current is the editor with the focus.
func (h *HeadersItem) current() *Editor {
	if h.value {
		return h.rows[h.at].value
	}
	return h.rows[h.at].name
}

// Height is one row for each header, and one for the next.
func (h *HeadersItem) Height() int { return len(h.rows) }

// SetWidth gives it its width: two fifths for the names.
func (h *HeadersItem) SetWidth(width int) {
	h.width = max(width, 0)
	for _, r := range h.rows {
		r.name.SetSize(h.nameWidth(), 1)
		r.value.SetSize(h.width-h.nameWidth()-headerGap, 1)
	}
}

func (h *HeadersItem) nameWidth() int { return max(min(h.width*2/5, 24), 1) }

// headerGap is the room between name and value.
const headerGap = 3

// Focus gives it the keyboard, or takes it away.
func (h *HeadersItem) Focus(from int) {
	h.focused = from != 0
	switch from {
	case 1:
		h.at, h.value = 0, false
	case -1:
		h.at, h.value = len(h.rows)-1, !h.rows[len(h.rows)-1].empty()
	}
}

// Move goes from name to value and to the next row; an empty row is one stop.
func (h *HeadersItem) Move(step int) bool {
	switch {
	case step > 0 && !h.value && !h.rows[h.at].empty():
		h.value = true
	case step > 0 && h.at+1 < len(h.rows):
		h.at, h.value = h.at+1, false
	case step < 0 && h.value:
		h.value = false
	case step < 0 && h.at > 0:
		h.at, h.value = h.at-1, true
	default:
		return false
	}
	return true
}

// Update types into the name or the value. Up and down change the row, enter
// goes on, backspace in an empty name takes the row away.
func (h *HeadersItem) Update(msg tea.Msg) (used, changed bool) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "up":
			h.at = max(h.at-1, 0)
			return true, false
		case "down":
			h.at = min(h.at+1, len(h.rows)-1)
			return true, false
		case "enter":
			return h.Move(1), false
		case "=", ":":
			if !h.value && len(h.rows[h.at].name.Value()) > 0 {
				h.value = true
				return true, false
			}
		case "backspace":
			if !h.value && len(h.rows[h.at].name.Value()) == 0 && len(h.rows) > 1 {
				changed = !h.rows[h.at].empty()
				h.rows = slices.Delete(h.rows, h.at, h.at+1)
				h.at = max(h.at-1, 0)
				h.tidy()
				return true, changed
			}
		}
	}
	if paste, ok := msg.(tea.PasteMsg); ok && !h.value && strings.ContainsAny(paste.Content, "\n=:") {
		return true, h.paste(paste.Content)
	}
	used, changed = h.current().Update(msg)
	h.tidy()
	return used, changed
}

// paste takes "name: value" or "name=value" lines.
func (h *HeadersItem) paste(text string) (changed bool) {
	for line := range strings.Lines(text) {
		i := strings.IndexAny(line, "=:")
		if i <= 0 || len(h.rows) > 1000 {
			continue
		}
		name, value := strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
		last := len(h.rows) - 1
		h.rows[last] = h.newRow(name, value)
		h.at, changed = last, true
		h.tidy()
	}
	h.SetWidth(h.width)
	return changed
}

// Click puts the cursor there.
func (h *HeadersItem) Click(x, y int) bool {
	h.at = min(max(y, 0), len(h.rows)-1)
	if h.value = x >= h.nameWidth()+headerGap; h.value {
		x -= h.nameWidth() + headerGap
	}
	h.current().Click(x, 0)
	return false
}

// Cursor is where the text cursor stands.
func (h *HeadersItem) Cursor() (x, y int, ok bool) {
	h.light()
	x, _, ok = h.current().Cursor()
	if h.value {
		x += h.nameWidth() + headerGap
	}
	return x, h.at, ok && x < h.width
}

// light gives the focus to the current editor alone.
func (h *HeadersItem) light() {
	for _, r := range h.rows {
		r.name.SetFocused(false)
		r.value.SetFocused(false)
	}
	h.current().SetFocused(h.focused)
}

// Render draws the rows.
func (h *HeadersItem) Render() string {
	h.light()
	var b bytes.Buffer
	for i, r := range h.rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.name.Base, r.value.Base = fieldBase(h.styles), fieldBase(h.styles)
		row := r.name.Render() + h.styles.Muted.Render(" = ") + r.value.Render()
		b.WriteString(Fit(row, h.width))
	}
	return b.String()
}
