package views

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// planRow is a line of the dialog: a label, and a text in a style.
type planRow struct {
	label string
	text  string
	style lipgloss.Style
}

// planLabel is the width of the labels with the gap behind them.
const planLabel = 10

// Bounds makes room for all rows, within reason.
func (d *planDialog) Bounds(width, height int) (int, int) {
	w := min(width-4, 78)
	return w, min(len(d.layout(w-4))+d.foot()+2, height-2)
}

// foot is the number of rows below the facts: a blank, the confirmation, the
// buttons.
func (d *planDialog) foot() int {
	if p := d.plan(); p != nil && p.Confirm != "" {
		return 4
	}
	return 2
}

// layout makes the rows, each of at most width cells.
func (d *planDialog) layout(width int) []planRow {
	if d.rows != nil && d.width == width+4 {
		return d.rows
	}
	s := d.env.Styles
	p := d.plan()
	b := &planRows{d: d, width: max(width-planLabel, 10)}
	switch {
	case d.problem() != "":
		b.add("", d.problem(), s.Warn)
	case p == nil:
		b.add("", "finding out what this would do"+s.Glyphs.Ellipsis, s.Muted)
	default:
		b.facts(p)
	}
	if d.startErr != nil {
		b.add(s.Glyphs.Cross, "not started: "+d.startErr.Error(), s.Bad)
	}
	d.rows = b.rows
	return b.rows
}

// planRows collects rows.
type planRows struct {
	d     *planDialog
	width int
	rows  []planRow
}

// add breaks a text into lines; the label stands before the first.
func (b *planRows) add(label, text string, style lipgloss.Style) {
	for _, l := range widget.Wrap(widget.Safe(text), b.width) {
		b.rows = append(b.rows, planRow{label, l, style})
		label = ""
	}
}

// most is how many of a list are shown; the others are counted.
const most = 5

// facts are in the order of their weight: the last ones drop out where there is
// no room.
func (b *planRows) facts(p *operation.Plan) {
	s := b.d.env.Styles
	b.from(p)
	b.to(p)
	if p.Verb == operation.Delete || p.Verb == operation.Purge || p.Verb == operation.DeleteQueue {
		b.add("to", "the trash: undo brings it back", s.Text)
	}
	for _, i := range p.Impossible {
		b.add(s.Glyphs.Warning, fmt.Sprintf("%s of %s cannot be undone: %s", widget.Count(i.N), widget.Count(p.Of), i.Name), s.Warn)
	}
	for _, w := range p.Warnings {
		b.add(s.Glyphs.Warning, w, s.Warn)
	}
	b.list("change", p.Changes, 2*most, s.Text)
	b.pace(p)
	if p.Verb == operation.Requeue || p.Verb == operation.Move {
		order := "oldest first"
		switch {
		case p.Groups == 1:
			order += " " + s.Glyphs.Middle + " 1 group keeps its order"
		case p.Groups > 1:
			order += " " + s.Glyphs.Middle + " " + widget.Plural(p.Groups, "group") + " keep their order"
		}
		b.add("order", order, s.Text)
		b.add("message", "body and headers stay as they are; tries begin again at 0", s.Text)
	}
	switch kind := p.Pace.Kind; {
	case p.Command != "":
		b.add("same as", p.Command, s.Accent)
	case p.Verb == operation.Requeue && (kind == operation.Canary || kind == operation.Follow):
		b.add("same as", "on the command line, --"+string(kind)+" goes with --exec", s.Muted) // the rows below stay where they are
	}
}

// pace says how fast it will be, and how to change that.
func (b *planRows) pace(p *operation.Plan) {
	if len(b.d.paces()) == 0 {
		return
	}
	label, pace := "pace (p)", p.Pace.String()
	keys := ""
	if p.Pace.Kind == operation.PerSecond {
		keys = "+ - change the rate"
	}
	if b.d.focus == focusConfirm {
		label, keys = "pace", "tab, p"
	}
	if keys != "" {
		pace += " (" + keys + ")"
	}
	b.add(label, pace, b.d.env.Styles.Text)
}

// from says what is chosen.
func (b *planRows) from(p *operation.Plan) {
	s := b.d.env.Styles
	switch p.Verb {
	case operation.Requeue, operation.Move, operation.Delete, operation.Edit:
	case operation.Purge, operation.DeleteQueue:
		b.add("from", p.Queue, s.Text)
		var parts []string
		for _, c := range p.States {
			if c.N > 0 && (p.Verb == operation.DeleteQueue || (c.Name == string(engine.Dead)) == (p.Area == engine.DeadArea)) {
				parts = append(parts, widget.Count(c.N)+" "+strings.ReplaceAll(c.Name, "_", " "))
			}
		}
		if len(parts) > 0 {
			b.add("holds", strings.Join(parts, " "+s.Glyphs.Middle+" "), s.Text)
		}
		return
	default:
		if p.Queue != "" {
			b.add("queue", p.Queue, s.Text)
			switch p.Verb {
			case operation.Pause:
				b.add("then", "nothing is received until it is resumed; publishing goes on", s.Text)
			case operation.Resume:
				b.add("then", "what waits is received again", s.Text)
			}
		} else if p.Verb == operation.Undo {
			b.add("undoes", fmt.Sprintf("%s of %s", widget.Count(p.Total), widget.Count(max(p.Of, p.Total))), s.Text)
		}
		return
	}
	var names []string
	for i, c := range p.Sources {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(p.Sources)-most))
			break
		}
		name := c.Name
		if p.Select.State == engine.Dead {
			name = engine.DeadName(name)
		}
		if len(p.Sources) > 1 {
			name += " " + widget.Count(c.N)
		}
		names = append(names, name)
	}
	text := strings.Join(names, " "+s.Glyphs.Middle+" ")
	if p.Select.Refs == nil && p.Of > p.Total {
		text += " (of " + widget.Count(p.Of) + ")"
	}
	b.add("from", text, s.Text)
	b.list("cause", p.Select.Causes, 3, s.Text)
	if p.Select.Filter != "" {
		b.add("matching", p.Select.Filter, s.Text)
	}
	if len(p.Select.Refs) == 1 && p.Total == 1 {
		b.add("id", string(p.Select.Refs[0].ID), s.Text)
	}
}

