package widget

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// pattern is how a series is told from others without colour: its dashes, on
// and off in dots, and its sign.
type pattern struct {
	on, off     int
	sign, ascii string
}

// patterns of the first, second, … series.
var patterns = []pattern{
	{1, 0, "━", "*"},
	{6, 2, "╍", "+"},
	{3, 1, "┅", "o"},
	{2, 2, "┉", "x"},
	{9, 3, "╺", "#"},
	{4, 4, "╸", "%"},
	{1, 2, "═", "@"},
	{12, 6, "┄", "&"},
}

// sign is the one of the k-th series, as the legend shows it.
func (c *Chart) sign(k int) string {
	if p := patterns[k%len(patterns)]; c.styles.Glyphs.ASCII {
		return p.ascii
	} else {
		return p.sign
	}
}

// sampled makes n values for n columns: of several the largest, between two
// that are further apart a line. Gaps stay gaps.
func sampled(values []float64, n int) []float64 {
	if len(values) >= n {
		return Resample(values, n)
	}
	out := make([]float64, n)
	for x := range out {
		if out[x] = Gap; len(values) == 0 {
			continue
		}
		// A value stands in the middle of its step.
		at := (float64(x)+0.5)*float64(len(values))/float64(n) - 0.5
		i := min(max(int(math.Floor(at)), 0), len(values)-1)
		left, right, part := values[i], values[min(i+1, len(values)-1)], min(max(at-float64(i), 0), 1)
		switch {
		case math.IsNaN(right) && part < 0.5:
			out[x] = left
		case math.IsNaN(left) && part >= 0.5:
			out[x] = right
		default:
			out[x] = left + (right-left)*part
		}
	}
	return out
}

// draw puts the k-th series on the canvas.
func (c *Chart) draw(field *canvas, k int, top float64) {
	s := &c.Series[k]
	across, down := field.width*field.raster.across, field.height*field.raster.down
	if across == 0 || down == 0 || top <= 0 {
		return
	}
	dash := patterns[k%len(patterns)]
	mark := ""
	if c.styles.Glyphs.ASCII {
		mark = dash.ascii
	}
	columns := sampled(s.Values, across)
	row := func(v float64) int {
		return down - 1 - int(math.Round(min(max(finite(v), 0)/top, 1)*float64(down-1)))
	}
	previous, ink := -1, 0
	dot := func(x, y int) {
		if mark != "" || ink%(dash.on+dash.off) < dash.on {
			field.set(x, y, &s.Style, mark)
		}
		ink++
	}
	for x, v := range columns {
		if math.IsNaN(v) {
			previous = -1
			continue
		}
		y := row(v)
		from := y
		if previous >= 0 {
			from = previous
		}
		// Go up or down beside the dot before, then set this one.
		for step := sign(y - from); from != y; {
			if from += step; from != y {
				dot(x, from)
			}
		}
		dot(x, y)
		if c.Fill && len(c.Series) == 1 {
			c.fill(field, x, y+1, down, s, mark)
		}
		previous = y
	}
}

// fill draws the area under a line: every dot in blocks, a light grid in
// braille.
func (c *Chart) fill(field *canvas, x, from, down int, s *ChartSeries, mark string) {
	if mark != "" {
		mark = ":"
	}
	for y := from; y < down; y++ {
		if field.raster.down == 2 || (x+y)%2 == 0 {
			if i := y/field.raster.down*field.width + x/field.raster.across; mark != "" && i < len(field.marks) && field.marks[i] != "" {
				continue // the line itself is there
			}
			field.set(x, y, &s.Style, mark)
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	default:
		return 0
	}
}

// Peak is the largest of the values; Gap if there is none.
func Peak(values []float64) float64 {
	peak := Gap
	for _, v := range values {
		if !math.IsNaN(v) && !(v <= peak) {
			peak = v
		}
	}
	return peak
}

// Average is the mean of the values that are no gaps; Gap if there is none.
func Average(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

// legend names the series with their values: under the read-out, or the
// newest; the peak, the average. With less room it says less.
func (c *Chart) legend() string {
	for _, l := range []legend{
		{title: true, gap: 3, peak: true, average: c.Average},
		{title: true, gap: 3, peak: true},
		{title: true, gap: 3},
		{gap: 2},
		{gap: 1},
	} {
		if line := c.legendOf(l); Width(line) <= c.width {
			return line
		}
	}
	return Fit(c.legendOf(legend{gap: 1, short: true}), c.width)
}

// legend says how much of it is written.
type legend struct {
	title, peak, average bool
	short                bool // names are cut
	gap                  int  // cells between two series
}

func (c *Chart) legendOf(l legend) string {
	parts := make([]string, 0, len(c.Series)+1)
	if c.Title != "" && (l.title || len(c.Series) == 0) {
		parts = append(parts, c.styles.Strong.Render(Safe(c.Title)))
	}
	for k, s := range c.Series {
		name := Safe(s.Name)
		if l.short {
			name = ansi.Truncate(name, 3, "") // an ellipsis would cost a quarter of the room
		}
		part := s.Style.Render(c.sign(k)+" "+name) + " " + c.styles.Strong.Render(c.Unit.Write(c.At(s)))
		if l.peak {
			part += c.styles.Muted.Render(" peak " + c.Unit.Write(Peak(s.Values)))
		}
		if l.average {
			part += c.styles.Muted.Render(" avg " + c.Unit.Write(Average(s.Values)))
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, strings.Repeat(" ", l.gap))
}

// The widths of the columns of a legend at the side.
const (
	sideNumber = 8
	sideName   = 14
	sideWidth  = 2 + sideName + 3*sideNumber
)

// sideLegend names the series in a table: the value under the read-out, or
// the newest; the peak; the average.
func (c *Chart) sideLegend(height int) []string {
	now := "now"
	if c.cursor >= 0 {
		now = "then"
	}
	muted := c.styles.Muted
	head := c.styles.Strong.Render(Pad(SafeFit(c.Title, sideName+1), sideName+2, Left))
	for _, title := range []string{now, "peak", "avg"} {
		head += muted.Render(Pad(title, sideNumber, Right))
	}
	lines := []string{head}
	for k, s := range c.Series {
		line := s.Style.Render(Pad(c.sign(k)+" "+SafeFit(s.Name, sideName-1), sideName+2, Left))
		line += c.styles.Strong.Render(Pad(c.Unit.Write(c.At(s)), sideNumber, Right))
		for _, v := range []float64{Peak(s.Values), Average(s.Values)} {
			line += muted.Render(Pad(c.Unit.Write(v), sideNumber, Right))
		}
		lines = append(lines, line)
	}
	return lines[:min(len(lines), height)]
}
