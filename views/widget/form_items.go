package widget

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// fieldBase lies under what can be typed, so that one sees where.
func fieldBase(s *themes.Styles) lipgloss.Style {
	if s.Glyphs.ASCII {
		return lipgloss.NewStyle().Underline(true)
	}
	return lipgloss.NewStyle().Background(s.Panel())
}

// TextItem is one line of text, with completion.
type TextItem struct {
	*Editor
	// Suggest returns what the text could become, best first; nil: nothing.
	Suggest func(text string) []string

	styles *themes.Styles
	chosen int // among the suggestions
	width  int
}

// NewTextItem returns an empty line.
func NewTextItem(styles *themes.Styles, placeholder string) *TextItem {
	t := &TextItem{Editor: NewInput(styles), styles: styles}
	t.Placeholder = placeholder
	return t
}

// Height is 1.
func (t *TextItem) Height() int { return 1 }

// SetWidth gives it its width.
func (t *TextItem) SetWidth(width int) {
	t.width = max(width, 0)
	t.SetSize(t.width, 1)
}

// Focus gives it the keyboard, or takes it away.
func (t *TextItem) Focus(from int) {
	t.SetFocused(from != 0)
	t.chosen = 0
}

// Move does not move within.
func (t *TextItem) Move(int) bool { return false }

// suggestion is what the text would become; "" if there is none.
func (t *TextItem) suggestion() string {
	if t.Suggest == nil || !t.focused || t.pos < len(t.text) {
		return ""
	}
	all := t.Suggest(t.String())
	if len(all) == 0 {
		return ""
	}
	s := all[(t.chosen%len(all)+len(all))%len(all)]
	if s == t.String() || !strings.HasPrefix(s, t.String()) {
		return ""
	}
	return s
}

// Update types. The right arrow at the end takes the suggestion, up and down
// choose another.
func (t *TextItem) Update(msg tea.Msg) (used, changed bool) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		if s := t.suggestion(); s != "" {
			switch key.String() {
			case "right", "end":
				t.SetValue([]byte(s))
				return true, true
			case "down":
				t.chosen++
				return true, false
			case "up":
				t.chosen--
				return true, false
			}
		}
	}
	if used, changed = t.Editor.Update(msg); changed {
		t.chosen = 0
	}
	return used, changed
}

// Click puts the cursor there.
func (t *TextItem) Click(x, y int) bool {
	t.Editor.Click(x, y)
	return false
}

// Render draws the line, and what the suggestion would add.
func (t *TextItem) Render() string {
	t.Base = fieldBase(t.styles)
	text := t.Editor.Render()
	if s := t.suggestion(); s != "" && len(t.text) > 0 {
		shown := t.cellOf(0, len(t.text)) - t.left
		rest := SafeFit(s[len(t.text):], t.width-shown-1)
		if shown >= 0 && rest != "" {
			typed := Fit(t.renderRow(0, 0, len(t.text), t.left), shown)
			text = typed + t.styles.Fields.Placeholder.Inherit(t.Base).Render(rest) +
				t.Base.Render(strings.Repeat(" ", max(t.width-shown-Width(rest), 0)))
		}
	}
	return text
}

// ChoiceItem is one of several; the arrows choose.
type ChoiceItem struct {
	Options []string
	Chosen  int

	styles  *themes.Styles
	width   int
	focused bool
}

// NewChoiceItem returns a choice with its first option chosen.
func NewChoiceItem(styles *themes.Styles, options ...string) *ChoiceItem {
	return &ChoiceItem{Options: options, styles: styles}
}

// Height is 1.
func (c *ChoiceItem) Height() int { return 1 }

// SetWidth gives it its width.
func (c *ChoiceItem) SetWidth(width int) { c.width = max(width, 0) }

// Focus gives it the keyboard, or takes it away.
func (c *ChoiceItem) Focus(from int) { c.focused = from != 0 }

// Move does not move within.
func (c *ChoiceItem) Move(int) bool { return false }

// Cursor is none: nothing is typed.
func (c *ChoiceItem) Cursor() (x, y int, ok bool) { return 0, 0, false }

// Update chooses with the arrows and the space bar.
func (c *ChoiceItem) Update(msg tea.Msg) (used, changed bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || len(c.Options) == 0 {
		return false, false
	}
	step := 0
	switch key.String() {
	case "left", "h":
		step = -1
	case "right", "l", "space", "enter":
		step = 1
	default:
		return false, false
	}
	c.Chosen = (c.Chosen + step + len(c.Options)) % len(c.Options)
	return true, len(c.Options) > 1
}

