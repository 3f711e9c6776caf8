package views

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"nixie/engine"
	"nixie/engine/enginetest"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/themes"
)

// stage is a screen without a console around it: what it asks for is kept.
type stage struct {
	*testing.T
	env   *Env
	model *enginetest.Model
	view  View
	asked []tea.Msg // requests to the root
}

// onStage runs a test in a bubble, with an engine and a manager.
func onStage(t *testing.T, test func(*stage)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		model := enginetest.NewModel()
		manager, err := operation.Open(model, dir)
		if err != nil {
			t.Fatal(err)
		}
		manager.SetUser("ada@host")
		ctx, cancel := context.WithCancel(t.Context())
		s := &stage{T: t, model: model, env: &Env{
			Context: ctx, Engine: model, Operations: manager, Keys: keymap.Default(),
			Styles: themes.New(palette(t, "night"), themes.Terminal{}), Place: "memory",
		}}
		s.fill()
		test(s)
		if s.view != nil {
			s.view.Close()
		}
		cancel()
		if err := manager.Close(); err != nil {
			t.Error(err)
		}
		if err := model.Close(); err != nil {
			t.Error(err)
		}
	})
}

func palette(t *testing.T, name string) themes.Palette {
	p, ok := themes.Lookup(name)
	if !ok {
		t.Fatalf("no theme %q", name)
	}
	return p
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// hostile is text that must never reach a terminal as it is.
const hostile = "\x1b]0;owned\x07\x1b[2J\u202e\xff\x00"

// fill makes queues with dead letters of several causes.
func (s *stage) fill() {
	ctx := s.env.Context
	for _, name := range []string{"orders", "payments"} {
		s.must(s.model.CreateQueue(ctx, name, engine.DefaultPolicy()))
	}
	s.kill("payments", 130, func(i int) string { return fmt.Sprintf("timeout: payment-gw %dms", 2000+i) })
	time.Sleep(90 * time.Second)
	s.kill("orders", 30, func(i int) string { return fmt.Sprintf("schema: missing %q", fmt.Sprint("f", i)) })
	s.kill("orders", 4, func(int) string { return "hostile " + hostile })
	time.Sleep(10 * time.Second)
}

// kill makes n dead letters.
func (s *stage) kill(queue string, n int, reason func(int) string) {
	s.Helper()
	ctx := s.env.Context
	for i := range n {
		_, err := s.model.Publish(ctx, queue, engine.Outgoing{
			Body:    fmt.Appendf(nil, `{"tenant":%q,"total":9007199254740993,"n":%d}`, []string{"acme", "globex"}[min(i%7, 1)], i),
			Headers: engine.Headers{"source": "test", "odd": hostile},
		})
		s.must(err)
	}
	deliveries, err := s.model.Receive(ctx, queue, engine.ReceiveOptions{Max: n, Consumer: "worker-1"})
	s.must(err)
	for i, d := range deliveries {
		s.must(s.model.Nack(ctx, d.Receipt, engine.Failure{Reason: reason(i), Reject: true}))
	}
}

// show begins a screen.
func (s *stage) show(v View, width, height int) {
	s.view = v
	v.SetSize(width, height)
	s.run(v.Init())
}

// run does a command and what follows from it.
func (s *stage) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		if IsRequest(msg) {
			s.asked = append(s.asked, msg)
			return
		}
		if pkg := fmt.Sprintf("%T", msg); strings.HasPrefix(pkg, "cursor.") {
			return // a blinking cursor never ends
		}
		s.run(s.view.Update(msg))
	}
}

// press resolves keys as the console does.
func (s *stage) press(keys ...string) {
	s.Helper()
	for _, k := range keys {
		a, ok := s.env.Keys.Resolve(k, append(s.view.Scopes(), keymap.Global)...)
		if !ok {
			s.Fatalf("the key %s does nothing here", k)
		}
		if why := s.view.Why(a); why != "" {
			s.asked = append(s.asked, NoticeMsg{Text: why})
			continue
		}
		cmd, ok := s.view.Act(a)
		if !ok && a == keymap.Back {
			cmd, _ = s.view.(Stepper).Back()
		}
		s.run(cmd)
		if d, ok := s.view.(Dialog); ok {
			d.SetSize(d.Bounds(120, 40))
		}
	}
}

func (s *stage) typeText(text string) {
	for _, r := range text {
		s.run(s.view.Update(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
}

// last is the newest request.
func (s *stage) last() tea.Msg {
	s.Helper()
	if len(s.asked) == 0 {
		s.Fatal("nothing was asked for")
	}
	return s.asked[len(s.asked)-1]
}

// plain is what is on the screen, without colours.
func (s *stage) plain() string { return ansi.Strip(s.view.Render()) }

func (s *stage) sees(texts ...string) {
	s.Helper()
	screen := s.plain()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			s.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

// fits checks that the screen has its size and nothing that a terminal would
// act upon.
func (s *stage) fits(width, height int) {
	s.Helper()
	screen := s.view.Render()
	lines := strings.Split(screen, "\n")
	if len(lines) > height {
		s.Errorf("%d lines of %d", len(lines), height)
	}
	for _, l := range lines {
		if w := ansi.StringWidth(l); w > width {
			s.Errorf("a line of %d cells of %d: %q", w, width, ansi.Strip(l))
		}
	}
	if strings.Contains(screen, "\x1b]0") || strings.Contains(screen, "\x1b[2J") || strings.ContainsAny(screen, "\x00\x07\u202e") {
		s.Errorf("what a terminal acts upon is on the screen: %q", screen)
	}
}

// golden compares the screen with the file of the test.
func (s *stage) golden() {
	s.Helper()
	var b strings.Builder
	for l := range strings.Lines(s.plain() + "\n") {
		b.WriteString(strings.TrimRight(l, " \n") + "\n")
	}
	golden.RequireEqual(s.T, b.String())
}

var sizes = [][2]int{{80, 20}, {120, 30}, {200, 56}}
