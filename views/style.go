package views

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/themes"
	"nixie/views/widget"
)

// stateStyle colours a state of a message.
func stateStyle(s *themes.Styles, state engine.State) lipgloss.Style {
	switch state {
	case engine.InFlight:
		return s.State.InFlight
	case engine.Delayed:
		return s.State.Delayed
	case engine.Dead:
		return s.State.Dead
	default:
		return s.State.Ready
	}
}

// stateName is a state in words.
func stateName(state engine.State) string { return strings.ReplaceAll(string(state), "_", " ") }

// vacant says in the upper middle of a part why nothing is in it.
func vacant(width, height int, text ...string) string {
	lines := make([]string, max((height-len(text))/3, 0), max(height, len(text)))
	for _, l := range text {
		lines = append(lines, lipgloss.PlaceHorizontal(width, lipgloss.Center, widget.Fit(l, width)))
	}
	return widget.Box(strings.Join(lines, "\n"), width, height)
}

// moment shows a time as the operator wants it: as an age, or on a clock.
func moment(env *Env, t time.Time) string {
	if t.IsZero() {
		return env.Styles.Glyphs.Dash
	}
	now := env.Now()
	if env.Times == Ages {
		if t.After(now) {
			return "in " + widget.Age(t.Sub(now))
		}
		return widget.Age(now.Sub(t))
	}
	return clock(t, now, env.Times)
}

// stamp is moment for a column of stampWidth cells.
func stamp(env *Env, t time.Time) string {
	text := moment(env, t)
	if len(text) == len(time.DateTime) { // of another day
		return text[len("2006-") : len(text)-len(":05")]
	}
	return text
}

// stampWidth is that of a column of times.
func stampWidth(env *Env) int {
	if env.Times == Ages {
		return len(" 22m 05s")
	}
	return len("01-02 15:04")
}

// since is moment in a sentence: "4m 12s ago", "at 15:04:05".
func since(env *Env, t time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case env.Times != Ages:
		return "at " + moment(env, t)
	case t.After(env.Now()):
		return moment(env, t)
	}
	return moment(env, t) + " ago"
}

// clock shows a time of day, with the date if it is another day.
func clock(t, now time.Time, format TimeFormat) string {
	if format == UTC {
		t, now = t.UTC(), now.UTC()
	} else {
		t, now = t.Local(), now.Local()
	}
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04:05")
}

// exact is a time that can be copied and compared: to the millisecond.
func exact(env *Env, t time.Time) string {
	if t.IsZero() {
		return env.Styles.Glyphs.Dash
	}
	if env.Times == UTC {
		return t.UTC().Format("2006-01-02 15:04:05.000Z")
	}
	return t.Local().Format("2006-01-02 15:04:05.000")
}

// framed draws a pane: a frame of exactly width × height cells with a title,
// and the content within.
func framed(s *themes.Styles, title, content string, width, height int, focused bool) string {
	if width < 2 || height < 2 {
		return widget.Box(content, width, height)
	}
	frame := s.Bars.Frame
	if focused {
		frame = s.Bars.Focused
	}
	b := s.Glyphs.Border
	top := frame.Render(b.TopLeft)
	used := 0
	if title != "" && width > 6 {
		title = widget.Fit(title, width-5)
		top += frame.Render(b.Top) + " " + title + " "
		used = 3 + widget.Width(title)
	}
	top += frame.Render(strings.Repeat(b.Top, max(width-2-used, 0)) + b.TopRight)
	lines := make([]string, 0, height)
	lines = append(lines, top)
	left, right := frame.Render(b.Left), frame.Render(b.Right)
	for _, l := range strings.Split(widget.Box(content, width-2, height-2), "\n") {
		if height == 2 {
			break
		}
		lines = append(lines, left+l+right)
	}
	lines = append(lines, frame.Render(b.BottomLeft+strings.Repeat(b.Bottom, width-2)+b.BottomRight))
	return strings.Join(lines, "\n")
}

// rows cuts or fills a block to n lines, which are as wide as they are.
func rows(block string, n int) string {
	have := strings.Count(block, "\n") + 1
	if have < n {
		return block + strings.Repeat("\n", n-have)
	}
	if have > n {
		return strings.Join(strings.Split(block, "\n")[:max(n, 0)], "\n")
	}
	return block
}

// beside puts two blocks of the same height next to each other.
func beside(left, right string) string {
	l, r := strings.Split(left, "\n"), strings.Split(right, "\n")
	for i := range l {
		if i < len(r) {
			l[i] += r[i]
		}
	}
	return strings.Join(l, "\n")
}