// Click chooses the option there.
func (c *ChoiceItem) Click(x, _ int) bool {
	at := 0
	for i, o := range c.Options {
		if end := at + Width(Safe(o)) + 4; x >= at && x < end {
			changed := c.Chosen != i
			c.Chosen = i
			return changed
		} else {
			at = end
		}
	}
	return false
}

// Render draws all options if there is room, else the chosen one.
func (c *ChoiceItem) Render() string {
	var b strings.Builder
	for i, o := range c.Options {
		b.WriteString(c.option(i, o) + "  ")
	}
	if line := strings.TrimRight(b.String(), " "); Width(line) <= c.width {
		return line
	}
	if c.Chosen < len(c.Options) {
		return Fit(c.option(c.Chosen, "‹ "+c.Options[c.Chosen]+" ›"), c.width)
	}
	return ""
}

func (c *ChoiceItem) option(i int, text string) string {
	dot, style := c.styles.Glyphs.Ring, c.styles.Muted
	if i == c.Chosen {
		dot, style = c.styles.Glyphs.Dot, c.styles.Strong
		if c.focused {
			style = c.styles.Accent.Bold(true)
		}
	}
	return style.Render(dot + " " + Safe(text))
}

// NewToggle returns a choice between no and yes.
func NewToggle(styles *themes.Styles, on bool) *ChoiceItem {
	c := NewChoiceItem(styles, "no", "yes")
	if on {
		c.Chosen = 1
	}
	return c
}

// On reports whether a toggle says yes.
func (c *ChoiceItem) On() bool { return c.Chosen == 1 }

// Button is one of ButtonsItem.
type Button struct {
	Key    string
	Label  string
	Danger bool
	Off    bool // cannot be pressed now
}

// ButtonsItem is a row of buttons. Pressed says which one was pressed last,
// until it is taken.
type ButtonsItem struct {
	Buttons []Button

	styles  *themes.Styles
	width   int
	at      int
	focused bool
	pressed string
}

// NewButtons returns a row of buttons.
func NewButtons(styles *themes.Styles, buttons ...Button) *ButtonsItem {
	return &ButtonsItem{Buttons: buttons, styles: styles}
}

// Pressed returns the key of the button that was pressed since the last call.
func (b *ButtonsItem) Pressed() string {
	key := b.pressed
	b.pressed = ""
	return key
}

// Height is 1.
func (b *ButtonsItem) Height() int { return 1 }

// SetWidth gives it its width.
func (b *ButtonsItem) SetWidth(width int) { b.width = max(width, 0) }

// Focus gives it the keyboard, or takes it away.
func (b *ButtonsItem) Focus(from int) {
	b.focused = from != 0
	switch from {
	case 1:
		b.at = 0
	case -1:
		b.at = len(b.Buttons) - 1
	}
}

// Move goes to the next button.
func (b *ButtonsItem) Move(step int) bool {
	if next := b.at + step; next >= 0 && next < len(b.Buttons) {
		b.at = next
		return true
	}
	return false
}

// Cursor is none: nothing is typed.
func (b *ButtonsItem) Cursor() (x, y int, ok bool) { return 0, 0, false }

// Update presses with enter and the space bar.
func (b *ButtonsItem) Update(msg tea.Msg) (used, changed bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || b.at >= len(b.Buttons) {
		return false, false
	}
	switch key.String() {
	case "enter", "space":
		if !b.Buttons[b.at].Off {
			b.pressed = b.Buttons[b.at].Key
		}
		return true, false
	case "left", "right":
		b.Move(map[string]int{"left": -1, "right": 1}[key.String()])
		return true, false
	}
	return false, false
}

// Click presses the button there.
func (b *ButtonsItem) Click(x, _ int) bool {
	at := 0
	for i, button := range b.Buttons {
		end := at + Width(Safe(button.Label)) + 4
		if x >= at && x < end {
			if b.at = i; !button.Off {
				b.pressed = button.Key
			}
		}
		at = end + 2
	}
	return false
}

// Render draws the buttons.
func (b *ButtonsItem) Render() string {
	parts := make([]string, len(b.Buttons))
	for i, button := range b.Buttons {
		style := b.styles.Fields.Button
		left, right := "[ ", " ]"
		if b.focused && i == b.at && !button.Off {
			if style = b.styles.Fields.Pressed; button.Danger {
				style = b.styles.Fields.Danger
			}
		}
		if button.Off {
			style = style.Faint(true)
		}
		parts[i] = style.Render(left + Safe(button.Label) + right)
	}
	return Fit(strings.Join(parts, "  "), b.width)
}
