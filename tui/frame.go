package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"nixie/views"
	"nixie/views/widget"
)

// render draws the whole screen: exactly width × height cells.
func (m *model) render() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	s := m.env.Styles
	ground := lipgloss.NewStyle().Foreground(s.Text.GetForeground()).Background(s.Ground())
	if tooSmall(m.width, m.height) {
		m.tabZones, m.keyZones = nil, nil
		return paint(m.renderTooSmall(), m.width, m.height, ground)
	}
	p := m.top()
	body := ""
	if p != nil {
		body = p.view.Render()
	}
	parts := []string{m.renderHeader(), m.renderTabs()}
	if m.layout.rule.Dy() > 0 {
		parts = append(parts, s.Faint.Render(strings.Repeat(s.Glyphs.Rule, m.width)))
	}
	parts = append(parts, bodyLines(body, m.layout.body.Dy())...)
	if m.layout.demo.Dy() > 0 {
		parts = append(parts, views.DemoStrip(m.env, m.shown(), m.width))
	}
	if m.layout.jobs.Dy() > 0 {
		parts = append(parts, barLine(m.jobs.render(s, m.width), "", m.width, s.Bars.Bar))
	}
	parts = append(parts, m.renderFooter())
	screen := strings.Split(strings.Join(parts, "\n"), "\n")

	panel := lipgloss.NewStyle().Foreground(s.Text.GetForeground()).Background(s.Panel())
	for _, d := range m.dialogs {
		overlay(screen, paint(d.view.Render(), d.rect.Dx(), d.rect.Dy(), panel), d.rect.Min.X, d.rect.Min.Y)
	}
	toasts := m.notices.render(s, m.width-4)
	for i, t := range toasts {
		overlay(screen, t, m.width-widget.Width(t)-1, m.layout.body.Max.Y-len(toasts)+i)
	}
	frame := paint(strings.Join(screen, "\n"), m.width, m.height, ground)
	if s.Glyphs.ASCII {
		frame = toASCII(frame)
	}
	return frame
}

// shown is the screen that is shown; nil only before the first.
func (m *model) shown() views.View {
	if p := m.top(); p != nil {
		return p.view
	}
	return nil
}

// bodyLines are exactly n lines of a block; paint makes them as wide as the
// screen.
func bodyLines(block string, n int) []string {
	lines := strings.Split(block, "\n")
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}

func (m *model) renderTooSmall() string {
	s := m.env.Styles
	lines := []string{s.Strong.Render("too small"), s.Muted.Render("60x15 needed")}
	if m.height > 3 {
		lines = append([]string{""}, lines...)
	}
	return strings.Join(lines, "\n")
}

// paint fills a block to width × height cells and puts a colour behind all
// that has none, also behind what follows the end of a style.
func paint(block string, width, height int, base lipgloss.Style) string {
	prefix, _, _ := strings.Cut(base.Render("x"), "x")
	lines := strings.Split(block, "\n")
	var b strings.Builder
	b.Grow(len(block) + height*(len(prefix)+8))
	for y := range height {
		if y > 0 {
			b.WriteByte('\n')
		}
		line := ""
		if y < len(lines) {
			line = lines[y]
		}
		w := widget.Width(line)
		if w > width {
			line, w = ansi.Truncate(line, width, ""), width
			w = widget.Width(line)
		}
		b.WriteString(prefix)
		b.WriteString(strings.ReplaceAll(line, ansi.ResetStyle, ansi.ResetStyle+prefix))
		b.WriteString(strings.Repeat(" ", max(width-w, 0)))
		b.WriteString(ansi.ResetStyle)
	}
	return b.String()
}

// overlay draws a block over lines, at x, y. What would be outside is left out.
func overlay(lines []string, block string, x, y int) {
	for i, over := range strings.Split(block, "\n") {
		if y+i < 0 || y+i >= len(lines) || x < 0 {
			continue
		}
		under := lines[y+i]
		left := widget.Pad(ansi.Cut(under, 0, x), x, widget.Left)
		right := ansi.TruncateLeft(under, x+widget.Width(over), "")
		lines[y+i] = left + ansi.ResetStyle + over + ansi.ResetStyle + right
	}
}

