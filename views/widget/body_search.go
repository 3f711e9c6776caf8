package widget

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// maxHits bounds the hits that are counted; the status says when there are
// more.
const maxHits = 10_000

// search is what was looked for in a body, and where it is.
type search struct {
	query   string
	length  int // of a hit, in bytes
	offs    []int
	current int
	capped  bool
}

// Search finds a text, whatever its case unless it has capitals, and goes to
// the first hit from the top of the screen on. In hex, 0x1f8b looks for bytes.
// An empty query ends the search. It returns how many hits there are, at most
// 10 000.
func (b *Body) Search(query string) int {
	b.hits = search{query: query}
	needle := []byte(query)
	if digits, ok := strings.CutPrefix(query, "0x"); ok && b.view.hex {
		if raw, err := hex.DecodeString(strings.ReplaceAll(digits, " ", "")); err == nil {
			needle = raw
		}
	}
	if len(needle) == 0 {
		return 0
	}
	b.hits.length = len(needle)
	src := b.view.doc.src
	if bytes.Equal(needle, asciiLower(needle)) {
		src = asciiLower(src)
	}
	for off := 0; ; {
		i := bytes.Index(src[off:], needle)
		if i < 0 {
			break
		}
		if len(b.hits.offs) == maxHits {
			b.hits.capped = true
			break
		}
		b.hits.offs = append(b.hits.offs, off+i)
		off += i + len(needle)
	}
	b.hits.current = b.firstHit()
	b.showHit()
	return len(b.hits.offs)
}

// Query is what was last searched for.
func (b *Body) Query() string { return b.hits.query }

// Hits is how many hits the search has, at most 10 000.
func (b *Body) Hits() int { return len(b.hits.offs) }

// NextHit goes to the hit that stands so many further, round and round.
func (b *Body) NextHit(step int) {
	if n := len(b.hits.offs); n > 0 {
		b.hits.current = ((b.hits.current+step)%n + n) % n
		b.showHit()
	}
}

// firstHit is the first hit that is on screen or below, else the first.
func (b *Body) firstHit() int {
	top, _ := b.view.doc.line(b.top)
	for i, off := range b.hits.offs {
		if off >= top.from {
			return i
		}
	}
	return 0
}

// showHit scrolls to the current hit, if it is not on screen.
func (b *Body) showHit() {
	if len(b.hits.offs) == 0 {
		return
	}
	at := b.view.doc.lineAt(b.hits.offs[b.hits.current])
	if at < b.top || at > b.top+max(b.height/2, 1) {
		b.top, b.sub = max(at-b.height/3, 0), 0
		b.clampTop()
	}
}

// asciiLower lowers the letters A to Z: enough for a search, and every byte
// stays in its place.
func asciiLower(s []byte) []byte {
	lower := make([]byte, len(s))
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return lower
}

// status says how many hits there are, and which is the current one.
func (s *search) status() string {
	switch {
	case s.query == "":
		return ""
	case len(s.offs) == 0:
		return fmt.Sprintf("%s: not found", SafeFit(s.query, 20))
	case s.capped:
		return fmt.Sprintf("%s: hit %s of more than %s", SafeFit(s.query, 20), Count(int64(s.current+1)), Count(maxHits))
	default:
		return fmt.Sprintf("%s: hit %s of %s", SafeFit(s.query, 20), Count(int64(s.current+1)), Count(int64(len(s.offs))))
	}
}

// split cuts a piece where hits begin and end.
func (s *search) split(p piece, styles *themes.Styles) []Span {
	if p.off < 0 || len(s.offs) == 0 {
		return []Span{{p.text, p.style}}
	}
	var spans []Span
	add := func(to int, style lipgloss.Style) {
		if to = min(to, len(p.text)); to > 0 {
			spans = append(spans, Span{p.text[:to], style})
			p.text, p.off = p.text[to:], p.off+to
		}
	}
	for i := s.from(p.off); i < len(s.offs) && p.text != ""; i++ {
		add(s.offs[i]-p.off, p.style)
		style := styles.Match
		if i == s.current {
			style = style.Reverse(true)
		}
		if end := s.offs[i] + s.length - p.off; end > 0 {
			add(end, style)
		}
	}
	add(len(p.text), p.style)
	return spans
}

// from is the first hit that ends behind off.
func (s *search) from(off int) int {
	lo, hi := 0, len(s.offs)
	for lo < hi {
		if mid := (lo + hi) / 2; s.offs[mid]+s.length <= off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
