package widget

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// Item is what a form is made of: something that can have the focus.
type Item interface {
	// Height is the number of rows that it takes.
	Height() int
	// SetSize gives it its width.
	SetWidth(width int)
	// Render draws Height rows of at most its width.
	Render() string
	// Focus gives it the focus, coming from above (1) or below (-1); 0 takes
	// it away.
	Focus(from int)
	// Move moves the focus within; false: it has left.
	Move(step int) bool
	// Update takes a key or a paste.
	Update(tea.Msg) (used, changed bool)
	// Click is a click at a cell of it.
	Click(x, y int) (changed bool)
	// Cursor is where the text cursor stands, if text can be typed.
	Cursor() (x, y int, ok bool)
}

// Field is an item of a form with what is said about it.
type Field struct {
	Key   string // names it
	Label string
	Item  Item
	// Hint is said beside it.
	Hint string
	// Note is said instead, wherever the focus is.
	Note string
	// Problem is said instead of both.
	Problem string
	// Hidden takes it out of the form for now.
	Hidden bool
	// Section is a heading above it.
	Section string
}

// Form is a column of fields; one has the focus.
type Form struct {
	Fields []*Field

	styles        *themes.Styles
	focused       bool
	focus         int
	top           int // rows scrolled
	width, height int
	label         int // width of the labels
}

// NewForm returns a form with the focus on its first field.
func NewForm(styles *themes.Styles, fields ...*Field) *Form {
	f := &Form{Fields: fields, styles: styles}
	for f.focus < len(fields)-1 && fields[f.focus].Hidden {
		f.focus++
	}
	return f
}

// Field returns the field of a key; nil if there is none.
func (f *Form) Field(key string) *Field {
	for _, field := range f.Fields {
		if field.Key == key {
			return field
		}
	}
	return nil
}

// SetSize gives it its room in cells.
func (f *Form) SetSize(width, height int) {
	f.width, f.height = max(width, 0), max(height, 0)
	f.label = 0
	for _, field := range f.Fields {
		f.label = max(f.label, Width(field.Label))
	}
	f.label = min(f.label, f.width/3)
	for _, field := range f.Fields {
		field.Item.SetWidth(f.itemWidth(field))
	}
	f.reveal()
}

// itemWidth is the room of an item: behind the labels, in front of the hint if
// the form is wide enough for both.
func (f *Form) itemWidth(field *Field) int {
	room := max(f.width-f.label-formGap, 1)
	if f.besides(field) {
		return formItem
	}
	return room
}

const (
	formGap  = 4  // mark and gap before an item
	formItem = 42 // of an item with a hint beside it
)

// besides reports whether the hint stands beside the item, not below.
func (f *Form) besides(field *Field) bool {
	return field.Label != "" && field.Item.Height() == 1 && f.width-f.label-formGap-formItem >= 24
}

// Focused is the field with the focus; nil if there is none.
func (f *Form) Focused() *Field {
	if !f.focused || f.focus >= len(f.Fields) {
		return nil
	}
	return f.Fields[f.focus]
}

// Focus gives the form the focus, coming from above (1) or below (-1); 0 takes
// it away, and 2 gives it back to the field that had it.
func (f *Form) Focus(from int) {
	if field := f.Focused(); field != nil {
		field.Item.Focus(0)
	}
	f.focused = from != 0
	switch from {
	case 1:
		f.focus = -1
		f.Move(1)
	case -1:
		f.focus = len(f.Fields)
		f.Move(-1)
	case 2:
		f.Fields[f.focus].Item.Focus(1)
	}
}

// FocusOn gives the focus to the field of a key.
func (f *Form) FocusOn(key string) {
	for i, field := range f.Fields {
		if field.Key == key && !field.Hidden {
			f.Focus(0)
			f.focused, f.focus = true, i
			field.Item.Focus(1)
			f.reveal()
		}
	}
}

// Move moves the focus to the next (1) or previous (-1) place that takes it;
// false: there is none, the focus stays where it is.
func (f *Form) Move(step int) bool {
	if f.focus >= 0 && f.focus < len(f.Fields) && f.Fields[f.focus].Item.Move(step) {
		f.reveal()
		return true
	}
	for i := f.focus + step; i >= 0 && i < len(f.Fields); i += step {
		if f.Fields[i].Hidden {
			continue
		}
		if f.focus >= 0 && f.focus < len(f.Fields) {
			f.Fields[f.focus].Item.Focus(0)
		}
		f.focus = i
		f.Fields[i].Item.Focus(step)
		f.reveal()
		return true
	}
	f.focus = min(max(f.focus, 0), max(len(f.Fields)-1, 0))
	return false
}

// Update gives a key or a paste to the field with the focus.
func (f *Form) Update(msg tea.Msg) (used, changed bool) {
	field := f.Focused()
	if field == nil {
		return false, false
	}
	height := field.Item.Height()
	used, changed = field.Item.Update(msg)
	if field.Item.Height() != height {
		f.SetSize(f.width, f.height)
	}
	f.reveal()
	return used, changed
}

// Scroll moves the view by rows, as a wheel does.
func (f *Form) Scroll(delta int) {
	f.top = max(min(f.top+delta, f.rows()-f.height), 0)
}

