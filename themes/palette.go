// Package themes holds the colours and the glyphs of the console. A theme is a
// palette of tokens that say what a colour is for; the styles are made of it
// in one place, so that a new theme is a list of colours and nothing else.
package themes

// Palette is a theme: what each colour is for, as "#rrggbb".
type Palette struct {
	Name string
	Dark bool

	Ground   string // behind everything
	Panel    string // behind the header, the footer and dialogs
	Selected string // behind the row under the cursor
	Marked   string // behind marked rows

	Text   string // what is to be read
	Muted  string // what is read second: labels, units
	Faint  string // rules and frames, never text
	Accent string // where the focus is: titles, keys, cursor
	Match  string // behind a search hit

	Good string // works
	Warn string // is about to go wrong
	Bad  string // went wrong: failed, dead
	Info string // neither: delayed, paused

	Blue, Violet, Cyan string // further series and types that must differ
}

// palettes are the themes that come with nixie, the default dark and the
// default light one first.
var palettes = []Palette{
	{
		Name: "night", Dark: true,
		Ground: "#11131b", Panel: "#1a1d29", Selected: "#2a3152", Marked: "#33294a",
		Text: "#d8dcea", Muted: "#9aa1b9", Faint: "#3b4157", Accent: "#7dabff", Match: "#6b5312",
		Good: "#7fd88f", Warn: "#f0c060", Bad: "#ff7c86", Info: "#6fd0e8",
		Blue: "#7dabff", Violet: "#c39bff", Cyan: "#6fd0e8",
	},
	{
		Name: "paper", Dark: false,
		Ground: "#fbfaf6", Panel: "#efece4", Selected: "#d6e2f7", Marked: "#e9ddf5",
		Text: "#23262f", Muted: "#565c6b", Faint: "#c9c5b8", Accent: "#1d4fb0", Match: "#ffe08a",
		Good: "#1a6b33", Warn: "#7a5200", Bad: "#b3202c", Info: "#0b6075",
		Blue: "#1d4fb0", Violet: "#6a35ad", Cyan: "#0b6075",
	},
	{
		Name: "nixie", Dark: true,
		Ground: "#120b07", Panel: "#1d120b", Selected: "#4a280d", Marked: "#47201f",
		Text: "#ffdcb0", Muted: "#cf9a62", Faint: "#54371f", Accent: "#ff9a3d", Match: "#6b4a00",
		Good: "#bfd968", Warn: "#ffd24a", Bad: "#ff7a5c", Info: "#86c5e6",
		Blue: "#86b4ff", Violet: "#d8a2f0", Cyan: "#86c5e6",
	},
	{
		Name: "contrast", Dark: true,
		Ground: "#000000", Panel: "#101010", Selected: "#00308f", Marked: "#4b0082",
		Text: "#ffffff", Muted: "#d0d0d0", Faint: "#808080", Accent: "#ffff00", Match: "#7a4b00",
		Good: "#3dff5a", Warn: "#ffd000", Bad: "#ff8080", Info: "#4dffff",
		Blue: "#9dc4ff", Violet: "#ff9dff", Cyan: "#4dffff",
	},
	{
		Name: "contrast-light", Dark: false,
		Ground: "#ffffff", Panel: "#f2f2f2", Selected: "#bcd7ff", Marked: "#ecc9ff",
		Text: "#000000", Muted: "#333333", Faint: "#767676", Accent: "#0000c0", Match: "#ffd800",
		Good: "#005a00", Warn: "#6a4300", Bad: "#a80000", Info: "#005368",
		Blue: "#0000c0", Violet: "#6b0089", Cyan: "#005368",
	},
	{
		Name: "moss", Dark: true,
		Ground: "#0f1512", Panel: "#18211c", Selected: "#22403a", Marked: "#3b3a1c",
		Text: "#d9e5da", Muted: "#9cb0a1", Faint: "#38493f", Accent: "#8fd6b4", Match: "#5c5310",
		Good: "#9ddb6f", Warn: "#eac368", Bad: "#ff8a7a", Info: "#7cc7e6",
		Blue: "#8ab6ff", Violet: "#cfa8f5", Cyan: "#7cc7e6",
	},
}

// sixteen is the palette for terminals of 16 colours: their own ones, by
// number, because what a terminal makes of other colours is anybody's guess.
func (p Palette) sixteen() Palette {
	if p.Dark {
		return Palette{
			Name: p.Name, Dark: true,
			Ground: "0", Panel: "0", Selected: "8", Marked: "8",
			Text: "15", Muted: "7", Faint: "8", Accent: "14", Match: "4",
			Good: "10", Warn: "11", Bad: "9", Info: "14", Blue: "12", Violet: "13", Cyan: "14",
		}
	}
	return Palette{
		Name: p.Name, Dark: false,
		Ground: "15", Panel: "15", Selected: "7", Marked: "7",
		Text: "0", Muted: "8", Faint: "7", Accent: "4", Match: "11",
		Good: "2", Warn: "3", Bad: "1", Info: "6", Blue: "4", Violet: "5", Cyan: "6",
	}
}

// Auto is the name for: the default dark or light theme, as the terminal is.
const Auto = "auto"

// Names lists the themes.
func Names() []string {
	names := make([]string, len(palettes))
	for i, p := range palettes {
		names[i] = p.Name
	}
	return names
}

// Lookup returns the theme of a name.
func Lookup(name string) (Palette, bool) {
	for _, p := range palettes {
		if p.Name == name {
			return p, true
		}
	}
	return Palette{}, false
}

// For returns the default theme for a dark or a light terminal.
func For(dark bool) Palette {
	if dark {
		return palettes[0]
	}
	return palettes[1]
}
