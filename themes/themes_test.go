package themes_test

import (
	"fmt"
	"image/color"
	"math"
	"reflect"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"nixie/themes"
)

func each(t *testing.T, f func(t *testing.T, p themes.Palette)) {
	for _, name := range themes.Names() {
		p, ok := themes.Lookup(name)
		if !ok {
			t.Fatalf("the theme %q is listed and not found", name)
		}
		t.Run(name, func(t *testing.T) { f(t, p) })
	}
}

func TestEveryTokenIsSet(t *testing.T) {
	each(t, func(t *testing.T, p themes.Palette) {
		v := reflect.ValueOf(p)
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.String && f.String() == "" {
				t.Errorf("%s is not set", v.Type().Field(i).Name)
			}
		}
	})
}

func TestTextCanBeRead(t *testing.T) {
	each(t, func(t *testing.T, p themes.Palette) {
		inks := map[string]string{
			"text": p.Text, "muted": p.Muted, "accent": p.Accent, "good": p.Good, "warn": p.Warn,
			"bad": p.Bad, "info": p.Info, "blue": p.Blue, "violet": p.Violet, "cyan": p.Cyan,
		}
		grounds := map[string]string{"ground": p.Ground, "panel": p.Panel, "selected": p.Selected, "marked": p.Marked}
		for ink, i := range inks {
			for ground, g := range grounds {
				if c := contrast(i, g); c < 4.5 {
					t.Errorf("%s on %s: contrast %.2f is below 4.5", ink, ground, c)
				}
			}
		}
		for _, fill := range []string{p.Accent, p.Bad} {
			if c := contrast(p.Ground, fill); c < 4.5 {
				t.Errorf("a button of %s: contrast %.2f is below 4.5", fill, c)
			}
		}
		if c := contrast(p.Text, p.Match); c < 4.5 {
			t.Errorf("a search hit: contrast %.2f is below 4.5", c)
		}
	})
}

func TestStatesDifferIn16Colours(t *testing.T) {
	each(t, func(t *testing.T, p themes.Palette) {
		s := themes.New(p, themes.Terminal{Sixteen: true})
		sets := map[string][]lipgloss.Style{
			"health": {s.Good, s.Warn, s.Bad, s.Info},
			"states": {s.State.Ready, s.State.InFlight, s.State.Delayed, s.State.Dead},
			"series": {s.Charts.Published, s.Charts.Delivered, s.Charts.Acked, s.Charts.Failed, s.Charts.Dead},
			"text":   {s.Text, lipgloss.NewStyle().Foreground(s.Ground())},
		}
		for name, set := range sets {
			seen := map[string]bool{}
			for _, style := range set {
				c := fmt.Sprint(colorprofile.ANSI.Convert(style.GetForeground()))
				if seen[c] {
					t.Errorf("%s: the colour %s of 16 stands for two things", name, c)
				}
				seen[c] = true
			}
		}
	})
}

func TestDefaultsFitTheTerminal(t *testing.T) {
	if !themes.For(true).Dark || themes.For(false).Dark {
		t.Error("a default theme does not fit its terminal")
	}
}

func TestGlyphsAreOneCell(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		v := reflect.ValueOf(themes.New(themes.For(true), themes.Terminal{ASCII: ascii}).Glyphs)
		check := func(name, g string) {
			if ansi.StringWidth(g) != 1 {
				t.Errorf("%s (ascii %v): %q is not one cell wide", name, ascii, g)
			}
			if ascii && (len(g) != 1 || g[0] > 126) {
				t.Errorf("%s: %q is not ASCII", name, g)
			}
		}
		for i := range v.NumField() {
			switch f := v.Field(i).Interface().(type) {
			case string:
				check(v.Type().Field(i).Name, f)
			case []string:
				for _, g := range f {
					check(v.Type().Field(i).Name, g)
				}
			}
		}
	}
}

func contrast(a, b string) float64 {
	la, lb := luminance(lipgloss.Color(a)), luminance(lipgloss.Color(b))
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
