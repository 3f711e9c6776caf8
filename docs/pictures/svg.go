package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// A cell, in units of the picture, and the room around the screen.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	baseline   = 13.4
	margin     = 16.0
)

// drawSVG draws a screen. Letters are text in whatever monospace font there
// is, put in their places; lines, blocks and braille are drawn, so that they
// join in every font.
func drawSVG(lines [][]cell) []byte {
	ground := commonest(lines)
	width, height := columns*cellWidth+2*margin, float64(len(lines))*cellHeight+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" font-family="ui-monospace,'JetBrains Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve">`+"\n", num(width), num(height))
	fmt.Fprintf(&b, `<rect width="%s" height="%s" rx="9" fill="%s"/>`+"\n", num(width), num(height), ground)
	for y, line := range lines {
		top := margin + float64(y)*cellHeight
		backgrounds(&b, line, top, ground)
		letters(&b, line, top, ground)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// commonest is the colour behind most cells.
func commonest(lines [][]cell) string {
	count := map[string]int{}
	for _, line := range lines {
		for _, c := range line {
			count[c.style.bg]++
		}
	}
	best := "#11131b"
	for colour, n := range count {
		if colour != "" && n > count[best] {
			best = colour
		}
	}
	return best
}

func num(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

// runs calls a function for each stretch of cells that belong together.
func runs(line []cell, same func(a, b cell) bool, do func(from, to int)) {
	for from := 0; from < len(line); {
		to := from + 1
		for to < len(line) && same(line[from], line[to]) {
			to++
		}
		do(from, to)
		from = to
	}
}

func left(x int) float64 { return margin + float64(x)*cellWidth }

func backgrounds(b *bytes.Buffer, line []cell, top float64, ground string) {
	colour := func(c cell) string { _, bg := c.style.colours("#d8dcea", ground); return bg }
	runs(line, func(p, q cell) bool { return colour(p) == colour(q) }, func(from, to int) {
		if bg := colour(line[from]); bg != ground {
			// A hair of overlap: no seams between rows.
			fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(left(from)), num(top), num(float64(to-from)*cellWidth+0.2), num(cellHeight+0.2), bg)
		}
	})
}

func letters(b *bytes.Buffer, line []cell, top float64, ground string) {
	runs(line, func(p, q cell) bool { return p.style == q.style && plain(p.char) && plain(q.char) }, func(from, to int) {
		fg, _ := line[from].style.colours("#d8dcea", ground)
		if !plain(line[from].char) && drawn(b, line[from].char, left(from), top, fg) {
			return
		}
		text := make([]rune, 0, to-from)
		for _, c := range line[from:to] {
			text = append(text, c.char)
		}
		words(b, string(text), from, top, fg, line[from].style)
	})
}

// plain reports whether every monospace font has the letter, one cell wide.
func plain(r rune) bool { return r >= ' ' && r <= '~' }

// words writes the words of a text, each at its place.
func words(b *bytes.Buffer, text string, x int, top float64, fg string, s style) {
	attributes := ""
	if s.bold {
		attributes += ` font-weight="bold"`
	}
	if s.italic {
		attributes += ` font-style="italic"`
	}
	if s.under {
		attributes += ` text-decoration="underline"`
	}
	if s.faint {
		attributes += ` opacity="0.6"`
	}
	letters := []rune(text)
	for from := 0; from < len(letters); {
		if letters[from] == ' ' {
			from++
			continue
		}
		to := from
		for to < len(letters) && letters[to] != ' ' {
			to++
		}
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(string(letters[from:to])))
		fmt.Fprintf(b, `<text x="%s" y="%s" textLength="%s" fill="%s"%s>%s</text>`+"\n",
			num(left(x+from)), num(top+baseline), num(float64(to-from)*cellWidth), fg, attributes, escaped.String())
		from = to
	}
}
