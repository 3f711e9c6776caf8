package tui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/views"
)

// TestRequeueAndUndo is the operator's main job: look, mark, requeue by a plan,
// see it succeed, take it back.
func TestRequeueAndUndo(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter 4 space space space R")
		d.see("Requeue 3", "Cancel", "p pace")
		d.press("esc")
		d.miss("Cancel")
		d.press("R tab enter")
		d.pass(3 * time.Second)
		d.see("3 selected = 3 requeued", "Dead letters 9", "Messages 51", "showing 1–9")
		d.miss("marked")
		d.press("z")
		d.see("Cancel")
		d.press("tab enter")
		d.pass(3 * time.Second)
		d.see("Dead letters 12", "Messages 48")
	})
}

// TestFooterOfAPlan: a key that does nothing in this plan is not shown.
func TestFooterOfAPlan(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("P")
		d.see("Pause payments", "enter press")
		d.miss("pace", "copy command")
	})
}

func TestSearchInBody(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter enter /")
		d.text("sku")
		d.see("1 hit")
		d.press("enter n N")
		d.see("sku: hit 1 of 1")
		d.press("esc")
		d.miss("sku: ")
	})
}

func TestCopy(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("y")
		d.see("copied the name (8 B)")
		if len(d.copied) != 1 || d.copied[0] != "payments" {
			t.Errorf("copied %q", d.copied)
		}
		d.press("enter Y")
		d.see("the headers, as JSON", "the body")
		d.press("enter")
		if n := len(d.copied); n != 2 || !strings.HasPrefix(d.copied[1], `{"order":{"id":12`) {
			t.Errorf("copied %q", d.copied)
		}
	})
}

func TestExport(t *testing.T) {
	driveShop(t, func(d *driver) {
		path := filepath.Join(t.TempDir(), "dead.jsonl")
		d.press("enter 4 space space ctrl+s ctrl+u")
		d.text(path)
		d.press("enter")
		d.see("exported 2 messages")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `\"total\":9007199254740993`) || !strings.Contains(lines[0], `"reason":"timeout: payment-gw 3012ms"`) {
			t.Errorf("exported %s", content)
		}
		d.press("ctrl+s ctrl+u")
		d.text(path)
		d.press("enter")
		d.see("export: ", "exists")
	})
}

func TestThemeIsSeenBeforeItIsChosen(t *testing.T) {
	driveShop(t, func(d *driver) {
		name := func() string { return d.model.env.Styles.Palette.Name }
		d.press(":")
		d.text("app.theme")
		d.press("enter down")
		if name() == "night" {
			t.Error("moving in the list does not show the theme")
		}
		d.press("esc")
		if name() != "night" {
			t.Errorf("leaving keeps %s", name())
		}
		d.press(":")
		d.text("nixie")
		d.press("enter")
		if name() != "nixie" {
			t.Errorf("chosen is %s", name())
		}
	})
}

func TestThemeFollowsTheTerminal(t *testing.T) {
	drive(t, driverOptions{width: 80, height: 24, theme: "auto"}, nil, func(d *driver) {
		d.send(tea.BackgroundColorMsg{Color: d.model.env.Styles.Match.GetBackground()})
		dark := d.model.env.Styles.Palette.Dark
		d.send(tea.BackgroundColorMsg{Color: d.model.env.Styles.Text.GetForeground()})
		if !dark || d.model.env.Styles.Palette.Dark {
			t.Error("the theme does not follow the background")
		}
	})
}

func TestQuit(t *testing.T) {
	drive(t, driverOptions{width: 80, height: 24}, shop, func(d *driver) {
		d.press("/")
		d.press("ctrl+c")
		if !d.quit {
			t.Error("ctrl+c in a text field does not quit")
		}
	})
}

func TestEditorFiles(t *testing.T) {
	path, remove, err := writeTemp("../../etc/x.json", []byte("body"), false)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(path) != "x.json" || strings.Contains(path, "etc") {
		t.Errorf("the file is %s", path)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	type doneMsg struct {
		text string
		err  error
	}
	msg := views.EditMsg{Done: func(b []byte, err error) tea.Msg { return doneMsg{string(b), err} }}
	if got := edited(msg, "vi", path, nil); got != (doneMsg{"body", nil}) {
		t.Errorf("edited: %v", got)
	}
	if got := edited(msg, "vi", path, errors.New("exit status 1")).(doneMsg); got.err == nil {
		t.Error("the editor's failure is lost")
	}
	remove()
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Error("the directory is still there")
	}
}

// TestHostileNames: what strangers write is text on the screen, whatever it is.
func TestHostileNames(t *testing.T) {
	hostile := "\x1b[2J\x1b]0;gotcha\x07\u202e\u009b31m\x00\xff"
	fill := func(e engine.Engine) {
		if err := e.CreateQueue(t.Context(), "q", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			o := engine.Outgoing{Body: []byte(hostile), Headers: engine.Headers{hostile: hostile}, Group: hostile, DedupID: fmt.Sprint(hostile, i)}
			if _, err := e.Publish(t.Context(), "q", o); err != nil {
				t.Fatal(err)
			}
		}
		ds, err := e.Receive(t.Context(), "q", engine.ReceiveOptions{Max: 2, Consumer: "\x1b[31mworker"})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Nack(t.Context(), ds[0].Receipt, engine.Failure{Reason: hostile, Reject: true}); err != nil {
			t.Fatal(err)
		}
	}
	drive(t, driverOptions{width: 120, height: 34}, fill, func(d *driver) {
		for _, keys := range []string{"", "enter", "tab", "tab", "tab", "2", "enter", "esc 4", "tab tab tab", "5", "6"} {
			d.press(keys)
			d.fits()
			content := d.model.View().Content
			for _, bad := range []string{"\x1b[2J", "\x1b]", "\x07", "\u202e", "\u009b", "\x00", "\xff"} {
				if strings.Contains(content, bad) {
					t.Fatalf("after %q the screen holds %q", keys, bad)
				}
			}
		}
	})
}

// TestMove moves a message to another queue, chosen by a part of its name.
func TestMove(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter 4 M")
		d.see("Move to", "thumbnails")
		d.text("thumb")
		d.press("enter")
		d.see("Move 1", "Cancel")
		d.press("tab enter")
		d.pass(3 * time.Second)
		d.see("1 selected = 1 moved", "Dead letters 11")
		q, err := d.model.env.Engine.Queue(t.Context(), "thumbnails")
		if err != nil || q.Ready != 6 {
			t.Errorf("thumbnails has %d ready, %v", q.Ready, err)
		}
	})
}

// TestPauseAndPurge changes a queue by plans, from the home screen.
func TestPauseAndPurge(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("G P")
		d.see("Cancel")
		d.press("tab enter")
		d.pass(3 * time.Second)
		if q, err := d.model.env.Engine.Queue(t.Context(), "thumbnails"); err != nil || q.Paused {
			t.Errorf("paused %v, %v", q.Paused, err)
		}
		d.press("g X")
		d.see("Purge payments", "what waits: 48", "the dead letters: 12")
		d.press("enter")
		d.see("payments", "Cancel")
		d.press("esc")
		d.see("48")
	})
}

// TestEditAndRequeue opens the editor of a dead letter with its exact body.
func TestEditAndRequeue(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter 4 E")
		d.pass(time.Second)
		d.see("9007199254740993")
		d.fits()
	})
}
