package views

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/themes"
	"nixie/views/widget"
)

// demoMatrix arranges the handles: a table for each group, a row for each part,
// a column for each label.
type demoMatrix []demoGroup

type demoGroup struct {
	name    string
	columns []string
	rows    []demoRow
}

type demoRow struct {
	part, role string
	cells      []DemoHandle // by column; without an ID: it has none
}

func newDemoMatrix(handles []DemoHandle) demoMatrix {
	var m demoMatrix
	for _, h := range handles {
		if len(m) == 0 || m[len(m)-1].name != h.Group {
			m = append(m, demoGroup{name: h.Group})
		}
		g := &m[len(m)-1]
		column := slices.Index(g.columns, h.Label)
		if column < 0 {
			column = len(g.columns)
			g.columns = append(g.columns, h.Label)
		}
		if n := len(g.rows); n == 0 || g.rows[n-1].part != h.Part {
			g.rows = append(g.rows, demoRow{part: h.Part, role: h.Role})
		}
		row := &g.rows[len(g.rows)-1]
		for len(row.cells) <= column {
			row.cells = append(row.cells, DemoHandle{})
		}
		row.cells[column] = h
	}
	return m
}

// first is the id of the first handle.
func (m demoMatrix) first() string {
	for _, g := range m {
		for _, r := range g.rows {
			for _, h := range r.cells {
				if h.ID != "" {
					return h.ID
				}
			}
		}
	}
	return ""
}

// place is where a handle stands: its row among all rows, and its column.
func (m demoMatrix) place(id string) (row, column int, ok bool) {
	for _, g := range m {
		for _, r := range g.rows {
			for c, h := range r.cells {
				if h.ID == id && id != "" {
					return row, c, true
				}
			}
			row++
		}
	}
	return 0, 0, false
}

func (m demoMatrix) find(id string) (DemoHandle, bool) {
	row, column, ok := m.place(id)
	if !ok {
		return DemoHandle{}, false
	}
	return m.row(row).cells[column], true
}

// row is the n-th of all rows.
func (m demoMatrix) row(n int) demoRow {
	for _, g := range m {
		if n < len(g.rows) {
			return g.rows[n]
		}
		n -= len(g.rows)
	}
	return demoRow{}
}

func (m demoMatrix) rows() (n int) {
	for _, g := range m {
		n += len(g.rows)
	}
	return n
}

// move is the handle so many rows and columns from another; at an edge it
// stays.
func (m demoMatrix) move(id string, rows, columns int) string {
	row, column, ok := m.place(id)
	if !ok {
		return m.first()
	}
	row = min(max(row+rows, 0), m.rows()-1)
	cells := m.row(row).cells
	step := 1
	if columns < 0 {
		step = -1
	}
	for c := column + columns; c >= 0 && c < len(cells) && columns != 0; c += step {
		if cells[c].ID != "" {
			return cells[c].ID
		}
	}
	if columns != 0 {
		return id
	}
	for c := min(column, len(cells)-1); c >= 0; c-- {
		if cells[c].ID != "" {
			return cells[c].ID
		}
	}
	return id
}

// lines is how many lines it takes: a heading before each group, a blank one
// between two.
func (m demoMatrix) lines() int {
	n := max(len(m)-1, 0)
	for _, g := range m {
		n += 1 + len(g.rows)
	}
	return n
}

// line is the line of a row.
func (m demoMatrix) line(row int) int {
	line := 0
	for _, g := range m {
		line++
		if row < len(g.rows) {
			return line + row
		}
		row -= len(g.rows)
		line += len(g.rows) + 1
	}
	return line
}

// demoColumns is where the columns of a group stand in a width. The first two
// are as wide in all groups.
type demoColumns struct {
	name, role int // widths
	from, to   []int
	live       int // where the numbers of the queue begin
	numbers    int // how many of these have room
}

const demoGap = 2

func (m demoMatrix) layout(group, width int) demoColumns {
	var l demoColumns
	for _, g := range m {
		l.name = max(l.name, widget.Width(g.name))
		for _, r := range g.rows {
			l.name = max(l.name, widget.Width(r.part))
			l.role = max(l.role, widget.Width(r.role))
		}
	}
	l.name = min(l.name, 22)
	widths, cells := m[group].widths()
	if l.name+demoGap+l.role+cells > width { // the role is a comfort
		l.role = 0
		l.name = min(l.name, max(width-cells, 8))
	}
	x := l.name
	if l.role > 0 {
		x += demoGap + l.role
	}
	for _, w := range widths {
		x += demoGap
		l.from, l.to = append(l.from, x), append(l.to, x+w)
		x += w
	}
	l.live = x + demoGap
	for group == 0 && l.numbers < len(demoNumbers) && l.live+(l.numbers+1)*demoNumberWidth <= width {
		l.numbers++
	}
	return l
}

// widths are those of the columns, and what they take with their gaps.
func (g demoGroup) widths() (widths []int, sum int) {
	widths = make([]int, len(g.columns))
	for c, title := range g.columns {
		widths[c] = widget.Width(title)
		for _, r := range g.rows {
			if c < len(r.cells) && r.cells[c].ID != "" {
				widths[c] = max(widths[c], demoCellWidth(r.cells[c]))
			}
		}
		sum += widths[c] + demoGap
	}
	return widths, sum
}

