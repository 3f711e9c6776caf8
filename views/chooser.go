package views

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"nixie/keymap"
	"nixie/views/widget"
)

// Choice is one thing to choose.
type Choice struct {
	Title string
	Kind  string // what it is, before the title: "queue"
	Help  string // behind the title
	Key   string // the key that does the same
	// Why it cannot be chosen now. "": it can.
	Why string
	Msg tea.Msg // what the view that opened the chooser gets, or a request
}

// Chooser is a dialog that lets the operator find one of many: what is typed
// narrows them down.
type Chooser struct {
	env           *Env
	title         string
	choices       []Choice
	shown         []shownChoice
	cursor, top   int
	kinds         int // width of the column of kinds
	input         *line
	width, height int
	// Free makes a message of what was typed, if nothing matches it. May be nil.
	Free func(text string) tea.Msg
	// Moved is called when the cursor moves, for a look ahead. May be nil.
	Moved func(Choice) tea.Cmd
	// Left is what is sent when nothing was chosen. May be nil.
	Left tea.Msg
}

// shownChoice is a choice that matches, with the positions that match.
type shownChoice struct {
	index int
	hits  []int
}

// NewChooser returns a chooser with the cursor on the first choice.
func NewChooser(env *Env, title string, choices []Choice) *Chooser {
	c := &Chooser{env: env, title: title, choices: choices, input: newLine("", "type to search")}
	for _, choice := range choices {
		if w := widget.Width(choice.Kind); w > 0 {
			c.kinds = max(c.kinds, min(w+2, 24))
		}
	}
	c.search()
	return c
}

// Select puts the cursor on the i-th choice.
func (c *Chooser) Select(i int) {
	c.cursor = min(max(i, 0), max(len(c.shown)-1, 0))
	c.reveal()
}

func (c *Chooser) Init() tea.Cmd { return c.input.Focus() }

// choiceTexts makes choices a source for fuzzy: the title, then the kind, so
// that "theme" finds all themes.
type choiceTexts []Choice

func (t choiceTexts) String(i int) string { return t[i].Title + " " + t[i].Kind }
func (t choiceTexts) Len() int            { return len(t) }

func (c *Chooser) search() {
	c.shown = c.shown[:0]
	c.cursor, c.top = 0, 0
	text := strings.TrimSpace(c.input.Value())
	if text == "" {
		for i := range c.choices {
			c.shown = append(c.shown, shownChoice{index: i})
		}
		return
	}
	found := map[int]bool{}
	for _, m := range fuzzy.FindFrom(text, choiceTexts(c.choices)) {
		found[m.Index] = true
		c.shown = append(c.shown, shownChoice{index: m.Index, hits: m.MatchedIndexes})
	}
	can := func(s shownChoice) int { return min(len(c.choices[s.index].Why), 1) }
	needle := strings.ToLower(text)
	for i, choice := range c.choices {
		if !found[i] && (strings.Contains(strings.ToLower(choice.Help), needle) || choice.Key == text) {
			c.shown = append(c.shown, shownChoice{index: i})
		}
	}
	slices.SortStableFunc(c.shown, func(a, b shownChoice) int { return can(a) - can(b) }) // what can be done comes first
}

func (c *Chooser) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		cmd, changed := c.input.Update(m)
		if changed {
			c.search()
			return tea.Batch(cmd, c.moved())
		}
		return cmd
	case tea.MouseClickMsg:
		if i := c.top + m.Y - chooserHead; m.Y >= chooserHead && m.Y < c.height-1 && i < len(c.shown) {
			c.cursor = i
			return c.accept()
		}
	case tea.MouseWheelMsg:
		if m.Button == tea.MouseWheelUp {
			return c.move(-3)
		}
		return c.move(3)
	}
	return nil
}

// chooserHead are the rows above the first choice: frame, field, rule.
const chooserHead = 3

func (c *Chooser) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Accept:
		return c.accept(), true
	case keymap.Cancel:
		return answer(c.Left), true
	case keymap.Next:
		return c.move(1), true
	case keymap.Prev:
		return c.move(-1), true
	case keymap.PageDown:
		return c.move(c.page()), true
	case keymap.PageUp:
		return c.move(-c.page()), true
	}
	return nil, false
}

func (c *Chooser) accept() tea.Cmd {
	if len(c.shown) == 0 {
		if text := strings.TrimSpace(c.input.Value()); text != "" && c.Free != nil {
			return answer(c.Free(text))
		}
		return nil
	}
	choice := c.choices[c.shown[c.cursor].index]
	if choice.Why != "" {
		return Notify(NoticeWarning, choice.Title+": "+choice.Why)
	}
	return answer(choice.Msg)
}

