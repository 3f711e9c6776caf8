package views

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/engine/operation"
	"nixie/views/widget"
)

// deadBoxes are the parts of the screen, below a line that sums up and above
// one of status.
type deadBoxes struct{ grid, why, detail rect }

// trendCells is the width of a trend.
const trendCells = 8

// causeColumns are the columns; back says whether anything was requeued yet.
func causeColumns(span string, newest int, back bool) []widget.Column {
	columns := []widget.Column{
		{Key: "count", Title: "COUNT", Min: 6, Ideal: 7, Align: widget.Right},
		{Key: "trend", Title: strings.TrimSpace("LAST " + span), Min: trendCells, Priority: 3},
		{Key: "cause", Title: "CAUSE", Min: 16, Grow: 1},
		{Key: "last", Title: "NEWEST", Min: newest, Align: widget.Right, Priority: 2},
		{Key: "back", Title: "BACK", Min: 6, Ideal: 9, Align: widget.Right, Priority: 1},
	}
	if !back {
		columns = columns[:len(columns)-1]
	}
	return columns
}

// deadPanes is the height from which on there are panes beside the causes.
const deadPanes = 10

func (v *Dead) boxes() deadBoxes {
	body := image.Rect(0, 1, v.width, max(v.height-1, 1))
	if v.inDetail && (v.width < narrowList || v.lower == lowerNone) {
		return deadBoxes{detail: body}
	}
	if v.lower == lowerNone || body.Dy() < deadPanes {
		return deadBoxes{grid: body}
	}
	rows := min(max(len(v.fetch.value.Causes), 3)+1, body.Dy()*2/5)
	if v.width < narrowList {
		split := body.Min.Y + max(rows, 4)
		b := deadBoxes{grid: image.Rect(0, body.Min.Y, v.width, split)}
		lower := image.Rect(0, split, v.width, body.Max.Y)
		if v.lower == lowerWhy {
			b.why = lower
		} else {
			b.detail = lower
		}
		return b
	}
	left := v.width * 57 / 100
	b := deadBoxes{detail: image.Rect(left, body.Min.Y, v.width, body.Max.Y)}
	if v.lower == lowerWhy {
		b.grid = image.Rect(0, body.Min.Y, left, body.Max.Y)
		return b
	}
	split := max(min(body.Min.Y+len(v.fetch.value.Causes)+2, body.Max.Y-12), body.Min.Y+5)
	b.grid, b.why = image.Rect(0, body.Min.Y, left, split), image.Rect(0, split, left, body.Max.Y)
	return b
}

// setRows gives the grid the causes.
func (v *Dead) setRows() {
	causes := v.fetch.value.Causes
	back := slices.ContainsFunc(causes, func(c operation.Cause) bool { return c.Requeued > 0 })
	v.grid.SetColumns(causeColumns(spanName(v.fetch.value.Step*trendCells), stampWidth(v.env), back)...)
	v.grid.SetRows(widget.Rows{
		Len:   len(causes),
		ID:    func(i int) string { return causes[i].Key },
		Cells: func(i int) []widget.Cell { return v.cells(causes[i]) },
	})
}

// spanName is a length of time as short as can be: 10m, 24h, 7d.
func spanName(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return widget.Exact(d)
}

func (v *Dead) cells(c operation.Cause) []widget.Cell {
	s := v.env.Styles
	name, count := s.Text, s.State.Dead
	if c.Muted {
		name, count = s.Muted, s.Muted
	}
	cause := widget.Cell{{Text: c.Key, Style: name}}
	if c.Muted {
		cause = append(widget.Cell{{Text: "muted  ", Style: s.Warn}}, cause...)
	}
	if c.Note != "" {
		cause = append(cause, widget.Span{Text: "  " + s.Glyphs.Middle + " " + c.Note, Style: s.Accent})
	}
	return []widget.Cell{
		widget.Styled(widget.Count(c.Count), count),
		v.trend(c),
		cause,
		widget.Styled(stamp(v.env, c.Last), s.Text),
		v.back(c),
	}
}

// trend draws the deaths of the recent time; a step without any is faint.
func (v *Dead) trend(c operation.Cause) widget.Cell {
	s := v.env.Styles
	values := make([]float64, len(c.Trend))
	for i, n := range c.Trend {
		values[i] = float64(n)
	}
	cell := make(widget.Cell, 0, trendCells)
	for i, r := range []rune(widget.Spark(values, len(values), 0, s)) {
		style := s.Charts.Dead
		if values[i] == 0 {
			style = s.Faint
		}
		cell = append(cell, widget.Span{Text: string(r), Style: style})
	}
	return cell
}

// back says how many of those that were requeued died again.
func (v *Dead) back(c operation.Cause) widget.Cell {
	s := v.env.Styles
	if c.Requeued == 0 {
		return widget.Styled(s.Glyphs.Dash, s.Muted)
	}
	text := fmt.Sprintf("%s/%s", widget.Count(c.CameBack), widget.Count(c.Requeued))
	switch share := float64(c.CameBack) / float64(c.Requeued); {
	case share > operation.DefaultStop:
		return widget.Styled(text+s.Glyphs.Warning, s.Bad)
	case c.CameBack > 0:
		return widget.Styled(text, s.Warn)
	default:
		return widget.Styled(text, s.Good)
	}
}

