package main

import (
	"bytes"
	"fmt"
	"strings"
)

// arms are the lines of a box-drawing character from its middle: up, right,
// down, left; each 0: none, 1: light, 2: heavy.
var arms = map[rune][4]int{
	'─': {0, 1, 0, 1}, '│': {1, 0, 1, 0}, '┌': {0, 1, 1, 0}, '┐': {0, 0, 1, 1}, '└': {1, 1, 0, 0}, '┘': {1, 0, 0, 1},
	'├': {1, 1, 1, 0}, '┤': {1, 0, 1, 1}, '┬': {0, 1, 1, 1}, '┴': {1, 1, 0, 1}, '┼': {1, 1, 1, 1},
	'╭': {0, 1, 1, 0}, '╮': {0, 0, 1, 1}, '╰': {1, 1, 0, 0}, '╯': {1, 0, 0, 1},
	'━': {0, 2, 0, 2}, '┃': {2, 0, 2, 0}, '╺': {0, 2, 0, 0}, '╸': {0, 0, 0, 2},
}

// dashes are the heavy dashed lines, by how many dashes they have.
var dashes = map[rune]int{'╍': 2, '┅': 3, '┉': 4}

// drawn draws a character that is a figure rather than a letter.
func drawn(b *bytes.Buffer, r rune, x, y float64, fg string) bool {
	switch {
	case r >= 0x2800 && r <= 0x28ff:
		braille(b, r, x, y, fg)
	case r >= '▁' && r <= '█':
		h := cellHeight * float64(r-'▀') / 8
		box(b, x, y+cellHeight-h, cellWidth, h, fg)
	case r == '▀':
		box(b, x, y, cellWidth, cellHeight/2, fg)
	case r >= '░' && r <= '▓':
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" opacity="%s"/>`+"\n",
			num(x), num(y), num(cellWidth), num(cellHeight), fg, num(0.25*float64(r-'░'+1)))
	case dashes[r] > 0:
		n := dashes[r]
		step := cellWidth / float64(n)
		for i := range n {
			box(b, x+float64(i)*step+0.15*step, y+cellHeight/2-1, 0.7*step, 2, fg)
		}
	default:
		arm, ok := arms[r]
		if !ok {
			return false
		}
		lines(b, arm, x, y, fg)
	}
	return true
}

func box(b *bytes.Buffer, x, y, w, h float64, fg string) {
	const overlap = 0.2 // no seams between cells
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", num(x), num(y), num(w+overlap), num(h+overlap), fg)
}

func lines(b *bytes.Buffer, arm [4]int, x, y float64, fg string) {
	middleX, middleY := x+cellWidth/2, y+cellHeight/2
	for i, weight := range arm {
		if weight == 0 {
			continue
		}
		w := float64(weight)
		switch i {
		case 0:
			box(b, middleX-w/2, y, w, cellHeight/2+w/2, fg)
		case 1:
			box(b, middleX-w/2, middleY-w/2, cellWidth/2+w/2, w, fg)
		case 2:
			box(b, middleX-w/2, middleY-w/2, w, cellHeight/2+w/2, fg)
		case 3:
			box(b, x, middleY-w/2, cellWidth/2+w/2, w, fg)
		}
	}
}

// braille draws the dots of a pattern, as one path.
func braille(b *bytes.Buffer, r rune, x, y float64, fg string) {
	const radius = 1.3
	// Which bit of the character is the dot in which column and row.
	bits := [4][2]uint{{0, 3}, {1, 4}, {2, 5}, {6, 7}}
	var path strings.Builder
	for row := range 4 {
		for column := range 2 {
			if (r-0x2800)>>bits[row][column]&1 == 0 {
				continue
			}
			cx := x + cellWidth*(0.25+0.5*float64(column)) - radius
			cy := y + cellHeight*(0.125+0.25*float64(row))
			fmt.Fprintf(&path, "M%s %sa%[3]s %[3]s 0 1 0 %[4]s 0a%[3]s %[3]s 0 1 0 -%[4]s 0", num(cx), num(cy), num(radius), num(2*radius))
		}
	}
	if path.Len() > 0 {
		fmt.Fprintf(b, `<path d="%s" fill="%s"/>`+"\n", path.String(), fg)
	}
}
