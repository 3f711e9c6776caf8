package views

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"nixie/keymap"
	"nixie/themes"
	"nixie/views/widget"
)

// The panels.
const (
	ratesPane = iota
	depthPane
	waitPane
)

// fill puts the data into the charts.
func (v *Activity) fill() {
	s, d := v.env.Styles, v.fetch.value
	for _, c := range v.charts {
		c.From, c.To, c.Series, c.Average = d.from, d.to, nil, true
		if c.Zone = time.Local; v.env.Times == UTC {
			c.Zone = time.UTC
		}
	}
	rates, depth, wait := v.charts[ratesPane], v.charts[depthPane], v.charts[waitPane]
	rates.Unit, depth.Unit, wait.Unit = widget.PerSecond, widget.Number, widget.Seconds
	depth.Title, depth.Fill = "waiting", true
	switch {
	case len(d.queues) > 1:
		v.compare(d)
	case len(d.queues) == 1:
		h := d.queues[0]
		rates.Title, wait.Title = "messages", "time in queue"
		for k, style := range []lipgloss.Style{s.Charts.Published, s.Charts.Delivered, s.Charts.Acked, s.Charts.Failed, s.Charts.Dead} {
			rates.Series = append(rates.Series, widget.ChartSeries{Name: activityRates[k].name, Style: style, Values: h.rates[k]})
		}
		depth.Series = []widget.ChartSeries{{Name: "depth", Style: s.Charts.Depth, Values: h.depth}}
		for k, style := range []lipgloss.Style{s.Charts.P50, s.Charts.P95, s.Charts.P99} {
			wait.Series = append(wait.Series, widget.ChartSeries{Name: []string{"p50", "p95", "p99"}[k], Style: style, Values: h.waits[k]})
		}
	}
	v.layout()
}

// compare draws one line for each queue.
func (v *Activity) compare(d activityData) {
	v.charts[ratesPane].Title = activityRates[v.metric].name
	v.charts[depthPane].Title, v.charts[depthPane].Fill = "depth", false
	v.charts[waitPane].Title = "p95 in queue"
	styles := seriesStyles(v.env.Styles)
	for k, h := range d.queues {
		style := styles[k%len(styles)]
		for pane, values := range [][]float64{h.rates[v.metric], h.depth, h.waits[1]} {
			c := v.charts[pane]
			c.Series = append(c.Series, widget.ChartSeries{Name: h.name, Style: style, Values: values})
		}
	}
}

// seriesStyles are the colours of lines that mean the same.
func seriesStyles(s *themes.Styles) []lipgloss.Style {
	return []lipgloss.Style{s.Charts.Published, s.Charts.P95, s.Charts.P50, s.Charts.Delivered, s.Charts.Depth, s.Charts.P99}
}

const (
	activityHead = 2
	allPanes     = 15 // rows that let all graphs be shown
)

// panes returns the height of each panel: all three if they find room, the
// rates twice as high as the others.
func (v *Activity) panes() [3]int {
	room := v.height - activityHead
	var heights [3]int
	if room < allPanes {
		heights[v.pane] = max(room, 0)
		return heights
	}
	part := room / 4
	heights[depthPane], heights[waitPane] = part, part+1
	heights[ratesPane] = room - 2*part - 1
	return heights
}

// mainPane is the one whose columns the read-out goes by.
func (v *Activity) mainPane() int {
	for i, h := range v.panes() {
		if h > 0 {
			return i
		}
	}
	return ratesPane
}

// layout gives the charts their sizes; all have the same columns.
func (v *Activity) layout() {
	heights, labels, last, side := v.panes(), 0, 0, true
	for i, c := range v.charts {
		c.SetSize(v.width-2, heights[i])
		if heights[i] > 0 {
			labels, last = max(labels, c.Labels()), i
			side = side && heights[i] > len(c.Series)
		}
	}
	for i, c := range v.charts {
		c.LabelWidth, c.Side = labels, side
		c.NoTimes = i != last
	}
	v.placeCursor()
}

// Render draws the screen.
func (v *Activity) Render() string {
	head, _ := v.head()
	lines := []string{head, ""}
	if note := v.note(); note != "" {
		return widget.Box(strings.Join(append(lines, " "+note), "\n"), v.width, v.height)
	}
	for i, h := range v.panes() {
		if h == 0 {
			continue
		}
		for _, l := range strings.Split(v.charts[i].Render(), "\n") {
			lines = append(lines, " "+l)
		}
	}
	return widget.Box(strings.Join(lines, "\n"), v.width, v.height)
}

// note is said instead of graphs, where there are none.
func (v *Activity) note() string {
	s := v.env.Styles
	switch {
	case v.fetch.err != nil && !v.fetch.loaded:
		return s.Bad.Render(s.Glyphs.Cross + " " + widget.Safe(v.fetch.err.Error()))
	case !v.fetch.loaded:
		return s.Muted.Render("reading the history" + s.Glyphs.Ellipsis)
	case !v.env.Engine.Capabilities().History:
		return s.Muted.Render("this engine keeps no history")
	}
	return ""
}

// head draws what is shown, the windows and the moment of the read-out; zones
// are what can be clicked of it.
func (v *Activity) head() (line string, zones []activityZone) {
	s := v.env.Styles
	name := widget.SafeFit(v.subject(), max(v.width/3, 8))
	line = " " + s.Strong.Render(name)
	zones = append(zones, activityZone{from: 1, to: 1 + widget.Width(name), action: keymap.ChooseQueue})
	line += "   "
	for i, w := range activityWindows {
		if i > 0 {
			line += s.Faint.Render(" " + s.Glyphs.Middle + " ")
		}
		style := s.Muted
		if i == v.window {
			style = s.Bars.ActiveTab
		}
		at := widget.Width(line)
		line += style.Render(w.name)
		zones = append(zones, activityZone{from: at, to: at + len(w.name), window: i})
	}
	right := ""
	switch {
	case v.fetch.err != nil && v.fetch.loaded:
		right = s.Bad.Render(s.Glyphs.Cross + " " + widget.SafeFit(v.fetch.err.Error(), v.width/3))
	case !v.cursor.IsZero():
		at, _ := v.charts[v.mainPane()].CursorTime()
		right = s.Charts.Cursor.Render(v.moment(at)) + s.Muted.Render(" "+s.Glyphs.Middle+" esc: now")
	case v.panes()[v.mainPane()] > 0 && v.height-activityHead < allPanes:
		right = s.Muted.Render(v.env.Keys.Key(keymap.NextMetric) + ": next graph")
	}
	if room := v.width - widget.Width(line) - widget.Width(right) - 1; room > 0 {
		line += strings.Repeat(" ", room) + right
	}
	return line, zones
}

// moment writes the time of the read-out, and how long ago it was.
func (v *Activity) moment(t time.Time) string {
	format := v.env.Times
	if format == Ages {
		format = Local
	}
	return clock(t, v.env.Now(), format) + ", " + widget.Age(v.env.Now().Sub(t)) + " ago"
}