// barLine is a line with something at its left and at its right; the left is
// cut if both do not fit.
func barLine(left, right string, width int, bar lipgloss.Style) string {
	room := width - widget.Width(right)
	if room < 0 {
		return widget.Fit(right, width)
	}
	left = widget.Fit(left, room)
	return left + bar.Render(strings.Repeat(" ", room-widget.Width(left))) + right
}

// renderHeader draws the path, the totals and the time.
func (m *model) renderHeader() string {
	s := m.env.Styles.Bars
	place := s.Bar.Foreground(m.env.Styles.Faint.GetForeground()).Render(" " + m.env.Styles.Glyphs.Place + " ")
	left := s.Brand.Render(" nixie") + place + s.Place.Render(widget.Safe(m.env.Place))
	for _, t := range m.titles() {
		left += place + s.Place.Render(widget.SafeFit(t, 40))
	}
	right := m.headerFacts(m.width - widget.Width(left) - 1)
	return barLine(left, right, m.width, s.Bar)
}

// fact is a number in the header. Those of low rank stay longest.
type fact struct {
	text string
	rank int
}

// headerFacts joins the facts that have room.
func (m *model) headerFacts(room int) string {
	s := m.env.Styles
	bars := s.Bars
	// The numbers have room to grow, so that the line stands still.
	value := func(n, what string, digits int, style lipgloss.Style) string {
		n = widget.Pad(n, digits, widget.Right)
		return bars.Value.Foreground(style.GetForeground()).Render(n) + bars.Label.Render(" "+what)
	}
	var facts []fact
	totals, err, ok := m.summary.Totals()
	if err != nil {
		facts = append(facts, fact{bars.Value.Foreground(s.Bad.GetForeground()).Render(s.Glyphs.Cross + " " + widget.SafeFit(err.Error(), 60)), 0})
	}
	if ok {
		dead := s.Muted
		if totals.Dead > 0 {
			dead = s.Bad
		}
		facts = append(facts,
			fact{value(widget.Count(int64(totals.Queues)), widget.Noun(totals.Queues, "queue"), 1, s.Text), 5},
			fact{value(widget.Count(totals.Ready), "ready", 3, s.Text), 2},
			fact{value(widget.Count(totals.InFlight), "in flight", 2, s.Text), 4},
			fact{value(widget.Count(totals.Dead), "dead", 3, dead), 1},
			fact{bars.Label.Render("in ") + bars.Value.Render(widget.Pad(widget.Rate(totals.In), 6, widget.Right)) +
				bars.Label.Render("  out ") + bars.Value.Render(widget.Pad(widget.Rate(totals.Out), 6, widget.Right)), 3})
	}
	now := m.env.Now()
	if m.env.Times == views.UTC {
		facts = append(facts, fact{bars.Label.Render(now.UTC().Format(time.TimeOnly) + "Z"), 6})
	} else {
		facts = append(facts, fact{bars.Label.Render(now.Local().Format(time.TimeOnly)), 6})
	}
	if m.frozen {
		facts = append(facts, fact{bars.Value.Foreground(s.Warn.GetForeground()).Render(s.Glyphs.Pause + " held"), 0})
	}
	for limit := 6; limit >= 0; limit-- {
		var shown []string
		for _, f := range facts {
			if f.rank <= limit {
				shown = append(shown, f.text)
			}
		}
		line := strings.Join(shown, bars.Bar.Render("  ")) + bars.Bar.Render(" ")
		if widget.Width(line) <= room {
			return line
		}
	}
	return ""
}

// cursor is where the text cursor stands, on the whole screen.
func (m *model) cursor() *tea.Cursor {
	p := m.focus()
	if p == nil || tooSmall(m.width, m.height) {
		return nil
	}
	c := p.view.Cursor()
	if c == nil {
		return nil
	}
	at := m.layout.body
	if n := len(m.dialogs); n > 0 {
		at = m.dialogs[n-1].rect
	}
	moved := *c
	moved.X += at.Min.X
	moved.Y += at.Min.Y
	if moved.X < at.Min.X || moved.X >= at.Max.X || moved.Y < at.Min.Y || moved.Y >= at.Max.Y {
		return nil
	}
	return &moved
}
