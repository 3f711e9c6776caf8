package widget

import (
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// Span is a piece of text in one style. The text may be by strangers: it is
// made safe when it is drawn.
type Span struct {
	Text  string
	Style lipgloss.Style
}

// Cell is what stands in one column of one row.
type Cell []Span

// Text is a cell in the row's own style.
func Text(s string) Cell { return Cell{{Text: s}} }

// Styled is a cell in one style, on the row's background.
func Styled(s string, style lipgloss.Style) Cell { return Cell{{s, style}} }

// Column says how one column of a grid looks.
type Column struct {
	Key   string // names it, for sorting and clicks
	Title string
	// Min is the least width in cells; with less room the column drops out.
	Min int
	// Ideal is the width that it gets before others get more. Less than Min
	// means Min.
	Ideal int
	// Grow is its share of the room that is left then. Zero: none.
	Grow  int
	Align Align
	// Priority says in which order columns drop out: the highest first, and of
	// equal ones the rightmost. A column of priority 0 never does.
	Priority int
	Sortable bool
}

// Rows are the rows that are loaded: a window of all there are. Functions are
// called for rows that are drawn or looked for, and must be cheap.
type Rows struct {
	Len   int
	ID    func(i int) string // unique and stable
	Cells func(i int) []Cell // by column, in the order of Grid's columns
	// Before and Total place the window among all rows; Total below Before+Len
	// means Before+Len.
	Before, Total int64
}

// Grid is a table over a window of rows, with a cursor and marks that stay
// with the rows' ids when rows come and go. The zero value is not ready: use
// NewGrid.
type Grid struct {
	columns       []Column
	styles        *themes.Styles
	width, height int
	rows          Rows
	focused       bool

	cursor   int // index in rows; valid if rows.Len > 0
	cursorID string
	top      int // index of the first row on screen
	marks    map[string]struct{}
	anchor   string // where a range begins; "" none

	sortKey string
	desc    bool
	layout  []placed
}

// placed is a column that found room.
type placed struct {
	index    int // in columns
	x, width int
}

// gutter is the room left of the first column, for cursor and mark.
const gutter = 3

// columnGap is the room between two columns.
const columnGap = 2

// NewGrid returns a focused grid without rows.
func NewGrid(styles *themes.Styles, columns ...Column) *Grid {
	return &Grid{columns: columns, styles: styles, focused: true, marks: map[string]struct{}{}}
}

// SetFocused says whether keys go to this grid.
func (g *Grid) SetFocused(focused bool) { g.focused = focused }

// SetColumns replaces the columns.
func (g *Grid) SetColumns(columns ...Column) {
	g.columns = columns
	g.place()
}

// Columns returns the columns, also those that found no room.
func (g *Grid) Columns() []Column { return g.columns }

// SetSize gives it its room in cells, header included.
func (g *Grid) SetSize(width, height int) {
	g.width, g.height = max(width, 0), max(height, 0)
	g.place()
	g.reveal()
}

// SetSort marks a column as the one that the rows are sorted by.
func (g *Grid) SetSort(key string, desc bool) {
	g.sortKey, g.desc = key, desc
	g.place()
}

// Sort returns what SetSort set.
func (g *Grid) Sort() (key string, desc bool) { return g.sortKey, g.desc }

// SortStep returns the sortable column that stands step places from the one
// sorted by, round and round; "" if none can be sorted.
func (g *Grid) SortStep(step int) string {
	var keys []string
	at := 0
	for _, c := range g.columns {
		if c.Sortable {
			if c.Key == g.sortKey {
				at = len(keys)
			}
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return keys[((at+step)%len(keys)+len(keys))%len(keys)]
}

// SetRows replaces the window of rows. Cursor and view stay with the row that
// the cursor is on; if it is gone, the cursor stays at its place.
func (g *Grid) SetRows(rows Rows) {
	offset := g.cursor - g.top
	g.rows = rows
	if i := g.find(g.cursorID); i >= 0 {
		g.cursor = i
	}
	g.cursor = min(max(g.cursor, 0), max(rows.Len-1, 0))
	g.top = g.cursor - offset
	g.settle()
}

// find returns the index of the row with that id, looking first where it was.
func (g *Grid) find(id string) int {
	if id == "" {
		return -1
	}
	if g.cursor < g.rows.Len && g.rows.ID(g.cursor) == id {
		return g.cursor
	}
	for i := range g.rows.Len {
		if g.rows.ID(i) == id {
			return i
		}
	}
	return -1
}

// settle takes the id from under the cursor, and shows the cursor.
func (g *Grid) settle() {
	g.cursorID = ""
	if g.rows.Len > 0 {
		g.cursorID = g.rows.ID(g.cursor)
	}
	g.reveal()
}

// reveal moves the view so that it shows the cursor and no empty room that
// rows could fill.
func (g *Grid) reveal() {
	page := g.page()
	g.top = min(g.top, g.cursor)
	g.top = max(g.top, g.cursor-page+1)
	g.top = max(min(g.top, g.rows.Len-page), 0)
}

// page is how many rows are on screen at a time.
func (g *Grid) page() int { return max(g.height-1, 1) }

// Cursor returns the row under the cursor; ok is false if there is none.
func (g *Grid) Cursor() (id string, index int, ok bool) {
	return g.cursorID, g.cursor, g.rows.Len > 0
}

// Select puts the cursor on a row that is loaded, and reports whether it is.
func (g *Grid) Select(id string) bool {
	i := g.find(id)
	if i >= 0 {
		g.SelectIndex(i)
	}
	return i >= 0
}

// SelectIndex puts the cursor on the i-th loaded row, or the nearest to it.
func (g *Grid) SelectIndex(i int) {
	g.cursor = min(max(i, 0), max(g.rows.Len-1, 0))
	g.settle()
}

// Move moves the cursor by so many rows.
func (g *Grid) Move(delta int) { g.SelectIndex(g.cursor + delta) }

// MovePages moves the cursor and the view by half pages: 2 is one page down.
func (g *Grid) MovePages(halves int) {
	delta := halves * g.page() / 2
	g.top += delta
	g.Move(delta)
}

// Home puts the cursor on the first loaded row.
func (g *Grid) Home() { g.SelectIndex(0) }

// End puts the cursor on the last loaded row.
func (g *Grid) End() { g.SelectIndex(g.rows.Len - 1) }

// Scroll moves the view by so many rows, as a wheel does; the cursor stays on
// the screen.
func (g *Grid) Scroll(delta int) {
	page := g.page()
	g.top = max(min(g.top+delta, g.rows.Len-page), 0)
	g.SelectIndex(min(max(g.cursor, g.top), g.top+page-1))
}

// Visible returns the range of loaded rows on screen: [first, last).
func (g *Grid) Visible() (first, last int) {
	return g.top, min(g.top+max(g.height-1, 0), g.rows.Len)
}

// place gives the columns their room, dropping those that find none.
func (g *Grid) place() {
	g.layout = g.layout[:0]
	kept := make([]int, len(g.columns))
	need := gutter + 1 // the scrollbar
	for i, c := range g.columns {
		kept[i] = i
		need += g.least(c) + columnGap
	}
	need -= columnGap
	for need > g.width {
		drop := -1
		for k, i := range kept {
			if p := g.columns[i].Priority; p > 0 && (drop < 0 || p >= g.columns[kept[drop]].Priority) {
				drop = k
			}
		}
		if drop < 0 {
			break
		}
		need -= g.least(g.columns[kept[drop]]) + columnGap
		kept = append(kept[:drop], kept[drop+1:]...)
	}
	widths := g.share(kept, g.width-need)
	x := gutter
	for k, i := range kept {
		if width := min(widths[k], g.width-1-x); width > 0 {
			g.layout = append(g.layout, placed{i, x, width})
			x += width + columnGap
		}
	}
}

// least is the smallest room in which a column makes sense.
func (g *Grid) least(c Column) int {
	return max(c.Min, 1)
}

// share gives each kept column its least width and a part of what is spare:
// first what they need for their ideal, from left to right, then by Grow.
func (g *Grid) share(kept []int, spare int) []int {
	widths := make([]int, len(kept))
	grow := 0
	for k, i := range kept {
		c := g.columns[i]
		widths[k] = g.least(c)
		if more := min(c.Ideal-widths[k], spare); more > 0 {
			widths[k] += more
			spare -= more
		}
		grow += c.Grow
	}
	for k, i := range kept {
		if share := g.columns[i].Grow; share > 0 && spare > 0 {
			more := spare * share / grow
			widths[k] += more
			spare -= more
			grow -= share
		}
	}
	return widths
}

// Hit says what is at a place of the grid.
type Hit struct {
	Kind   HitKind
	Index  int    // of the row, if Row
	ID     string // of the row, if Row
	Column string // its key, if Row or Header and a column is there
	// Fraction of all rows, 0 to 1, if Scrollbar.
	Fraction float64
}

// HitKind is the kind of place that was hit.
type HitKind int

const (
	Nowhere HitKind = iota
	OnHeader
	OnRow
	OnScrollbar
)

// Hit finds what is drawn at x, y from the grid's upper left corner.
func (g *Grid) Hit(x, y int) Hit {
	if x < 0 || y < 0 || x >= g.width || y >= g.height {
		return Hit{}
	}
	hit := Hit{}
	for _, p := range g.layout {
		if x >= p.x && x < p.x+p.width {
			hit.Column = g.columns[p.index].Key
		}
	}
	if y == 0 {
		hit.Kind = OnHeader
		return hit
	}
	if x == g.width-1 && g.scrolls() {
		return Hit{Kind: OnScrollbar, Fraction: float64(y-1) / float64(max(g.height-2, 1))}
	}
	if i := g.top + y - 1; i < g.rows.Len {
		hit.Kind, hit.Index, hit.ID = OnRow, i, g.rows.ID(i)
		return hit
	}
	return Hit{}
}

// total is how many rows there are, loaded or not.
func (g *Grid) total() int64 { return max(g.rows.Total, g.rows.Before+int64(g.rows.Len)) }

// scrolls reports whether there are more rows than are on screen.
func (g *Grid) scrolls() bool { return g.total() > int64(max(g.height-1, 0)) }

// Render draws exactly width × height cells.
func (g *Grid) Render() string {
	if g.width == 0 || g.height == 0 {
		return ""
	}
	lines := make([]string, 0, g.height)
	lines = append(lines, g.renderHeader())
	first, last := g.Visible()
	bar := g.scrollbar()
	for y := range g.height - 1 {
		if i := first + y; i < last {
			lines = append(lines, g.renderRow(i)+bar[y])
		} else {
			lines = append(lines, strings.Repeat(" ", g.width-1)+bar[y])
		}
	}
	return strings.Join(lines, "\n")
}
