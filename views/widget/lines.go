package widget

import (
	"sort"
	"unicode/utf8"
)

// A document is a body cut into lines without holding them: what is kept is
// where every 64th line begins. So a body of 10 MB costs what is looked at.
type document struct {
	src  []byte
	step func(src []byte, at mark) (line, mark)

	marks []mark // of the lines 0, 64, 128, …
	next  mark   // of the first line that is not counted yet
	count int    // lines counted so far
	done  bool   // all are

	cached int // the line that after stands behind; -1: none
	after  mark
}

// mark is where a line begins, with what must be known to go on from there.
type mark struct {
	off      int
	depth    int32
	inString bool
}

// line is a piece of the source that is shown as one line.
type line struct {
	from, to  int // in src
	indent    int // levels
	inString  bool
	continued bool // goes on the line before, which was too long
}

// marksEvery is the number of lines between two marks.
const marksEvery = 64

// maxLine is the longest line in bytes; what is longer goes on in the next.
const maxLine = 1024

func newDocument(src []byte, step func([]byte, mark) (line, mark)) *document {
	return &document{src: src, step: step, cached: -1}
}

// grow counts lines until there are more than n, or all.
func (d *document) grow(n int) {
	for d.count <= n && !d.done {
		if d.next.off >= len(d.src) {
			d.done = true
			return
		}
		if d.count%marksEvery == 0 {
			d.marks = append(d.marks, d.next)
		}
		_, d.next = d.step(d.src, d.next)
		d.count++
	}
}

// line returns the i-th line; ok is false behind the last.
func (d *document) line(i int) (l line, ok bool) {
	if d.grow(i); i < 0 || i >= d.count {
		return line{}, false
	}
	at, k := d.marks[i/marksEvery], i/marksEvery*marksEvery
	if d.cached >= k && d.cached <= i {
		at, k = d.after, d.cached
	}
	for ; ; k++ {
		l, at = d.step(d.src, at)
		if k == i {
			d.cached, d.after = i+1, at
			return l, true
		}
	}
}

// lines is how many there are. It reads all of the source.
func (d *document) lines() int {
	for !d.done {
		d.grow(d.count + 1<<16)
	}
	return d.count
}

// lineAt returns the line in which the byte at off is shown.
func (d *document) lineAt(off int) int {
	for !d.done && d.next.off <= off {
		d.grow(d.count)
	}
	k := sort.Search(len(d.marks), func(k int) bool { return d.marks[k].off > off }) - 1
	if k < 0 {
		return 0
	}
	at, i := d.marks[k], k*marksEvery
	for i < d.count-1 {
		if _, at = d.step(d.src, at); at.off > off {
			break
		}
		i++
	}
	return i
}

// textStep cuts at newlines.
func textStep(src []byte, at mark) (line, mark) {
	l := line{from: at.off, continued: at.inString}
	end := min(len(src), at.off+maxLine)
	for i := at.off; i < end; i++ {
		if src[i] == '\n' {
			l.to = i
			return l, mark{off: i + 1}
		}
	}
	l.to = end
	if end < len(src) {
		l.to = runeStart(src, end)
	}
	return l, mark{off: l.to, inString: true}
}

// runeStart is the last beginning of a character at or before i, if one is
// near.
func runeStart(src []byte, i int) int {
	for k := i; k > i-utf8.UTFMax && k > 0; k-- {
		if utf8.RuneStart(src[k]) {
			return k
		}
	}
	return i
}

// jsonStep cuts JSON as if it were indented: behind brackets that open and
// behind commas, before brackets that close. It is lenient: whatever is no
// JSON is shown all the same.
func jsonStep(src []byte, at mark) (line, mark) {
	i, depth := at.off, at.depth
	if !at.inString {
		i = skipSpace(src, i)
	}
	l := line{from: i, indent: int(depth), inString: at.inString, continued: at.inString}
	end := func(next int, depth int32, inString bool) (line, mark) {
		l.to = next
		if !inString {
			next = skipSpace(src, next)
		}
		return l, mark{off: max(next, at.off+1), depth: depth, inString: inString}
	}
	for i < len(src) {
		c := src[i]
		inString := l.inString && i == l.from
		switch {
		case inString || c == '"':
			var cut bool
			if i, cut = stringEnd(src, i, inString, l.from+maxLine); cut {
				return end(i, depth, true)
			}
		case c == '{' || c == '[':
			if next := skipSpace(src, i+1); next < len(src) && src[next] == c+2 {
				i = next + 1
				break
			}
			return end(i+1, depth+1, false)
		case c == '}' || c == ']':
			if i > l.from {
				return end(i, depth, false)
			}
			depth = max(depth-1, 0)
			l.indent = int(depth)
			i++
		case c == ',':
			return end(i+1, depth, false)
		case c == ':':
			i++
		default:
			i = scalarEnd(src, i, l.from+maxLine)
		}
		next := skipSpace(src, i)
		// At the top level each value has a line of its own, as in JSON lines.
		if depth == 0 && next < len(src) && src[next] != ',' && src[next] != ':' && (i == 0 || src[i-1] != ':') {
			return end(i, depth, false)
		}
		if next-l.from >= maxLine {
			return end(i, depth, false)
		}
		i = next
	}
	return end(len(src), depth, false)
}

// skipSpace returns the first index from i on that is no JSON white space.
func skipSpace(src []byte, i int) int {
	for i < len(src) && (src[i] == ' ' || src[i] == '\n' || src[i] == '\t' || src[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns where the string at i ends; cut, if it reaches limit
// before. inside says that i is already behind its opening quote.
func stringEnd(src []byte, i int, inside bool, limit int) (end int, cut bool) {
	if !inside {
		i++
	}
	for i < len(src) {
		switch {
		case src[i] == '"':
			return i + 1, false
		case i >= limit:
			return runeStart(src, i), true
		case src[i] == '\\' && i+1 < len(src):
			i += 2
		default:
			i++
		}
	}
	return len(src), false
}

// scalarEnd returns where the number or word at i ends, at least one byte
// further.
func scalarEnd(src []byte, i, limit int) int {
	for from := i; i < len(src) && (i < limit || i == from); i++ {
		switch src[i] {
		case ' ', '\n', '\t', '\r', ',', ':', '{', '}', '[', ']', '"':
			if i > from {
				return i
			}
		}
	}
	return i
}

// hexStep returns the step that cuts a source into rows of n bytes.
func hexStep(n int) func([]byte, mark) (line, mark) {
	return func(src []byte, at mark) (line, mark) {
		to := min(at.off+n, len(src))
		return line{from: at.off, to: to}, mark{off: to}
	}
}
