package widget

import (
	"bytes"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// press makes the key message of a key by its name.
func press(key string) tea.KeyPressMsg {
	names := map[string]tea.Key{
		"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "enter": {Code: tea.KeyEnter}, "backspace": {Code: tea.KeyBackspace},
		"delete": {Code: tea.KeyDelete}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "tab": {Code: tea.KeyTab},
		"ctrl+w": {Code: 'w', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+k": {Code: 'k', Mod: tea.ModCtrl},
		"ctrl+left": {Code: tea.KeyLeft, Mod: tea.ModCtrl}, "ctrl+right": {Code: tea.KeyRight, Mod: tea.ModCtrl},
		"ctrl+home": {Code: tea.KeyHome, Mod: tea.ModCtrl}, "ctrl+end": {Code: tea.KeyEnd, Mod: tea.ModCtrl},
		"esc": {Code: tea.KeyEscape}, "space": {Code: ' ', Text: " "},
	}
	if k, ok := names[key]; ok {
		return tea.KeyPressMsg(k)
	}
	return tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
}

func TestEditorKeys(t *testing.T) {
	for _, c := range []struct {
		start string
		keys  string
		want  string // with | at the cursor
	}{
		{"", "a b c", "abc|"},
		{"abc", "right x", "ax|bc"},
		{"abc", "end backspace", "ab|"},
		{"abc", "delete", "|bc"},
		{"one two", "end ctrl+w", "one |"},
		{"one two", "ctrl+right ctrl+k", "one|"},
		{"one\ntwo", "down end ctrl+u", "one\n|"},
		{"one\ntwo", "end enter x", "one\nx|\ntwo"},
		{"long line\nab\nanother", "end down down", "long line\nab\nanother|"},
		{"long line\nab\nanother", "end left down down", "long line\nab\nanother|"},
		{"e\u0301x", "right", "e\u0301|x"},
		{"e\u0301x", "end left backspace", "|x"},
		{"日本", "right backspace", "|本"},
		{"a\xffb", "right right", "a\xff|b"},
		{"x", "ctrl+end ctrl+home", "|x"},
		{"", "backspace delete up down left right", "|"},
	} {
		e := NewEditor(testStyles())
		e.SetSize(20, 5)
		e.SetValue([]byte(c.start))
		for key := range strings.FieldsSeq(c.keys) {
			e.Update(press(key))
		}
		if got := string(e.text[:e.pos]) + "|" + string(e.text[e.pos:]); got != c.want {
			t.Errorf("%q after %s is %q, want %q", c.start, c.keys, got, c.want)
		}
	}
}

func TestEditorGolden(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		keys string
	}{
		"empty": {"", ""},
		"json":  {"{\n  \"id\": 1,\n  \"name\": \"a name that is far too long for the room that there is\"\n}", ""},
		"end":   {strings.Repeat("line\n", 50) + "the last one, which is long", "ctrl+end"},
		"bad":   {"\x1b[31mred\u202e\x00\ttab", "end"},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewEditor(testStyles())
			e.Placeholder, e.JSON = "the body of the message", true
			e.SetFocused(true)
			e.SetSize(30, 6)
			e.SetValue([]byte(c.text))
			for key := range strings.FieldsSeq(c.keys) {
				e.Update(press(key))
			}
			golden(t, e.Render())
		})
	}
}

