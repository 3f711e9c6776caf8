package widget

import (
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// raster says how dots are drawn within a cell.
type raster struct {
	across, down int // dots in a cell
	glyph        func(dots uint8) string
}

// rasters for terminals with braille, without, and with ASCII alone. Dots are
// bits, row by row from the upper left.
var (
	braille = raster{2, 4, brailleGlyph}
	blocks  = raster{2, 2, blockGlyph}
	letters = raster{1, 1, nil} // series draw their own signs
)

func brailleGlyph(dots uint8) string {
	// Unicode counts the dots of braille down the left column first, then the
	// right one, and the lowest row last.
	order := [8]uint8{0, 3, 1, 4, 2, 5, 6, 7}
	var code uint8
	for i, bit := range order {
		if dots&(1<<i) != 0 {
			code |= 1 << bit
		}
	}
	return string(rune(0x2800 + int(code)))
}

func blockGlyph(dots uint8) string {
	return [16]string{
		" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛", "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█",
	}[dots&15]
}

// rasterOf chooses the finest raster that the terminal shows.
func rasterOf(g themes.Glyphs) raster {
	switch {
	case g.ASCII:
		return letters
	case g.Blocks:
		return blocks
	default:
		return braille
	}
}

// canvas is a field of dots; each cell has the style and, in ASCII, the letter
// of what was drawn there last.
type canvas struct {
	raster        raster
	width, height int // in cells
	dots          []uint8
	styles        []*lipgloss.Style
	marks         []string
}

func newCanvas(r raster, width, height int) *canvas {
	n := width * height
	return &canvas{raster: r, width: width, height: height, dots: make([]uint8, n), styles: make([]*lipgloss.Style, n), marks: make([]string, n)}
}

// set draws the dot at x, y from the upper left; outside it does nothing. A
// mark, if given, is drawn instead of dots.
func (c *canvas) set(x, y int, style *lipgloss.Style, mark string) {
	cx, cy := x/c.raster.across, y/c.raster.down
	if x < 0 || y < 0 || cx >= c.width || cy >= c.height {
		return
	}
	i := cy*c.width + cx
	c.dots[i] |= 1 << (y%c.raster.down*c.raster.across + x%c.raster.across)
	c.styles[i], c.marks[i] = style, mark
}

// line returns the row of cells at y. The cell under the cursor, if x is one,
// shows a rule where nothing else is.
func (c *canvas) line(y, cursor int, rule string, cursorStyle lipgloss.Style) string {
	var b strings.Builder
	for x := 0; x < c.width; {
		i := y*c.width + x
		if c.dots[i] == 0 {
			if x == cursor {
				b.WriteString(cursorStyle.Render(rule))
				x++
				continue
			}
			n := 1
			for x+n < c.width && c.dots[i+n] == 0 && x+n != cursor {
				n++
			}
			b.WriteString(strings.Repeat(" ", n))
			x += n
			continue
		}
		style, text := c.styles[i], ""
		for x < c.width && c.dots[i] != 0 && c.styles[i] == style {
			text += c.glyph(i)
			x, i = x+1, i+1
		}
		b.WriteString(style.Render(text))
	}
	return b.String()
}

func (c *canvas) glyph(i int) string {
	if c.marks[i] != "" {
		return c.marks[i]
	}
	return c.raster.glyph(c.dots[i])
}
