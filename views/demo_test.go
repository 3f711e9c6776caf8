package views

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	xgolden "github.com/charmbracelet/x/exp/golden"

	"nixie/engine"
	"nixie/engine/enginetest"
	"nixie/keymap"
	"nixie/themes"
	"nixie/views/widget"
)

// fakeDemo says what it is told to say, and notes what is asked of it.
type fakeDemo struct {
	state DemoState
	moved []string
	err   error
}

func (f *fakeDemo) State() DemoState { return f.state }
func (f *fakeDemo) Lead(auto bool)   { f.state.Auto = auto }
func (f *fakeDemo) Adjust(id string, steps int) {
	f.moved = append(f.moved, fmt.Sprintf("%s%+d", id, steps))
}

func (f *fakeDemo) Play(_ context.Context, name string) error {
	if f.err == nil {
		f.state.Scenario = name
	}
	return f.err
}

func newFakeDemo() *fakeDemo {
	handle := func(group, part, label string, kind DemoHandleKind, value string) DemoHandle {
		return DemoHandle{
			ID: label + ":" + part, Group: group, Part: part, Role: "their workers", Queue: part,
			Label: label, Kind: kind, Value: value, Level: 0.5, On: value == "on", Alarm: value == "on",
		}
	}
	return &fakeDemo{state: DemoState{
		Scenarios: []DemoScenario{
			{"shop", "A web shop", "Each step has its own queue, so that one can fail without the others."},
			{"spike", "A spike, smoothed", "Nobody is turned away."},
			{"poison", "A poison message", "It is set aside."},
		},
		Scenario: "shop", Seed: 7, Auto: true, Loop: 100 * time.Second, At: 30 * time.Second,
		Story: DemoStory{DemoTrouble, "payments", "the gateway began to time out 20s ago", "*failed* rises in payments, then *dead*"},
		Acts:  []DemoAct{{0, "all is well"}, {25 * time.Second, "the gateway goes away"}, {50 * time.Second, "it is back"}},
		Handles: []DemoHandle{
			handle("workers", "orders", "consumers", DemoNumber, "3"),
			handle("workers", "orders", "latency", DemoNumber, "90ms"),
			handle("workers", "payments", "consumers", DemoNumber, "12"),
			handle("workers", "payments", "latency", DemoNumber, "1.5s"),
			handle("workers", "payments", "outage", DemoSwitch, "on"),
			handle("producers", "storefront", "rate", DemoNumber, "12/s"),
			handle("producers", "storefront", "burst", DemoButton, "8x"),
		},
		Books: DemoBooks{Published: 12410, Done: 12001, Waiting: 394, Dead: 12, Yours: -3, At: time.Unix(1, 0)},
	}}
}

func demoEnv(t *testing.T, f *fakeDemo) *Env {
	t.Helper()
	e := enginetest.NewModel()
	t.Cleanup(func() { e.Close() })
	if err := e.CreateQueue(t.Context(), "payments", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	env := &Env{
		Context: t.Context(), Engine: e, Keys: keymap.Default(), Styles: themes.New(themes.For(true), themes.Terminal{}), Demo: f,
		Clock: func() time.Time { return time.Unix(1000, 0) },
	}
	env.Tour = NewTour(env)
	return env
}

func newTestDemo(t *testing.T, width, height int) (*Demo, *fakeDemo) {
	t.Helper()
	f := newFakeDemo()
	v := NewDemo(demoEnv(t, f), OpenMsg{Screen: DemoScreen}).(*Demo)
	t.Cleanup(v.Close)
	v.SetSize(width, height)
	v.Update(v.Init()())
	return v, f
}

func TestDemoGolden(t *testing.T) {
	t.Parallel()
	for name, size := range map[string][2]int{"wide": {116, 24}, "narrow": {78, 20}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, _ := newTestDemo(t, size[0], size[1])
			xgolden.RequireEqual(t, ansi.Strip(v.Render())+"\n")
		})
	}
}

// TestDemoFits: whatever the size and the pane, nothing is larger than the room.
func TestDemoFits(t *testing.T) {
	t.Parallel()
	v, _ := newTestDemo(t, 80, 20)
	for _, pane := range []demoPane{demoHandles, demoScenarios} {
		for width := range 210 {
			for _, height := range []int{0, 1, 5, 8, 12, 40} {
				v.pane = pane
				v.SetSize(width, height)
				lines := strings.Split(v.Render(), "\n")
				if len(lines) > max(height, 1) {
					t.Fatalf("%d lines in %d×%d", len(lines), width, height)
				}
				for _, line := range lines {
					if widget.Width(line) > width {
						t.Fatalf("%d cells in %d×%d: %q", widget.Width(line), width, height, line)
					}
				}
			}
		}
	}
}

