package views

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/engine/operation"
	"nixie/themes"
	"nixie/views/widget"
)

// jobsBoxes are the parts of the screen: the jobs, what is known of the one
// under the cursor, and its messages.
type jobsBoxes struct{ grid, detail, items rect }

func (v *Jobs) boxes() jobsBoxes {
	height := max(v.height-1, 0)
	if height < 16 {
		return jobsBoxes{grid: image.Rect(0, 0, v.width, height)}
	}
	split := min(max(len(v.shown)+1, 6), height*2/5)
	facts := v.factsHeight()
	return jobsBoxes{
		grid:   image.Rect(0, 0, v.width, split),
		detail: image.Rect(0, split, v.width, height),
		items:  image.Rect(0, min(split+facts, height), v.width, height),
	}
}

func jobColumns(when int) []widget.Column {
	return []widget.Column{
		{Key: "job", Title: "JOB", Min: 5, Align: widget.Right},
		{Key: "when", Title: "WHEN", Min: when, Align: widget.Right},
		{Key: "state", Title: "STATE", Min: 13},
		{Key: "what", Title: "WHAT", Min: 20, Grow: 2},
		{Key: "tally", Title: "RESULT", Min: 18, Grow: 1, Priority: 1},
		{Key: "who", Title: "WHO", Min: 10, Ideal: 16, Priority: 2},
	}
}

func itemColumns() []widget.Column {
	return []widget.Column{
		{Key: "id", Title: "ID", Min: 12, Ideal: 28},
		{Key: "from", Title: "FROM", Min: 10, Ideal: 20, Priority: 2},
		{Key: "to", Title: "TO", Min: 10, Ideal: 20, Priority: 1},
		{Key: "why", Title: "WHY", Min: 10, Grow: 1, Priority: 3},
	}
}

func jobID(id int) string { return strconv.Itoa(id) }

// setRows gives the grid the jobs that match.
func (v *Jobs) setRows() {
	v.shown = v.shown[:0:0]
	needle := strings.ToLower(strings.TrimSpace(v.filter.Value()))
	for _, j := range v.fetch.value {
		text := strings.ToLower(strings.Join([]string{jobID(j.ID), j.Title, j.Who, string(j.State), j.Command}, " "))
		if strings.Contains(text, needle) {
			v.shown = append(v.shown, j)
		}
	}
	jobs := v.shown
	v.grid.SetRows(widget.Rows{
		Len:   len(jobs),
		ID:    func(i int) string { return jobID(jobs[i].ID) },
		Cells: func(i int) []widget.Cell { return v.cells(jobs[i]) },
	})
	v.SetSize(v.width, v.height)
}

// jobSign is the glyph and the colour of a job's state.
func jobSign(s *themes.Styles, j operation.Job) (string, lipgloss.Style) {
	switch {
	case j.State == operation.Done && j.UndoneBy != 0:
		return s.Glyphs.Ring, s.Muted
	case j.State == operation.Done && j.Tally.Refused > 0:
		return s.Glyphs.Warning, s.Warn
	case j.State == operation.Done:
		return s.Glyphs.Check, s.Good
	case j.State.Active():
		return s.Glyphs.Play, s.Info
	case j.State == operation.Cancelled:
		return s.Glyphs.Square, s.Muted
	default:
		return s.Glyphs.Pause, s.Warn
	}
}

// jobStateName is the state in words.
func jobStateName(j operation.Job) string {
	if j.UndoneBy != 0 {
		return "undone by " + jobID(j.UndoneBy)
	}
	return string(j.State)
}

func (v *Jobs) cells(j operation.Job) []widget.Cell {
	s := v.env.Styles
	sign, style := jobSign(s, j)
	title := s.Text
	if j.State.Active() {
		title = s.Strong
	}
	result := widget.Styled(shortTally(j), s.Muted)
	if !j.State.Over() {
		result = widget.Cell{
			{Text: widget.Progress(s.Glyphs, j.Tally.Selected-j.Tally.Left, j.Tally.Selected, 10), Style: s.Accent},
			{Text: " " + widget.Count(j.Tally.Selected-j.Tally.Left) + " of " + widget.Count(j.Tally.Selected), Style: s.Text},
		}
	}
	return []widget.Cell{
		widget.Styled(jobID(j.ID), s.Muted),
		widget.Styled(stamp(v.env, j.Started), s.Text),
		{{Text: sign + " ", Style: style}, {Text: jobStateName(j), Style: style}},
		widget.Styled(j.Title, title),
		result,
		widget.Styled(j.Who, s.Muted),
	}
}

