package views

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
)

func TestDeadGolden(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.show(NewDead(s.env, OpenMsg{}), size[0], size[1])
				s.fits(size[0], size[1])
				s.golden()
			})
		})
	}
}

func TestDeadEmptyAndFiltered(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewDead(s.env, OpenMsg{}), 120, 30)
		s.press("/")
		s.typeText("tris>3")
		s.press("enter")
		s.sees(`unknown field "tris" at column 1; did you mean tries?`, "164 dead letters")
		s.press("esc", "/")
		s.typeText("origin:orders")
		s.press("enter")
		s.sees("34 dead letters of all queues in 2 causes · 164 in all", "matching origin:orders")
		s.press("esc")
		s.sees("164 dead letters of all queues in 3 causes")
		s.press("/")
		s.typeText("nothing-has-this")
		s.press("enter")
		s.sees("no dead letter matches")
	})
}

// The list is live at the top; once the operator moves it stands still, keeps
// its cause and counts what is new.
func TestDeadStandsStill(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewDead(s.env, OpenMsg{}), 120, 30)
		s.sees("● live")
		s.press("j")
		s.kill("orders", 200, func(int) string { return "new cause" })
		s.run(s.view.Update(TickMsg{Now: s.env.Now()}))
		s.sees("200 new", "164 dead letters")
		if c, _ := s.view.(*Dead).current(); c.Key != `schema: missing "<s>"` {
			s.Errorf("the cursor is on %q", c.Key)
		}
		s.press("g")
		s.sees("364 dead letters", "new cause", "● live")
	})
}

func TestDeadActs(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewDead(s.env, OpenMsg{}), 120, 30)
		s.press("j", "R")
		plan := s.last().(PlanMsg).Request
		if plan.Verb != operation.Requeue || fmt.Sprint(plan.Select.Causes) != `[schema: missing "<s>"]` {
			s.Errorf("asked for %+v", plan)
		}
		s.press("space", "space", "D")
		if plan = s.last().(PlanMsg).Request; plan.Verb != operation.Delete || len(plan.Select.Causes) != 2 {
			s.Errorf("asked for %+v", plan)
		}
		s.press("esc", "k", "enter")
		if open := s.last().(OpenMsg); open.Queue != "orders" || open.Filter != `cause="schema: missing \"<s>\""` {
			s.Errorf("opened %+v", open)
		}
		if _, err := operation.ParseFilter(s.last().(OpenMsg).Filter); err != nil {
			s.Error(err)
		}
		s.press("E")
		if open := s.last().(OpenMsg); open.Screen != EditScreen || open.Queue != "orders" || open.ID == "" {
			s.Errorf("opened %+v", open)
		}
		s.press("m")
		s.run(s.view.Update(JobsMsg{}))
		s.sees("muted  schema")
		s.press("c")
		s.run(s.view.Update(s.last().(DialogMsg).Dialog.(*Prompt).done("ask Ada")))
		s.run(s.view.Update(JobsMsg{}))
		s.sees("ask Ada")
	})
}

// What an operator's own change took away is gone from the list, its mark and
// the sample too.
func TestDeadAfterAChange(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewDead(s.env, OpenMsg{}), 120, 30)
		s.press("space")
		s.sees("1 cause marked, 130 dead letters")
		plan, err := s.env.Operations.Plan(s.env.Context, operation.Request{Verb: operation.Delete, Select: operation.Selection{Queues: []string{"payments"}}})
		s.must(err)
		_, err = s.env.Operations.Start(plan)
		s.must(err)
		synctest.Wait()
		s.run(s.view.Update(JobsMsg{}))
		s.sees("34 dead letters of all queues in 2 causes", "from orders")
		if strings.Contains(s.plain(), "marked") {
			t.Error("what is gone is still marked")
		}
	})
}

