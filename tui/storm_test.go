package tui

import (
	"context"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"nixie/engine"
	"nixie/engine/enginetest"
	"nixie/keymap"
)

// anyKeys are all keys of the table, and some that mean nothing.
func anyKeys() []string {
	keys := []string{"ü", "#", "ctrl+x", "alt+enter", "f1", "delete", "backspace", "5", "a"}
	for _, b := range keymap.Default().All() {
		if b.Action == keymap.Quit || b.Action == keymap.Suspend {
			continue
		}
		keys = append(keys, b.Keys...)
	}
	return keys
}

// TestRandomKeys: whatever is typed, clicked, pasted and resized, nothing
// panics and nothing is drawn outside.
func TestRandomKeys(t *testing.T) {
	keys := anyKeys()
	rapid.Check(t, func(r *rapid.T) {
		width, height := rapid.IntRange(1, 220).Draw(r, "width"), rapid.IntRange(1, 70).Draw(r, "height")
		steps := rapid.SliceOfN(rapid.IntRange(0, 99), 1, 40).Draw(r, "steps")
		typed := rapid.SliceOfN(rapid.SampledFrom(keys), len(steps), len(steps)).Draw(r, "keys")
		x, y := rapid.IntRange(0, 220).Draw(r, "x"), rapid.IntRange(0, 70).Draw(r, "y")
		drive(t, driverOptions{width: width, height: height}, shop, func(d *driver) {
			for i, step := range steps {
				switch {
				case step < 80:
					d.press(typed[i])
				case step < 86:
					d.send(tea.MouseClickMsg{X: (x + i*7) % max(d.model.width, 1), Y: (y + i) % max(d.model.height, 1), Button: tea.MouseLeft})
				case step < 89:
					d.send(tea.MouseWheelMsg{X: x % max(d.model.width, 1), Y: y % max(d.model.height, 1), Button: tea.MouseWheelDown})
				case step < 92:
					d.send(tea.PasteMsg{Content: "pasted\x1b[31m\n" + typed[i]})
				case step < 96:
					d.send(tea.WindowSizeMsg{Width: 1 + (width+step*i)%200, Height: 1 + (height+i*3)%60})
				default:
					d.pass(time.Second)
				}
				d.fits()
			}
		})
	})
}

// TestFlood: an engine that changes as fast as it can costs the console some
// updates a second and no more, and a key is answered all the same.
func TestFlood(t *testing.T) {
	driveShop(t, func(d *driver) {
		e := d.model.env.Engine
		before := d.updates
		const seconds = 5
		for range seconds * 10 {
			for range 200 {
				if _, err := e.Publish(t.Context(), "orders", engine.Outgoing{Body: []byte("x")}); err != nil {
					t.Fatal(err)
				}
			}
			d.pass(100 * time.Millisecond)
		}
		perSecond := (d.updates - before) / seconds
		if perSecond > 60 {
			t.Errorf("10 000 changes cost %d updates a second", perSecond)
		}
		n := d.updates
		d.take(keyPress("j"))
		if d.updates != n+1 {
			t.Errorf("a key took %d updates", d.updates-n)
		}
		d.settle()
		d.pass(2 * time.Second)
		d.see("10 002")
	})
}

// manyQueues fills an engine with idle queues.
func manyQueues(e engine.Engine, n int) {
	for i := range n {
		if err := e.CreateQueue(context.Background(), fmt.Sprintf("tenant-%04d.orders", i), engine.DefaultPolicy()); err != nil {
			panic(err)
		}
	}
}

// BenchmarkView2000 draws the home screen of 2 000 queues after a key.
func BenchmarkView2000(b *testing.B) {
	e := enginetest.NewModel()
	defer e.Close()
	manyQueues(e, 2000)
	m := newModel(b.Context(), Options{Engine: e, Keys: keymap.Default(), Theme: "night"}, time.Now)
	defer m.close()
	load := m.begin()
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.Update(load())
	for b.Loop() {
		m.Update(keyPress("j"))
		m.View()
	}
}

// TestManyQueues: the home screen with 2 000 queues reads the history of those
// on screen alone, and goes to both ends.
func TestManyQueues(t *testing.T) {
	drive(t, driverOptions{width: 120, height: 34}, func(e engine.Engine) { manyQueues(e, 2000) }, func(d *driver) {
		d.see("2 000 queues", "tenant-0000.orders")
		d.press("G")
		d.see("tenant-1999.orders")
		d.press("/")
		d.text("1234")
		d.press("enter")
		d.see("1 of 2 000 queues match")
	})
}
