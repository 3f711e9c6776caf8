package operation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nixie/engine"
)

func TestUndoOfRequeueSaysWhatIsLost(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 12)
	j := b.run(Request{Verb: Requeue})
	if n := b.consume("payments", 5); n != 5 {
		t.Fatal(n)
	}
	if _, err := b.Receive(b.ctx, "payments", engine.ReceiveOptions{}); err != nil {
		t.Fatal(err)
	}
	plan := b.plan(Request{Verb: Undo, Undoes: j.ID})
	if plan.Total != 6 || plan.Of != 12 {
		t.Errorf("%d of %d", plan.Total, plan.Of)
	}
	if got := fmt.Sprint(plan.Impossible); got != "[{already consumed 5} {in flight now 1}]" {
		t.Errorf("impossible: %s", got)
	}
	undo, err := b.m.Start(plan)
	b.do(err)
	undo, err = b.m.Wait(b.ctx, undo.ID)
	b.do(err)
	b.tally(undo, Tally{Selected: 6, Done: 6})
	b.counts("payments", 0, 6)
	if info, _ := b.m.Job(j.ID); info.UndoneBy != undo.ID {
		t.Errorf("undone by %d", info.UndoneBy)
	}
	if _, err := b.m.PlanUndo(b.ctx, j.ID); !errors.Is(err, ErrNotNow) {
		t.Errorf("a second undo: %v", err)
	}
	if _, err := b.m.PlanUndo(b.ctx, undo.ID); !errors.Is(err, ErrNotNow) {
		t.Errorf("an undo of an undo: %v", err)
	}
}

func TestUndoRestoresEverything(t *testing.T) {
	for name, request := range map[string]Request{
		"delete":       {Verb: Delete},
		"move":         {Verb: Move, To: "orders"},
		"purge":        {Verb: Purge, Queue: "payments", Area: engine.DeadArea},
		"delete queue": {Verb: DeleteQueue, Queue: "payments"},
		"pause":        {Verb: Pause, Queue: "payments"},
		"configure":    {Verb: Configure, Queue: "payments", Policy: engine.DefaultPolicy()},
		"create":       {Verb: CreateQueue, Queue: "new", Policy: engine.DefaultPolicy()},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.kill("payments", 250)
			before := b.snapshot()
			j := b.run(request)
			if j.State != Done || b.snapshot() == before {
				t.Fatalf("%s changed nothing: %s", j.Title, j.State)
			}
			undo := b.run(Request{Verb: Undo, Undoes: j.ID})
			b.tally(undo, Tally{Selected: j.Tally.Done, Done: j.Tally.Done})
			after := b.snapshot()
			if name == "move" { // that they were requeued stays known
				after = strings.ReplaceAll(after, "requeues=1 tries=0", "requeues=0 tries=1")
			}
			if name == "create" { // the new queue is in the trash
				after = strings.Replace(after, "map[queue of new:0]", "map[]", 1)
			}
			if after != before {
				t.Errorf("before\n%.2000s\nafter\n%.2000s", before, after)
			}
		})
	}
}

func TestUndoOfEdit(t *testing.T) {
	edit := func(b *bench) (Job, engine.ID) {
		ids := b.kill("payments", 1)
		j := b.run(Request{Verb: Edit, Select: Selection{Refs: []Ref{{"payments", ids[0]}}}, Replacement: engine.Outgoing{Body: []byte("new")}})
		b.tally(j, Tally{Selected: 1, Done: 1})
		b.counts("payments", 1, 0)
		return j, ids[0]
	}
	t.Run("replacement there", func(t *testing.T) {
		b := newBench(t)
		j, _ := edit(b)
		b.run(Request{Verb: Undo, Undoes: j.ID})
		b.counts("payments", 0, 1)
	})
	t.Run("replacement consumed", func(t *testing.T) {
		b := newBench(t)
		j, _ := edit(b)
		b.consume("payments", 1)
		plan := b.plan(Request{Verb: Undo, Undoes: j.ID})
		if len(plan.Warnings) == 0 {
			t.Error("no warning that the replacement is consumed")
		}
		_, err := b.m.Start(plan)
		b.do(err)
		_, err = b.m.Wait(b.ctx, 2)
		b.do(err)
		b.counts("payments", 0, 1)
	})
	t.Run("replacement in flight", func(t *testing.T) {
		b := newBench(t)
		j, _ := edit(b)
		_, err := b.Receive(b.ctx, "payments", engine.ReceiveOptions{})
		b.do(err)
		if _, err := b.m.PlanUndo(b.ctx, j.ID); !errors.Is(err, ErrNothing) {
			t.Errorf("planned: %v", err)
		}
	})
}
