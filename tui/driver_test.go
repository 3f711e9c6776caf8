package tui

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"nixie/engine"
	"nixie/engine/enginetest"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/themes"
)

var update = flag.Bool("update", false, "write the golden files anew")

// driver is an operator without a terminal: it types, waits until nothing moves
// any more, and looks. It lives in a synctest bubble, so that idle is a fact and
// time passes only when the test says so.
type driver struct {
	t       *testing.T
	model   *model
	msgs    chan tea.Msg
	updates int
	quit    bool
	copied  []string // sent to the terminal's clipboard
}

type driverOptions struct {
	width, height int
	theme         string
	terminal      themes.Terminal
	engine        engine.Engine
}

// driveShop runs a test of the console on the shop, in a terminal of the usual
// size.
func driveShop(t *testing.T, test func(*driver)) {
	t.Helper()
	drive(t, driverOptions{width: 120, height: 34}, shop, test)
}

// drive runs a test of the console in a bubble. The engine is filled by fill.
func drive(t *testing.T, o driverOptions, fill func(engine.Engine), test func(*driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := o.engine
		if e == nil {
			e = enginetest.NewModel()
		}
		defer e.Close()
		if fill != nil {
			fill(e)
		}
		manager, err := operation.Open(e, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer manager.Close()
		if o.theme == "" {
			o.theme = "night"
		}
		m := newModel(t.Context(), Options{
			Engine: e, Operations: manager, Keys: keymap.Default(), Theme: o.theme, Place: "local:shop.db", Terminal: o.terminal,
		}, time.Now)
		d := &driver{t: t, model: m, msgs: make(chan tea.Msg, 10000)}
		defer func() {
			m.close()
			time.Sleep(2 * time.Second) // for ticks that are under way
		}()
		d.run(m.Init())
		d.send(tea.WindowSizeMsg{Width: o.width, Height: o.height})
		test(d)
	})
}

// run starts a command; its message is taken by settle.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				d.run(c)
			}
		default:
			d.msgs <- msg
		}
	}()
}

// settle takes messages until there are none and nothing runs.
func (d *driver) settle() {
	for {
		synctest.Wait()
		select {
		case msg := <-d.msgs:
			d.take(msg)
		default:
			return
		}
	}
}

func (d *driver) take(msg tea.Msg) {
	if _, ok := msg.(tea.QuitMsg); ok {
		d.quit = true
		return
	}
	if v := reflect.ValueOf(msg); v.Kind() == reflect.String && v.Type().Name() == "setClipboardMsg" {
		d.copied = append(d.copied, v.String())
		return
	}
	d.updates++
	_, cmd := d.model.Update(msg)
	d.model.View()
	d.run(cmd)
}

func (d *driver) send(msg tea.Msg) {
	d.take(msg)
	d.settle()
}

// pass lets time go by.
func (d *driver) pass(t time.Duration) {
	for range int(t / (100 * time.Millisecond)) {
		time.Sleep(100 * time.Millisecond)
		d.settle()
	}
}

// press types keys, separated by blanks: "j j enter ctrl+p".
func (d *driver) press(keys string) {
	for _, k := range strings.Fields(keys) {
		d.send(keyPress(k))
	}
}

// text types characters.
func (d *driver) text(s string) {
	for _, r := range s {
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

var namedKeys = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "f1": tea.KeyF1,
}

func keyPress(k string) tea.KeyPressMsg {
	var mod tea.KeyMod
	for name, m := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "shift+": tea.ModShift, "alt+": tea.ModAlt} {
		if rest, ok := strings.CutPrefix(k, name); ok && rest != "" {
			k, mod = rest, mod|m
		}
	}
	if code, ok := namedKeys[k]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	if k == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	r := []rune(k)[0]
	if mod != 0 {
		return tea.KeyPressMsg{Code: r, Mod: mod}
	}
	return tea.KeyPressMsg{Code: r, Text: k}
}

// click clicks the middle of the first place where a text stands.
func (d *driver) click(text string) {
	d.t.Helper()
	for y, line := range strings.Split(d.screen(), "\n") {
		if before, _, ok := strings.Cut(line, text); ok {
			x := ansi.StringWidth(before) + ansi.StringWidth(text)/2
			d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
			d.send(tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft})
			return
		}
	}
	d.t.Fatalf("there is no %q to click on:\n%s", text, d.screen())
}

// screen is what can be seen, without colours.
func (d *driver) screen() string { return ansi.Strip(d.model.View().Content) }

// see fails unless all texts are on the screen.
func (d *driver) see(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.screen(), text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, d.screen())
		}
	}
}

// miss fails if one of the texts is on the screen.
func (d *driver) miss(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if strings.Contains(d.screen(), text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, d.screen())
		}
	}
}

// fits fails if the screen is not exactly as large as the terminal.
func (d *driver) fits() {
	d.t.Helper()
	if d.model.width == 0 {
		return
	}
	lines := strings.Split(d.screen(), "\n")
	if len(lines) != d.model.height {
		d.t.Fatalf("%d lines in a terminal of %d", len(lines), d.model.height)
	}
	for y, line := range lines {
		if w := ansi.StringWidth(line); w != d.model.width {
			d.t.Fatalf("line %d has %d cells in a terminal of %d: %q", y, w, d.model.width, line)
		}
	}
}

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with go test -update)", err)
	}
	if strings.TrimRight(string(want), "\n") != strings.TrimRight(got, "\n") {
		t.Errorf("%s is not what it was (see it with git diff after go test -update)\ngot:\n%s", name, got)
	}
}
