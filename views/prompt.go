package views

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/keymap"
)

// Prompt is a dialog that asks for one line of text.
type Prompt struct {
	env           *Env
	title         string
	input         *line
	done          func(string) tea.Msg
	optional      bool // nothing is an answer too
	width, height int
}

// NewPrompt returns a prompt with a value to begin with. Done makes of what was
// accepted the message that the view that opened it gets.
func NewPrompt(env *Env, title, value string, done func(string) tea.Msg) *Prompt {
	p := &Prompt{env: env, title: title, input: newLine("", ""), done: done}
	p.input.SetValue(value)
	return p
}

func (p *Prompt) Init() tea.Cmd { return p.input.Focus() }

func (p *Prompt) Update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		cmd, _ := p.input.Update(msg)
		return cmd
	}
	return nil
}

func (p *Prompt) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Accept:
		if text := strings.TrimSpace(p.input.Value()); text != "" || p.optional {
			return answer(p.done(text)), true
		}
		return nil, true
	case keymap.Cancel:
		return answer(nil), true
	}
	return nil, false
}

func (p *Prompt) Why(keymap.Action) string            { return "" }
func (p *Prompt) SetSize(width, height int)           { p.width, p.height = width, height }
func (p *Prompt) Bounds(width, height int) (int, int) { return min(64, width-4), 3 }

func (p *Prompt) Render() string {
	s := p.env.Styles
	return framed(s, s.Bars.Title.Render(p.title), " "+p.input.Render(s, p.width-4), p.width, p.height, true)
}

func (p *Prompt) Cursor() *tea.Cursor    { return p.input.Cursor(2, 1) }
func (p *Prompt) Title() string          { return p.title }
func (p *Prompt) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Input} }
func (p *Prompt) Capturing() bool        { return true }
func (p *Prompt) Close()                 {}
