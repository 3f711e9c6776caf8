package views

import (
	"fmt"
	"image"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/keymap"
	"nixie/themes"
	"nixie/views/widget"
)

// demoBoxes is where the panes stand. One that is empty is not shown.
type demoBoxes struct{ story, scenarios, handles rect }

// inner is the width of the matrix: without frame and margin.
func (b demoBoxes) inner() int { return max(b.handles.Dx()-4, 0) }

const (
	demoStoryHeight   = 7
	demoScenarioWidth = 34
	demoBeside        = 104 // from this width on both panes are shown
)

func (v *Demo) boxes() demoBoxes {
	story := min(demoStoryHeight, v.height)
	box := func(x0, x1 int) rect { return image.Rect(x0, story, x1, v.height) }
	b := demoBoxes{story: image.Rect(0, 0, v.width, story)}
	switch {
	case v.width >= demoBeside:
		b.scenarios, b.handles = box(0, demoScenarioWidth), box(demoScenarioWidth, v.width)
	case v.pane == demoScenarios:
		b.scenarios = box(0, v.width)
	default:
		b.handles = box(0, v.width)
	}
	return b
}

// reveal scrolls so that the handle under the cursor can be seen.
func (v *Demo) reveal() {
	room := v.boxes().handles.Dy() - 2
	row, _, ok := v.matrix.place(v.at)
	if !ok || room <= 0 {
		return
	}
	line := v.matrix.line(row)
	if row == 0 {
		line = 0 // with its heading
	}
	v.scroll = min(max(v.scroll, line-room+1, 0), line, max(v.matrix.lines()-room, 0))
}

func (v *Demo) Render() string {
	b := v.boxes()
	parts := []string{v.renderStory(b.story.Dx(), b.story.Dy())}
	switch {
	case b.scenarios.Empty() && b.handles.Empty():
	case b.scenarios.Empty():
		parts = append(parts, v.renderHandles(b.handles.Dx(), b.handles.Dy()))
	case b.handles.Empty():
		parts = append(parts, v.renderScenarios(b.scenarios.Dx(), b.scenarios.Dy()))
	default:
		parts = append(parts, beside(
			v.renderScenarios(b.scenarios.Dx(), b.scenarios.Dy()),
			v.renderHandles(b.handles.Dx(), b.handles.Dy())))
	}
	return strings.Join(parts, "\n")
}

// title is what plays, in words.
func (v *Demo) title() string {
	for _, s := range v.state.Scenarios {
		if s.Name == v.state.Scenario {
			return s.Title
		}
	}
	return ""
}

func (v *Demo) renderStory(width, height int) string {
	s := v.env.Styles
	inner := max(width-4, 0)
	style, sign := demoTone(s, v.state.Story.Tone)
	lines := []string{
		style.Render(sign+" ") + s.Strong.Render(widget.SafeFit(v.state.Story.Text, inner-2)),
		s.Muted.Render("  watch ") + widget.Fit(emphasize(widget.Safe(v.state.Story.Watch), s.Text, s.Accent.Bold(true)), inner-8),
		v.renderTrack(inner),
		widget.Fit(v.renderActs(), inner),
		widget.Fit(v.renderBooks(inner), inner),
	}
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	title := s.Bars.Title.Render(v.title()) + s.Muted.Render(fmt.Sprintf("  seed %d", v.state.Seed))
	return framed(s, title, strings.Join(lines, "\n"), width, height, false)
}

// demoTone is how the tone of a story looks.
func demoTone(s *themes.Styles, tone DemoTone) (lipgloss.Style, string) {
	switch tone {
	case DemoRising:
		return s.Warn, s.Glyphs.Up
	case DemoTrouble:
		return s.Bad, s.Glyphs.Warning
	case DemoMending:
		return s.Info, s.Glyphs.Down
	default:
		return s.Good, s.Glyphs.Dot
	}
}

// emphasize draws a text whose *words* between asterisks stand out.
func emphasize(text string, plain, strong lipgloss.Style) string {
	parts := strings.Split(text, "*")
	if len(parts)%2 == 0 {
		return plain.Render(text)
	}
	var b strings.Builder
	for i, part := range parts {
		style := plain
		if i%2 == 1 {
			style = strong
		}
		b.WriteString(style.Render(part))
	}
	return b.String()
}

// renderTrack draws the loop with its acts, and where on it the scenario is.
func (v *Demo) renderTrack(width int) string {
	s, state := v.env.Styles, v.state
	if width < 10 || state.Loop <= 0 {
		return ""
	}
	x := func(at time.Duration) int { return min(int(int64(width)*int64(at)/int64(state.Loop)), width-1) }
	now := x(state.At)
	cells := make([]string, width)
	for i := range cells {
		style := s.Faint
		if i < now {
			style = s.Accent
		}
		cells[i] = style.Render(s.Glyphs.Rule)
	}
	for _, act := range state.Acts {
		cells[x(act.At)] = s.Muted.Render(s.Glyphs.Ring)
		if act.At <= state.At {
			cells[x(act.At)] = s.Accent.Render(s.Glyphs.Dot)
		}
	}
	marker := s.Glyphs.Cursor
	if !state.Auto {
		marker = s.Glyphs.Pause
	}
	cells[now] = s.Strong.Render(marker)
	return strings.Join(cells, "")
}

