package views

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
)

// keys types keys that are no actions, as a field gets them.
func (s *stage) keys(names ...string) {
	s.Helper()
	codes := map[string]rune{
		"backspace": tea.KeyBackspace, "enter": tea.KeyEnter, "right": tea.KeyRight, "left": tea.KeyLeft, "up": tea.KeyUp,
		"down": tea.KeyDown, "end": tea.KeyEnd, "home": tea.KeyHome,
	}
	for _, name := range names {
		s.run(s.view.Update(tea.KeyPressMsg{Code: codes[name]}))
	}
}

func (s *stage) paste(text string) { s.run(s.view.Update(tea.PasteMsg{Content: text})) }

// plan is the request that was asked for last.
func (s *stage) plan() operation.Request {
	s.Helper()
	m, ok := s.last().(PlanMsg)
	if !ok {
		s.Fatalf("no plan was asked for, but %#v", s.last())
	}
	return m.Request
}

// do runs the plan that was asked for to its end.
func (s *stage) do() operation.Job {
	s.Helper()
	plan, err := s.env.Operations.Plan(s.env.Context, s.plan())
	s.must(err)
	job, err := s.env.Operations.Start(plan)
	s.must(err)
	job, err = s.env.Operations.Wait(s.env.Context, job.ID)
	s.must(err)
	s.run(s.view.Update(JobsMsg{}))
	return job
}

func (s *stage) messages(queue string, state engine.State) []engine.Message {
	s.Helper()
	page, err := s.model.List(s.env.Context, queue, engine.ListOptions{State: state, Limit: 1000})
	s.must(err)
	return page.Messages
}

func (s *stage) fitsEverywhere() {
	s.Helper()
	for _, size := range [][2]int{{20, 5}, {1, 1}, {60, 11}, {69, 20}, {70, 13}, {100, 14}, {139, 40}, {140, 40}, {400, 116}, {3, 2}} {
		s.view.SetSize(size[0], size[1])
		s.fits(size[0], size[1])
		if c := s.view.Cursor(); c != nil && (c.X < 0 || c.X >= size[0] || c.Y < 0 || c.Y >= size[1]) {
			s.Errorf("the cursor is at %d, %d of %d×%d", c.X, c.Y, size[0], size[1])
		}
	}
}

func TestFormsGiveTheKeysBack(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.typeText("quit?")
		if !s.view.Capturing() || !strings.Contains(s.plain(), "quit?") {
			t.Fatal("what is typed is not in the body")
		}
		s.press("esc")
		if s.view.Capturing() || s.view.Cursor() != nil {
			t.Fatal("esc does not leave the fields")
		}
		s.press("enter")
		if !s.view.Capturing() {
			t.Fatal("enter does not go back into them")
		}
		// No action that types a character may be found while a field is typed in.
		for _, scope := range s.view.Scopes() {
			for _, b := range s.env.Keys.Bindings(scope) {
				for _, k := range b.Keys {
					if len([]rune(k)) == 1 || k == "space" {
						t.Errorf("%s has %q in a form", b.Action, k)
					}
				}
			}
		}
	})
}
