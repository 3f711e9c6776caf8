package widget

import (
	"encoding/hex"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// piece is a part of a line as it is drawn. off is where its text comes from
// in the source, so that hits can be found in it; -1: from nowhere.
type piece struct {
	text  string
	style lipgloss.Style
	off   int
}

// textPieces are those of a line of plain text.
func textPieces(src []byte, l line, s *themes.Styles) []piece {
	return []piece{{string(src[l.from:l.to]), s.Text, l.from}}
}

// jsonPieces colours a line of JSON by type and spaces it.
func jsonPieces(src []byte, l line, s *themes.Styles) []piece {
	pieces := []piece{{strings.Repeat("  ", min(l.indent, 64)), s.Text, -1}}
	add := func(from, to int, style lipgloss.Style) {
		pieces = append(pieces, piece{string(src[from:to]), style, from})
	}
	for i := l.from; i < l.to; {
		c := src[i]
		from := i
		inString := l.inString && i == l.from
		switch {
		case inString || c == '"':
			i, _ = stringEnd(src[:l.to], i, inString, l.to)
			style := s.JSON.String
			if next := skipSpace(src, i); next < len(src) && src[next] == ':' && next < l.to {
				style = s.JSON.Key
			}
			add(from, i, style)
		case c == ':':
			i++
			add(from, i, s.JSON.Punctuation)
			pieces = append(pieces, piece{" ", s.Text, -1})
		case strings.IndexByte("{}[],", c) >= 0:
			i++
			add(from, i, s.JSON.Punctuation)
		default:
			i = scalarEnd(src[:l.to], i, l.to)
			style := s.JSON.Number
			switch string(src[from:i]) {
			case "true", "false", "null":
				style = s.JSON.Literal
			}
			add(from, i, style)
		}
		i = skipSpace(src[:l.to], i)
	}
	return pieces
}

// hexPieces draws a row of n bytes: offset, hex in groups of eight, ASCII.
func hexPieces(n int) func([]byte, line, *themes.Styles) []piece {
	return func(src []byte, l line, s *themes.Styles) []piece {
		pieces := []piece{{fmt.Sprintf("%08x", l.from), s.Muted, -1}}
		row := src[l.from:l.to]
		for i := range n {
			gap := " "
			if i%8 == 0 {
				gap = "  "
			}
			pieces = append(pieces, piece{gap, s.Text, -1})
			if i < len(row) {
				pieces = append(pieces, piece{hex.EncodeToString(row[i : i+1]), byteStyle(row[i], s), l.from + i})
			} else {
				pieces = append(pieces, piece{"  ", s.Text, -1})
			}
		}
		pieces = append(pieces, piece{"  ", s.Text, -1})
		for i, c := range row {
			shown := string(rune(c))
			if c < ' ' || c > '~' {
				shown = "."
			}
			pieces = append(pieces, piece{shown, byteStyle(c, s), l.from + i})
		}
		return pieces
	}
}

// byteStyle tells zero, printable and other bytes apart.
func byteStyle(c byte, s *themes.Styles) lipgloss.Style {
	switch {
	case c == 0:
		return s.Muted
	case c < ' ' || c > '~':
		return s.JSON.Literal
	default:
		return s.Text
	}
}

// hexWidth is the width of a hex row of n bytes.
func hexWidth(n int) int { return 8 + 3*n + (n+7)/8 + 2 + n }

// protoPieces colours the field numbers and types of decoded protobuf.
func protoPieces(src []byte, l line, s *themes.Styles) []piece {
	text := string(src[l.from:l.to])
	body := strings.TrimLeft(text, " ")
	at := l.from + len(text) - len(body)
	pieces := []piece{{text[:len(text)-len(body)], s.Text, -1}}
	head, tail, found := strings.Cut(body, " ")
	if l.continued || !found || strings.Trim(head, "0123456789:") != "" {
		return append(pieces, piece{body, s.Text, at})
	}
	return append(pieces, piece{head, s.JSON.Key, at}, piece{" " + tail, s.Text, at + len(head)})
}