// renderActs says which act is on, and which comes next.
func (v *Demo) renderActs() string {
	s, state := v.env.Styles, v.state
	if !state.Auto {
		return s.Warn.Render("you lead") + s.Muted.Render(fmt.Sprintf(": the acts wait until %s lets them go on", v.env.Keys.Key(keymap.DemoAuto)))
	}
	current := ""
	for _, act := range state.Acts {
		if act.At <= state.At {
			current = act.Text
		}
	}
	return s.Text.Render(current) + s.Muted.Render("  "+s.Glyphs.Middle+"  "+nextAct(state))
}

// nextAct says what will happen next, and when.
func nextAct(state DemoState) string {
	if !state.Auto || len(state.Acts) == 0 {
		return ""
	}
	next, at := state.Acts[0], state.Loop
	for _, act := range state.Acts {
		if act.At > state.At {
			next, at = act, act.At
			break
		}
	}
	return fmt.Sprintf("in %s: %s", widget.Age(at-state.At), next.Text)
}

// renderBooks shows that nothing is lost.
func (v *Demo) renderBooks(width int) string {
	s, b := v.env.Styles, v.state.Books
	if b.At.IsZero() {
		return s.Muted.Render("counting")
	}
	n := func(count int64) string { return s.Strong.Render(widget.Count(count)) }
	word := s.Muted.Render
	line := n(b.Published) + word(" published")
	switch {
	case b.Yours > 0:
		line += word(" + ") + n(b.Yours) + word(" by you")
	case b.Yours < 0:
		line += word(" - ") + n(-b.Yours) + word(" by you")
	}
	line += word(" = ") + n(b.Done) + word(" done + ") + n(b.Waiting) + word(" waiting + ") + n(b.Dead) + word(" dead")
	if sentence := s.Good.Render(s.Glyphs.Check+" nothing lost: ") + line; widget.Width(sentence) <= width {
		return sentence
	}
	return s.Good.Render(s.Glyphs.Check+" ") + line
}

func (v *Demo) renderScenarios(width, height int) string {
	s := v.env.Styles
	inner := max(width-4, 0)
	focused := v.pane == demoScenarios
	var lines []string
	for i, scenario := range v.state.Scenarios {
		sign := s.Glyphs.Ring
		if scenario.Name == v.state.Scenario {
			sign = s.Glyphs.Dot
		}
		before, text := " ", widget.Pad(sign+" "+scenario.Title, inner, widget.Left)
		switch {
		case i == v.choice && focused:
			before, text = s.Accent.Render(s.Glyphs.Cursor), s.Rows.Selected.Render(text)
		case scenario.Name == v.state.Scenario:
			text = s.Accent.Render(text)
		default:
			text = s.Text.Render(text)
		}
		lines = append(lines, before+text)
	}
	if v.choice < len(v.state.Scenarios) {
		lines = append(lines, "")
		for _, l := range widget.Wrap(v.state.Scenarios[v.choice].Lesson, inner) {
			lines = append(lines, " "+s.Muted.Render(l))
		}
	}
	title := s.Bars.Title.Render("Scenarios")
	if focused {
		title += s.Muted.Render(fmt.Sprintf("  %s plays it", v.env.Keys.Key(keymap.DemoFire)))
	}
	return framed(s, title, strings.Join(lines, "\n"), width, height, focused)
}

func (v *Demo) renderHandles(width, height int) string {
	s := v.env.Styles
	inner := max(width-4, 0)
	focused := v.pane == demoHandles
	lines := v.matrix.draw(s, inner, v.at, focused, v.live)
	hidden := len(lines) - max(height-2, 0)
	lines = lines[min(v.scroll, len(lines)):]
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	title := s.Bars.Title.Render("Handles")
	if h, ok := v.matrix.find(v.at); ok && focused {
		title += s.Muted.Render("  " + v.handleHint(h))
	}
	if hidden > 0 {
		title += s.Muted.Render("  " + s.Glyphs.Down + " " + widget.Plural(hidden, "more line"))
	}
	return framed(s, title, strings.Join(lines, "\n"), width, height, focused)
}

// handleHint says how the handle under the cursor is operated.
func (v *Demo) handleHint(h DemoHandle) string {
	keys := v.env.Keys
	switch h.Kind {
	case DemoNumber:
		return fmt.Sprintf("%s and %s move it", keys.Key(keymap.DemoLess), keys.Key(keymap.DemoMore))
	case DemoSwitch:
		return keys.Key(keymap.DemoFire) + " switches it"
	default:
		return keys.Key(keymap.DemoFire) + " fires it"
	}
}
