package widget

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"nixie/themes"
)

func terminalStyles(name string) *themes.Styles {
	return themes.New(themes.For(true), map[string]themes.Terminal{
		"braille": {}, "blocks": {Blocks: true}, "ascii": {ASCII: true},
	}[name])
}

// waves are two series with a gap and a peak in them.
func waves(s *themes.Styles) []ChartSeries {
	published, failed := make([]float64, 120), make([]float64, 120)
	for i := range published {
		published[i] = 300 + 200*math.Sin(float64(i)/9)
		failed[i] = math.Max(0, 90*math.Sin(float64(i)/20))
		if i > 60 && i < 75 {
			published[i], failed[i] = Gap, Gap
		}
	}
	published[100] = 730
	return []ChartSeries{{"published", s.Charts.Published, published}, {"failed", s.Charts.Failed, failed}}
}

func testChart(mode string, width, height int) *Chart {
	s := terminalStyles(mode)
	c := NewChart(s)
	c.Title, c.Series, c.Average = "rates", waves(s), true
	c.From = time.Date(2026, 3, 4, 12, 0, 3, 0, time.UTC)
	c.To, c.Zone = c.From.Add(2*time.Minute), time.UTC
	c.SetSize(width, height)
	return c
}

func TestChartGolden(t *testing.T) {
	for _, mode := range []string{"braille", "blocks", "ascii"} {
		for name, size := range map[string][2]int{"80": {80, 12}, "40": {40, 8}, "12": {12, 4}, "low": {30, 2}} {
			t.Run(mode+" "+name, func(t *testing.T) { golden(t, testChart(mode, size[0], size[1]).Render()) })
		}
		t.Run(mode+" cursor", func(t *testing.T) {
			c := testChart(mode, 80, 8)
			c.SetCursor(40)
			golden(t, c.Render())
		})
		t.Run(mode+" area", func(t *testing.T) {
			c := testChart(mode, 60, 8)
			c.Series, c.Fill = c.Series[:1], true
			golden(t, c.Render())
		})
	}
	t.Run("side", func(t *testing.T) {
		c := testChart("braille", 120, 8)
		c.Side = true
		golden(t, c.Render())
	})
	t.Run("empty", func(t *testing.T) {
		c := testChart("braille", 40, 6)
		c.Series = nil
		golden(t, c.Render())
	})
	t.Run("latency", func(t *testing.T) {
		c := testChart("braille", 70, 9)
		c.Unit = Seconds
		c.Series = c.Series[:1]
		golden(t, c.Render())
	})
	t.Run("days", func(t *testing.T) {
		c := testChart("braille", 90, 8)
		c.To = c.From.AddDate(0, 0, 7)
		golden(t, c.Render())
	})
}

func TestChartStyledGolden(t *testing.T) {
	c := testChart("braille", 50, 6)
	c.SetCursor(30)
	goldenStyled(t, c.Render())
}

func anyValues() *rapid.Generator[[]float64] {
	return rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.Float64(), rapid.Just(Gap), rapid.Just(0.0), rapid.Just(math.Inf(1))), 0, 300)
}

func TestChartFillsItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 50).Draw(t, "height")
		c := testChart(rapid.SampledFrom([]string{"braille", "blocks", "ascii"}).Draw(t, "mode"), width, height)
		c.Unit = Unit(rapid.IntRange(0, 2).Draw(t, "unit"))
		c.Fill, c.NoTimes = rapid.Bool().Draw(t, "fill"), rapid.Bool().Draw(t, "no times")
		c.Side = rapid.Bool().Draw(t, "side")
		c.To = c.From.Add(time.Duration(rapid.Int64Range(-1, int64(40*24*time.Hour)).Draw(t, "span")))
		c.Series = nil
		for range rapid.IntRange(0, 4).Draw(t, "series") {
			c.Series = append(c.Series, ChartSeries{hostile(t, "name"), c.styles.Good, anyValues().Draw(t, "values")})
		}
		c.SetCursor(rapid.IntRange(-2, 210).Draw(t, "cursor"))
		mustFill(t, c.Render(), width, height)
	})
}