func (v *Dead) Render() string {
	if v.width <= 0 || v.height <= 1 {
		return ""
	}
	lines := widget.Fit(v.renderSum(), v.width)
	var body string
	switch {
	case !v.fetch.loaded || len(v.fetch.value.Causes) == 0:
		body = v.renderEmpty()
	case v.box.grid.Empty():
		body = v.renderDetail()
	default:
		body = v.renderPanes()
	}
	if v.height == 2 {
		return widget.Box(lines+"\n"+v.renderStatus(), v.width, v.height)
	}
	return widget.Box(lines, v.width, 1) + "\n" + widget.Box(body, v.width, v.height-2) + "\n" + v.renderStatus()
}

func (v *Dead) renderPanes() string {
	left := v.grid.Render()
	if !v.box.why.Empty() {
		left += "\n" + widget.Box(strings.Join(v.whyLines(v.box.why.Dx()), "\n"), v.box.why.Dx(), v.box.why.Dy())
	}
	switch {
	case v.box.detail.Empty():
		return left
	case v.box.detail.Min.X > 0:
		return beside(left, v.renderDetail())
	default:
		return left + "\n" + v.renderDetail()
	}
}

// renderDetail draws the sample, which says which one it is at its last row.
func (v *Dead) renderDetail() string { return v.detail.render(v.inDetail) }

// renderSum is the first line: what there is, and as of when.
func (v *Dead) renderSum() string {
	s, r := v.env.Styles, v.fetch.value
	if !v.fetch.loaded {
		return ""
	}
	where := "all queues"
	if v.queue != "" {
		where = widget.SafeFit(v.queue, 30)
	}
	count := s.State.Dead.Bold(true)
	if r.Match == 0 {
		count = s.Muted
	}
	line := " " + count.Render(widget.Count(r.Match)) + s.Muted.Render(" "+widget.Noun(r.Match, "dead letter")+" of ") + s.Text.Render(where) +
		s.Muted.Render(" in ") + s.Strong.Render(widget.Plural(len(r.Causes), "cause"))
	if !v.filter.applied.Empty() {
		line += s.Muted.Render(fmt.Sprintf(" %s %s in all", s.Glyphs.Middle, widget.Count(r.Total)))
	}
	if r.Capped {
		line += s.Warn.Render(fmt.Sprintf(" %s first %s searched", s.Glyphs.Middle, widget.Count(r.Seen)))
	}
	right := ""
	switch n := v.news(); {
	case n > 0:
		right = s.Muted.Render("as of "+clock(r.At, v.env.Now(), max(v.env.Times, Local))) + s.Warn.Render(fmt.Sprintf(" %s %s new", s.Glyphs.Middle, widget.Count(n))) + s.Muted.Render(" (g shows them) ")
	case !v.live():
		right = s.Muted.Render("as of " + clock(r.At, v.env.Now(), max(v.env.Times, Local)) + " ")
	default:
		right = s.Good.Render(s.Glyphs.Dot) + s.Muted.Render(" live ")
	}
	if gap := v.width - widget.Width(line) - widget.Width(right); gap > 0 {
		line += strings.Repeat(" ", gap) + right
	}
	return line
}

// renderEmpty says why there is nothing.
func (v *Dead) renderEmpty() string {
	s := v.env.Styles
	text := []string{s.Muted.Render("reading the dead letters" + s.Glyphs.Ellipsis)}
	if n := v.seen.Load(); n > 0 {
		text[0] += s.Muted.Render(" " + widget.Count(n))
	}
	switch {
	case v.fetch.err != nil && !v.fetch.loaded:
		text = []string{s.Bad.Render(s.Glyphs.Cross + " " + widget.SafeFit(v.fetch.err.Error(), v.width-4))}
	case !v.fetch.loaded:
	case !v.filter.applied.Empty():
		text = []string{s.Text.Render("no dead letter matches"), s.Muted.Render("esc clears the filter")}
	default:
		text = []string{
			s.Good.Render(s.Glyphs.Check + " no dead letters"), "",
			s.Muted.Render("what fails as often as its queue allows comes here,"), s.Muted.Render("grouped by the cause of its failure"),
		}
	}
	return vacant(v.width, max(v.height-2, 0), text...)
}

