package views

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/engine/operation"
	"nixie/views/widget"
)

// publishLayout says where the panes are, frames included, and what is within
// them. A pane that finds no room is empty.
type publishLayout struct {
	bodyBox, formBox, sideBox rect
	body, form, side          rect
}

// formWidth is that of the form beside the body.
const formWidth = 52

// layout gives the panes their room: the body and what will be sent left, the
// form right; where there is no room for both, only what has the focus.
func (v *Publish) layout() {
	var l publishLayout
	w, h := v.width, v.height
	switch {
	case w < 70 && v.onBody:
		l.bodyBox = image.Rect(0, 0, w, h)
	case w < 70:
		l.formBox = image.Rect(0, 0, w, h)
	default:
		left := w - min(max(w*2/5, 36), formWidth) - 1
		if w >= 180 {
			left = w * 3 / 5
		}
		side := 0
		if h >= 14 {
			side = h * 2 / 5
		}
		l.bodyBox = image.Rect(0, 0, left, h-side)
		l.sideBox = image.Rect(0, h-side, left, h)
		l.formBox = image.Rect(left+1, 0, w, h)
	}
	l.body, l.form, l.side = within(l.bodyBox, 2), within(l.formBox, 1), within(l.sideBox, 2)
	v.current = l
	v.body.SetSize(l.body.Dx(), l.body.Dy())
	v.form.SetSize(l.form.Dx(), l.form.Dy())
	if v.loaded != nil {
		v.loaded.SetSize(l.body.Dx(), l.body.Dy())
	}
}

// within is what is left of a box inside its frame, with a margin of columns
// that the frame is a part of.
func within(box rect, margin int) rect {
	in := image.Rect(box.Min.X+margin, box.Min.Y+1, box.Max.X-margin, box.Max.Y-1)
	if box.Dx() < 2*margin || box.Dy() < 2 {
		return rect{}
	}
	return in
}

// Render draws the screen.
func (v *Publish) Render() string {
	s, l := v.env.Styles, v.current
	var left, right string
	if b := l.bodyBox; b.Dx() > 0 {
		left = framed(s, v.bodyTitle(b.Dx()-6), indented(v.renderBody()), b.Dx(), b.Dy(), v.typing && v.onBody)
	}
	if b := l.sideBox; b.Dx() > 0 && b.Dy() > 0 {
		title, content := v.renderSide(l.side.Dx(), l.side.Dy())
		left += "\n" + framed(s, title, indented(content), b.Dx(), b.Dy(), false)
	}
	if b := l.formBox; b.Dx() > 0 {
		title := s.Bars.Title.Render("Message")
		right = framed(s, title, v.form.Render(), b.Dx(), b.Dy(), v.typing && !v.onBody)
	}
	switch {
	case left == "":
		return widget.Box(right, v.width, v.height)
	case right == "":
		return widget.Box(left, v.width, v.height)
	}
	gap := strings.TrimSuffix(strings.Repeat(" \n", max(v.height, 1)), "\n")
	return widget.Box(beside(beside(left, gap), right), v.width, v.height)
}

func (v *Publish) renderBody() string {
	if v.loaded != nil {
		return v.loaded.Render()
	}
	return v.body.Render()
}

// bodyTitle says what the body is: whether it is JSON, how large, and where
// the cursor stands.
func (v *Publish) bodyTitle(width int) string {
	s := v.env.Styles
	title := s.Bars.Title.Render("Body")
	glyph, style := "", s.Muted
	switch v.sample.verdict {
	case goodJSON:
		glyph, style = s.Glyphs.Check+" ", s.Good
	case badJSON:
		glyph, style = s.Glyphs.Cross+" ", s.Bad
	}
	facts := []string{widget.Bytes(int64(len(v.content())))}
	if v.loaded != nil {
		facts = append(facts, "too large to edit")
	} else if v.typing && v.onBody {
		line, column := v.body.Position()
		facts = append(facts, fmt.Sprintf("%d:%d", line, column))
	}
	room := width - 6 - widget.Width(glyph) - min(widget.Width(v.sample.text), 60)
	tail := ""
	for _, f := range facts {
		if f = " " + s.Glyphs.Middle + " " + f; widget.Width(f) <= room {
			tail, room = tail+f, room-widget.Width(f)
		}
	}
	tail = s.Muted.Render(tail)
	if note := v.body.Notice(); note != "" {
		glyph, style = s.Glyphs.Warning+" ", s.Warn
		return title + "  " + style.Render(widget.SafeFit(glyph+note, max(width-6, 0)))
	}
	return title + "  " + style.Render(widget.SafeFit(glyph+v.sample.text, max(width-6-widget.Width(tail), 8))) + tail
}

