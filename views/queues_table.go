package views

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/sahilm/fuzzy"

	"nixie/engine"
	"nixie/views/widget"
)

// sparkSeconds is how far back the small graphs reach.
const sparkSeconds = 60

// sparkCells is their width.
const sparkCells = 15

func queueColumns(oldest int) []widget.Column {
	right := func(key, title string, minimum, ideal, priority int) widget.Column {
		return widget.Column{Key: key, Title: title, Min: minimum, Ideal: ideal, Align: widget.Right, Priority: priority, Sortable: true}
	}
	return []widget.Column{
		{Key: "name", Title: "QUEUE", Min: 12, Ideal: 20, Grow: 2, Sortable: true},
		right("ready", "READY", 7, 9, 0),
		right("in flight", "IN FLIGHT", 9, 9, 4),
		right("delayed", "DELAYED", 7, 8, 6),
		right("dead", "DEAD", 6, 8, 0),
		right("oldest", "OLDEST", oldest, oldest, 3),
		right("in", "IN/s", 6, 7, 5),
		right("out", "OUT/s", 6, 7, 5),
		{Key: "spark", Title: "DEPTH 60s", Min: sparkCells, Ideal: sparkCells, Priority: 7},
		{Key: "state", Title: "STATE", Min: 14, Ideal: 14, Priority: 1, Sortable: true},
	}
}

// arrange makes the rows of what was read: filtered, and in order. Without
// sort the rows keep the order they had, so that they can be read and hit.
func (v *Queues) arrange(sort bool) {
	now := v.env.Now()
	infos := v.fetch.value
	if text := strings.TrimSpace(v.filter.Value()); text != "" {
		matches := fuzzy.FindFromNoSort(text, queueNames(infos))
		kept := make([]engine.QueueInfo, len(matches))
		for i, m := range matches {
			kept[i] = infos[m.Index]
		}
		infos = kept
	}
	rows := make([]queueRow, len(infos))
	for i, q := range infos {
		rows[i] = queueRow{QueueInfo: q, Health: healthOf(q, now)}
	}
	key, desc := v.grid.Sort()
	compare := func(a, b queueRow) int {
		c := compareQueues(key, a, b)
		if desc {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a.Name, b.Name))
	}
	if !sort {
		compare = func(a, b queueRow) int { return cmp.Compare(v.placeOf(a.Name), v.placeOf(b.Name)) }
	}
	slices.SortStableFunc(rows, compare)
	if sort {
		v.sorted = now
		v.order = make(map[string]int, len(rows))
		for i, r := range rows {
			v.order[r.Name] = i
		}
	}
	v.rows = rows
	v.setRows()
	if !v.touched {
		v.grid.Home()
	}
}

// placeOf is where a queue stood; new ones come last.
func (v *Queues) placeOf(name string) int {
	if i, ok := v.order[name]; ok {
		return i
	}
	return math.MaxInt
}

// queueNames makes queues a source for fuzzy.
type queueNames []engine.QueueInfo

func (q queueNames) String(i int) string { return q[i].Name }
func (q queueNames) Len() int            { return len(q) }

func compareQueues(key string, a, b queueRow) int {
	switch key {
	case "name":
		return cmp.Compare(a.Name, b.Name)
	case "ready":
		return cmp.Compare(a.Ready, b.Ready)
	case "in flight":
		return cmp.Compare(a.InFlight, b.InFlight)
	case "delayed":
		return cmp.Compare(a.Delayed, b.Delayed)
	case "dead":
		return cmp.Compare(a.Dead, b.Dead)
	case "oldest":
		return compareAges(a.OldestAt, b.OldestAt)
	case "in":
		return cmp.Compare(a.In, b.In)
	case "out":
		return cmp.Compare(a.Out, b.Out)
	case "state":
		return cmp.Compare(b.Health.Condition, a.Health.Condition)
	}
	return 0
}