// Click gives the focus to what is at x, y, and the click with it.
func (f *Form) Click(x, y int) (field *Field, changed bool) {
	for i, p := range f.places() {
		if p.height == 0 || y+f.top < p.y || y+f.top >= p.y+p.height {
			continue
		}
		f.Focus(0)
		f.focused, f.focus = true, i
		f.Fields[i].Item.Focus(1)
		changed = f.Fields[i].Item.Click(x-f.label-formGap, y+f.top-p.y)
		f.reveal()
		return f.Fields[i], changed
	}
	return nil, false
}

// Cursor is where the text cursor stands; ok is false if there is none.
func (f *Form) Cursor() (x, y int, ok bool) {
	field := f.Focused()
	if field == nil {
		return 0, 0, false
	}
	x, y, ok = field.Item.Cursor()
	x, y = x+f.label+formGap, y+f.places()[f.focus].y-f.top
	return x, y, ok && x < f.width && y >= 0 && y < f.height
}

// formPlace is where a field stands in the form: its item's rows, and how many
// it takes with what is around it.
type formPlace struct{ y, height, rows int }

// places lays the fields out.
func (f *Form) places() []formPlace {
	places := make([]formPlace, len(f.Fields))
	y := 0
	for i, field := range f.Fields {
		if field.Hidden {
			continue
		}
		above := 0
		if field.Section != "" {
			if above = 1; y > 0 {
				above = 2
			}
		}
		height := field.Item.Height()
		rows := above + height + len(f.below(field))
		places[i] = formPlace{y + above, height, rows}
		y += rows
	}
	return places
}

// rows is how many there are in all.
func (f *Form) rows() (n int) {
	for _, p := range f.places() {
		n += p.rows
	}
	return n
}

// said is what stands beside an item or below it, and how it looks.
func (f *Form) said(field *Field) (text string, style lipgloss.Style) {
	switch {
	case field.Problem != "":
		return f.styles.Glyphs.Cross + " " + Safe(field.Problem), f.styles.Fields.Error
	case field.Note != "":
		return Safe(field.Note), f.styles.Warn
	}
	return Safe(field.Hint), f.styles.Muted
}

// beside is the text beside an item; "" if it has no room there.
func (f *Form) beside(field *Field) string {
	text, _ := f.said(field)
	if !f.besides(field) || Width(text) > f.width-f.label-formGap-formItem-2 {
		return ""
	}
	return text
}

// below are the lines under an item, if there is no room beside it. A hint is
// shown there for the field with the focus only.
func (f *Form) below(field *Field) []string {
	text, _ := f.said(field)
	hint := field.Problem == "" && field.Note == ""
	if text == "" || f.beside(field) != "" || hint && f.Focused() != field {
		return nil
	}
	width := f.width - f.label - formGap
	return Wrap(text, max(width, 1))
}

// reveal scrolls so that the field with the focus is on screen, whole if
// possible.
func (f *Form) reveal() {
	if f.height == 0 || f.focus < 0 || f.focus >= len(f.Fields) {
		return
	}
	p := f.places()[f.focus]
	if f.focused {
		last := p.y + p.height + len(f.below(f.Fields[f.focus]))
		if _, y, ok := f.Fields[f.focus].Item.Cursor(); ok && p.height > f.height {
			f.top = min(max(f.top, p.y+y-f.height+1), p.y+y)
			return
		}
		f.top = max(f.top, last-f.height)
		above := p.y
		if f.Fields[f.focus].Section != "" {
			above--
		}
		f.top = min(f.top, above)
	}
	f.top = max(min(f.top, f.rows()-f.height), 0)
}

// Render draws exactly width × height cells.
func (f *Form) Render() string {
	var lines []string
	for i, field := range f.Fields {
		if field.Hidden {
			continue
		}
		if field.Section != "" {
			if len(lines) > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, f.styles.Strong.Render("  "+SafeFit(field.Section, f.width-2)))
		}
		lines = append(lines, f.renderField(field, f.focused && i == f.focus)...)
	}
	lines = lines[min(f.top, len(lines)):]
	return Box(strings.Join(lines, "\n"), f.width, f.height)
}

// renderField draws label, item and what is said about it.
func (f *Form) renderField(field *Field, focused bool) []string {
	mark, label := "  ", f.styles.Fields.Label
	if focused {
		mark, label = f.styles.Accent.Render(f.styles.Glyphs.Cursor+" "), f.styles.Fields.Focused
	}
	indent := strings.Repeat(" ", f.label+formGap)
	var lines []string
	for i, row := range strings.Split(field.Item.Render(), "\n") {
		if i == 0 {
			row = mark + label.Render(Pad(Safe(field.Label), f.label, Left)) + "  " + row
		} else {
			row = indent + row
		}
		lines = append(lines, row)
	}
	_, style := f.said(field)
	if text := f.beside(field); text != "" {
		lines[0] = Pad(lines[0], f.label+formGap+formItem+2, Left) + style.Render(text)
	}
	for _, l := range f.below(field) {
		lines = append(lines, indent+style.Render(l))
	}
	return lines
}