func answer(msg tea.Msg) tea.Cmd { return func() tea.Msg { return AnswerMsg{Msg: msg} } }

func (c *Chooser) move(by int) tea.Cmd {
	if len(c.shown) == 0 {
		return nil
	}
	c.cursor = min(max(c.cursor+by, 0), len(c.shown)-1)
	c.reveal()
	return c.moved()
}

func (c *Chooser) moved() tea.Cmd {
	if c.Moved == nil || len(c.shown) == 0 {
		return nil
	}
	return c.Moved(c.choices[c.shown[c.cursor].index])
}

func (c *Chooser) page() int { return max(c.height-chooserHead-1, 1) }

func (c *Chooser) reveal() {
	c.top = max(min(c.top, c.cursor), c.cursor-c.page()+1)
}

func (c *Chooser) Why(keymap.Action) string { return "" }

func (c *Chooser) SetSize(width, height int) {
	c.width, c.height = width, height
	c.reveal()
}

// Bounds makes room for all choices, within reason.
func (c *Chooser) Bounds(width, height int) (int, int) {
	widest := 40
	for _, choice := range c.choices {
		widest = max(widest, widget.Width(choice.Kind)+widget.Width(choice.Title)+widget.Width(choice.Help)+widget.Width(choice.Key)+12)
	}
	return min(widest, width-4, 92), min(len(c.choices)+chooserHead+1, height-2, 24)
}

func (c *Chooser) Render() string {
	s := c.env.Styles
	inner := max(c.width-2, 0)
	lines := []string{" " + c.input.Render(s, inner-2), s.Faint.Render(strings.Repeat(s.Glyphs.Rule, inner))}
	if len(c.shown) == 0 {
		text := "nothing matches"
		if c.Free != nil {
			text = "enter takes what is typed"
		}
		lines = append(lines, "  "+s.Muted.Render(text))
	}
	for i := c.top; i < min(c.top+c.page(), len(c.shown)); i++ {
		lines = append(lines, c.row(c.shown[i], i == c.cursor, inner))
	}
	return framed(s, s.Bars.Title.Render(c.title), strings.Join(lines, "\n"), c.width, c.height, true)
}

func (c *Chooser) row(shown shownChoice, selected bool, width int) string {
	s := c.env.Styles
	choice := c.choices[shown.index]
	base, point := s.Text, "  "
	if selected {
		base, point = s.Rows.Selected, s.Glyphs.Cursor+" "
	}
	if choice.Why != "" {
		base = base.Foreground(s.Muted.GetForeground())
	}
	muted := base.Foreground(s.Muted.GetForeground()).Bold(false)
	var b strings.Builder
	b.WriteString(base.Render(" " + point))
	if c.kinds > 0 {
		b.WriteString(muted.Render(widget.Pad(choice.Kind, c.kinds, widget.Left)))
	}
	title := widget.SafeFit(choice.Title, width/2+10)
	b.WriteString(highlight(title, choice.Title, shown.hits, base, base.Foreground(s.Accent.GetForeground()).Bold(true)))
	key := ""
	if choice.Key != "" {
		key = " " + choice.Key + " "
	}
	help := choice.Help
	if choice.Why != "" {
		help = choice.Why
	}
	room := width - widget.Width(b.String()) - widget.Width(key) - 2
	b.WriteString(muted.Render(widget.Pad("  "+widget.SafeFit(help, room), max(room+2, 0), widget.Left)))
	b.WriteString(base.Foreground(s.Accent.GetForeground()).Render(key))
	return widget.Fit(b.String(), width)
}

// highlight draws a text with some of its bytes in another style; only if the
// text is shown as it is.
func highlight(shown, original string, hits []int, plain, hit interface{ Render(...string) string }) string {
	if shown != original || len(hits) == 0 {
		return plain.Render(shown)
	}
	at := map[int]bool{}
	for _, h := range hits {
		at[h] = true
	}
	var b strings.Builder
	for i, r := range shown {
		if at[i] {
			b.WriteString(hit.Render(string(r)))
		} else {
			b.WriteString(plain.Render(string(r)))
		}
	}
	return b.String()
}

func (c *Chooser) Cursor() *tea.Cursor    { return c.input.Cursor(2, 1) }
func (c *Chooser) Title() string          { return c.title }
func (c *Chooser) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Input} }
func (c *Chooser) Capturing() bool        { return true }
func (c *Chooser) Close()                 {}
