package views

import (
	"fmt"
	"image"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// listBoxes are the parts of a message list.
type listBoxes struct{ grid, detail rect }

// narrowList is the width below which list and detail are not beside each
// other.
const narrowList = 100

func messageColumns(state engine.State, when int) []widget.Column {
	right := func(key, title string, width, priority int) widget.Column {
		return widget.Column{Key: key, Title: title, Min: width, Align: widget.Right, Priority: priority}
	}
	position := right("position", "#", 6, 5)
	tries := right("tries", "TRIES", 5, 3)
	size := right("size", "SIZE", 7, 7)
	group := widget.Column{Key: "group", Title: "GROUP", Min: 8, Ideal: 12, Priority: 8}
	body := widget.Column{Key: "body", Title: "BODY", Min: 24, Grow: 3}
	switch state {
	case engine.InFlight:
		return []widget.Column{
			position, right("lease", "LEASE", when, 1), {Key: "consumer", Title: "CONSUMER", Min: 10, Ideal: 16, Priority: 2}, tries, size, body,
		}
	case engine.Delayed:
		return []widget.Column{position, right("due", "DUE", max(when, 10), 0), tries, size, group, body}
	case engine.Dead:
		return []widget.Column{
			position, right("died", "DIED", when, 1), tries, {Key: "reason", Title: "REASON", Min: 24, Ideal: 44, Grow: 3}, size, {Key: "body", Title: "BODY", Min: 24, Grow: 2, Priority: 8},
		}
	default:
		return []widget.Column{position, right("age", "AGE", when, 0), tries, size, group, body}
	}
}

// setRows gives the grid the window.
func (l *messageList) setRows() {
	w := l.fetch.value
	groups := slices.ContainsFunc(w.messages, func(m engine.Message) bool { return m.Group != "" })
	digits := max(len(widget.Count(w.total))+1, 6)
	if made := (listColumns{groups, digits, stampWidth(l.env)}); made != l.listColumns {
		l.listColumns = made
		columns := messageColumns(l.state, made.when)
		if !groups {
			columns = slices.DeleteFunc(columns, func(c widget.Column) bool { return c.Key == "group" })
		}
		columns[0].Min = digits
		l.grid.SetColumns(columns...)
	}
	columns := l.grid.Columns()
	total := w.total
	if w.filtered {
		total = int64(len(w.messages))
	}
	l.grid.SetRows(widget.Rows{
		Len: len(w.messages), Before: w.before, Total: total,
		ID:    func(i int) string { return string(w.messages[i].ID) },
		Cells: func(i int) []widget.Cell { return l.cells(w, i, columns) },
	})
}

func (l *messageList) cells(w window, i int, columns []widget.Column) []widget.Cell {
	cells := make([]widget.Cell, len(columns))
	for c, column := range columns {
		cells[c] = l.cell(w, i, column.Key)
	}
	return cells
}

func (l *messageList) cell(w window, i int, key string) widget.Cell {
	s, m := l.env.Styles, w.messages[i]
	switch key {
	case "position":
		text := widget.Count(w.before + int64(i) + 1)
		if w.approx {
			text = "~" + text
		}
		if l.all && !l.grid.Marked(string(m.ID)) {
			return widget.Cell{{Text: s.Glyphs.Mark + " ", Style: s.Accent}, {Text: text, Style: s.Muted}}
		}
		return widget.Styled(text, s.Muted)
	case "age":
		return widget.Styled(stamp(l.env, m.PublishedAt), s.Text)
	case "lease":
		return widget.Styled(stamp(l.env, m.LeaseUntil), s.State.InFlight)
	case "due":
		return widget.Styled(stamp(l.env, m.DueAt), s.State.Delayed)
	case "died":
		if m.Death == nil {
			return widget.Styled(s.Glyphs.Dash, s.Muted)
		}
		return widget.Styled(stamp(l.env, m.Death.At), s.Text)
	case "consumer":
		return widget.Styled(m.Consumer, s.State.InFlight)
	case "tries":
		style := s.Text
		if m.Tries == 0 {
			style = s.Muted
		} else if m.Tries > 1 {
			style = s.Warn
		}
		return widget.Styled(fmt.Sprint(m.Tries), style)
	case "size":
		return widget.Styled(widget.Bytes(int64(m.Size)), s.Muted)
	case "group":
		return widget.Styled(m.Group, s.JSON.Literal)
	case "reason":
		return widget.Styled(operation.Reason(&m), s.State.Dead)
	default:
		return widget.Styled(widget.Preview(m.Body, 200), s.Text)
	}
}

func (l *messageList) setSize(width, height int) {
	l.width, l.height = width, height
	l.box = l.boxes(l.place)
	l.grid.SetSize(l.box.grid.Dx(), l.box.grid.Dy())
	l.detail.setSize(l.box.detail.Dx(), l.box.detail.Dy())
	if l.fetch.loaded {
		l.setRows()
	}
}

func (l *messageList) nextPlace() previewPlace {
	return l.place.next(func(a, b previewPlace) bool { return l.boxes(a) != l.boxes(b) })
}

// boxes gives list and detail their room: beside each other, one above the
// other, or the one that has the keys alone.
func (l *messageList) boxes(place previewPlace) listBoxes {
	width, height := l.width, max(l.height-1, 0)
	whole := image.Rect(0, 0, width, height)
	if place == previewAuto {
		place = previewRight
	}
	switch {
	case place == previewHidden || width < narrowList && (place == previewRight || height < 20):
		if l.inDetail {
			return listBoxes{detail: whole}
		}
		return listBoxes{grid: whole}
	case place == previewBottom:
		list := max(height*2/5, 5)
		return listBoxes{grid: image.Rect(0, 0, width, list), detail: image.Rect(0, list, width, height)}
	default:
		list := width * 45 / 100
		return listBoxes{grid: image.Rect(0, 0, list, height), detail: image.Rect(list, 0, width, height)}
	}
}

func (l *messageList) render() string {
	status := l.renderStatus()
	height := max(l.height-1, 0)
	var body string
	switch grid, detail := l.box.grid, l.box.detail; {
	case detail.Empty():
		body = l.renderGrid()
	case grid.Empty():
		body = l.detail.render(l.inDetail)
	case detail.Min.X > 0:
		body = beside(l.renderGrid(), l.detail.render(l.inDetail))
	default:
		body = l.renderGrid() + "\n" + l.detail.render(l.inDetail)
	}
	return rows(body, height) + "\n" + status
}

// renderGrid draws the list, or why there is none.
func (l *messageList) renderGrid() string {
	s, w, box := l.env.Styles, l.fetch.value, l.box.grid
	var text []string
	switch {
	case !l.fetch.loaded && l.fetch.err == nil:
		text = []string{s.Muted.Render("reading" + s.Glyphs.Ellipsis)}
	case !l.fetch.loaded:
		text = []string{s.Bad.Render(s.Glyphs.Cross + " " + widget.SafeFit(l.fetch.err.Error(), box.Dx()-8))}
	case len(w.messages) == 0 && w.filtered:
		text = []string{s.Text.Render("nothing matches ") + s.Accent.Render(widget.SafeFit(l.query.filter.String(), 40)), s.Muted.Render("esc clears the filter")}
	case len(w.messages) == 0:
		text = []string{s.Text.Render("no message is " + stateName(l.state))}
		if l.state == engine.Ready {
			text = append(text, s.Accent.Render(l.env.Keys.Key(keymap.PublishTo))+s.Muted.Render(" publishes one"))
		}
	default:
		return l.grid.Render()
	}
	return vacant(box.Dx(), box.Dy(), text...)
}

// renderStatus says what part of what is shown, and what is not.
func (l *messageList) renderStatus() string {
	s, w := l.env.Styles, l.fetch.value
	if l.filter.typing {
		return l.filter.render(s, l.width)
	}
	var parts []string
	add := func(style lipgloss.Style, format string, args ...any) {
		parts = append(parts, style.Render(fmt.Sprintf(format, args...)))
	}
	if l.fetch.err != nil && l.fetch.loaded {
		add(s.Bad, "%s %s", s.Glyphs.Cross, widget.SafeFit(l.fetch.err.Error(), l.width/2))
	}
	if l.all {
		add(s.Accent.Bold(true), "all that match marked (more than %s)", widget.Count(markLimit))
	} else if n := l.grid.MarkCount(); n > 0 {
		add(s.Accent.Bold(true), "%s marked", widget.Count(int64(n)))
	}
	if first, last := l.grid.Visible(); last > first {
		approx := ""
		if w.approx {
			approx = "~"
		}
		add(s.Muted, "showing %s%s–%s", approx, widget.Count(w.before+int64(first)+1), widget.Count(w.before+int64(last)))
	}
	if w.filtered {
		add(s.Accent, "%s match %s", widget.Count(w.match), widget.SafeFit(l.query.filter.String(), 30))
		if w.match > int64(len(w.messages)) {
			add(s.Warn, "first %s kept", widget.Count(int64(len(w.messages))))
		}
		if w.capped {
			add(s.Warn, "first %s searched", widget.Count(w.scanned))
		}
	}
	if l.fetch.loaded {
		total, word := w.total, "total"
		if !l.live() {
			total = l.info.Count(l.state)
			if total < w.before+int64(len(w.messages)) {
				word = "now" // some of the rows are gone
			}
		}
		add(s.Muted, "%s %s", widget.Count(total), word)
	}
	if n := l.fresh(); n > 0 {
		add(s.Info, "%s new", widget.Count(n))
	}
	if l.ranging {
		add(s.Accent, "range: v ends it")
	}
	if l.follow {
		add(s.Good, "%s following", s.Glyphs.Play)
	}
	line := " " + strings.Join(parts, s.Muted.Render(" "+s.Glyphs.Middle+" "))
	return widget.Pad(line, l.width, widget.Left)
}

// fresh is how many messages came since the list stands still.
func (l *messageList) fresh() int64 {
	if l.live() {
		return 0
	}
	now, ok := arrivals(l.info, l.state)
	then, _ := arrivals(l.fetch.value.info, l.state)
	if !ok {
		return 0
	}
	return max(now-then, 0)
}

func (l *messageList) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	if inside(l.box.detail, m.X, m.Y) {
		if _, ok := msg.(tea.MouseClickMsg); ok && !l.inDetail {
			l.setFocus(true)
		}
		return l.detail.mouse(msg, m.X-l.box.detail.Min.X, m.Y-l.box.detail.Min.Y)
	}
	if !inside(l.box.grid, m.X, m.Y) {
		return nil
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		l.grid.Scroll(wheel(m))
	case tea.MouseClickMsg:
		if l.inDetail {
			l.setFocus(false)
		}
		hit := l.grid.Hit(m.X-l.box.grid.Min.X, m.Y-l.box.grid.Min.Y)
		switch hit.Kind {
		case widget.OnRow:
			if id, _, _ := l.grid.Cursor(); id == hit.ID {
				l.setFocus(true)
			}
			l.grid.Select(hit.ID)
		case widget.OnScrollbar:
			return l.jump(hit.Fraction)
		}
	}
	return tea.Batch(l.chosen(), l.edge())
}

// jump goes to a place on the scrollbar: within the window exactly, else to the
// nearer end, since a place in the middle of a queue has no address.
func (l *messageList) jump(fraction float64) tea.Cmd {
	w := l.fetch.value
	row := int64(fraction * float64(max(w.total-1, 0)))
	if i := row - w.before; i >= 0 && i < int64(len(w.messages)) {
		l.grid.SelectIndex(int(i))
		return tea.Batch(l.chosen(), l.edge())
	}
	if fraction < 0.5 {
		return l.end(fromTop, keymap.Top)
	}
	return l.end(fromBottom, keymap.Bottom)
}
