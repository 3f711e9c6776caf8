package widget

import (
	"math"
	"strings"

	"nixie/themes"
)

// Gap is the value of a step in which nothing was measured.
var Gap = math.NaN()

// Spark draws the newest values as one line of width cells, the oldest on the
// left; gaps, and what lies before the first value, are blank. Top is the value
// of a full cell; 0 takes the largest of those shown.
func Spark(values []float64, width int, top float64, styles *themes.Styles) string {
	if width <= 0 {
		return ""
	}
	values = values[max(len(values)-width, 0):]
	if top <= 0 {
		for _, v := range values {
			top = max(top, finite(v))
		}
	}
	levels := styles.Glyphs.Spark
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	for _, v := range values {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(levels[sparkLevel(finite(v), top, len(levels))])
	}
	return b.String()
}

// sparkLevel spreads values over the levels: 0 alone is the lowest, so that
// little differs from nothing.
func sparkLevel(v, top float64, levels int) int {
	if v <= 0 || top <= 0 {
		return 0
	}
	return min(max(int(math.Ceil(v/top*float64(levels-1))), 1), levels-1)
}

// finite is v, or 0 for what is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// Resample makes n values of more: each the largest of its part, so that no
// peak is lost; a part without any value is a gap. Fewer stay as they are.
func Resample(values []float64, n int) []float64 {
	if len(values) <= n || n <= 0 {
		return values
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = Gap
	}
	for i, v := range values {
		k := int((float64(i) + 0.5) * float64(n) / float64(len(values)))
		if !math.IsNaN(v) && !(v <= out[k]) {
			out[k] = v
		}
	}
	return out
}

// Progress is a bar of so many cells, full as far as something is done.
func Progress(g themes.Glyphs, done, total int64, cells int) string {
	full := 0
	if total > 0 {
		full = int(int64(cells) * done / total)
	}
	full = min(max(full, 0), cells)
	return strings.Repeat(g.BarFull, full) + strings.Repeat(g.BarEmpty, cells-full)
}
