package widget

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"nixie/themes"
)

func testForm(s *themes.Styles) *Form {
	queue := NewTextItem(s, "a queue")
	queue.Suggest = func(text string) []string {
		var found []string
		for _, q := range []string{"orders", "payments", "payouts"} {
			if strings.HasPrefix(q, text) {
				found = append(found, q)
			}
		}
		return found
	}
	headers := NewHeaders(s)
	headers.Set(map[string]string{"tenant": "acme", "trace": "a-very-long-value-that-does-not-fit-into-the-room-that-there-is"})
	return NewForm(s,
		&Field{Key: "queue", Label: "queue", Item: queue, Hint: "where it goes"},
		&Field{Key: "full", Label: "when full", Item: NewChoiceItem(s, "reject", "drop the oldest"), Section: "Bounds"},
		&Field{Key: "delay", Label: "delay", Item: NewTextItem(s, "none"), Problem: `"x" is no duration: write 30s, 5m, 1h30m or 7d, up to 366d`},
		&Field{Key: "ordered", Label: "in order", Item: NewToggle(s, true), Hint: "each group one at a time"},
		&Field{Key: "gone", Label: "hidden", Item: NewToggle(s, true), Hidden: true},
		&Field{Key: "headers", Label: "headers", Item: headers, Section: "Headers"},
		&Field{Key: "buttons", Item: NewButtons(s, Button{Key: "cancel", Label: "Cancel"}, Button{Key: "go", Label: "Publish 3", Danger: true})},
	)
}

func TestFormGolden(t *testing.T) {
	for name, c := range map[string]struct {
		styles        *themes.Styles
		width, height int
		focus         string
	}{
		"wide":   {testStyles(), 100, 14, "queue"},
		"narrow": {testStyles(), 44, 16, "delay"},
		"low":    {testStyles(), 60, 5, "buttons"},
		"ascii":  {asciiStyles(), 80, 14, "headers"},
	} {
		t.Run(name, func(t *testing.T) {
			f := testForm(c.styles)
			f.SetSize(c.width, c.height)
			f.FocusOn(c.focus)
			golden(t, f.Render())
		})
	}
}

func TestFormFocusGoesRound(t *testing.T) {
	f := testForm(testStyles())
	f.SetSize(80, 20)
	var down, up []string
	at := func() string {
		x, y, ok := f.Cursor()
		return fmt.Sprint(f.Focused().Key, x, y, ok)
	}
	f.Focus(1)
	for more := true; more; more = f.Move(1) {
		down = append(down, at())
	}
	f.Focus(0)
	f.Focus(-1)
	for more := true; more; more = f.Move(-1) {
		up = append(up, at())
	}
	slices.Reverse(up)
	if strings.Contains(strings.Join(down, " "), "gone") || len(down) < 9 {
		t.Fatalf("the focus goes to %v", down)
	}
	if f.Focused().Key != "queue" {
		t.Fatalf("it ends at %s", f.Focused().Key)
	}
	if len(up) != len(down) {
		t.Fatalf("up %v\ndown %v", up, down)
	}
}

func TestFormStaysInItsBox(t *testing.T) {
	keys := []string{"left", "right", "up", "down", "home", "end", "enter", "backspace", "delete", "x", "=", "space", "日"}
	rapid.Check(t, func(t *rapid.T) {
		f := testForm(rapid.SampledFrom([]*themes.Styles{testStyles(), asciiStyles()}).Draw(t, "styles"))
		f.Focus(1)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			width, height := rapid.IntRange(0, 120).Draw(t, "width"), rapid.IntRange(0, 30).Draw(t, "height")
			f.SetSize(width, height)
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0:
				f.Move(1)
			case 1:
				f.Move(-1)
			case 2:
				f.Click(rapid.IntRange(0, 120).Draw(t, "x"), rapid.IntRange(0, 30).Draw(t, "y"))
			case 3:
				f.Update(tea.PasteMsg{Content: hostile(t, "paste")})
			case 4:
				f.Scroll(rapid.IntRange(-3, 3).Draw(t, "scroll"))
			default:
				f.Update(press(rapid.SampledFrom(keys).Draw(t, "key")))
			}
			mustFill(t, f.Render(), width, height)
			if x, y, ok := f.Cursor(); ok && (x < 0 || x >= width || y < 0 || y >= height) {
				t.Fatalf("the cursor is at %d, %d in %d×%d", x, y, width, height)
			}
		}
	})
}

func TestCompletion(t *testing.T) {
	f := testForm(testStyles())
	f.SetSize(80, 10)
	f.Focus(1)
	queue := f.Field("queue").Item.(*TextItem)
	f.Update(press("p"))
	if shown := ansi.Strip(f.Render()); !strings.Contains(shown, "payments") || queue.String() != "p" {
		t.Fatalf("%q and no suggestion:\n%s", queue.String(), shown)
	}
	f.Update(press("down"))
	f.Update(press("right"))
	if queue.String() != "payouts" {
		t.Fatalf("taken %q", queue.String())
	}
}

func TestHeadersKeepEveryByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			want[hostile(t, "name")+"x"] = hostile(t, "value")
		}
		h := NewHeaders(testStyles())
		h.Set(want)
		if got := h.Headers(); !maps.Equal(got, want) {
			t.Fatalf("%q became %q", want, got)
		}
		if h.Height() != len(want)+1 || h.Problem() != "" {
			t.Fatalf("%d rows, %q", h.Height(), h.Problem())
		}
	})
}

func TestHeadersEditing(t *testing.T) {
	h := NewHeaders(testStyles())
	h.SetWidth(60)
	h.Focus(1)
	for _, key := range strings.Fields("a = 1 enter b enter 2 enter") {
		h.Update(press(key))
	}
	h.Update(tea.PasteMsg{Content: "c: 3\r\nd=4\n"})
	if got, want := h.Headers(), map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}; !maps.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	h.Update(tea.PasteMsg{Content: "a=5\n"})
	if h.Problem() == "" {
		t.Fatal("a name twice, and no problem")
	}
	h.Focus(1)
	h.Update(press("end"))
	h.Update(press("backspace"))
	if h.Problem() != "a header has a value and no name" {
		t.Fatalf("%q", h.Problem())
	}
	h.Update(press("backspace"))
	if got, want := h.Headers(), map[string]string{"b": "2", "c": "3", "d": "4", "a": "5"}; !maps.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestButtons(t *testing.T) {
	b := NewButtons(testStyles(), Button{Key: "cancel", Label: "Cancel"}, Button{Key: "go", Label: "Go", Off: true})
	b.SetWidth(60)
	b.Focus(1)
	b.Update(press("enter"))
	if got := b.Pressed(); got != "cancel" || b.Pressed() != "" {
		t.Fatalf("pressed %q", got)
	}
	b.Update(press("right"))
	b.Update(press("enter"))
	b.Click(13, 0)
	if got := b.Pressed(); got != "" {
		t.Fatalf("pressed %q, which is off", got)
	}
	b.Buttons[1].Off = false
	b.Click(13, 0)
	if got := b.Pressed(); got != "go" {
		t.Fatalf("pressed %q", got)
	}
}
