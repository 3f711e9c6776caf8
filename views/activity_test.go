package views

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
)

// busy makes some minutes of history.
func (s *stage) busy() {
	for i := range 30 {
		s.kill("orders", i%4, func(int) string { return "no" })
		time.Sleep(time.Second)
	}
}

func TestActivityGolden(t *testing.T) {
	for _, size := range sizes {
		for name, open := range map[string]OpenMsg{"all": {}, "one": {Queue: "orders"}, "two": {Queues: []string{"orders", "payments"}}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				onStage(t, func(s *stage) {
					s.busy()
					s.env.Times = UTC
					s.show(NewActivity(s.env, open), size[0], size[1])
					s.press("left", "left")
					s.golden()
					s.fits(size[0], size[1])
				})
			})
		}
	}
}

func TestActivityWindowsAndQueues(t *testing.T) {
	onStage(t, func(s *stage) {
		s.busy()
		s.show(NewActivity(s.env, OpenMsg{}), 120, 30)
		v := s.view.(*Activity)
		for i := range activityWindows {
			if v.window != i {
				t.Fatalf("window %d, want %d", v.window, i)
			}
			if got := v.fetch.value.to.Sub(v.fetch.value.from); got != activityWindows[i].span {
				t.Fatalf("%v are read, want %v", got, activityWindows[i].span)
			}
			time.Sleep(time.Minute)
			s.press("w")
		}
		s.press("enter")
		choices := s.last().(DialogMsg).Dialog.(*Chooser).choices
		if len(choices) != 3 {
			t.Fatalf("%d choices, want all and two queues", len(choices))
		}
		s.run(v.Update(choices[1].Msg))
		s.sees("orders")
		s.press("c")
		choices = s.last().(DialogMsg).Dialog.(*Chooser).choices
		s.run(v.Update(choices[1].Msg))
		time.Sleep(time.Minute)
		s.run(v.Update(TickMsg{}))
		s.sees("orders, payments")
		s.press("m")
		s.sees("delivered")
		s.fitsEverywhere()
	})
}

func TestActivityReadOut(t *testing.T) {
	onStage(t, func(s *stage) {
		s.busy()
		s.show(NewActivity(s.env, OpenMsg{Queue: "orders"}), 120, 30)
		v := s.view.(*Activity)
		s.press("left")
		if v.cursor.IsZero() {
			t.Fatal("no read-out")
		}
		s.sees("ago", "then")
		before := v.cursor
		s.run(v.Update(tea.MouseClickMsg{X: 30, Y: 10, Button: tea.MouseLeft}))
		if !v.cursor.Before(before) {
			t.Fatalf("a click leaves it at %v", v.cursor)
		}
		s.run(v.Update(tea.MouseMotionMsg{X: 20, Y: 10, Button: tea.MouseLeft}))
		s.press("esc")
		if !v.cursor.IsZero() {
			t.Fatal("esc leaves it there")
		}
		s.fitsEverywhere()
	})
}

// Time in which the engine was not open is a gap, not a zero.
func TestActivityGaps(t *testing.T) {
	from := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	series := engine.Series{Step: time.Second}
	for i := range 60 {
		if i < 20 || i >= 40 {
			series.Samples = append(series.Samples, engine.Sample{Start: from.Add(time.Duration(i) * time.Second), Published: 5, Depth: 3})
		}
	}
	series.Samples = append(series.Samples, engine.Sample{Start: from.Add(-time.Hour)}, engine.Sample{Start: from.Add(time.Hour)})
	h := newQueueHistory("q", series, from, from.Add(time.Minute))
	for i, v := range h.rates[0] {
		if gap := v != v; gap != (i >= 20 && i < 40) {
			t.Errorf("second %d is %v", i, v)
		}
	}
	if strings.Contains(fmt.Sprint(h.depth[:20]), "NaN") || h.depth[0] != 3 {
		t.Errorf("depth %v", h.depth)
	}
}
