package themes

import "charm.land/lipgloss/v2"

// Glyphs are the signs that stand beside the colours. Each is one cell wide.
type Glyphs struct {
	ASCII  bool
	Blocks bool // block elements, but no braille

	Cursor   string // before the row under the cursor
	Mark     string // before a marked row
	Place    string // between the steps of a path
	Up, Down string // sort order, trend
	Dot      string // works, lives
	Ring     string // idle
	Square   string // stopped
	Diamond  string // poisoned
	Pause    string
	Warning  string
	Check    string
	Cross    string
	Ellipsis string
	Dash     string // nothing to show
	Middle   string // between parts of a line
	Arrow    string // from → to
	Play     string // follows what arrives

	Spark             []string // from low to high
	BarFull, BarEmpty string   // of a progress bar
	Rule              string   // horizontal
	Bar               string   // vertical
	Border            lipgloss.Border
}

func unicodeGlyphs() Glyphs {
	return Glyphs{
		Cursor: "▶", Mark: "●", Place: "▸", Up: "▲", Down: "▼",
		Dot: "●", Ring: "○", Square: "■", Diamond: "◆", Pause: "‖", Warning: "!",
		Check: "✓", Cross: "✗", Ellipsis: "…", Dash: "–", Middle: "·", Arrow: "→", Play: "▸",
		Spark:   []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		BarFull: "▓", BarEmpty: "░", Rule: "─", Bar: "│",
		Border: lipgloss.NormalBorder(),
	}
}

func asciiGlyphs() Glyphs {
	return Glyphs{
		ASCII: true, Cursor: ">", Mark: "*", Place: ">", Up: "^", Down: "v",
		Dot: "o", Ring: ".", Square: "#", Diamond: "X", Pause: "=", Warning: "!",
		Check: "+", Cross: "x", Ellipsis: "~", Dash: "-", Middle: "-", Arrow: ">", Play: ">",
		Spark:   []string{"_", ".", "-", "=", "+", "*", "%", "#"},
		BarFull: "#", BarEmpty: ".", Rule: "-", Bar: "|",
		Border: lipgloss.ASCIIBorder(),
	}
}