// compareAges puts the older one higher; nothing is the youngest.
func compareAges(a, b time.Time) int {
	switch {
	case a.IsZero() || b.IsZero():
		return cmp.Compare(boolInt(!a.IsZero()), boolInt(!b.IsZero()))
	default:
		return b.Compare(a)
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// setRows gives the grid the rows; cells are made when they are drawn.
func (v *Queues) setRows() {
	rows := v.rows
	v.grid.SetRows(widget.Rows{
		Len:   len(rows),
		ID:    func(i int) string { return rows[i].Name },
		Cells: func(i int) []widget.Cell { return v.cells(rows[i]) },
	})
}

func (v *Queues) cells(q queueRow) []widget.Cell {
	s := v.env.Styles
	amount := func(n int64, style lipgloss.Style) widget.Cell {
		if n == 0 {
			return widget.Styled("0", s.Muted)
		}
		return widget.Styled(widget.Count(n), style)
	}
	rate := func(f float64) widget.Cell {
		if f == 0 {
			return widget.Styled("0", s.Muted)
		}
		return widget.Styled(widget.Compact(f), s.Text)
	}
	oldest := widget.Styled(s.Glyphs.Dash, s.Muted)
	if !q.OldestAt.IsZero() {
		oldest = widget.Styled(stamp(v.env, q.OldestAt), s.Text)
	}
	glyph, style := q.Health.Condition.sign(s)
	return []widget.Cell{
		widget.Styled(q.Name, s.Strong),
		amount(q.Ready, s.State.Ready),
		amount(q.InFlight, s.State.InFlight),
		amount(q.Delayed, s.State.Delayed),
		amount(q.Dead, s.State.Dead),
		oldest,
		rate(q.In),
		rate(q.Out),
		widget.Styled(widget.Spark(v.sparks.value[q.Name], sparkCells, sparkTop(v.sparks.value[q.Name]), s), s.Charts.Depth),
		{{Text: glyph + " ", Style: style}, {Text: q.Health.Condition.String(), Style: style}},
	}
}

// loadSparks reads the small graphs of the queues on screen, and no others:
// again, or only if others are on screen than before.
func (v *Queues) loadSparks(again bool) tea.Cmd {
	first, last := v.grid.Visible()
	names := make([]string, 0, max(last-first, 0))
	for i := first; i < min(last, len(v.rows)); i++ {
		names = append(names, v.rows[i].Name)
	}
	same := slices.Equal(names, v.sparkNames)
	if len(names) == 0 || same && (!again || v.sparks.Busy()) {
		return nil
	}
	v.sparkNames = names
	e, now := v.env.Engine, v.env.Now()
	return v.sparks.Restart(func(ctx context.Context) (map[string][]float64, error) {
		sparks := make(map[string][]float64, len(names))
		for _, name := range names {
			series, err := e.History(ctx, name, engine.Span{From: now.Add(-sparkSeconds * time.Second), To: now, Step: time.Second})
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err == nil { // else it was deleted meanwhile
				sparks[name] = widget.Resample(depths(series, now, sparkSeconds), sparkCells)
			}
		}
		return sparks, nil
	})
}

// depths are the depths at the end of each of the last n steps; what is missing
// is a gap.
func depths(series engine.Series, now time.Time, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = widget.Gap
	}
	step := max(series.Step, time.Second)
	for _, s := range series.Samples {
		if i := n - 1 - int(now.Sub(s.Start)/step); i >= 0 && i < n {
			values[i] = float64(s.Depth)
		}
	}
	return values
}

// sparkTop is the value of a full cell: more than any there is, so that graphs
// one above another stay apart, and enough for a handful to look like one.
func sparkTop(values []float64) float64 {
	top := 8.0
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	return top * 8 / 7
}

// Render draws the table, the preview and a line of status.
func (v *Queues) Render() string {
	if v.width <= 0 || v.height <= 0 {
		return ""
	}
	status := v.renderStatus()
	if v.fetch.loaded && len(v.fetch.value) == 0 {
		return widget.Box(v.renderEmpty(), v.width, v.height-1) + "\n" + status
	}
	body := v.grid.Render()
	if s, box := v.env.Styles, v.tableBox(); v.fetch.loaded && len(v.rows) == 0 {
		body = vacant(box.Dx(), box.Dy(), s.Text.Render("no queue matches"), s.Muted.Render("esc clears the filter"))
	}
	switch p := v.previewBox(v.place); {
	case p.Empty():
	case p.Min.X > 0:
		body = beside(body, v.preview.render(p.Dx(), p.Dy()))
	default:
		body += "\n" + v.preview.render(p.Dx(), p.Dy())
	}
	return rows(body, v.height-1) + "\n" + status
}

func (v *Queues) renderStatus() string {
	s := v.env.Styles
	if v.typing {
		found := fmt.Sprintf("%s of %s ", widget.Count(int64(len(v.rows))), widget.Count(int64(len(v.fetch.value))))
		field := v.filter.Render(s, v.width-widget.Width(found)-2)
		return widget.Pad(" "+field, v.width-widget.Width(found), widget.Left) + s.Muted.Render(found)
	}
	switch {
	case v.fetch.err != nil:
		return widget.Pad(" "+s.Bad.Render(s.Glyphs.Cross+" "+widget.SafeFit(v.fetch.err.Error(), v.width-4)), v.width, widget.Left)
	case !v.fetch.loaded:
		return widget.Pad(" "+s.Muted.Render("reading the queues"+s.Glyphs.Ellipsis), v.width, widget.Left)
	}
	total := len(v.fetch.value)
	text := widget.Plural(total, "queue")
	if f := v.filter.Value(); f != "" {
		text = fmt.Sprintf("%s of %s match %q (esc clears)", widget.Count(int64(len(v.rows))), widget.Plural(total, "queue"), widget.SafeFit(f, 30))
	}
	if first, last := v.grid.Visible(); last-first < len(v.rows) {
		text += fmt.Sprintf(" %s showing %d–%d", s.Glyphs.Middle, first+1, last)
	}
	if key, desc := v.grid.Sort(); key != "" && total > 0 {
		arrow := s.Glyphs.Up
		if desc {
			arrow = s.Glyphs.Down
		}
		text += fmt.Sprintf(" %s sorted by %s %s", s.Glyphs.Middle, key, arrow)
	}
	return v.statusLine(" " + s.Muted.Render(text))
}

// statusLine adds to a line how the chosen queue does and what the file takes,
// as far as there is room.
func (v *Queues) statusLine(line string) string {
	s := v.env.Styles
	reason := ""
	if q, ok := v.current(); ok {
		glyph, style := q.Health.Condition.sign(s)
		reason = "   " + style.Render(glyph+" ") + s.Text.Render(widget.Safe(q.Name)+": ") + s.Muted.Render(q.Health.Reason)
	}
	hint, free, size := v.storageTexts()
	type parts struct{ left, right string }
	choices := []parts{{reason, free}, {reason, size}, {reason, ""}, {"", free}, {"", size}}
	if hint != "" {
		choices = append([]parts{{reason, hint}, {"", hint}}, choices...)
	}
	for _, p := range choices {
		if left := line + p.left; widget.Width(left)+widget.Width(p.right) <= v.width {
			return widget.Pad(left, v.width-widget.Width(p.right), widget.Left) + p.right
		}
	}
	return widget.Pad(line, v.width, widget.Left)
}

// compactable is the free space from which on it is worth the trouble to give
// it back, if it is most of the file.
const compactable = 64 << 20

// storageTexts say how large the file is, how much of it is free and, if it is
// much, what to do.
func (v *Queues) storageTexts() (hint, free, size string) {
	s, d := v.env.Styles, v.storage.value
	if d.Size == 0 {
		return "", "", ""
	}
	size = "   file " + widget.Bytes(d.Size)
	free = fmt.Sprintf("%s, %d %% free", size, 100*d.Free/d.Size)
	if d.Free >= compactable && d.Free >= d.Size/2 {
		hint = s.Warn.Render(free) + s.Muted.Render(": ") + s.Accent.Render("nixie compact") + " "
	}
	return hint, s.Muted.Render(free + " "), s.Muted.Render(size + " ")
}