// A column without a value has no dot, so a gap is seen as one.
func TestChartGapsAreBlank(t *testing.T) {
	c := testChart("braille", 80, 10)
	c.Title, c.NoTimes = "", true
	c.Series = []ChartSeries{{"x", c.styles.Good, make([]float64, 4)}}
	for i := range c.Series[0].Values {
		c.Series[0].Values[i] = Gap
	}
	for _, line := range strings.Split(ansi.Strip(c.Render()), "\n")[1:] {
		if _, drawn, _ := strings.Cut(strings.ReplaceAll(line, "┤", "│"), "│"); strings.TrimSpace(drawn) != "" {
			t.Fatalf("drawn without a value: %q", line)
		}
	}
}

func TestChartReadOut(t *testing.T) {
	c := testChart("braille", 100, 10)
	c.Series = c.Series[:1]
	if got := c.At(c.Series[0]); got != c.Series[0].Values[119] {
		t.Fatalf("the newest is %v", got)
	}
	at := c.From.Add(100*time.Second + 500*time.Millisecond)
	c.SetCursorTime(at)
	if got := c.At(c.Series[0]); got != 730 {
		t.Fatalf("at the peak %v", got)
	}
	if got, ok := c.CursorTime(); !ok || got.Sub(at).Abs() > c.Step() {
		t.Fatalf("the cursor is at %v, want %v", got, at)
	}
	c.SetCursorTime(c.From.Add(67 * time.Second))
	if got := c.At(c.Series[0]); !math.IsNaN(got) {
		t.Fatalf("in the gap %v", got)
	}
	c.SetCursorTime(time.Time{})
	if _, ok := c.CursorTime(); ok {
		t.Fatal("the cursor is still there")
	}
}

func TestTicksAreRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := Unit(rapid.IntRange(0, 2).Draw(t, "unit"))
		top := rapid.Float64Range(0, 1e9).Draw(t, "top")
		n := rapid.IntRange(1, 8).Draw(t, "n")
		ticks, end := u.scale(top, n)
		if len(ticks) < 2 || len(ticks) > n+1 || ticks[0] != 0 || end < top || ticks[len(ticks)-1] > end || end > 2.5*top && end > 1 {
			t.Fatalf("scale(%v, %d) = %v up to %v", top, n, ticks, end)
		}
	})
	for _, c := range []struct {
		unit Unit
		top  float64
		want float64
	}{{PerSecond, 97, 20}, {PerSecond, 0.4, 0.1}, {Number, 0.4, 1}, {Seconds, 170, 60}, {Seconds, 0.034, 0.01}, {Seconds, 3 * 86400, 86400}} {
		if got, _ := c.unit.scale(c.top, 5); math.Abs(got[1]-c.want) > 1e-9 {
			t.Errorf("unit %d up to %v steps by %v, want %v", c.unit, c.top, got[1], c.want)
		}
	}
}

func TestSpark(t *testing.T) {
	s := testStyles()
	for _, c := range []struct {
		values []float64
		width  int
		top    float64
		want   string
	}{
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 8, 0, "▁▂▃▄▅▆▇█"},
		{[]float64{1, 1}, 4, 0, "  ██"},
		{[]float64{1, 1}, 4, 7, "  ▂▂"},
		{[]float64{9, Gap, 0.001}, 3, 0, "█ ▂"},
		{[]float64{0, 0}, 2, 0, "▁▁"},
		{[]float64{1, 2, 3}, 2, 0, "▆█"},
		{nil, 2, 0, "  "},
		{nil, -1, 0, ""},
	} {
		if got := Spark(c.values, c.width, c.top, s); got != c.want {
			t.Errorf("Spark(%v, %d, %v) = %q, want %q", c.values, c.width, c.top, got, c.want)
		}
	}
}

func TestResampleKeepsThePeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := anyValues().Draw(t, "values")
		n := rapid.IntRange(1, 100).Draw(t, "n")
		got := Resample(values, n)
		if a, b := Peak(values), Peak(got); a != b && !(math.IsNaN(a) && math.IsNaN(b)) {
			t.Fatalf("the peak was %v, is %v", a, b)
		}
		if len(got) != min(n, len(values)) {
			t.Fatalf("%d values, want %d", len(got), n)
		}
	})
}

func BenchmarkChart(b *testing.B) {
	c := testChart("braille", 200, 50)
	for b.Loop() {
		c.Render()
	}
}
