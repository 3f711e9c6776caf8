package themes

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// Styles are what screens draw with. There is one, and everybody has a pointer
// to it: a change of theme replaces what it points to.
type Styles struct {
	Palette Palette
	Glyphs  Glyphs

	Text   lipgloss.Style
	Strong lipgloss.Style // headings, the number that matters
	Muted  lipgloss.Style
	Faint  lipgloss.Style // rules and frames
	Accent lipgloss.Style
	Match  lipgloss.Style // a search hit

	Good lipgloss.Style
	Warn lipgloss.Style
	Bad  lipgloss.Style
	Info lipgloss.Style

	State  StateStyles
	Rows   RowStyles
	Bars   BarStyles
	Fields FieldStyles
	Charts ChartStyles
	JSON   JSONStyles
}

// StateStyles colour the states of a message.
type StateStyles struct{ Ready, InFlight, Delayed, Dead lipgloss.Style }

// RowStyles draw tables. A cell's own style takes the background of its row.
type RowStyles struct {
	Header   lipgloss.Style
	Sorted   lipgloss.Style // the heading of the sorted column
	Selected lipgloss.Style // under the cursor, in the focused pane
	Inactive lipgloss.Style // under the cursor, in another pane
	Marked   lipgloss.Style
}

// BarStyles draw the frame of the program: header, tabs, footer, titles.
type BarStyles struct {
	Bar       lipgloss.Style // the background of header and footer
	Brand     lipgloss.Style
	Place     lipgloss.Style
	Label     lipgloss.Style // "ready"
	Value     lipgloss.Style // "31 402"
	Tab       lipgloss.Style
	ActiveTab lipgloss.Style
	Key       lipgloss.Style // a key in the footer
	KeyHelp   lipgloss.Style
	Disabled  lipgloss.Style // an action that cannot act now
	Frame     lipgloss.Style // of a pane
	Focused   lipgloss.Style // frame of the pane with the focus
	Title     lipgloss.Style // of a pane or dialog
}

// FieldStyles draw text fields and buttons.
type FieldStyles struct {
	Label       lipgloss.Style
	Text        lipgloss.Style
	Placeholder lipgloss.Style
	Focused     lipgloss.Style // the field with the cursor
	Error       lipgloss.Style
	Button      lipgloss.Style
	Pressed     lipgloss.Style // the button with the focus
	Danger      lipgloss.Style // the same, if it changes something
}

// ChartStyles colour series.
type ChartStyles struct {
	Published, Delivered, Acked, Failed, Dead lipgloss.Style
	Depth                                     lipgloss.Style
	P50, P95, P99                             lipgloss.Style
	Axis                                      lipgloss.Style
	Cursor                                    lipgloss.Style
}

// JSONStyles colour JSON by type.
type JSONStyles struct{ Key, String, Number, Literal, Punctuation lipgloss.Style }

// Terminal is what the terminal can show.
type Terminal struct {
	ASCII   bool // nothing but ASCII
	Blocks  bool // no braille
	Sixteen bool // 16 colours
}

// New makes styles of a theme for a terminal.
func New(p Palette, terminal Terminal) *Styles {
	if terminal.Sixteen {
		p = p.sixteen()
	}
	ink := func(hex string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(hex)) }
	s := &Styles{
		Palette: p,
		Glyphs:  unicodeGlyphs(),
		Text:    ink(p.Text),
		Strong:  ink(p.Text).Bold(true),
		Muted:   ink(p.Muted),
		Faint:   ink(p.Faint),
		Accent:  ink(p.Accent),
		Match:   ink(p.Text).Background(lipgloss.Color(p.Match)).Bold(true),
		Good:    ink(p.Good),
		Warn:    ink(p.Warn),
		Bad:     ink(p.Bad),
		Info:    ink(p.Info),
		State:   StateStyles{Ready: ink(p.Text), InFlight: ink(p.Blue), Delayed: ink(p.Info), Dead: ink(p.Bad)},
		JSON:    JSONStyles{Key: ink(p.Blue), String: ink(p.Good), Number: ink(p.Warn), Literal: ink(p.Violet), Punctuation: ink(p.Muted)},
	}
	if terminal.ASCII {
		s.Glyphs = asciiGlyphs()
	}
	s.Glyphs.Blocks = terminal.Blocks
	s.Rows = rowStyles(p, ink)
	s.Bars = barStyles(p, ink)
	s.Fields = fieldStyles(p, ink)
	s.Charts = ChartStyles{
		Published: ink(p.Blue), Delivered: ink(p.Violet), Acked: ink(p.Good), Failed: ink(p.Warn), Dead: ink(p.Bad),
		Depth: ink(p.Cyan), P50: ink(p.Good), P95: ink(p.Warn), P99: ink(p.Bad),
		Axis: ink(p.Muted), Cursor: ink(p.Accent).Bold(true),
	}
	return s
}

func rowStyles(p Palette, ink func(string) lipgloss.Style) RowStyles {
	return RowStyles{
		Header:   ink(p.Muted),
		Sorted:   ink(p.Accent).Bold(true),
		Selected: ink(p.Text).Background(lipgloss.Color(p.Selected)).Bold(true),
		Inactive: ink(p.Text).Background(lipgloss.Color(p.Panel)),
		Marked:   ink(p.Text).Background(lipgloss.Color(p.Marked)),
	}
}

func barStyles(p Palette, ink func(string) lipgloss.Style) BarStyles {
	panel := lipgloss.Color(p.Panel)
	on := func(hex string) lipgloss.Style { return ink(hex).Background(panel) }
	return BarStyles{
		Bar:       on(p.Text),
		Brand:     on(p.Accent).Bold(true),
		Place:     on(p.Text).Bold(true),
		Label:     on(p.Muted),
		Value:     on(p.Text).Bold(true),
		Tab:       ink(p.Muted),
		ActiveTab: ink(p.Accent).Bold(true).Underline(true),
		Key:       on(p.Accent).Bold(true),
		KeyHelp:   on(p.Muted),
		Disabled:  on(p.Muted).Faint(true),
		Frame:     ink(p.Faint),
		Focused:   ink(p.Accent),
		Title:     ink(p.Text).Bold(true),
	}
}

func fieldStyles(p Palette, ink func(string) lipgloss.Style) FieldStyles {
	filled := func(hex string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(lipgloss.Color(p.Ground)).Background(lipgloss.Color(hex)).Bold(true)
	}
	return FieldStyles{
		Label:       ink(p.Muted),
		Text:        ink(p.Text),
		Placeholder: ink(p.Muted).Italic(true),
		Focused:     ink(p.Accent),
		Error:       ink(p.Bad),
		Button:      ink(p.Muted),
		Pressed:     filled(p.Accent),
		Danger:      filled(p.Bad),
	}
}

// Ground is the colour behind everything.
func (s *Styles) Ground() color.Color { return lipgloss.Color(s.Palette.Ground) }

// Panel is the colour behind bars and dialogs.
func (s *Styles) Panel() color.Color { return lipgloss.Color(s.Palette.Panel) }
