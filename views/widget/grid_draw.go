package widget

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// renderHeader draws the titles, and the sort mark at the column sorted by.
func (g *Grid) renderHeader() string {
	var line row
	for _, p := range g.layout {
		c := g.columns[p.index]
		title, style := SafeFit(c.Title, p.width), g.styles.Rows.Header
		if c.Key == g.sortKey && c.Sortable {
			mark := g.styles.Glyphs.Up
			if g.desc {
				mark = g.styles.Glyphs.Down
			}
			style = g.styles.Rows.Sorted
			if title = SafeFit(c.Title, p.width-2); title != "" {
				title += " "
			}
			title += mark
		}
		line.to(p.x, g.styles.Rows.Header)
		line.put(Pad(title, p.width, c.Align), style)
	}
	line.to(g.width, g.styles.Rows.Header)
	return line.String()
}

// renderRow draws the i-th loaded row without the scrollbar.
func (g *Grid) renderRow(i int) string {
	id := g.rows.ID(i)
	_, marked := g.marks[id]
	base := g.rowStyle(i == g.cursor, marked)
	point, mark := " ", " "
	if i == g.cursor {
		point = g.styles.Glyphs.Cursor
	}
	if marked {
		mark = g.styles.Glyphs.Mark
	}
	var line row
	line.put(Pad(point+mark, min(gutter, g.width-1), Left), base)
	cells := g.rows.Cells(i)
	for _, p := range g.layout {
		line.to(p.x, base)
		if p.index < len(cells) {
			line.cell(cells[p.index], p.width, g.columns[p.index].Align, base)
		}
	}
	line.to(g.width-1, base)
	return line.String()
}

func (g *Grid) rowStyle(cursor, marked bool) lipgloss.Style {
	rows := &g.styles.Rows
	switch {
	case cursor && g.focused:
		return rows.Selected
	case marked:
		return rows.Marked
	case cursor:
		return rows.Inactive
	default:
		return g.styles.Text
	}
}

// scrollbar returns the last cell of each line below the header.
func (g *Grid) scrollbar() []string {
	height := g.height - 1
	bar := make([]string, height)
	if !g.scrolls() || height == 0 {
		for y := range bar {
			bar[y] = " "
		}
		return bar
	}
	thumbGlyph, trackGlyph := "┃", "│"
	if g.styles.Glyphs.ASCII {
		thumbGlyph, trackGlyph = "#", "|"
	}
	from, to := thumb(height, g.total(), g.rows.Before+int64(g.top))
	for y := range bar {
		if y >= from && y < to {
			bar[y] = g.styles.Muted.Render(thumbGlyph)
		} else {
			bar[y] = g.styles.Faint.Render(trackGlyph)
		}
	}
	return bar
}

// thumb returns the cells [from, to) of a scrollbar that shows height of total
// rows from first on.
func thumb(height int, total, first int64) (from, to int) {
	size := max(int(int64(height)*int64(height)/max(total, 1)), 1)
	last := total - int64(height) // the first row at the very end
	if last <= 0 {
		return 0, height
	}
	from = int(float64(height-size)*float64(min(first, last))/float64(last) + 0.5)
	return from, from + size
}

// row builds one line from styled pieces, none of which ends the background
// of the others.
type row struct {
	b      strings.Builder
	x      int
	blanks int // before x, not yet drawn: those of neighbouring cells go together
	behind lipgloss.Style
}

// put appends text that is safe and fits.
func (r *row) put(text string, style lipgloss.Style) {
	if text == "" {
		return
	}
	r.flush()
	r.b.WriteString(style.Render(text))
	r.x += Width(text)
}

// flush draws the blanks.
func (r *row) flush() {
	if r.blanks > 0 {
		r.b.WriteString(r.behind.Render(strings.Repeat(" ", r.blanks)))
		r.blanks = 0
	}
}

// to fills with blanks up to column x. All blanks of a row have one style.
func (r *row) to(x int, style lipgloss.Style) {
	if x > r.x {
		r.blanks += x - r.x
		r.x, r.behind = x, style
	}
}

// cell appends spans, made safe, in exactly width cells, over the base style.
func (r *row) cell(spans Cell, width int, align Align, base lipgloss.Style) {
	fitted, used := fitSpans(spans, width)
	room := width - used
	before := 0
	switch align {
	case Right:
		before = room
	case Center:
		before = room / 2
	}
	end := r.x + width
	r.to(r.x+before, base)
	for _, s := range fitted {
		r.put(s.Text, s.Style.Inherit(base))
	}
	r.to(end, base)
}

// fitSpans makes the texts safe and cuts them to width cells together.
func fitSpans(spans []Span, width int) (fitted []Span, used int) {
	for i, s := range spans {
		text := SafeFit(s.Text, width-used)
		if w := Width(text); used+w == width && i+1 < len(spans) && more(spans[i+1:]) {
			// It fits to the last cell, but something stands behind it.
			text = safeFit(s.Text, width-used, true)
		}
		if text == "" {
			continue
		}
		fitted = append(fitted, Span{text, s.Style})
		if used += Width(text); used >= width || text != Safe(s.Text) {
			break
		}
	}
	return fitted, used
}

// more reports whether any of the spans has text.
func more(spans []Span) bool {
	for _, s := range spans {
		if s.Text != "" {
			return true
		}
	}
	return false
}

func (r *row) String() string {
	r.flush()
	return r.b.String()
}
