package views

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/views/widget"
)

func point(x, y int) image.Point { return image.Pt(x, y) }

// content is what the tab shows, line by line. It is made once for each
// message, tab and width.
func (d *messageDetail) content() []string {
	if d.lines == nil {
		switch d.tab {
		case headersTab:
			d.lines = d.headerLines()
		case attemptsTab:
			d.lines = d.attemptLines()
		case lifeTab:
			d.lines = d.lifeLines()
		}
	}
	return d.lines
}

// headerLines are the headers by name; long values are wrapped, none is cut.
func (d *messageDetail) headerLines() []string {
	s := d.env.Styles
	if len(d.message.Headers) == 0 {
		return []string{s.Muted.Render("no headers")}
	}
	names := slices.Sorted(maps.Keys(d.message.Headers))
	widest := 0
	for _, n := range names {
		widest = max(widest, min(widget.Width(widget.Safe(n)), 28))
	}
	room := max(d.width-widest-6, 8)
	var lines []string
	for _, n := range names {
		label := widget.Pad(widget.SafeFit(n, widest), widest, widget.Left)
		for i, part := range widget.Wrap(widget.Safe(d.message.Headers[n]), room) {
			if i > 0 {
				label = strings.Repeat(" ", widest)
			}
			lines = append(lines, s.JSON.Key.Render(label)+"  "+s.Text.Render(part))
		}
	}
	return lines
}

// attemptLines are the deliveries that failed, the newest first.
func (d *messageDetail) attemptLines() []string {
	s, m := d.env.Styles, d.message
	if len(m.Attempts) == 0 {
		return []string{s.Muted.Render("no attempt has failed")}
	}
	var lines []string
	for i := len(m.Attempts) - 1; i >= 0; i-- {
		a := m.Attempts[i]
		at := exact(d.env, a.ReceivedAt)
		rest := s.Muted.Render("  took ") + s.Text.Render(widget.Duration(a.EndedAt.Sub(a.ReceivedAt))) +
			s.Muted.Render("  by ") + s.Text.Render(consumerName(a.Consumer))
		if 5+len(at)+widget.Width(rest) > d.width-2 { // the day stands in the life, too
			_, at, _ = strings.Cut(at, " ")
		}
		lines = append(lines, s.Strong.Render(fmt.Sprintf("%3d", i+1))+"  "+s.Text.Render(at)+rest)
		for _, part := range widget.Wrap(widget.Safe(a.Reason), max(d.width-10, 8)) {
			lines = append(lines, "     "+s.Bad.Render(part))
		}
		lines = append(lines, "")
	}
	return lines
}

func consumerName(name string) string {
	if name == "" {
		return "an unnamed consumer"
	}
	return widget.SafeFit(name, 40)
}

// event is a moment in the life of a message.
type event struct {
	at    time.Time // zero: when is not known
	glyph string
	style lipgloss.Style
	text  string
}

// events are the life of a message as far as it is kept.
func (d *messageDetail) events() []event {
	s, m := d.env.Styles, d.message
	g := s.Glyphs
	published := event{m.PublishedAt, g.Dot, s.Charts.Published, "published"}
	if m.EditedFrom != "" {
		published.text = "published, as an edit of " + string(m.EditedFrom)
	}
	events := []event{published}
	died := m.Death != nil && m.EnteredAt.Sub(m.Death.At).Abs() < time.Millisecond
	if m.EnteredAt.Sub(m.PublishedAt) > time.Millisecond && !died {
		entered := event{m.EnteredAt, g.Arrow, s.Info, "came into " + m.Queue}
		if m.Requeues > 0 {
			entered.text = fmt.Sprintf("requeued, %s in all", widget.Plural(m.Requeues, "time"))
		}
		events = append(events, entered)
	}
	for i, a := range m.Attempts {
		events = append(events,
			event{a.ReceivedAt, g.Arrow, s.State.InFlight, "received by " + consumerName(a.Consumer)},
			event{a.EndedAt, g.Cross, s.Warn, fmt.Sprintf("failed, the %s time, after %s: %s", ordinal(i+1), widget.Duration(a.EndedAt.Sub(a.ReceivedAt)), a.Reason)})
	}
	if m.Death != nil {
		events = append(events, event{m.Death.At, g.Diamond, s.Bad, "dead: " + strings.ReplaceAll(string(m.Death.Reason), "_", " ") + ", in " + m.Death.Origin})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	return append(events, d.present())
}

// present is where the message is now.
func (d *messageDetail) present() event {
	s, m := d.env.Styles, d.message
	now := d.env.Now()
	switch {
	case d.gone:
		return event{now, s.Glyphs.Ring, s.Muted, "no longer here: acked, moved or deleted"}
	case m.State == engine.InFlight:
		return event{now, s.Glyphs.Play, s.State.InFlight, fmt.Sprintf("in flight at %s; the lease ends in %s", consumerName(m.Consumer), widget.Age(m.LeaseUntil.Sub(now)))}
	case m.State == engine.Delayed:
		return event{now, s.Glyphs.Ring, s.State.Delayed, "delayed; ready in " + widget.Age(m.DueAt.Sub(now))}
	case m.State == engine.Dead:
		return event{now, s.Glyphs.Square, s.State.Dead, "a dead letter, until somebody requeues, moves or deletes it"}
	default:
		return event{now, s.Glyphs.Ring, s.State.Ready, "ready: waits for a consumer"}
	}
}

// lifeLines are the events as a time line, each with the time since the one
// before; the day stands above the first event of it.
func (d *messageDetail) lifeLines() []string {
	s := d.env.Styles
	const gutter = 25 // time, time since, blanks
	events := d.events()
	var lines []string
	var last time.Time
	day := ""
	link := func(glyph string) string { return strings.Repeat(" ", gutter) + s.Faint.Render(glyph) + "  " }
	for i, e := range events {
		when, since := "", ""
		if !e.at.IsZero() {
			date, clock := splitExact(d.env, e.at)
			if date != day {
				day = date
				lines = append(lines, s.Strong.Render(date))
			}
			when = clock
			if !last.IsZero() && e.at.After(last) {
				since = "+" + widget.Duration(e.at.Sub(last))
			}
			last = e.at
		}
		if i == len(events)-1 {
			when = "now"
		}
		text := widget.Wrap(widget.Safe(e.text), max(d.width-gutter-8, 12))
		lines = append(lines, s.Text.Render(widget.Pad(when, 13, widget.Left))+s.Muted.Render(widget.Pad(since, gutter-15, widget.Right))+"  "+e.style.Render(e.glyph+"  "+text[0]))
		for _, part := range text[1:] {
			lines = append(lines, link(s.Glyphs.Bar)+e.style.Render(part))
		}
		if i < len(events)-1 {
			lines = append(lines, link(s.Glyphs.Bar))
		}
	}
	return lines
}

// splitExact is exact, as a day and a time of day.
func splitExact(env *Env, t time.Time) (date, clock string) {
	date, clock, _ = strings.Cut(exact(env, t), " ")
	return date, clock
}

// ordinal is 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
