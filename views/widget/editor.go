package widget

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"nixie/themes"
)

// Editor is a text field of one or many lines. It keeps exactly the bytes that
// it is given, whatever they are, and shows them as safe text; long lines wrap.
// It stays quick with a megabyte in it.
type Editor struct {
	// Single keeps it to one line, which is scrolled sideways. Newlines that
	// are pasted become blanks.
	Single bool
	// Limit is the most bytes that it takes; Notice says when it is reached.
	Limit int
	// Placeholder is shown while it is empty.
	Placeholder string
	// JSON colours the text by type.
	JSON bool
	// Base lies under the text, and fills the field.
	Base lipgloss.Style

	styles        *themes.Styles
	text          []byte
	starts        []int         // of the lines
	wraps         map[int][]int // where the rows of a line begin, see wrapLine
	pos           int           // of the cursor, a byte offset
	goal          int           // the cell that up and down aim for; -1: the cursor's
	width, height int
	top, sub      int // the first line on screen, and its first row
	left          int // the first cell, if Single
	focused       bool
	notice        string
}

// editorLimit is the Limit of a new editor: more is loaded from a file.
const editorLimit = 1 << 20

// NewEditor returns an empty editor of many lines.
func NewEditor(styles *themes.Styles) *Editor {
	e := &Editor{styles: styles, Limit: editorLimit, goal: -1, wraps: map[int][]int{}}
	e.index()
	return e
}

// NewInput returns an empty editor of one line.
func NewInput(styles *themes.Styles) *Editor {
	e := NewEditor(styles)
	e.Single, e.Limit, e.height = true, 4096, 1
	return e
}

// Value returns the text; it must not be changed.
func (e *Editor) Value() []byte { return e.text }

// String returns the text.
func (e *Editor) String() string { return string(e.text) }

// SetValue replaces the text, whole and even if it is larger than Limit, and
// puts the cursor at its beginning, or at its end if Single.
func (e *Editor) SetValue(text []byte) {
	e.text, e.pos, e.goal, e.notice = bytes.Clone(text), 0, -1, ""
	if e.Single {
		e.pos = len(e.text)
	}
	e.top, e.sub, e.left = 0, 0, 0
	e.index()
	e.reveal()
}

// Notice says what an edit could not do: "the paste was cut to 1 MiB".
func (e *Editor) Notice() string { return e.notice }

// SetFocused says whether it has the keyboard.
func (e *Editor) SetFocused(focused bool) { e.focused = focused }

// SetSize gives it its room in cells.
func (e *Editor) SetSize(width, height int) {
	if width != e.width {
		clear(e.wraps)
	}
	e.width, e.height = max(width, 0), max(height, 0)
	e.reveal()
}

// Position is the line and the column of the cursor, from 1 on; columns count
// characters.
func (e *Editor) Position() (line, column int) {
	i := e.lineOf(e.pos)
	return i + 1, utf8.RuneCount(e.text[e.starts[i]:e.pos]) + 1
}

// Goto puts the cursor at a byte offset.
func (e *Editor) Goto(off int) {
	e.pos, e.goal = min(max(off, 0), len(e.text)), -1
	e.reveal()
}

// index finds the lines.
func (e *Editor) index() {
	clear(e.wraps)
	e.starts = append(e.starts[:0], 0)
	if e.Single {
		return
	}
	for i := 0; ; {
		k := bytes.IndexByte(e.text[i:], '\n')
		if k < 0 {
			return
		}
		i += k + 1
		e.starts = append(e.starts, i)
	}
}

