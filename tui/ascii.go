package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// plainSigns are ASCII for signs of one cell that text may hold; what is not
// among them becomes question marks.
var plainSigns = map[rune]byte{
	'…': '~', '–': '-', '—': '-', '·': '-', '×': 'x', '▸': '>', '▶': '>', '→': '>', '←': '<',
	'↑': '^', '↓': 'v', 'µ': 'u', '●': 'o', '✓': '+', '✗': 'x', '‘': '\'', '’': '\'', '“': '"', '”': '"',
	'─': '-', '│': '|', '◌': '.', '\u00a0': ' ',
}

// toASCII replaces what an ASCII terminal cannot show, cell by cell, so that
// columns stay where they are.
func toASCII(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for len(s) > 0 {
		if s[0] < 0x80 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		s = s[len(cluster):]
		if sign, ok := plainSigns[[]rune(cluster)[0]]; ok && width == 1 {
			b.WriteByte(sign)
			continue
		}
		b.WriteString(strings.Repeat("?", width))
	}
	return b.String()
}
