// Package widget holds the parts that screens are drawn from: safe text, a
// windowed table, charts, a viewer for message bodies and form fields. A
// widget knows no engine, and of keys only those that edit text; it is given a
// size, and what it renders never leaves it.
//
// Whatever comes from a message, a queue or a consumer is text by strangers:
// it reaches the screen only through Safe or a function that uses it.
package widget

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Align says on which side of its room a text stands.
type Align int

const (
	Left Align = iota
	Right
	Center
)

// maxMarks is how many combining marks may stand on one character: enough for
// every living script, too few to smear over the neighbouring lines.
const maxMarks = 4

// Safe makes s fit for one line of a terminal. What a terminal would act upon
// or hide becomes visible text: control characters their pictures (␛ ␊),
// bytes that are no UTF-8 \x9b, and C1, bidirectional, zero-width and
// unassigned characters <U+202E>. Every kind of space becomes a plain one.
// Safe text stays as it is.
func Safe(s string) string {
	if plain(s) {
		return s
	}
	out, _ := appendSafe(make([]byte, 0, len(s)+16), s, -1)
	return string(out)
}

// SafeFit is Safe cut to a width in cells, with an ellipsis where something
// was cut. It reads only as much of s as it shows.
func SafeFit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if len(s) <= width && plain(s) {
		return s
	}
	return safeFit(s, width, false)
}

// safeFit is SafeFit, of a text that goes on behind s if more is true.
func safeFit(s string, width int, more bool) string {
	// A cell holds at most two characters and their marks.
	out, rest := appendSafe(make([]byte, 0, 2*width+16), s, 2*width+2)
	if safe := string(out); !more && rest == "" || Width(safe) > width {
		return Fit(safe, width)
	}
	return Fit(string(out), width-1) + "…"
}

// Preview is the beginning of a body as one line: runs of white space become
// one space each.
func Preview(body []byte, width int) string {
	if width <= 0 {
		return ""
	}
	// Enough for text that is indented deep; more would be cut anyway.
	head := body[:min(len(body), 16*width+64)]
	cut := len(head) < len(body)
	text := string(head)
	if cut {
		text = trimPartialRune(text)
	}
	return safeFit(strings.Join(strings.Fields(text), " "), width, cut)
}

// trimPartialRune takes a rune off that a cut has left incomplete.
func trimPartialRune(s string) string {
	for i := 1; i <= min(utf8.UTFMax-1, len(s)); i++ {
		if tail := s[len(s)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// appendSafe appends the safe form of s, of at most limit characters that are
// no marks (negative: all), and returns what it did not reach.
func appendSafe(dst []byte, s string, limit int) (out []byte, rest string) {
	marks := maxMarks // none may stand at the very beginning
	for i := 0; i < len(s); {
		if limit == 0 {
			return dst, s[i:]
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		raw := s[i : i+size]
		i += size
		if size > 1 && zeroWidth(r) {
			if len(dst) == 0 {
				dst, marks = append(dst, "◌"...), 0
			}
			if marks < maxMarks {
				marks++
				dst = append(dst, raw...)
				continue
			}
			dst = fmt.Appendf(dst, "<U+%04X>", r)
			limit--
			continue
		}
		marks = 0
		limit--
		if size == 1 && ' ' <= r && r <= '~' {
			dst = append(dst, raw...)
			continue
		}
		dst = appendRune(dst, r, raw)
	}
	return dst, ""
}

// appendRune appends the safe form of one rune that is no mark.
func appendRune(dst []byte, r rune, raw string) []byte {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Appendf(dst, `\x%02x`, raw[0])
	case r < ' ':
		return utf8.AppendRune(dst, '␀'+r)
	case r == 0x7f:
		return append(dst, "␡"...)
	case presentation(r):
		return dst // says how to draw the symbol before it, and nothing else
	case r == '\u3000':
		return append(dst, "  "...)
	case unicode.Is(unicode.Zs, r):
		return append(dst, ' ')
	case !unicode.IsPrint(r), unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return fmt.Appendf(dst, "<U+%04X>", r)
	}
	return append(dst, raw...)
}

// presentation is the pair of selectors for the text and the emoji form.
func presentation(r rune) bool { return r == 0xfe0e || r == 0xfe0f }

// zeroWidth reports whether r is drawn over what stands before it.
func zeroWidth(r rune) bool {
	if r < 0x300 || !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return false
	}
	return unicode.Is(unicode.M, r) || ansi.StringWidth(string(r)) == 0
}

// Width is the number of cells that s takes, styled or not.
func Width(s string) int { return ansi.StringWidth(s) }

// Fit cuts s, styled or not, to a width in cells, with an ellipsis where
// something was cut.
func Fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if len(s) <= width && plain(s) {
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Pad cuts or fills s, styled or not, to exactly width cells.
func Pad(s string, width int, align Align) string {
	if width <= 0 {
		return ""
	}
	s = Fit(s, width)
	room := width - Width(s)
	switch align {
	case Right:
		return strings.Repeat(" ", room) + s
	case Center:
		return strings.Repeat(" ", room/2) + s + strings.Repeat(" ", room-room/2)
	default:
		return s + strings.Repeat(" ", room)
	}
}

// Wrap breaks safe text into lines of at most width cells, between words
// where it can.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(s, width, ""), "\n") {
		for Width(line) > width { // a word that Wrap did not break
			head := ansi.Truncate(line, width, "")
			if head == "" {
				break
			}
			lines, line = append(lines, head), line[len(head):]
		}
		lines = append(lines, Fit(line, width))
	}
	return lines
}

// Box cuts or fills a block, line by line, to exactly width × height cells.
func Box(block string, width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	lines := strings.Split(block, "\n")
	out := make([]string, height)
	for i := range out {
		if i < len(lines) {
			out[i] = Pad(lines[i], width, Left)
		} else {
			out[i] = strings.Repeat(" ", width)
		}
	}
	return strings.Join(out, "\n")
}