// to says where the messages go, and how it stands there.
func (b *planRows) to(p *operation.Plan) {
	s := b.d.env.Styles
	label := "to"
	for i, t := range p.Destinations {
		if i == most {
			b.add("", "and "+widget.Plural(len(p.Destinations)-most, "more queue"), s.Muted)
			return
		}
		text := t.Queue
		if t.Dead {
			text = engine.DeadName(text)
		}
		if len(p.Destinations) > 1 {
			text += " " + widget.Count(t.N)
		}
		switch {
		case t.Missing && p.Verb == operation.Publish:
			text += ": is created"
		case t.Missing:
			text += ": no longer exists"
		case t.Dead:
		default:
			text += fmt.Sprintf("   %s ready there now, %s", widget.Count(t.Ready), widget.Plural(t.Consumers, "consumer"))
		}
		b.add(label, text, s.Text)
		label = ""
	}
}

// list shows the first n of some items.
func (b *planRows) list(label string, items []string, n int, style lipgloss.Style) {
	for i, item := range items {
		if i == n {
			b.add("", fmt.Sprintf("and %d more", len(items)-i), b.d.env.Styles.Muted)
			return
		}
		b.add(label, item, style)
		label = ""
	}
}

// title is what the plan does.
func (d *planDialog) title() string {
	if p := d.plan(); p != nil {
		t := p.Title()
		return strings.ToUpper(t[:1]) + t[1:]
	}
	verb := string(d.request.Verb)
	return strings.ToUpper(verb[:1]) + verb[1:]
}

func (d *planDialog) Render() string {
	s := d.env.Styles
	inner := max(d.width-4, 0)
	rows := d.layout(inner)
	room := max(d.height-2-d.foot(), 0)
	var lines []string
	for i, r := range rows {
		if i == room-1 && len(rows) > room {
			lines = append(lines, s.Muted.Render(s.Glyphs.Ellipsis+" "+widget.Plural(len(rows)-i, "more line")))
			break
		}
		if i >= room {
			break
		}
		label := s.Muted
		if r.label == s.Glyphs.Warning || r.label == s.Glyphs.Cross {
			label = r.style.Bold(true)
		}
		lines = append(lines, label.Render(widget.Pad(r.label, planLabel, widget.Left))+r.style.Render(r.text))
	}
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines, "")
	lines = append(lines, d.renderFoot(inner, len(lines)+1)...)
	for i := range lines {
		lines[i] = " " + widget.Fit(lines[i], inner)
	}
	return framed(s, s.Bars.Title.Render(widget.SafeFit(d.title(), max(d.width-8, 0))), strings.Join(lines, "\n"), d.width, d.height, true)
}

// renderFoot draws the confirmation and the buttons; y is where they begin in
// the dialog.
func (d *planDialog) renderFoot(inner, y int) []string {
	s := d.env.Styles
	var lines []string
	p := d.plan()
	d.confirmY = 0
	clear(d.zones)
	if p != nil && p.Confirm != "" {
		ask := fmt.Sprintf("type %s to go on: ", widget.SafeFit(p.Confirm, inner/2))
		style := s.Text
		if d.nagged {
			style = s.Warn
		}
		field := min(max(widget.Width(p.Confirm)+4, 10), max(inner-widget.Width(ask), 1))
		x := 2 + widget.Width(ask)
		d.confirmY = y
		d.zones[focusConfirm] = rect{Min: point(x, y), Max: point(x+field, y+1)}
		sign := ""
		if d.confirmed() {
			sign = " " + s.Good.Render(s.Glyphs.Check)
		}
		lines = append(lines, style.Render(ask)+d.confirm.Render(s, field)+sign, "")
		y += 2
	}
	return append(lines, d.renderButtons(inner, y))
}

func (d *planDialog) renderButtons(inner, y int) string {
	s := d.env.Styles
	type button struct {
		focus planFocus
		label string
	}
	buttons := []button{{focusCancel, "Cancel"}}
	p := d.plan()
	if p == nil {
		buttons[0].label = "Close"
	} else {
		buttons = append(buttons, button{focusGo, p.Button()})
	}
	width := -2
	for _, b := range buttons {
		width += widget.Width(b.label) + 6
	}
	x := max(inner-width, 0)
	line := strings.Repeat(" ", x)
	for i, b := range buttons {
		if i > 0 {
			line += "  "
			x += 2
		}
		style := s.Fields.Button
		switch {
		case b.focus == focusGo && d.lit() == focusGo:
			style = s.Fields.Danger
		case b.focus == d.lit():
			style = s.Fields.Pressed
		case b.focus == focusGo && !d.confirmed():
			style = s.Bars.Disabled
		}
		w := widget.Width(b.label) + 4
		d.zones[b.focus] = rect{Min: point(x+2, y), Max: point(x+2+w, y+1)}
		line += style.Render("[ " + b.label + " ]")
		x += w
	}
	return line
}

// lit is the button that enter presses.
func (d *planDialog) lit() planFocus {
	switch {
	case d.focus != focusConfirm:
		return d.focus
	case d.confirmed():
		return focusGo
	default:
		return focusCancel
	}
}