// oneFate reports whether there is but one outcome, if any.
func oneFate(t operation.Tally) bool {
	n := 0
	for _, f := range operation.Fates() {
		if fateCount(t, f) > 0 {
			n++
		}
	}
	return n < 2
}

// fateCount is how many of a job had that outcome.
func fateCount(t operation.Tally, f operation.Fate) int64 {
	switch f {
	case operation.FateDone:
		return t.Done
	case operation.FateGone:
		return t.Gone
	case operation.FateRefused:
		return t.Refused
	default:
		return t.Left
	}
}

// fateWord says an outcome for this kind of job: "requeued", "already gone".
func fateWord(j operation.Job, f operation.Fate) string {
	switch f {
	case operation.FateGone:
		return "already gone"
	case operation.FateRefused:
		return "refused"
	case operation.FateLeft:
		if j.State.Over() {
			return "left as they were"
		}
		return "to go"
	}
	word, ok := map[operation.Verb]string{
		operation.Requeue: "requeued", operation.Move: "moved", operation.Delete: "deleted", operation.Edit: "edited",
		operation.Purge: "purged", operation.Publish: "published", operation.DeleteQueue: "deleted", operation.Undo: "taken back",
	}[j.Request.Verb]
	if !ok {
		return "done"
	}
	return word
}

// messagesOf reports whether the units of a job are messages with ids.
func messagesOf(j operation.Job) bool {
	switch j.Request.Verb {
	case operation.Requeue, operation.Move, operation.Delete, operation.Edit:
		return true
	}
	return false
}

// Reconciliation is what became of all that a job was about: 412 selected =
// 405 requeued + 4 already gone + 3 refused.
func Reconciliation(j operation.Job) string {
	var parts []string
	for _, f := range operation.Fates() {
		if n := fateCount(j.Tally, f); n > 0 || f == operation.FateDone {
			parts = append(parts, widget.Count(n)+" "+fateWord(j, f))
		}
	}
	return widget.Count(j.Tally.Selected) + " selected = " + strings.Join(parts, " + ")
}

// shortTally leaves out what goes without saying.
func shortTally(j operation.Job) string {
	if j.Tally.Selected == j.Tally.Done {
		return widget.Count(j.Tally.Done) + " " + fateWord(j, operation.FateDone)
	}
	return Reconciliation(j)
}

// setItems gives the list the messages.
func (v *Jobs) setItems() {
	items := v.items.value
	s := v.env.Styles
	if len(items) == 0 {
		v.setFocus(false)
	}
	v.list.SetRows(widget.Rows{
		Len: len(items),
		ID:  func(i int) string { return items[i].Queue + "\x00" + string(items[i].ID) + "\x00" + strconv.Itoa(i) },
		Cells: func(i int) []widget.Cell {
			item := items[i]
			id := string(item.ID)
			if id == "" {
				id = s.Glyphs.Dash
			}
			return []widget.Cell{
				widget.Styled(id, s.Text), widget.Styled(item.Queue, s.Muted), widget.Styled(item.To, s.Text), widget.Styled(item.Error, s.Warn),
			}
		},
	})
}

func (v *Jobs) Render() string {
	if v.width <= 0 || v.height <= 1 {
		return ""
	}
	s := v.env.Styles
	var body string
	switch {
	case !v.fetch.loaded:
		body = "\n " + s.Muted.Render("reading the log"+s.Glyphs.Ellipsis)
	case len(v.shown) == 0:
		body = v.renderEmpty()
	case v.box.detail.Empty():
		body = v.grid.Render()
	default:
		body = v.grid.Render() + "\n" + v.renderDetail()
	}
	return widget.Box(body, v.width, v.height-1) + "\n" + widget.Pad(v.renderStatus(), v.width, widget.Left)
}

func (v *Jobs) renderEmpty() string {
	s := v.env.Styles
	if len(v.fetch.value) > 0 {
		return vacant(v.width, v.height-1, s.Text.Render("no job matches"), s.Muted.Render("esc clears the filter"))
	}
	return vacant(v.width, v.height-1,
		s.Text.Render("nothing was changed yet"), "",
		s.Muted.Render("every change comes here: who, when, what, how many,"), s.Muted.Render("with its command line and its undo"))
}

