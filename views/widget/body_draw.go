package widget

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Render draws exactly width × height cells.
func (b *Body) Render() string {
	if b.width == 0 || b.height == 0 {
		return ""
	}
	rows := make([]string, 0, b.height)
	for i, skip := b.top, b.sub; len(rows) < b.height; i, skip = i+1, 0 {
		drawn, ok := b.rows(i)
		if !ok {
			break
		}
		rows = append(rows, drawn[min(skip, len(drawn)):]...)
	}
	if b.view.doc.count == 0 && len(b.data) == 0 {
		rows = append(rows, Fit(b.styles.Muted.Render("(empty body)"), b.width))
	}
	rows = rows[:min(len(rows), b.height)]
	return Box(strings.Join(rows, "\n"), b.width, b.height)
}

// rows draws the i-th line as it stands on screen: one row, or several if it
// is wrapped.
func (b *Body) rows(i int) ([]string, bool) {
	l, ok := b.view.doc.line(i)
	if !ok {
		return nil, false
	}
	spans := b.safeSpans(b.view.pieces(b.view.doc.src, l, b.styles))
	if !b.wraps() {
		return []string{b.scrolled(spans)}, true
	}
	indent := min(2*l.indent, b.width/2)
	if l.continued {
		spans = append([]Span{{Text: strings.Repeat(" ", indent)}}, spans...)
	}
	return wrapSpans(spans, b.width, indent), true
}

// wraps reports whether long lines wrap: rows of hex never do.
func (b *Body) wraps() bool { return b.wrap && !b.view.hex }

// safeSpans makes the pieces of a line safe, with the hits marked.
func (b *Body) safeSpans(pieces []piece) []Span {
	var spans []Span
	for _, p := range pieces {
		for _, s := range b.hits.split(p, b.styles) {
			if s.Text = Safe(strings.ReplaceAll(s.Text, "\t", "    ")); s.Text != "" {
				spans = append(spans, s)
			}
		}
	}
	return spans
}

// scrolled draws one row of a line that is scrolled to the right.
func (b *Body) scrolled(spans []Span) string {
	var r strings.Builder
	for _, s := range spans {
		r.WriteString(s.Style.Render(s.Text))
	}
	if b.left > 0 {
		return Fit(ansi.Cut(r.String(), b.left, b.left+b.width+1), b.width)
	}
	return Fit(r.String(), b.width)
}

// wrapSpans breaks safe spans into rows of at most width cells; all rows but
// the first are indented.
func wrapSpans(spans []Span, width, indent int) []string {
	if indent > width-2 {
		indent = 0
	}
	var rows []string
	var r strings.Builder
	x := 0
	for _, s := range spans {
		text := s.Text
		for text != "" {
			head := ansi.Truncate(text, width-x, "")
			if head == "" && x <= indent { // a wide character in a narrow room
				head = text[:len(ansi.Truncate(text, 2, ""))]
				if head == "" {
					head = text
				}
				text = text[len(head):]
				head = "…"
			} else {
				text = text[len(head):]
			}
			if head != "" {
				r.WriteString(s.Style.Render(head))
				x += Width(head)
			}
			if text != "" {
				rows = append(rows, r.String())
				r.Reset()
				r.WriteString(strings.Repeat(" ", indent))
				x = indent
			}
		}
	}
	return append(rows, r.String())
}

// SetWrap says whether long lines wrap, or are scrolled sideways.
func (b *Body) SetWrap(wrap bool) {
	b.wrap, b.sub, b.left = wrap, 0, 0
	b.clampTop()
}

// Wrap reports whether long lines wrap.
func (b *Body) Wrap() bool { return b.wrap }

// Scroll moves the view by rows.
func (b *Body) Scroll(delta int) {
	for ; delta > 0; delta-- {
		if drawn, _ := b.rows(b.top); b.sub+1 < len(drawn) {
			b.sub++
			continue
		}
		if _, ok := b.view.doc.line(b.top + 1); !ok {
			break
		}
		b.top, b.sub = b.top+1, 0
	}
	for ; delta < 0; delta++ {
		if b.sub > 0 {
			b.sub--
			continue
		}
		if b.top == 0 {
			break
		}
		b.top--
		if drawn, ok := b.rows(b.top); ok {
			b.sub = len(drawn) - 1
		}
	}
	b.clampTop()
}

// ScrollSideways moves the view by cells; it does nothing while lines wrap.
func (b *Body) ScrollSideways(delta int) {
	if !b.wraps() {
		b.left = max(b.left+delta, 0)
	}
}

// Page moves the view by half pages: 2 is one page down.
func (b *Body) Page(halves int) { b.Scroll(halves * max(b.height, 2) / 2) }

// Home shows the beginning.
func (b *Body) Home() { b.top, b.sub, b.left = 0, 0, 0 }

// End shows the end.
func (b *Body) End() {
	b.top, b.sub = max(b.view.doc.lines()-1, 0), 0
	if drawn, ok := b.rows(b.top); ok {
		b.sub = len(drawn) - 1
	}
	b.clampTop()
}

// clampTop moves the view back so far that it is full, if there is enough to
// fill it.
func (b *Body) clampTop() {
	if b.height == 0 || b.width == 0 {
		return
	}
	missing := b.height + b.sub
	for i := b.top; missing > 0; i++ {
		drawn, ok := b.rows(i)
		if !ok {
			break
		}
		missing -= len(drawn)
	}
	for missing > 0 && b.sub+b.top > 0 {
		if b.sub > 0 {
			less := min(b.sub, missing)
			b.sub -= less
			missing -= less
			continue
		}
		b.top--
		if drawn, ok := b.rows(b.top); ok {
			b.sub = len(drawn)
		}
	}
}

// Position says how much of the body lies above the lower end of the screen,
// from 0 to 1, and whether everything is on screen. It is told by bytes, so
// that it needs no count of lines.
func (b *Body) Position() (fraction float64, all bool) {
	last, seen := line{}, -b.sub
	for i := b.top; seen < b.height; i++ {
		l, ok := b.view.doc.line(i)
		if !ok {
			return 1, b.top == 0 && b.sub == 0
		}
		drawn, _ := b.rows(i)
		last, seen = l, seen+len(drawn)
	}
	rest := b.view.doc.src[last.to:]
	if seen == b.height && skipSpace(rest, 0) == len(rest) {
		return 1, b.top == 0 && b.sub == 0
	}
	return float64(last.to) / float64(len(b.view.doc.src)), false
}
