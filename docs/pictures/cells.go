package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// style is how a cell looks. Colours are "#rrggbb"; "": the terminal's own.
type style struct {
	fg, bg                           string
	bold, faint, italic, under, flip bool
}

// colours are what is drawn, with the terminal's own filled in.
func (s style) colours(fg, bg string) (string, string) {
	if s.fg != "" {
		fg = s.fg
	}
	if s.bg != "" {
		bg = s.bg
	}
	if s.flip {
		return bg, fg
	}
	return fg, bg
}

type cell struct {
	char  rune
	style style
}

// parse reads a screen with escape sequences: lines of cells. Wide characters
// do not occur in what is drawn here.
func parse(text string) [][]cell {
	var lines [][]cell
	var now style
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		var cells []cell
		for line != "" {
			if rest, ok := strings.CutPrefix(line, "\x1b["); ok {
				end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
				if end < 0 {
					break
				}
				if rest[end] == 'm' {
					now.apply(rest[:end])
				}
				line = rest[end+1:]
				continue
			}
			r, n := utf8.DecodeRuneInString(line)
			line = line[n:]
			if r >= ' ' {
				cells = append(cells, cell{r, now})
			}
		}
		for len(cells) < columns {
			cells = append(cells, cell{' ', now})
		}
		lines = append(lines, cells)
	}
	return lines
}

// apply changes the style as a sequence of graphic renditions says.
func (s *style) apply(codes string) {
	parts := strings.Split(codes, ";")
	for i := 0; i < len(parts); i++ {
		n, _ := strconv.Atoi(parts[i])
		switch {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.under = true
		case n == 7:
			s.flip = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.under = false
		case n == 27:
			s.flip = false
		case n == 38 || n == 48:
			colour, used := extended(parts[i+1:])
			i += used
			if n == 38 {
				s.fg = colour
			} else {
				s.bg = colour
			}
		case n == 39:
			s.fg = ""
		case n == 49:
			s.bg = ""
		}
	}
}

// extended reads 2;r;g;b, and how many parts that was.
func extended(parts []string) (string, int) {
	if len(parts) < 4 || parts[0] != "2" {
		return "", min(2, len(parts)) // 5;n: the demo runs in true colour
	}
	var rgb [3]int
	for i := range rgb {
		rgb[i], _ = strconv.Atoi(parts[i+1])
	}
	return fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]), 4
}