// demoCellWidth is what a handle takes: "- 90ms +", "● on", "▸ 8x".
func demoCellWidth(h DemoHandle) int {
	switch h.Kind {
	case DemoNumber:
		return widget.Width(h.Value) + 4
	case DemoSwitch:
		return 5
	default:
		return widget.Width(h.Value) + 2
	}
}

// hit finds the handle at a place: part is -1 on its minus, 1 on its plus.
func (m demoMatrix) hit(x, y, width int) (h DemoHandle, part int, ok bool) {
	line := 0
	for n, g := range m {
		line++ // heading
		if i := y - line; i >= 0 && i < len(g.rows) {
			l := m.layout(n, width)
			for c, cell := range g.rows[i].cells {
				if cell.ID == "" || x < l.from[c] || x >= l.to[c] {
					continue
				}
				switch {
				case x < l.from[c]+2:
					part = -1
				case x >= l.to[c]-2:
					part = 1
				}
				return cell, part, true
			}
		}
		line += len(g.rows) + 1
	}
	return DemoHandle{}, 0, false
}

// draw is all lines of the matrix; at is the handle under the cursor, live the
// queues as they are.
func (m demoMatrix) draw(s *themes.Styles, width int, at string, focused bool, live map[string]engine.QueueInfo) []string {
	var lines []string
	gap := strings.Repeat(" ", demoGap)
	for i, g := range m {
		if i > 0 {
			lines = append(lines, "")
		}
		l := m.layout(i, width)
		heading := s.Rows.Header.Render(widget.Pad(strings.ToUpper(g.name), l.from[0]-demoGap, widget.Left))
		for c, title := range g.columns {
			heading += gap + s.Rows.Header.Render(widget.Pad(strings.ToUpper(title), l.to[c]-l.from[c], widget.Left))
		}
		heading = widget.Pad(heading, l.live, widget.Left)
		for _, n := range demoNumbers[:l.numbers] {
			heading += s.Rows.Header.Render(widget.Pad(n.title, demoNumberWidth, widget.Right))
		}
		lines = append(lines, heading)
		for _, r := range g.rows {
			line := s.Text.Render(widget.Pad(r.part, l.name, widget.Left))
			if l.role > 0 {
				line += gap + s.Muted.Render(widget.Pad(r.role, l.role, widget.Left))
			}
			for c, h := range r.cells {
				chosen := h.ID != "" && h.ID == at
				before := gap
				if chosen && focused {
					before = " " + s.Accent.Render(s.Glyphs.Cursor)
				}
				line += before + drawDemoCell(s, h, l.to[c]-l.from[c], chosen, focused)
			}
			if q, ok := live[r.part]; ok {
				line = widget.Pad(line, l.live, widget.Left)
				for _, n := range demoNumbers[:l.numbers] {
					line += n.draw(s, q)
				}
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// demoNumber is what a queue shows of what its handles do to it.
type demoNumber struct {
	title string
	value func(engine.QueueInfo) (text string, zero bool)
	style func(*themes.Styles) lipgloss.Style
}

const demoNumberWidth = 7

// demoNumbers come in the order in which they get room.
var demoNumbers = []demoNumber{
	{"READY", func(q engine.QueueInfo) (string, bool) { return widget.Compact(float64(q.Ready)), q.Ready == 0 }, func(s *themes.Styles) lipgloss.Style { return s.State.Ready }},
	{"DEAD", func(q engine.QueueInfo) (string, bool) { return widget.Compact(float64(q.Dead)), q.Dead == 0 }, func(s *themes.Styles) lipgloss.Style { return s.State.Dead }},
	{"OUT/s", func(q engine.QueueInfo) (string, bool) { return widget.Compact(q.Out), q.Out == 0 }, func(s *themes.Styles) lipgloss.Style { return s.Charts.Acked }},
	{"FAIL/s", func(q engine.QueueInfo) (string, bool) { return widget.Compact(q.Failing), q.Failing == 0 }, func(s *themes.Styles) lipgloss.Style { return s.Charts.Failed }},
}

func (n demoNumber) draw(s *themes.Styles, q engine.QueueInfo) string {
	text, zero := n.value(q)
	style := n.style(s)
	if zero {
		style = s.Muted
	}
	return style.Render(widget.Pad(text, demoNumberWidth, widget.Right))
}

func drawDemoCell(s *themes.Styles, h DemoHandle, width int, chosen, focused bool) string {
	if h.ID == "" {
		return strings.Repeat(" ", width)
	}
	value, mark := s.Strong, s.Muted
	switch {
	case h.Alarm:
		value = s.Bad.Bold(true)
	case h.On:
		value = s.Warn.Bold(true)
	}
	if chosen {
		row := s.Rows.Inactive
		if focused {
			row = s.Rows.Selected
		}
		value, mark = value.Background(row.GetBackground()), mark.Background(row.GetBackground())
	}
	var cell string
	switch h.Kind {
	case DemoNumber:
		cell = mark.Render("- ") + value.Render(widget.Pad(h.Value, width-4, widget.Center)) + mark.Render(" +")
	case DemoSwitch:
		sign := s.Glyphs.Ring
		if h.On {
			sign = s.Glyphs.Dot
		}
		cell = mark.Render(sign+" ") + value.Render(widget.Pad(h.Value, 3, widget.Left))
	default:
		cell = mark.Render(s.Glyphs.Play+" ") + value.Render(h.Value)
	}
	return widget.Pad(cell, width, widget.Left)
}
