package widget

import (
	"math"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// ChartSeries is one line of a chart. Values are those of equal steps of time
// over the whole chart; Gap where nothing was measured.
type ChartSeries struct {
	Name   string
	Style  lipgloss.Style
	Values []float64
}

// Chart draws series over time: a legend with the numbers, a value axis, the
// lines, a time axis. Each series has its own kind of line and sign, so that
// colour is never the only difference.
type Chart struct {
	Title    string
	Unit     Unit
	Series   []ChartSeries
	From, To time.Time
	Zone     *time.Location // of the time axis; nil is local
	// Fill draws the area under a single series.
	Fill bool
	// Average writes averages into the legend.
	Average bool
	// Side puts the legend to the right of the plot, as a table, where there
	// is room.
	Side bool
	// NoTimes leaves the time axis away, for charts one over another.
	NoTimes bool
	// LabelWidth makes value axes equally wide, see Chart.Labels. 0: as needed.
	LabelWidth int

	styles        *themes.Styles
	width, height int
	cursor        int // a column of the plot; -1: none
}

// NewChart returns an empty chart without a cursor.
func NewChart(styles *themes.Styles) *Chart { return &Chart{styles: styles, cursor: -1} }

// SetSize gives it its room in cells.
func (c *Chart) SetSize(width, height int) { c.width, c.height = max(width, 0), max(height, 0) }

// plot is where the lines are drawn, in cells from the chart's corner.
type plot struct{ x, y, width, height int }

// plot computes the room for the lines: the legend above, the axis and its
// labels to the left, the times below.
func (c *Chart) plot() plot {
	p := plot{y: 1, height: c.height - 1}
	if !c.NoTimes {
		p.height--
	}
	if c.height < 4 { // too low for a legend and times
		p = plot{height: c.height}
	}
	p.height = max(p.height, 0)
	if p.x = max(c.Labels(), c.LabelWidth) + 1; c.width-p.x < 8 {
		p.x = 0
	}
	p.width = max(c.width-p.x, 0)
	if c.beside() {
		p.width -= sideWidth + sideGap
		p.y, p.height = 0, p.height+p.y
	}
	return p
}

// sideGap is the room between the plot and the legend beside it.
const sideGap = 2

// beside reports whether the legend stands to the right of the plot.
func (c *Chart) beside() bool {
	return c.Side && c.width >= 2*sideWidth+16 && c.height > len(c.Series)
}

// Labels is the width that the labels of the value axis need.
func (c *Chart) Labels() int {
	widest := 0
	ticks, _ := c.scale(max(c.height-2, 1))
	for _, v := range ticks {
		widest = max(widest, Width(c.Unit.Write(v)))
	}
	return widest
}

// top is the largest value of all series.
func (c *Chart) top() float64 {
	top := 0.0
	for _, s := range c.Series {
		for _, v := range s.Values {
			top = max(top, finite(v))
		}
	}
	return top
}

// scale is the value axis of a plot of that height.
func (c *Chart) scale(height int) (ticks []float64, end float64) {
	return c.Unit.scale(c.top(), min(max(height/2, 1), 6))
}

// SetCursor puts the read-out on the column at x of the chart; outside the
// plot there is none.
func (c *Chart) SetCursor(x int) {
	p := c.plot()
	if c.cursor = x - p.x; c.cursor < 0 || c.cursor >= p.width {
		c.cursor = -1
	}
}

// SetCursorTime puts the read-out on a moment. The zero time takes it away.
func (c *Chart) SetCursorTime(t time.Time) {
	p := c.plot()
	c.cursor = -1
	if span := c.To.Sub(c.From); span > 0 && !t.Before(c.From) && !t.After(c.To) {
		c.cursor = min(int(float64(p.width)*float64(t.Sub(c.From))/float64(span)), p.width-1)
	}
}

// CursorTime is the moment under the read-out; ok is false if there is none.
func (c *Chart) CursorTime() (t time.Time, ok bool) {
	p := c.plot()
	if c.cursor < 0 || p.width == 0 {
		return time.Time{}, false
	}
	return c.From.Add(time.Duration((float64(c.cursor) + 0.5) / float64(p.width) * float64(c.To.Sub(c.From)))), true
}

// Step is the time that one column of the plot stands for.
func (c *Chart) Step() time.Duration { return c.To.Sub(c.From) / time.Duration(max(c.plot().width, 1)) }

// At is the value of a series under the read-out; without one, the newest
// that there is. A gap is Gap.
func (c *Chart) At(s ChartSeries) float64 {
	if c.cursor < 0 {
		for i := len(s.Values) - 1; i >= 0; i-- {
			if !math.IsNaN(s.Values[i]) {
				return s.Values[i]
			}
		}
		return Gap
	}
	columns := sampled(s.Values, max(c.plot().width, 1))
	return columns[min(c.cursor, len(columns)-1)]
}

// Render draws exactly width × height cells.
func (c *Chart) Render() string {
	if c.width == 0 || c.height == 0 {
		return ""
	}
	p := c.plot()
	var lines []string
	if p.y > 0 {
		lines = append(lines, c.legend())
	}
	lines = append(lines, c.body(p)...)
	if c.beside() {
		for i, l := range c.sideLegend(len(lines)) {
			lines[i] = Pad(lines[i], p.x+p.width+sideGap, Left) + l
		}
	}
	if len(lines) < c.height && !c.NoTimes {
		lines = append(lines, c.times(p))
	}
	return Box(strings.Join(lines, "\n"), c.width, c.height)
}

// body draws the value axis and the lines.
func (c *Chart) body(p plot) []string {
	if p.height == 0 {
		return nil
	}
	ticks, top := c.scale(p.height)
	field := newCanvas(rasterOf(c.styles.Glyphs), p.width, p.height)
	for k := range c.Series { // dashes over the solid line show both
		c.draw(field, k, top)
	}
	labels := make([]string, p.height)
	for _, v := range ticks {
		y := p.height - 1 - int(math.Round(v/top*float64(p.height-1)))
		labels[y] = c.Unit.Write(v)
	}
	lines := make([]string, p.height)
	rule, tick := "│", "┤"
	if c.styles.Glyphs.ASCII {
		rule, tick = "|", "+"
	}
	for y := range lines {
		line := ""
		if p.x > 0 {
			mark := rule
			if labels[y] != "" {
				mark = tick
			}
			line = c.styles.Charts.Axis.Render(Pad(labels[y], p.x-1, Right)) + c.styles.Faint.Render(mark)
		}
		lines[y] = line + field.line(y, c.cursor, rule, c.styles.Charts.Cursor)
	}
	return lines
}

// times draws the time axis: labels under the moments that they name.
func (c *Chart) times(p plot) string {
	zone := c.Zone
	if zone == nil {
		zone = time.Local
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", p.x))
	at := 0
	if t, ok := c.CursorTime(); ok {
		layout := "15:04:05"
		if c.To.Sub(c.From) > 24*time.Hour {
			layout = "Mon Jan 2 15:04"
		}
		label := Fit(t.In(zone).Format(layout), p.width)
		x := min(max(c.cursor-Width(label)/2, 0), p.width-Width(label))
		return b.String() + strings.Repeat(" ", x) + c.styles.Charts.Cursor.Render(label)
	}
	for _, tick := range timeTicks(c.From, c.To, p.width/12, zone) {
		x := int(float64(p.width) * float64(tick.at.Sub(c.From)) / float64(c.To.Sub(c.From)))
		x -= Width(tick.label) / 2
		if x < at || x+Width(tick.label) > p.width {
			continue
		}
		b.WriteString(strings.Repeat(" ", x-at) + c.styles.Charts.Axis.Render(tick.label))
		at = x + Width(tick.label) + 2
		if at <= p.width {
			b.WriteString("  ")
		}
	}
	return b.String()
}
