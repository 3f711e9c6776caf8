package widget

import (
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// cells is where the character at off ends, and how wide it is when it stands
// at that column.
func (e *Editor) cells(off, end, column int) (to, width int) {
	c := e.text[off]
	next := off + 1
	if c >= ' ' && c <= '~' && (next == end || e.text[next] < utf8.RuneSelf) {
		return next, 1
	}
	if to = min(e.after(off), end); c == '\t' {
		return to, 4 - column%4
	}
	return to, Width(Safe(string(e.text[off:to])))
}

// shown is the text of the character [off, to), which is so wide.
func (e *Editor) shown(off, to, width int) string {
	if e.text[off] == '\t' {
		return strings.Repeat(" ", width)
	}
	return Safe(string(e.text[off:to]))
}

// wrapLine returns where the rows of a line begin. The last row has room for
// the cursor behind its last character.
func (e *Editor) wrapLine(i int) []int {
	if rows, ok := e.wraps[i]; ok {
		return rows
	}
	from, end := e.starts[i], e.lineEnd(i)
	rows := []int{from}
	for off, x := from, 0; off < end && !e.Single && e.width > 1; {
		to, width := e.cells(off, end, x)
		if x+width > e.width && off > rows[len(rows)-1] {
			rows, x = append(rows, off), 0
			to, width = e.cells(off, end, x)
		}
		x, off = x+width, to
		if x >= e.width && off == end {
			rows = append(rows, off)
		}
	}
	e.wraps[i] = rows
	return rows
}

// cellOf is how many cells lie between from and off.
func (e *Editor) cellOf(from, off int) int {
	x := 0
	for from < off {
		to, width := e.cells(from, len(e.text), x)
		x, from = x+width, to
	}
	return x
}

// at is the row of its line, and the cell of that row, in which off stands.
func (e *Editor) at(line, off int) (row, cell int) {
	rows := e.wrapLine(line)
	row = len(rows) - 1
	for row > 0 && rows[row] > off {
		row--
	}
	return row, e.cellOf(rows[row], off)
}

// offsetAt is the character at or before a cell of a row.
func (e *Editor) offsetAt(line, row, cell int) int {
	rows := e.wrapLine(line)
	off, end := rows[row], e.lineEnd(line)
	last := end
	if row+1 < len(rows) {
		last = e.before(rows[row+1]) // the end of a wrapped row is the next one's beginning
		end = rows[row+1]
	}
	for x := 0; off < last; {
		to, width := e.cells(off, end, x)
		if x+width > cell {
			break
		}
		x, off = x+width, to
	}
	return off
}

// moveRows moves the cursor up and down by rows, keeping to its column.
func (e *Editor) moveRows(delta int) {
	line := e.lineOf(e.pos)
	row, cell := e.at(line, e.pos)
	if e.goal < 0 {
		e.goal = cell
	}
	for ; delta > 0; delta-- {
		if row+1 < len(e.wrapLine(line)) {
			row++
		} else if line+1 < len(e.starts) {
			line, row = line+1, 0
		} else {
			break
		}
	}
	for ; delta < 0; delta++ {
		if row > 0 {
			row--
		} else if line > 0 {
			line--
			row = len(e.wrapLine(line)) - 1
		} else {
			break
		}
	}
	e.pos = e.offsetAt(line, row, e.goal)
}

// reveal scrolls so that the cursor is on screen.
func (e *Editor) reveal() {
	if e.width == 0 || e.height == 0 {
		return
	}
	if e.Single {
		x := e.cellOf(0, e.pos)
		e.left = min(e.left, x)
		e.left = max(e.left, x-e.width+1)
		e.left = min(e.left, max(e.cellOf(0, len(e.text))-e.width+1, 0))
		return
	}
	e.top = min(e.top, len(e.starts)-1)
	line := e.lineOf(e.pos)
	row, _ := e.at(line, e.pos)
	if line < e.top || line == e.top && row < e.sub {
		e.top, e.sub = line, row
		return
	}
	// Go up from the cursor by a screen: the top must not be above that.
	top, sub := line, row
	for n := e.height - 1; n > 0; {
		if sub > 0 {
			less := min(sub, n)
			sub, n = sub-less, n-less
			continue
		}
		if top == 0 {
			break
		}
		top--
		sub = len(e.wrapLine(top)) - 1
		n--
	}
	if e.top < top || e.top == top && e.sub < sub {
		e.top, e.sub = top, sub
	}
}

// Scroll moves the view by rows, as a wheel does; the cursor comes along.
func (e *Editor) Scroll(delta int) {
	if !e.Single {
		e.moveRows(delta)
		e.reveal()
	}
}

// Click puts the cursor at a cell of the editor.
func (e *Editor) Click(x, y int) {
	if e.Single {
		e.pos = e.offsetAt(0, 0, e.left+max(x, 0))
		e.reveal()
		return
	}
	line, row := e.top, e.sub+max(y, 0)
	for n := len(e.wrapLine(line)); row >= n; n = len(e.wrapLine(line)) {
		if line+1 == len(e.starts) {
			row = n - 1
			break
		}
		line, row = line+1, row-n
	}
	e.pos, e.goal = e.offsetAt(line, row, max(x, 0)), -1
	e.reveal()
}

// Cursor is the cell in which the cursor stands; ok is false without focus.
func (e *Editor) Cursor() (x, y int, ok bool) {
	if !e.focused || e.width == 0 || e.height == 0 {
		return 0, 0, false
	}
	if e.Single {
		return min(e.cellOf(0, e.pos)-e.left, e.width-1), 0, true
	}
	line := e.lineOf(e.pos)
	row, cell := e.at(line, e.pos)
	y = row - e.sub
	for i := e.top; i < line; i++ {
		y += len(e.wrapLine(i))
	}
	return min(cell, e.width-1), y, y < e.height
}

// Render draws exactly width × height cells.
func (e *Editor) Render() string {
	if e.width == 0 || e.height == 0 {
		return ""
	}
	if len(e.text) == 0 {
		return e.fill([]string{e.styles.Fields.Placeholder.Inherit(e.Base).Render(SafeFit(e.Placeholder, e.width))})
	}
	if e.Single {
		if !e.focused { // show the beginning, not where the cursor was
			return e.fill([]string{e.renderBeginning()})
		}
		return e.fill([]string{e.renderRow(0, 0, len(e.text), e.left)})
	}
	out := make([]string, 0, e.height)
	for line, row := e.top, e.sub; line < len(e.starts) && len(out) < e.height; line, row = line+1, 0 {
		rows := append(e.wrapLine(line), e.lineEnd(line))
		for ; row+1 < len(rows) && len(out) < e.height; row++ {
			out = append(out, e.renderRow(line, rows[row], rows[row+1], 0))
		}
	}
	return e.fill(out)
}

// renderBeginning draws as much of a single line as fits, with an ellipsis if
// that is not all.
func (e *Editor) renderBeginning() string {
	line := e.renderRow(0, 0, len(e.text), 0)
	if e.cellOf(0, len(e.text)) > e.width {
		line = ansi.Truncate(line, e.width-1, "") + e.styles.Muted.Inherit(e.Base).Render("…")
	}
	return line
}

// fill makes the lines as many and as wide as they must be.
func (e *Editor) fill(lines []string) string {
	for i := range e.height {
		if i == len(lines) {
			lines = append(lines, "")
		}
		if room := e.width - Width(lines[i]); room > 0 {
			lines[i] += e.Base.Render(strings.Repeat(" ", room))
		}
	}
	return strings.Join(lines, "\n")
}

// renderRow draws the bytes [from, to) of a line, skipping so many cells.
func (e *Editor) renderRow(line, from, to, skip int) string {
	styles := append(e.stylesOf(line, from, to), coloured{to, to, e.styles.Fields.Text})
	var r row
	var run strings.Builder
	used, style := 0, e.styles.Fields.Text
	flush := func(next lipgloss.Style) {
		r.put(run.String(), style.Inherit(e.Base))
		run.Reset()
		style = next
	}
	k := 0
	for off, x := from, 0; off < to && used < e.width; {
		next, width := e.cells(off, to, x)
		for ; styles[k].to <= off && k < len(styles)-1; k++ {
			flush(e.styles.Fields.Text)
		}
		if styles[k].from <= off && off < styles[k].to && run.Len() == 0 {
			style = styles[k].style
		} else if styles[k].from == off {
			flush(styles[k].style)
		}
		if visible := min(x+width-skip, width, e.width-used); visible > 0 {
			text := strings.Repeat(" ", visible) // of a character that is cut
			if visible == width {
				text = e.shown(off, next, width)
			}
			run.WriteString(text)
			used += visible
		}
		x, off = x+width, next
	}
	flush(style)
	return r.String()
}

// coloured is a range of the text in a style.
type coloured struct {
	from, to int
	style    lipgloss.Style
}

// stylesOf colours what is on screen of a line. A line of JSON needs no more
// than itself to be understood: strings do not cross lines.
func (e *Editor) stylesOf(i, from, to int) []coloured {
	plain := coloured{from, to, e.styles.Fields.Text}
	start, end := e.starts[i], e.lineEnd(i)
	if !e.JSON || end-start > 16*maxLine || !utf8.Valid(e.text[start:end]) {
		return []coloured{plain}
	}
	var all []coloured
	for _, p := range jsonPieces(e.text, line{from: skipSpace(e.text[:end], start), to: end}, e.styles) {
		if p.off >= 0 && p.off < to && p.off+len(p.text) > from {
			all = append(all, coloured{max(p.off, from), min(p.off+len(p.text), to), p.style})
		}
	}
	return all
}
