package widget

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"nixie/themes"
)

func testStyles() *themes.Styles { return themes.New(themes.For(true), themes.Terminal{}) }

func asciiStyles() *themes.Styles {
	return themes.New(themes.For(true), themes.Terminal{ASCII: true})
}

var queueColumns = []Column{
	{Key: "name", Title: "QUEUE", Min: 8, Ideal: 16, Grow: 3, Sortable: true},
	{Key: "ready", Title: "READY", Min: 7, Align: Right, Sortable: true},
	{Key: "dead", Title: "DEAD", Min: 6, Align: Right, Priority: 1, Sortable: true},
	{Key: "oldest", Title: "OLDEST", Min: 7, Align: Right, Priority: 3},
	{Key: "spark", Title: "60 s", Min: 8, Ideal: 12, Grow: 1, Priority: 4},
	{Key: "state", Title: "STATE", Min: 10, Priority: 2},
}

// idRows are rows whose cells are made of their ids.
func idRows(s *themes.Styles, ids ...string) Rows {
	return Rows{
		Len: len(ids),
		ID:  func(i int) string { return ids[i] },
		Cells: func(i int) []Cell {
			return []Cell{
				Text(ids[i]), Text(Count(int64(i) * 1777)), Styled(Count(int64(i)), s.Bad), Text("4m 12s"),
				Styled(Spark([]float64{1, 2, float64(i), 4, 5, 6, 7, 8}, 8, 0, s), s.Accent),
				{{Text: s.Glyphs.Dot + " ", Style: s.Good}, {Text: "flowing"}},
			}
		},
	}
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("queue-%03d", i)
	}
	return all
}

// mustFill fails if a block is not exactly width × height cells.
func mustFill(t interface {
	Helper()
	Fatalf(string, ...any)
}, block string, width, height int,
) {
	t.Helper()
	if width <= 0 || height <= 0 {
		if block != "" {
			t.Fatalf("%d×%d cells hold %q", width, height, block)
		}
		return
	}
	lines := strings.Split(block, "\n")
	if len(lines) != height {
		t.Fatalf("%d lines in %d×%d:\n%s", len(lines), width, height, ansi.Strip(block))
	}
	for _, line := range lines {
		if w := Width(line); w != width {
			t.Fatalf("a line of %d cells in %d×%d: %q", w, width, height, line)
		}
		mustBeSafe(t, ansi.Strip(line))
	}
}

func TestGridGolden(t *testing.T) {
	for name, draw := range map[string]func() string{
		"wide": func() string { return drawGrid(testStyles(), 100, 8, 200) },
		"80":   func() string { return drawGrid(testStyles(), 80, 6, 3) },
		"40":   func() string { return drawGrid(testStyles(), 40, 6, 200) },
		"tiny": func() string { return drawGrid(testStyles(), 12, 3, 200) },
		"ascii": func() string {
			return drawGrid(asciiStyles(), 80, 6, 200)
		},
		"empty": func() string { return drawGrid(testStyles(), 60, 4, 0) },
	} {
		t.Run(name, func(t *testing.T) { golden(t, draw()) })
	}
}

func drawGrid(s *themes.Styles, width, height, rows int) string {
	g := NewGrid(s, queueColumns...)
	g.SetSize(width, height)
	g.SetSort("dead", true)
	g.SetRows(idRows(s, names(rows)...))
	g.Move(1)
	g.ToggleMark()
	g.Move(1)
	return g.Render()
}

func TestGridStyledGolden(t *testing.T) {
	goldenStyled(t, drawGrid(testStyles(), 80, 5, 5))
}

func TestGridFillsItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testStyles()
		width, height := rapid.IntRange(0, 200).Draw(t, "width"), rapid.IntRange(0, 30).Draw(t, "height")
		ids := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) string { return hostile(t, "id") }), rapid.ID).Draw(t, "ids")
		g := NewGrid(s, queueColumns...)
		g.SetSize(width, height)
		g.SetRows(idRows(s, ids...))
		for range rapid.IntRange(0, 10).Draw(t, "moves") {
			switch rapid.IntRange(0, 4).Draw(t, "move") {
			case 0:
				g.Move(rapid.IntRange(-5, 5).Draw(t, "delta"))
			case 1:
				g.MovePages(rapid.IntRange(-2, 2).Draw(t, "halves"))
			case 2:
				g.Scroll(rapid.IntRange(-9, 9).Draw(t, "scroll"))
			case 3:
				g.End()
			case 4:
				g.ToggleMark()
			}
			mustFill(t, g.Render(), width, height)
			first, last := g.Visible()
			if _, i, ok := g.Cursor(); ok && height > 1 && (i < first || i >= last) {
				t.Fatalf("the cursor %d is outside [%d, %d)", i, first, last)
			}
		}
	})
}

func TestGridCursorStaysWithItsRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testStyles()
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,4}`), 1, 40, rapid.ID).Draw(t, "ids")
		g := NewGrid(s, queueColumns...)
		g.SetSize(80, 10)
		g.SetRows(idRows(s, ids...))
		g.Move(rapid.IntRange(0, 50).Draw(t, "down"))
		id, at, _ := g.Cursor()

		next := rapid.Permutation(ids).Draw(t, "order")
		next = next[:rapid.IntRange(0, len(next)).Draw(t, "kept")]
		g.SetRows(idRows(s, next...))
		now, index, ok := g.Cursor()
		switch where := slices.Index(next, id); {
		case where >= 0 && (now != id || index != where):
			t.Fatalf("the cursor was on %q, now at %d; it is on %q", id, where, now)
		case where < 0 && ok && index != min(at, len(next)-1):
			t.Fatalf("the row at %d went; the cursor is at %d of %d", at, index, len(next))
		case ok != (len(next) > 0):
			t.Fatalf("a cursor (%v) among %d rows", ok, len(next))
		}
	})
}

func TestGridAfterNoRows(t *testing.T) {
	s := testStyles()
	g := NewGrid(s, queueColumns...)
	g.SetSize(80, 10)
	g.SetRows(idRows(s))
	g.ToggleMark()
	g.MarkRange()
	g.Move(3)
	g.End()
	if _, _, ok := g.Cursor(); ok {
		t.Fatal("a cursor without rows")
	}
	g.SetRows(idRows(s, names(3)...))
	if id, _, _ := g.Cursor(); id != "queue-000" {
		t.Fatalf("the cursor is on %q", id)
	}
}

func TestGridMarks(t *testing.T) {
	s := testStyles()
	g := NewGrid(s, queueColumns...)
	g.SetSize(80, 10)
	g.SetRows(idRows(s, names(9)...))
	g.Move(2)
	g.ToggleMark()
	g.Move(3)
	g.MarkRange()
	if got := g.Marks(); !slices.Equal(got, names(9)[2:6]) {
		t.Fatalf("marked %v", got)
	}
	g.SetRows(idRows(s, "other", "queue-003"))
	if g.MarkCount() != 4 || !g.Marked("queue-003") || g.Marked("other") {
		t.Fatalf("marked %v", g.Marks())
	}
	if !g.ClearMarks() || g.ClearMarks() || g.MarkCount() != 0 {
		t.Fatal("marks are left")
	}
}

func TestGridHit(t *testing.T) {
	s := testStyles()
	g := NewGrid(s, queueColumns...)
	g.SetSize(80, 6)
	g.SetRows(idRows(s, names(50)...))
	g.Scroll(10)
	for _, c := range []struct {
		x, y int
		want Hit
	}{
		{4, 0, Hit{Kind: OnHeader, Column: "name"}},
		{0, 0, Hit{Kind: OnHeader}},
		{4, 1, Hit{Kind: OnRow, Index: 10, ID: "queue-010", Column: "name"}},
		{0, 5, Hit{Kind: OnRow, Index: 14, ID: "queue-014"}},
		{79, 1, Hit{Kind: OnScrollbar}},
		{79, 5, Hit{Kind: OnScrollbar, Fraction: 1}},
		{80, 1, Hit{}},
		{-1, 1, Hit{}},
		{4, 6, Hit{}},
	} {
		if got := g.Hit(c.x, c.y); got != c.want {
			t.Errorf("Hit(%d, %d) = %+v, want %+v", c.x, c.y, got, c.want)
		}
	}
}

func TestGridBackgroundGoesThrough(t *testing.T) {
	s := testStyles()
	g := NewGrid(s, queueColumns...)
	g.SetSize(100, 3)
	g.SetRows(idRows(s, names(2)...))
	line := strings.Split(g.Render(), "\n")[1]
	// Every piece of text that is drawn must come with the row's background.
	line = line[:strings.LastIndex(line[:len(line)-1], "\x1b[m")+3]
	for piece := range strings.SplitSeq(line, "\x1b[m") {
		if piece != "" && !strings.Contains(piece, "48;2;42;49;82") {
			t.Errorf("%q ends the background of %q", piece, line)
		}
	}
}

func TestThumb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		height := rapid.IntRange(1, 60).Draw(t, "height")
		total := rapid.Int64Range(int64(height), 1e9).Draw(t, "total")
		first := rapid.Int64Range(0, total-int64(height)).Draw(t, "first")
		from, to := thumb(height, total, first)
		if from < 0 || to > height || from >= to {
			t.Fatalf("thumb [%d, %d) of %d", from, to, height)
		}
		if first == 0 && from != 0 || first == total-int64(height) && to != height {
			t.Fatalf("thumb [%d, %d) of %d at %d of %d", from, to, height, first, total)
		}
	})
}

func TestSortStep(t *testing.T) {
	g := NewGrid(testStyles(), queueColumns...)
	g.SetSort("dead", false)
	for step, want := range map[int]string{1: "name", -1: "ready", 0: "dead", -5: "name"} {
		if got := g.SortStep(step); got != want {
			t.Errorf("SortStep(%d) = %q, want %q", step, got, want)
		}
	}
}