// Whatever is typed, clicked and pasted: it fits, the cursor is inside, and
// where it is drawn is where a click would put it.
func TestEditorStaysInItsBox(t *testing.T) {
	keys := []string{"left", "right", "up", "down", "home", "end", "enter", "backspace", "delete", "pgup", "pgdown", "ctrl+w", "ctrl+u", "ctrl+k", "ctrl+left", "ctrl+right", "ctrl+home", "ctrl+end", "x", "日", "\u0301"}
	rapid.Check(t, func(t *rapid.T) {
		e := NewEditor(testStyles())
		e.Single, e.JSON = rapid.Bool().Draw(t, "single"), rapid.Bool().Draw(t, "json")
		width, height := rapid.IntRange(0, 60).Draw(t, "width"), rapid.IntRange(0, 12).Draw(t, "height")
		if e.Single {
			height = min(height, 1)
		}
		e.SetFocused(true)
		e.SetSize(width, height)
		text := hostile(t, "text")
		e.SetValue([]byte(text))
		if e.String() != text {
			t.Fatalf("%q became %q", text, e.String())
		}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				e.Update(tea.PasteMsg{Content: hostile(t, "paste")})
			case 1:
				e.Click(rapid.IntRange(-1, 70).Draw(t, "x"), rapid.IntRange(-1, 15).Draw(t, "y"))
			default:
				e.Update(press(rapid.SampledFrom(keys).Draw(t, "key")))
			}
			mustFill(t, e.Render(), width, height)
			if e.pos < 0 || e.pos > len(e.text) {
				t.Fatalf("the cursor is at %d of %d", e.pos, len(e.text))
			}
			x, y, ok := e.Cursor()
			if width > 0 && height > 0 && (!ok || x < 0 || x >= width || y < 0 || y >= height) {
				t.Fatalf("the cursor is at %d, %d (%v) in %d×%d", x, y, ok, width, height)
			}
		}
	})
}

func TestEditorClickIsWhereTheCursorIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := NewEditor(testStyles())
		e.SetFocused(true)
		e.SetSize(rapid.IntRange(12, 60).Draw(t, "width"), rapid.IntRange(2, 12).Draw(t, "height"))
		e.SetValue([]byte(rapid.StringMatching(`([a-z ]{0,40}\n){0,20}[a-zé日]{0,10}`).Draw(t, "text")))
		for range rapid.IntRange(0, len(e.text)).Draw(t, "to the right") {
			e.Update(press("right"))
		}
		x, y, ok := e.Cursor()
		if !ok {
			t.Fatal("no cursor")
		}
		before := e.pos
		e.Click(x, y)
		if e.pos != before {
			t.Fatalf("a click at %d, %d goes to %d, not %d", x, y, e.pos, before)
		}
	})
}

func TestEditorSaysWhatDoesNotFit(t *testing.T) {
	e := NewEditor(testStyles())
	e.SetSize(80, 20)
	e.Update(tea.PasteMsg{Content: strings.Repeat("é", editorLimit)})
	if len(e.Value()) != editorLimit || e.Notice() != "only 1 MiB of 2 MiB fit: the field takes 1 MiB" {
		t.Fatalf("%d bytes, %q", len(e.Value()), e.Notice())
	}
	e.Update(press("backspace"))
	e.Update(press("x"))
	if e.Notice() != "" {
		t.Fatalf("still %q", e.Notice())
	}
}

func TestInputIsOneLine(t *testing.T) {
	e := NewInput(testStyles())
	e.SetSize(8, 1)
	e.Update(tea.PasteMsg{Content: "one\r\ntwo\nthree"})
	if e.String() != "one two three" {
		t.Fatalf("%q", e.String())
	}
	if used, _ := e.Update(press("enter")); used {
		t.Fatal("enter belongs to the form")
	}
	e.SetFocused(true)
	if got := ansi.Strip(e.Render()); got != "o three " {
		t.Fatalf("shown %q", got)
	}
}

// A key in a megabyte must be answered within a frame, in one line or many.
func BenchmarkEditorMegabyte(b *testing.B) {
	for name, text := range map[string][]byte{
		"one line":   bytes.Repeat([]byte("0123456789abcdef"), 1<<16-1),
		"many lines": bytes.Repeat([]byte("0123456789abcde\n"), 1<<16-1),
	} {
		b.Run(name, func(b *testing.B) {
			e := NewEditor(testStyles())
			e.JSON = true
			e.SetFocused(true)
			e.SetSize(100, 40)
			e.SetValue(text)
			e.Update(press("ctrl+end"))
			for b.Loop() {
				e.Update(press("x"))
				e.Render()
				e.Cursor()
				e.Update(press("backspace"))
				e.Render()
				e.Cursor()
			}
		})
	}
}