// TestDemoHit: what is drawn as minus and plus of a handle is that handle's.
func TestDemoHit(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 78, 116, 200} {
		v, f := newTestDemo(t, width, 30)
		box := v.boxes().handles
		found := 0
		for y, line := range strings.Split(ansi.Strip(v.Render()), "\n") {
			for x, r := range []rune(line) {
				if !inside(box, x, y) || (r != '-' && r != '+') || y <= box.Min.Y {
					continue
				}
				found++
				f.moved = nil
				v.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
				want := map[rune]string{'-': "-1", '+': "+1"}[r]
				if len(f.moved) != 1 || !strings.HasSuffix(f.moved[0], want) || !strings.Contains(line, strings.SplitN(f.moved[0], ":", 2)[1][:6]) {
					t.Errorf("width %d: a click on %c at %d,%d moved %v", width, r, x, y, f.moved)
				}
			}
		}
		if want := 2 * 5; found != want {
			t.Errorf("width %d: %d signs to click on, want %d", width, found, want)
		}
	}
}

func act(t *testing.T, v View, actions ...keymap.Action) (cmd tea.Cmd) {
	t.Helper()
	for _, a := range actions {
		var ok bool
		if cmd, ok = v.Act(a); !ok {
			t.Fatalf("%s is not acted upon", a)
		}
	}
	return cmd
}

func TestDemoKeys(t *testing.T) {
	t.Parallel()
	v, f := newTestDemo(t, 116, 30)
	act(t, v, keymap.DemoMore, keymap.DemoDown, keymap.DemoRight, keymap.DemoLess, keymap.DemoRight, keymap.DemoFire,
		keymap.DemoDown, keymap.DemoFire)
	want := "consumers:orders+1 latency:payments-1 outage:payments+1 burst:storefront+1"
	if got := strings.Join(f.moved, " "); got != want {
		t.Errorf("moved %s, want %s", got, want)
	}
	if why := v.Why(keymap.DemoMore); why == "" {
		t.Error("a button has a more")
	}
	act(t, v, keymap.DemoAuto)
	if f.state.Auto {
		t.Error("the acts still lead")
	}
	for _, b := range v.env.Keys.Bindings(keymap.Demo) {
		if _, ok := v.Act(b.Action); !ok {
			t.Errorf("the screen does not know %s", b.Action)
		}
	}
}

func TestDemoPlays(t *testing.T) {
	t.Parallel()
	v, f := newTestDemo(t, 78, 30)
	cmd := act(t, v, keymap.NextPane, keymap.DemoDown, keymap.DemoFire)
	if again := act(t, v, keymap.DemoFire); again != nil {
		t.Error("a second scenario begins before the first one did")
	}
	notice := v.Update(cmd())()
	if f.state.Scenario != "spike" || v.state.Scenario != "spike" {
		t.Errorf("%s plays", f.state.Scenario)
	}
	if n, ok := notice.(NoticeMsg); !ok || n.Kind != NoticeDone || !strings.Contains(n.Text, "A spike, smoothed") {
		t.Errorf("got %v", notice)
	}
	f.err = errors.New("no room")
	notice = v.Update(act(t, v, keymap.DemoFire)())()
	if n, ok := notice.(NoticeMsg); !ok || n.Kind != NoticeError || !strings.Contains(n.Text, "no room") {
		t.Errorf("got %v", notice)
	}
}

func TestTour(t *testing.T) {
	t.Parallel()
	env := demoEnv(t, newFakeDemo())
	strip := func() string { return ansi.Strip(DemoStrip(env, nil, 100)) }
	if got := strip(); !strings.Contains(got, "the gateway began to time out") || widget.Width(got) != 100 {
		t.Errorf("no story: %q", got)
	}
	env.Tour.Visit(QueueScreen)
	env.Tour.Toggle()
	for _, step := range []struct {
		says string
		do   func()
	}{
		{"tour 1/5", func() { env.Tour.Visit(DeadScreen); env.Tour.Visit(QueueScreen) }},
		{"tour 2/5", func() { env.Tour.Visit(DeadScreen) }},
		{"tour 3/5", env.Tour.next},
		{"tour 4/5", env.Tour.next},
		{"tour 5/5", func() { env.Tour.Visit(ActivityScreen) }},
		{"tour done", env.Tour.Toggle},
		{"tour 1/5", env.Tour.Toggle},
		{"the gateway began", func() {}},
	} {
		if got := strip(); !strings.Contains(got, step.says) {
			t.Errorf("%q, want %s", got, step.says)
		}
		step.do()
	}
	for i, s := range tourSteps() {
		if w := widget.Width(s.text(env.Keys)); w > 70 {
			t.Errorf("step %d takes %d cells: too long for 80 columns", i+1, w)
		}
	}
	var none *Tour
	none.Visit(QueueScreen)
	none.Look()
	none.Toggle()
}

// TestStory: what comes from outside cannot draw outside its place.
func TestStory(t *testing.T) {
	t.Parallel()
	f := newFakeDemo()
	f.state.Story = DemoStory{Text: "a\x1b[2Jb\nc", Watch: "*odd number of * signs*"}
	env := demoEnv(t, f)
	if got := DemoStrip(env, nil, 60); strings.Contains(got, "\x1b[2J") || strings.Contains(got, "\n") || widget.Width(got) != 60 {
		t.Errorf("got %q", got)
	}
}