// indented moves every line one column in.
func indented(block string) string {
	return " " + strings.ReplaceAll(block, "\n", "\n ")
}

// renderSide draws what will be sent, the changes of an edit, or the load run
// that goes on.
func (v *Publish) renderSide(width, height int) (title, content string) {
	s := v.env.Styles
	switch {
	case v.edit != nil:
		return s.Bars.Title.Render("Changes") + s.Muted.Render("  the original goes to the trash"), v.edit.diff(v, width, height)
	case v.run.started && v.run.job.Tally.Selected > 1:
		return v.renderRun(width, height)
	}
	name := s.Bars.Title.Render("What is sent")
	if v.sample.err != nil {
		lines := widget.Wrap(widget.Safe(problem(v.sample.err)), width)
		return name, s.Bad.Render(strings.Join(lines, "\n"))
	}
	if v.sample.count > 1 {
		name += s.Muted.Render(fmt.Sprintf("  the first of %s", widget.Count(v.sample.count)))
	}
	lines := v.sampleFacts(width)
	lines = lines[:min(len(lines), max(height/2, 1))]
	room := height - len(lines)
	v.preview.SetSize(width, room)
	return name, strings.Join(append(lines, v.preview.Render()), "\n")
}

// sampleFacts are what is sent beside the body.
func (v *Publish) sampleFacts(width int) []string {
	s, out := v.env.Styles, v.sample.out
	fact := func(label, value string) string {
		return s.Muted.Render(label+" ") + s.Text.Render(widget.SafeFit(value, max(width-widget.Width(label)-1, 0)))
	}
	var lines []string
	if out.Group != "" {
		lines = append(lines, fact("group", out.Group))
	}
	if out.DedupID != "" {
		lines = append(lines, fact("dedup id", out.DedupID))
	}
	switch {
	case out.Delay > 0:
		lines = append(lines, fact("ready in", widget.Duration(out.Delay)))
	case out.Delay < 0:
		lines = append(lines, fact("ready", "at once"))
	}
	for _, name := range slices.Sorted(maps.Keys(out.Headers)) {
		label := widget.SafeFit(name, width/3)
		value := widget.SafeFit(out.Headers[name], max(width-widget.Width(label)-3, 0))
		lines = append(lines, s.JSON.Key.Render(label)+s.Muted.Render(" = ")+s.Text.Render(value))
	}
	return lines
}

// renderRun draws the progress of the job, and how fast it was.
func (v *Publish) renderRun(width, height int) (title, content string) {
	s, j := v.env.Styles, v.run.job
	state, style := string(j.State), s.Info
	switch {
	case j.State == operation.Done && j.Tally.Refused == 0:
		style = s.Good
	case j.State.Over(), j.State == operation.Paused, j.State == operation.Interrupted:
		style = s.Warn
	}
	title = s.Bars.Title.Render(fmt.Sprintf("Job %d", j.ID)) + "  " + style.Render(state)
	done := j.Tally.Selected - j.Tally.Left
	text := fmt.Sprintf(" %s of %s", widget.Count(done), widget.Count(j.Tally.Selected))
	if j.Tally.Refused > 0 {
		text += fmt.Sprintf(", %s refused", widget.Count(j.Tally.Refused))
	}
	if j.State.Active() {
		text += "  " + widget.Rate(j.Rate)
		if j.Remaining > 0 {
			text += "  " + widget.Duration(j.Remaining) + " left"
		}
	} else if !j.Ended.IsZero() {
		text += "  in " + widget.Duration(j.Ended.Sub(j.Started))
	}
	bar := progressBar(s.Glyphs.BarFull, s.Glyphs.BarEmpty, s.Accent, s.Faint, done, j.Tally.Selected, max(width-widget.Width(text), 4))
	lines := []string{widget.Fit(bar+s.Text.Render(text), width)}
	if j.Why != "" {
		lines = append(lines, s.Warn.Render(widget.SafeFit(j.Why, width)))
	}
	if room := height - len(lines) - 1; room >= 3 && len(v.run.rates) > 1 {
		chart := widget.NewChart(s)
		chart.Series = []widget.ChartSeries{{Name: "published", Style: s.Charts.Published, Values: v.run.rates}}
		chart.Fill, chart.Average, chart.NoTimes = true, true, true
		chart.SetSize(width, room)
		lines = append(lines, "", chart.Render())
	}
	return title, strings.Join(lines, "\n")
}

// progressBar draws n of total in width cells.
func progressBar(full, empty string, on, off lipgloss.Style, n, total int64, width int) string {
	filled := 0
	if total > 0 {
		filled = int(min(n, total) * int64(width) / total)
	}
	return on.Render(strings.Repeat(full, filled)) + off.Render(strings.Repeat(empty, width-filled))
}