// renderDetail draws what is known of the job under the cursor.
func (v *Jobs) renderDetail() string {
	s := v.env.Styles
	j, ok := v.current()
	if !ok {
		return ""
	}
	inner := max(v.width-2, 1)
	lines := append(v.facts(j, inner), "", v.fateTabs(j))
	block := widget.Box(strings.Join(lines, "\n"), v.width, len(lines))
	switch {
	case !messagesOf(j) || len(v.items.value) == 0 && !v.items.Busy():
		return block
	case v.items.err != nil:
		return block + "\n " + s.Warn.Render(widget.SafeFit(v.items.err.Error(), inner))
	default:
		return block + "\n" + v.list.Render()
	}
}

// factsHeight is the room for what is known of the job under the cursor, with
// the outcomes below it.
func (v *Jobs) factsHeight() int {
	j, ok := v.current()
	if !ok {
		return 0
	}
	return len(v.facts(j, v.width)) + 2
}

func (v *Jobs) facts(j operation.Job, inner int) []string {
	s := v.env.Styles
	title := fmt.Sprintf("job %d", j.ID)
	lines := []string{" " + s.Faint.Render(s.Glyphs.Rule) + " " + s.Strong.Render(title) + " " + s.Faint.Render(strings.Repeat(s.Glyphs.Rule, max(inner-widget.Width(title)-4, 0)))}
	fact := func(label, text string, style lipgloss.Style) {
		if text != "" {
			lines = append(lines, " "+s.Muted.Render(widget.Pad(label, 9, widget.Left))+style.Render(widget.SafeFit(text, inner-10)))
		}
	}
	fact("what", j.Title, s.Strong)
	sign, style := jobSign(s, j)
	state := jobStateName(j)
	if j.Why != "" {
		state += ": " + j.Why
	}
	fact("state", sign+" "+state, style)
	when := exact(v.env, j.Started)
	if !j.Ended.IsZero() {
		when += fmt.Sprintf(", took %s", widget.Duration(j.Ended.Sub(j.Started)))
	}
	fact("when", when+" "+s.Glyphs.Middle+" by "+j.Who, s.Text)
	fact("pace", v.pace(j), s.Text)
	fact("result", Reconciliation(j), s.Text)
	fact("same as", j.Command, s.Accent)
	return lines
}

// pace says how fast it is, and how long it will take.
func (v *Jobs) pace(j operation.Job) string {
	s := v.env.Styles
	parts := []string{j.Request.Pace.String()}
	if j.Stage != "" {
		parts = append(parts, j.Stage)
	}
	if j.Rate > 0 {
		parts = append(parts, widget.Rate(j.Rate))
	}
	if j.Remaining > 0 {
		parts = append(parts, widget.Age(j.Remaining)+" left")
	}
	if len(parts) == 1 && (j.Request.Pace.Kind == "" || j.Request.Pace.Kind == operation.AllAtOnce) {
		return ""
	}
	return strings.Join(parts, " "+s.Glyphs.Middle+" ")
}

// fateTabs are the outcomes whose messages can be listed.
func (v *Jobs) fateTabs(j operation.Job) string {
	s := v.env.Styles
	if !messagesOf(j) {
		return ""
	}
	var parts []string
	for _, f := range operation.Fates() {
		n := fateCount(j.Tally, f)
		if n == 0 && f != v.fate {
			continue
		}
		style := s.Bars.Tab
		if f == v.fate {
			style = s.Bars.ActiveTab
		}
		parts = append(parts, style.Render(widget.Count(n)+" "+fateWord(j, f)))
	}
	line := " " + strings.Join(parts, "   ")
	if int64(len(v.items.value)) < fateCount(j.Tally, v.fate) && len(v.items.value) == maxItems {
		line += s.Muted.Render(fmt.Sprintf("   the first %s", widget.Count(maxItems)))
	}
	return line
}

func (v *Jobs) renderStatus() string {
	s := v.env.Styles
	if v.typing {
		return " " + v.filter.Render(s, v.width-2)
	}
	text := widget.Plural(len(v.shown), "job")
	if v.filter.Value() != "" {
		text = fmt.Sprintf("%d of %s match (esc clears)", len(v.shown), widget.Plural(len(v.fetch.value), "job"))
	}
	waiting := 0
	for _, j := range v.fetch.value {
		if j.State == operation.Paused || j.State == operation.Interrupted {
			waiting++
		}
	}
	line := " " + s.Muted.Render(text)
	if waiting > 0 {
		line += s.Warn.Render(fmt.Sprintf(" %s %s not finished: R lets it go on, D cancels it", s.Glyphs.Middle, widget.Plural(waiting, "job")))
	}
	return widget.Fit(line, v.width)
}
