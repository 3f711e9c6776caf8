package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"nixie/themes"
)

// sizes are those that the console is looked at in.
var sizes = [][2]int{{60, 15}, {80, 24}, {120, 34}, {200, 60}}

func TestScreens(t *testing.T) {
	places := []struct{ name, keys string }{
		{"home", ""},
		{"home-help", "?"},
		{"home-palette", ":"},
		{"queue", "enter"},
		{"queue-marked", "enter j space space"},
		{"queue-headers", "enter tab"},
		{"dead-life", "enter 4 enter tab tab tab"},
		{"in-flight", "G enter 2"},
		{"causes", "2"},
		{"plan", "2 R"},
		{"settings", "enter 7"},
		{"settings-wrong", "enter 7 enter tab tab x"},
		{"publish", "N"},
	}
	for _, size := range sizes {
		for _, place := range places {
			name := fmt.Sprintf("%s-%dx%d", place.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				drive(t, driverOptions{width: size[0], height: size[1]}, shop, func(d *driver) {
					d.pass(2 * time.Second)
					d.press(place.keys)
					d.fits()
					golden(t, name, d.screen())
				})
			})
		}
	}
}

// TestThemes keeps one screen of each theme with its colours.
func TestThemes(t *testing.T) {
	for _, theme := range themes.Names() {
		t.Run(theme, func(t *testing.T) {
			drive(t, driverOptions{width: 80, height: 24, theme: theme}, shop, func(d *driver) {
				d.press("enter")
				d.fits()
				golden(t, "theme-"+theme, d.model.View().Content)
			})
		})
	}
}

// TestASCII: nothing but ASCII reaches a terminal that cannot show more.
func TestASCII(t *testing.T) {
	drive(t, driverOptions{width: 120, height: 34, terminal: themes.Terminal{ASCII: true}}, shop, func(d *driver) {
		d.pass(2 * time.Second)
		for _, keys := range []string{"", "enter", "enter tab tab tab", "esc x", "?", "esc :"} {
			d.press(keys)
			for _, r := range d.screen() {
				if r > 126 {
					t.Fatalf("%q after %q:\n%s", r, keys, d.screen())
				}
			}
		}
		golden(t, "ascii", d.screen())
	})
}

// TestBlocks: a font without braille gets graphs of blocks.
func TestBlocks(t *testing.T) {
	isBraille := func(r rune) bool { return r >= 0x2800 && r <= 0x28ff }
	for _, terminal := range []themes.Terminal{{}, {Blocks: true}} {
		drive(t, driverOptions{width: 120, height: 34, terminal: terminal}, shop, func(d *driver) {
			d.press("3")
			d.pass(2 * time.Second)
			if got := strings.ContainsFunc(d.screen(), isBraille); got == terminal.Blocks {
				t.Errorf("%+v, braille: %v\n%s", terminal, got, d.screen())
			}
		})
	}
}

// TestSixteenColours: a terminal of 16 colours gets its own, by number.
func TestSixteenColours(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		d.press("enter 4 space")
		if content := d.model.View().Content; strings.Contains(content, "38;2;") || strings.Contains(content, "48;2;") || strings.Contains(content, "38;5;") {
			t.Error("the screen has colours that the terminal does not")
		}
	})
}

func TestEmpty(t *testing.T) {
	for _, size := range sizes {
		drive(t, driverOptions{width: size[0], height: size[1]}, nil, func(d *driver) {
			d.see("No queues yet", "nixie publish orders")
			d.fits()
			golden(t, fmt.Sprintf("empty-%dx%d", size[0], size[1]), d.screen())
		})
	}
}

func TestTooSmallAndBack(t *testing.T) {
	drive(t, driverOptions{width: 80, height: 24}, shop, func(d *driver) {
		before := d.screen()
		for _, size := range [][2]int{{20, 5}, {1, 1}, {59, 15}, {60, 14}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.fits()
			d.press("j enter ? esc")
		}
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		if d.screen() != before {
			t.Errorf("the screen came back as\n%s\nit was\n%s", d.screen(), before)
		}
	})
}