func TestDeadFitsEverywhere(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewDead(s.env, OpenMsg{}), 120, 30)
		s.press("G")
		for width := 1; width <= 200; width += 7 {
			for _, height := range []int{1, 2, 3, 5, 9, 15, 24, 60} {
				s.view.SetSize(width, height)
				s.fits(width, height)
			}
		}
	})
}

// dialog shows a plan's dialog in the room that it asks for.
func (s *stage) dialog(r operation.Request, width, height int) {
	d := NewPlan(s.env, PlanMsg{Request: r})
	s.show(d, 0, 0)
	d.SetSize(d.Bounds(width, height))
}

func TestPlanGolden(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.dialog(operation.Request{Verb: operation.Requeue, Select: operation.Selection{Causes: []string{"timeout: payment-gw <time>"}}, Pace: operation.Pace{Kind: operation.Canary}}, size[0], size[1])
				s.fits(size[0], size[1])
				s.golden()
			})
		})
	}
}

func TestPlanNeedsTheNumber(t *testing.T) {
	onStage(t, func(s *stage) {
		all := operation.Request{Verb: operation.Requeue, Select: operation.Selection{State: engine.Dead}}
		s.dialog(all, 120, 40)
		s.sees("type 164 to go on", "[ Cancel ]", "[ Requeue 164 ]")
		s.typeText("16")
		s.press("enter")
		if len(s.asked) != 0 || len(s.env.Operations.Jobs()) != 0 {
			s.Fatal("a wrong number was taken")
		}
		s.typeText("4")
		s.press("enter")
		if s.last() != (AnswerMsg{}) {
			s.Errorf("answered %#v", s.last())
		}
		j, err := s.env.Operations.Wait(s.env.Context, 1)
		s.must(err)
		if j.Tally.Done != 164 {
			s.Errorf("%+v", j.Tally)
		}
	})
}

func TestPlanCancels(t *testing.T) {
	onStage(t, func(s *stage) {
		s.dialog(operation.Request{Verb: operation.Pause, Queue: "orders"}, 120, 40)
		s.press("enter") // the focus is on Cancel
		if s.last() != (AnswerMsg{}) || len(s.env.Operations.Jobs()) != 0 {
			s.Errorf("answered %#v, %d jobs", s.last(), len(s.env.Operations.Jobs()))
		}
		s.dialog(operation.Request{Verb: operation.Purge, Queue: "orders", Area: engine.DeadArea}, 120, 40)
		s.sees("type orders to go on")
		s.press("enter") // nothing typed: cancels too
		if len(s.env.Operations.Jobs()) != 0 {
			s.Error("a job was started")
		}
	})
}

func TestPlanSaysWhatIsWrong(t *testing.T) {
	onStage(t, func(s *stage) {
		for _, c := range []struct {
			request operation.Request
			text    string
		}{
			{operation.Request{Verb: operation.Requeue, Select: operation.Selection{Causes: []string{"no such"}}}, "nothing matches"},
			{operation.Request{Verb: operation.Move, To: "none"}, "no such queue"},
			{operation.Request{Verb: operation.Resume, Queue: "orders"}, "orders is delivering already"},
			{operation.Request{Verb: operation.Undo, Undoes: 7}, "no such job"},
		} {
			s.dialog(c.request, 120, 40)
			s.sees(c.text, "[ Close ]")
		}
	})
}

func TestPlanPace(t *testing.T) {
	onStage(t, func(s *stage) {
		s.dialog(operation.Request{Verb: operation.Requeue, Select: operation.Selection{Causes: []string{`schema: missing "<s>"`}}}, 120, 40)
		s.sees("all at once", `nixie requeue orders --filter`)
		s.press("p")
		s.sees("10 per second", "--rate 10")
		s.press("+", "+", "-")
		s.sees("20 per second")
		s.press("p")
		for _, pace := range []string{"canary 1 → 10 → 100 → rest", "follow the destination"} {
			s.sees(pace, "same as   on the command line, --"+pace[:6]+" goes with --exec")
			if screen := s.plain(); strings.Contains(screen, "nixie requeue") {
				s.Errorf("a command that does not say what works on the messages:\n%s", screen)
			}
			s.press("p")
		}
	})
}