// lineOf is the line in which a byte stands.
func (e *Editor) lineOf(off int) int {
	lo, hi := 0, len(e.starts)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; e.starts[mid] <= off {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// lineEnd is where a line ends, before its newline.
func (e *Editor) lineEnd(i int) int {
	if i+1 < len(e.starts) {
		return e.starts[i+1] - 1
	}
	return len(e.text)
}

// splice replaces the bytes [from, to) and puts the cursor behind what is new.
func (e *Editor) splice(from, to int, with []byte) {
	text := make([]byte, 0, len(e.text)+len(with))
	text = append(append(append(text, e.text[:from]...), with...), e.text[to:]...)
	e.text, e.pos, e.goal = text, from+len(with), -1
	e.index()
}

// Insert types text at the cursor, as much as fits.
func (e *Editor) Insert(text []byte) {
	e.notice = ""
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if e.Single {
		text = bytes.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, text)
	}
	if room := max(e.Limit-len(e.text), 0); len(text) > room {
		whole := len(text)
		text = text[:runeStart(text, room)]
		e.notice = fmt.Sprintf("only %s of %s fit: the field takes %s", Bytes(int64(len(text))), Bytes(int64(whole)), Bytes(int64(e.Limit)))
	}
	e.splice(e.pos, e.pos, text)
	e.reveal()
}

// Update takes a key or a paste; used reports whether it meant something here,
// changed whether the text is another one.
func (e *Editor) Update(msg tea.Msg) (used, changed bool) {
	switch m := msg.(type) {
	case tea.PasteMsg:
		before := len(e.text)
		e.Insert([]byte(m.Content))
		return true, len(e.text) != before
	case tea.KeyPressMsg:
		if m.Text != "" {
			before := len(e.text)
			e.Insert([]byte(m.Text))
			return true, len(e.text) != before
		}
		before := len(e.text)
		used = e.key(m.String())
		if used {
			e.reveal()
		}
		return used, len(e.text) != before
	}
	return false, false
}

// key does what a key that types nothing does.
func (e *Editor) key(key string) bool {
	at := e.lineOf(e.pos)
	switch key {
	case "left":
		e.move(e.before(e.pos))
	case "right":
		e.move(e.after(e.pos))
	case "ctrl+left", "alt+left":
		e.move(e.wordBefore())
	case "ctrl+right", "alt+right":
		e.move(e.wordAfter())
	case "home":
		e.move(e.starts[at])
	case "end":
		e.move(e.lineEnd(at))
	case "ctrl+home":
		e.move(0)
	case "ctrl+end":
		e.move(len(e.text))
	case "backspace":
		e.splice(e.before(e.pos), e.pos, nil)
	case "delete":
		e.splice(e.pos, e.after(e.pos), nil)
	case "ctrl+w", "alt+backspace":
		e.splice(e.wordBefore(), e.pos, nil)
	case "ctrl+u":
		e.splice(e.starts[at], e.pos, nil)
	case "ctrl+k":
		e.splice(e.pos, e.lineEnd(at), nil)
	default:
		return !e.Single && e.keyLines(key)
	}
	return true
}

// keyLines does the keys that need more than one line.
func (e *Editor) keyLines(key string) bool {
	switch key {
	case "up":
		e.moveRows(-1)
	case "down":
		e.moveRows(1)
	case "pgup":
		e.moveRows(-max(e.height-1, 1))
	case "pgdown":
		e.moveRows(max(e.height-1, 1))
	case "enter":
		e.Insert([]byte("\n"))
	default:
		return false
	}
	return true
}

func (e *Editor) move(pos int) { e.pos, e.goal = pos, -1 }

// before is where the character before off begins, its marks included.
func (e *Editor) before(off int) int {
	for off > 0 {
		r, size := utf8.DecodeLastRune(e.text[:off])
		if off -= size; size < 2 || !zeroWidth(r) {
			break
		}
	}
	return off
}

// after is where the character at off ends, its marks included.
func (e *Editor) after(off int) int {
	_, size := utf8.DecodeRune(e.text[off:])
	for off += size; off < len(e.text); off += size {
		var r rune
		if r, size = utf8.DecodeRune(e.text[off:]); size < 2 || !zeroWidth(r) {
			break
		}
	}
	return off
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// wordBefore is where the word at or before the cursor begins.
func (e *Editor) wordBefore() int {
	inWord := false
	for off := e.pos; off > 0; {
		r, size := utf8.DecodeLastRune(e.text[:off])
		if inWord && !isWord(r) {
			return off
		}
		inWord = inWord || isWord(r)
		off -= size
	}
	return 0
}

// wordAfter is where the word at or behind the cursor ends.
func (e *Editor) wordAfter() int {
	inWord := false
	for off := e.pos; off < len(e.text); {
		r, size := utf8.DecodeRune(e.text[off:])
		if inWord && !isWord(r) {
			return off
		}
		inWord = inWord || isWord(r)
		off += size
	}
	return len(e.text)
}
