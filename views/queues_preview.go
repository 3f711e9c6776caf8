package views

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/engine"
	"nixie/views/widget"
)

// queuePreview shows the queue under the cursor: throughput, depth, time in
// queue, consumers, policy.
type queuePreview struct {
	env           *Env
	queue         queueRow
	fetch         *fetcher[previewData]
	chart, depth  *widget.Chart
	width, height int
}

// previewData is what is read for a preview.
type previewData struct {
	name      string
	series    engine.Series
	consumers []engine.ConsumerInfo
	at        time.Time
}

// settling is how long after its end the engine may still be closing a second:
// until then its numbers would look like a fall to nothing.
const settling = 250 * time.Millisecond

// previewSpan is how far back the preview's graph reaches.
const previewSpan = 2 * time.Minute

func newQueuePreview(env *Env) *queuePreview {
	p := &queuePreview{env: env, fetch: newFetcher[previewData](env, nil), chart: widget.NewChart(env.Styles), depth: widget.NewChart(env.Styles)}
	p.depth.Unit, p.depth.Fill = widget.Number, true
	return p
}

// show puts a queue into the preview, or none. Its numbers are those of the
// row; the rest is read if it is another queue than before.
func (p *queuePreview) show(q queueRow) tea.Cmd {
	other := q.Name != p.queue.Name
	p.queue = q
	if !other || q.Name == "" {
		return nil
	}
	e, clock := p.env.Engine, p.env.Now
	return p.fetch.Restart(func(ctx context.Context) (previewData, error) {
		d := previewData{name: q.Name, at: clock().Add(-settling)}
		var err error
		if d.series, err = e.History(ctx, q.Name, engine.Span{From: d.at.Add(-previewSpan), To: d.at, Step: time.Second}); err != nil {
			return d, err
		}
		d.consumers, err = e.Consumers(ctx, q.Name)
		return d, err
	})
}

// load reads again.
func (p *queuePreview) load() tea.Cmd {
	if p.queue.Name == "" {
		return nil
	}
	return p.fetch.Load()
}

func (p *queuePreview) update(msg tea.Msg) tea.Cmd {
	cmd, _ := p.fetch.Update(msg)
	return cmd
}

func (p *queuePreview) setSize(width, height int) { p.width, p.height = width, height }
func (p *queuePreview) close()                    { p.fetch.Close() }

// data is what was read, if it is of the queue that is shown.
func (p *queuePreview) data() previewData {
	if p.fetch.value.name != p.queue.Name {
		return previewData{}
	}
	return p.fetch.value
}

func (p *queuePreview) render(width, height int) string {
	s := p.env.Styles
	if p.queue.Name == "" {
		return framed(s, "", "", width, height, false)
	}
	glyph, style := p.queue.Health.Condition.sign(s)
	title := s.Bars.Title.Render(widget.SafeFit(p.queue.Name, width/2)) + "  " + style.Render(glyph+" "+p.queue.Health.Condition.String())
	inner := width - 4
	var content string
	if width >= 100 { // beside one another
		left := inner/2 - 1
		content = beside(
			widget.Box(strings.Join(p.graph(left, height-2), "\n"), left, height-2),
			widget.Box("", 3, height-2))
		content = beside(content, widget.Box(strings.Join(p.facts(inner-left-3), "\n"), inner-left-3, height-2))
	} else {
		facts := p.facts(inner)
		room := height - 2 - len(facts) - 1
		lines := facts
		switch {
		case room >= 24:
			lines = append(p.graph(inner, min(room*3/5, 18)), "")
			lines = append(lines, p.depthGraph(inner, min(room*2/5-1, 12))...)
			lines = append(append(lines, ""), facts...)
		case room >= 5:
			lines = append(append(p.graph(inner, min(room, 14)), ""), facts...)
		}
		if left := height - 2 - len(lines) - 1; left >= 3 && width < 100 {
			lines = append(append(lines, ""), p.consumerTable(inner, left)...)
		}
		content = strings.Join(lines, "\n")
	}
	lines := strings.Split(content, "\n")
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return framed(s, title, strings.Join(lines, "\n"), width, height, false)
}

// facts are the numbers and words.
func (p *queuePreview) facts(width int) []string {
	s, q := p.env.Styles, p.queue
	label := func(name, value string) string {
		return s.Muted.Render(widget.Pad(name, 10, widget.Left)) + value
	}
	lines := []string{
		s.Text.Render(widget.Fit(q.Health.Reason, width)),
		label("depth", s.Text.Render(widget.Count(q.Depth()))+s.Muted.Render(fmt.Sprintf("  %s ready, %s in flight, %s delayed", widget.Count(q.Ready), widget.Count(q.InFlight), widget.Count(q.Delayed)))),
	}
	wait, work := p.latencies()
	lines = append(lines,
		label("waits", p.quantiles(wait)),
		label("work", p.quantiles(work)),
		label("consumers", p.consumers(width-10)))
	name := "policy"
	for _, text := range policyText(q.Name, q.Policy) {
		for _, l := range widget.Wrap(widget.Safe(text), width-10) {
			lines = append(lines, label(name, s.Text.Render(l)))
			name = ""
		}
	}
	return lines
}