// TestPlanOfUndo: what goes back among the dead letters says so, and what was
// done to a queue is not about messages.
func TestPlanOfUndo(t *testing.T) {
	onStage(t, func(s *stage) {
		s.doJobs()
		s.dialog(operation.Request{Verb: operation.Undo, Undoes: 1}, 120, 40)
		s.sees("undoes    30 of 30", "to        orders.dead ", "[ Undo 30 ]")
		s.dialog(operation.Request{Verb: operation.Undo, Undoes: 2}, 120, 40)
		s.sees("Undo job 2: pause orders", "queue     orders", "[ Undo ]")
		if screen := s.plain(); strings.Contains(screen, "consumers") {
			s.Errorf("messages in the undo of a pause:\n%s", screen)
		}
	})
}

func TestPlanFitsEverywhere(t *testing.T) {
	onStage(t, func(s *stage) {
		s.dialog(operation.Request{Verb: operation.Requeue}, 120, 40)
		for width := 8; width <= 200; width += 7 {
			for _, height := range []int{4, 5, 9, 15, 24, 60} {
				d := s.view.(Dialog)
				d.SetSize(d.Bounds(width, height))
				s.fits(width, height)
			}
		}
	})
}

// doJobs makes some entries in the log.
func (s *stage) doJobs() {
	for _, r := range []operation.Request{
		{Verb: operation.Requeue, Select: operation.Selection{Causes: []string{`schema: missing "<s>"`}}},
		{Verb: operation.Pause, Queue: "orders"},
		{Verb: operation.Requeue, Select: operation.Selection{Queues: []string{"payments"}}, Pace: operation.Pace{Kind: operation.Canary}},
	} {
		plan, err := s.env.Operations.Plan(s.env.Context, r)
		s.must(err)
		_, err = s.env.Operations.Start(plan)
		s.must(err)
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

func TestJobsGolden(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.doJobs()
				s.show(NewJobs(s.env, OpenMsg{}), size[0], size[1])
				s.fits(size[0], size[1])
				s.golden()
			})
		})
	}
}

func TestJobsActs(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewJobs(s.env, OpenMsg{}), 120, 30)
		s.sees("nothing was changed yet")
		s.doJobs()
		s.run(s.view.Update(JobsMsg{}))
		s.sees("watching", "130 selected = 1 requeued + 129 to go")
		s.press("P")
		synctest.Wait()
		s.run(s.view.Update(JobsMsg{}))
		s.sees("paused: by", "1 job not finished")
		s.press("s", "s")
		s.sees("1 requeued", "129 to go")
		s.press("D")
		synctest.Wait()
		s.run(s.view.Update(JobsMsg{}))
		s.sees("cancelled", "129 left as they were")
		s.press("U")
		if plan := s.last().(PlanMsg).Request; plan.Verb != operation.Undo || plan.Undoes != 3 {
			s.Errorf("asked for %+v", plan)
		}
		s.press("/")
		s.typeText("pause queue")
		s.press("enter")
		s.sees("0 of 3 jobs match", "no job matches")
		s.press("esc", "G", "enter", "enter")
		if open := s.last().(OpenMsg); open.Queue != "orders" || open.State != engine.Ready {
			s.Errorf("opened %+v", open)
		}
	})
}

func TestJobsFitsEverywhere(t *testing.T) {
	onStage(t, func(s *stage) {
		s.doJobs()
		s.show(NewJobs(s.env, OpenMsg{}), 120, 30)
		for width := 1; width <= 200; width += 7 {
			for _, height := range []int{1, 2, 3, 5, 9, 15, 16, 24, 60} {
				s.view.SetSize(width, height)
				s.fits(width, height)
			}
		}
	})
}