func (v *Dead) renderStatus() string {
	s := v.env.Styles
	switch {
	case v.filter.typing:
		return v.filter.render(s, v.width)
	case v.fetch.err != nil && v.fetch.loaded:
		return widget.Pad(" "+s.Bad.Render(s.Glyphs.Cross+" "+widget.SafeFit(v.fetch.err.Error(), v.width-4)), v.width, widget.Left)
	}
	var parts []string
	if first, last := v.grid.Visible(); last-first < len(v.fetch.value.Causes) && !v.box.grid.Empty() {
		parts = append(parts, fmt.Sprintf("showing %d–%d of %s", first+1, last, widget.Plural(len(v.fetch.value.Causes), "cause")))
	}
	if n := v.grid.MarkCount(); n > 0 {
		var letters int64
		for _, c := range v.fetch.value.Causes {
			if v.grid.Marked(c.Key) {
				letters += c.Count
			}
		}
		parts = append(parts, fmt.Sprintf("%s marked, %s", widget.Plural(n, "cause"), widget.Plural(letters, "dead letter")))
	}
	if !v.filter.applied.Empty() {
		parts = append(parts, "matching "+widget.SafeFit(v.filter.applied.String(), 40)+" (esc clears)")
	}
	if c, ok := v.current(); ok && len(c.Samples) > 0 && v.detail.message.ID != "" && !v.box.detail.Empty() {
		text := fmt.Sprintf("sample %d of %s", v.sample.at+1, widget.Count(int64(len(c.Samples))))
		if n := int64(len(c.Samples)); n < c.Count {
			text += " of " + widget.Count(c.Count)
		}
		parts = append(parts, text)
	}
	return widget.Pad(" "+s.Muted.Render(strings.Join(parts, " "+s.Glyphs.Middle+" ")), v.width, widget.Left)
}

// whyLines say what sets the messages of the cause apart.
func (v *Dead) whyLines(width int) []string {
	s := v.env.Styles
	c, ok := v.current()
	if !ok {
		return nil
	}
	inner := max(width-3, 1)
	title := "Why these?"
	e := v.why.fetch.value
	known := v.why.fetch.loaded && v.why.fetch.err == nil && !v.why.fetch.Busy()
	lines := []string{s.Faint.Render(s.Glyphs.Rule) + " " + s.Strong.Render(title) + " " + s.Faint.Render(strings.Repeat(s.Glyphs.Rule, max(inner-widget.Width(title)-2, 0)))}
	switch {
	case v.why.fetch.err != nil:
		lines = append(lines, s.Warn.Render(widget.SafeFit(v.why.fetch.err.Error(), inner)))
	case !known && len(e.Traits) == 0:
		lines = append(lines, s.Muted.Render("comparing"+s.Glyphs.Ellipsis))
	case e.Against == "":
		lines = append(lines, s.Muted.Render("there is nothing to compare them with"))
	case len(e.Traits) == 0:
		lines = append(lines, s.Muted.Render(fmt.Sprintf("nothing sets them apart from %s", widget.SafeFit(e.Against, inner))))
	default:
		lines = append(lines, v.traits(e, inner)...)
		lines = append(lines, s.Muted.Render(widget.SafeFit(fmt.Sprintf("%s sampled, compared with %s", widget.Count(int64(e.Sampled)), e.Against), inner)))
	}
	lines = append(lines, "")
	lines = append(lines, v.causeFacts(c, inner)...)
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}

// traitBar is the width of the bar of a share.
const traitBar = 10

// traits draws each with the shares of both sides.
func (v *Dead) traits(e operation.Explanation, width int) []string {
	s := v.env.Styles
	room := max(width-traitBar-22, 8)
	var lines []string
	for _, t := range e.Traits {
		field := widget.SafeFit(t.Field, room/2)
		value := widget.SafeFit(t.Value, max(room-widget.Width(field)-3, 1))
		label := widget.Pad(s.JSON.Key.Render(field)+s.Muted.Render(" = ")+s.JSON.String.Render(value), room, widget.Left)
		full := int(t.In*traitBar + 0.5)
		line := "━"
		if s.Glyphs.ASCII {
			line = "="
		}
		lines = append(lines, label+" "+s.Accent.Render(strings.Repeat(line, full))+s.Faint.Render(strings.Repeat(s.Glyphs.Rule, traitBar-full))+
			s.Strong.Render(fmt.Sprintf(" %3.0f %%", 100*t.In))+s.Muted.Render(fmt.Sprintf("  others %3.0f %%", 100*t.Out)))
	}
	return lines
}

// causeFacts say where and since when, and what is known of the cause.
func (v *Dead) causeFacts(c operation.Cause, width int) []string {
	s := v.env.Styles
	fact := func(label, text string, style lipgloss.Style) []string {
		var lines []string
		for _, l := range widget.Wrap(widget.Safe(text), max(width-9, 8)) {
			lines = append(lines, s.Muted.Render(widget.Pad(label, 9, widget.Left))+style.Render(l))
			label = ""
		}
		return lines
	}
	lines := fact("cause", c.Key, s.Text)
	var origins []string
	for i, o := range c.Origin {
		if i == most {
			origins = append(origins, fmt.Sprintf("and %d more", len(c.Origin)-most))
			break
		}
		origins = append(origins, o.Name+" "+widget.Count(o.N))
	}
	lines = append(lines, fact("died in", strings.Join(origins, " "+s.Glyphs.Middle+" "), s.Text)...)
	lines = append(lines, fact("since", moment(v.env, c.First), s.Text)...)
	if c.Requeued > 0 {
		lines = append(lines, fact("requeued", fmt.Sprintf("%s, of which %s came back", widget.Count(c.Requeued), widget.Count(c.CameBack)), s.Text)...)
	}
	if c.Note != "" {
		lines = append(lines, fact("note", c.Note, s.Accent)...)
	}
	return lines
}