// latencies are the times in queue and in work, over the span.
func (p *queuePreview) latencies() (wait, work engine.Histogram) {
	for _, sample := range p.data().series.Samples {
		wait.Merge(sample.Wait)
		work.Merge(sample.Work)
	}
	return wait, work
}

// quantiles writes p50, p95 and p99 of a histogram.
func (p *queuePreview) quantiles(h engine.Histogram) string {
	s := p.env.Styles
	if h.Total() == 0 {
		return s.Muted.Render(s.Glyphs.Dash)
	}
	part := func(name string, q float64, style lipgloss.Style) string {
		return s.Muted.Render(name+" ") + style.Render(widget.Pad(widget.Duration(h.Quantile(q)), 7, widget.Left))
	}
	return part("p50", .5, s.Charts.P50) + part("p95", .95, s.Charts.P95) + part("p99", .99, s.Charts.P99)
}

func (p *queuePreview) consumers(width int) string {
	s := p.env.Styles
	list := p.data().consumers
	if len(list) == 0 {
		return s.Muted.Render("none within the last minute")
	}
	text := widget.Count(int64(len(list)))
	if p.queue.Waiting > 0 {
		text += fmt.Sprintf(" (%d waiting)", p.queue.Waiting)
	}
	var names []string
	for _, c := range list {
		name := c.Name
		if name == "" {
			name = "unnamed"
		}
		names = append(names, name)
	}
	return s.Text.Render(text) + s.Muted.Render("  "+widget.SafeFit(strings.Join(names, ", "), max(width-widget.Width(text)-2, 0)))
}

// consumerTable lists the consumers with what they did since the start.
func (p *queuePreview) consumerTable(width, rows int) []string {
	s := p.env.Styles
	list := p.data().consumers
	if len(list) == 0 {
		return nil
	}
	row := func(name, inFlight, acked, failed, seen string) string {
		name = widget.Pad(name, max(width-40, 8), widget.Left)
		for _, cell := range []string{inFlight, acked, failed} {
			name += widget.Pad(cell, 10, widget.Right)
		}
		return name + widget.Pad(seen, 10, widget.Right)
	}
	lines := []string{s.Rows.Header.Render(row("CONSUMER", "IN FLIGHT", "ACKED", "FAILED", "SEEN"))}
	for i, c := range list {
		if i >= rows-1 {
			lines[len(lines)-1] = s.Muted.Render(fmt.Sprintf("and %s more", widget.Count(int64(len(list)-i+1))))
			break
		}
		name := c.Name
		if name == "" {
			name = "unnamed"
		}
		seen := moment(p.env, c.LastSeen)
		if c.Waiting {
			seen = "waiting"
		}
		lines = append(lines, s.Text.Render(row(widget.SafeFit(name, max(width-40, 8)), widget.Count(int64(c.InFlight)), widget.Count(c.Totals.Acked), widget.Count(c.Totals.Failed), seen)))
	}
	return lines
}

// values spreads what was read over the seconds of the span that ends at to;
// what is missing is a gap.
func (p *queuePreview) values(to time.Time, value func(engine.Sample) float64) []float64 {
	series := p.data().series
	step := max(series.Step, time.Second)
	values := make([]float64, int(previewSpan/time.Second))
	for i := range values {
		values[i] = widget.Gap
	}
	for _, sample := range series.Samples {
		if i := len(values) - int(to.Sub(sample.Start)/step); i >= 0 && i < len(values) {
			values[i] = value(sample)
		}
	}
	return values
}

// graph draws what was published, acked and failed.
func (p *queuePreview) graph(width, height int) []string {
	s := p.env.Styles
	step := max(p.data().series.Step, time.Second).Seconds()
	to := p.data().at.Truncate(time.Second) // the second under way is not over yet
	rate := func(count func(engine.Sample) int64) []float64 {
		return p.values(to, func(x engine.Sample) float64 { return float64(count(x)) / step })
	}
	return p.draw(p.chart, to, width, height,
		widget.ChartSeries{Name: "published", Style: s.Charts.Published, Values: rate(func(x engine.Sample) int64 { return x.Published })},
		widget.ChartSeries{Name: "acked", Style: s.Charts.Acked, Values: rate(func(x engine.Sample) int64 { return x.Acked })},
		widget.ChartSeries{Name: "failed", Style: s.Charts.Failed, Values: rate(func(x engine.Sample) int64 { return x.Failed })})
}

// depthGraph draws the depth.
func (p *queuePreview) depthGraph(width, height int) []string {
	to := p.data().at.Truncate(time.Second)
	return p.draw(p.depth, to, width, height, widget.ChartSeries{
		Name: "depth", Style: p.env.Styles.Charts.Depth,
		Values: p.values(to, func(x engine.Sample) float64 { return float64(x.Depth) }),
	})
}

func (p *queuePreview) draw(c *widget.Chart, to time.Time, width, height int, series ...widget.ChartSeries) []string {
	c.From, c.To, c.Series, c.Zone = to.Add(-previewSpan), to, series, time.Local
	if p.env.Times == UTC {
		c.Zone = time.UTC
	}
	c.SetSize(width, height)
	return strings.Split(c.Render(), "\n")
}
