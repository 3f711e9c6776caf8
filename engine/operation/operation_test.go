package operation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixie/engine"
)

func TestRequeueReconciles(t *testing.T) {
	b := newBench(t)
	ids := b.kill("payments", 12)
	plan := b.plan(Request{Verb: Requeue, Select: Selection{Queues: []string{"payments"}}})
	late := b.kill("payments", 1) // is not swept in
	// Meanwhile somebody requeues two, and deletes one.
	_, err := b.Move(b.ctx, engine.MoveRequest{Queue: "payments", IDs: ids[:2]})
	b.do(err)
	_, _, err = b.Delete(b.ctx, "payments", ids[2])
	b.do(err)
	j, err := b.m.Start(plan)
	b.do(err)
	j, err = b.m.Wait(b.ctx, j.ID)
	b.do(err)
	b.tally(j, Tally{Selected: 12, Done: 9, Gone: 3})
	b.counts("payments", 11, 1)
	gone, err := b.m.Items(j.ID, FateGone, 0, 0)
	b.do(err)
	if len(gone) != 3 || gone[0].ID != ids[0] || gone[2].ID != ids[2] {
		t.Errorf("gone: %v", gone)
	}
	done, err := b.m.Items(j.ID, FateDone, 2, 3)
	b.do(err)
	if len(done) != 3 || done[0].ID != ids[5] || done[0].To != "payments" {
		t.Errorf("done: %v", done)
	}
	m, err := b.Message(b.ctx, "payments", late[0])
	b.do(err)
	if m.State != engine.Dead {
		t.Error("what came after the plan was swept in")
	}
	if got := plan.Title(); got != "requeue 12 of payments" {
		t.Errorf("title %q", got)
	}
}

func TestRefusedHasReasons(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 3)
	policy := b.info("orders").Policy
	policy.MaxDepth = 2
	_, err := b.Configure(b.ctx, "orders", policy)
	b.do(err)
	plan := b.plan(Request{Verb: Move, To: "orders"})
	if !strings.Contains(strings.Join(plan.Warnings, "\n"), "orders takes 2 more at most") {
		t.Errorf("warnings: %q", plan.Warnings)
	}
	j, err := b.m.Start(plan)
	b.do(err)
	j, err = b.m.Wait(b.ctx, j.ID)
	b.do(err)
	b.tally(j, Tally{Selected: 3, Done: 2, Refused: 1})
	items, err := b.m.Items(j.ID, FateRefused, 0, 0)
	b.do(err)
	if len(items) != 1 || items[0].Error != "the queue is full" {
		t.Errorf("refused: %v", items)
	}
}

func TestPlanSays(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 150)
	plan := b.plan(Request{Verb: Requeue, Select: Selection{Queues: []string{"payments"}, Filter: "reason:timeout"}, Pace: Pace{Kind: Canary}})
	if plan.Confirm != "150" || plan.Button() != "Requeue 150" {
		t.Errorf("confirm %q, button %q", plan.Confirm, plan.Button())
	}
	if plan.Command != "" {
		t.Errorf("a command that cannot watch its canary: %q", plan.Command)
	}
	plan.SetPace(Pace{Kind: PerSecond, Rate: 12.5})
	if want := "nixie requeue payments --filter reason:timeout --rate 12.5"; plan.Command != want {
		// A colon needs no quotes.
		t.Errorf("command %q, want %q", plan.Command, want)
	}
	if len(plan.Destinations) != 1 || plan.Destinations[0].Queue != "payments" || plan.Destinations[0].N != 150 {
		t.Errorf("destinations %+v", plan.Destinations)
	}
	plan = b.plan(Request{Verb: Requeue, Select: Selection{Causes: []string{"timeout: gw <time>"}}})
	if want := `nixie requeue payments --filter 'cause="timeout: gw <time>"'`; plan.Command != want {
		t.Errorf("command %q, want %q", plan.Command, want)
	}
	if _, err := b.m.Plan(b.ctx, Request{Verb: Requeue, Select: Selection{Causes: []string{"another"}}}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing matches: %v", err)
	}
	plan = b.plan(Request{Verb: DeleteQueue, Queue: "payments"})
	if plan.Confirm != "payments" {
		t.Errorf("confirm %q", plan.Confirm)
	}
	plan = b.plan(Request{Verb: Publish, Load: Load{Queue: "payments", Body: []byte(`{"it":"isn't"}`), Headers: map[string]string{"a": "b c"}, Delay: time.Minute}})
	if want := `nixie publish payments '{"it":"isn'\''t"}' --header 'a=b c' --delay 1m0s`; plan.Command != want {
		t.Errorf("command %q, want %q", plan.Command, want)
	}
	b.do(b.Bind(b.ctx, "money", engine.Binding{Queue: "payments", Pattern: "eu.*"}))
	plan = b.plan(Request{Verb: Publish, Load: Load{Topic: "money", Key: "eu.de", Body: []byte("one")}})
	if want := "nixie publish --topic money --key eu.de one"; plan.Command != want {
		t.Errorf("command %q, want %q", plan.Command, want)
	}
	plan = b.plan(Request{Verb: Publish, Load: Load{Queue: "payments", Body: []byte("{{uuid}}")}})
	if plan.Command != "" {
		t.Errorf("a command for a template: %q", plan.Command)
	}
}

func TestPlanWarns(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 4)
	b.run(Request{Verb: Requeue})
	b.fail("payments", func(i int) string { return fmt.Sprintf("timeout: gw %dms", i) })
	b.do(b.SetPaused(b.ctx, "payments", true))
	warnings := strings.Join(b.plan(Request{Verb: Requeue}).Warnings, "\n")
	for _, want := range []string{
		"payments is paused", "of these, 4 came back after an earlier requeue", "of 4 requeued so far with the same cause, 4 came back",
	} {
		if !strings.Contains(warnings, want) {
			t.Errorf("no warning %q in\n%s", want, warnings)
		}
	}
}

// The ledger knows what came back, also after the program has ended, and
// counts nothing twice.
func TestLedger(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 10)
	check := func(requeued, cameBack int64) {
		t.Helper()
		report, err := b.m.Causes(b.ctx, CauseOptions{})
		b.do(err)
		if c := report.Causes[0]; c.Requeued != requeued || c.CameBack != cameBack {
			t.Errorf("%d of %d came back; want %d of %d", c.CameBack, c.Requeued, cameBack, requeued)
		}
	}
	check(0, 0)
	page, err := b.List(b.ctx, "payments", engine.ListOptions{State: engine.Dead, Limit: 6})
	b.do(err)
	var refs []Ref
	for _, m := range page.Messages {
		refs = append(refs, Ref{"payments", m.ID})
	}
	b.run(Request{Verb: Requeue, Select: Selection{Refs: refs}})
	check(6, 0)
	b.consume("payments", 2)
	b.fail("payments", func(i int) string { return fmt.Sprintf("timeout: gw %dms", i) })
	check(6, 4)
	b.run(Request{Verb: Requeue, Select: Selection{Refs: refs}})
	check(10, 4)
	b.consume("payments", 4)
	check(10, 4)
	j := b.run(Request{Verb: Requeue}) // and what is undone was never requeued
	b.run(Request{Verb: Undo, Undoes: j.ID})
	check(10, 4)
	b.do(b.m.SetNote("timeout: gw <time>", "ask Ada"))
	b.do(b.m.Close())
	b.open()
	check(10, 4)
	report, err := b.m.Causes(b.ctx, CauseOptions{Queues: []string{"payments"}})
	b.do(err)
	if report.Causes[0].Note != "ask Ada" {
		t.Errorf("note %q", report.Causes[0].Note)
	}
}

func TestCauses(t *testing.T) {
	b := newBench(t)
	b.publish("orders", 40)
	b.fail("orders", func(i int) string {
		if i%4 == 0 {
			return fmt.Sprintf("schema: missing %q", fmt.Sprint("f", i))
		}
		return fmt.Sprintf("timeout: gw %dms", i)
	})
	b.kill("payments", 5)
	report, err := b.m.Causes(b.ctx, CauseOptions{})
	b.do(err)
	if report.Total != 45 || report.Match != 45 || len(report.Causes) != 2 {
		t.Fatalf("%d dead, %d match, %d causes", report.Total, report.Match, len(report.Causes))
	}
	c := report.Causes[0]
	if c.Key != "timeout: gw <time>" || c.Count != 35 || c.Origin[0] != (Count{"orders", 30}) || c.Origin[1] != (Count{"payments", 5}) {
		t.Errorf("%+v", c)
	}
	sum := 0
	for _, n := range c.Trend {
		sum += n
	}
	if sum != 35 || len(c.Trend) != trendSteps {
		t.Errorf("trend %v", c.Trend)
	}
	b.do(b.m.SetMuted(c.Key, true))
	filter, err := ParseFilter("origin:orders")
	b.do(err)
	report, err = b.m.Causes(b.ctx, CauseOptions{Filter: filter, Limit: 30})
	b.do(err)
	if !report.Capped || report.Seen != 30 || report.Causes[1].Key != c.Key {
		t.Errorf("capped %t after %d; %s is not at the end", report.Capped, report.Seen, c.Key)
	}
	if _, err := b.m.Causes(b.ctx, CauseOptions{Queues: []string{"none"}}); !errors.Is(err, engine.ErrQueueNotFound) {
		t.Errorf("a queue that is not there: %v", err)
	}
}

func TestExplain(t *testing.T) {
	b := newBench(t)
	var messages []engine.Outgoing
	for i := range 60 {
		tenant, currency := "acme", "EUR"
		if i%2 == 0 {
			tenant = fmt.Sprint("t", i)
		}
		if i%3 == 0 {
			currency = "JPY"
		}
		messages = append(messages, engine.Outgoing{Body: fmt.Appendf(nil, `{"tenant":%q,"order":{"currency":%q,"total":9007199254740993}}`, tenant, currency)})
	}
	_, err := b.Publish(b.ctx, "payments", messages...)
	b.do(err)
	b.fail("payments", func(i int) string { return []string{"other", "timeout"}[i%2] })
	report, err := b.m.Causes(b.ctx, CauseOptions{})
	b.do(err)
	e, err := b.m.Explain(b.ctx, report, "timeout")
	b.do(err)
	if e.Against != "30 other dead letters of payments" || len(e.Traits) != 1 || e.Traits[0] != (Trait{"tenant", "acme", 1, 0}) {
		t.Errorf("%+v", e)
	}
}

func TestExplainAgainstWaiting(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 3)
	b.publish("payments", 30)
	report, err := b.m.Causes(b.ctx, CauseOptions{})
	b.do(err)
	e, err := b.m.Explain(b.ctx, report, report.Causes[0].Key)
	b.do(err)
	if e.Against != "30 that wait in payments" {
		t.Errorf("%+v", e)
	}
}

func TestJournalTornAndDamaged(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 3)
	b.run(Request{Verb: Requeue})
	b.do(b.m.Close())
	path := filepath.Join(b.dir, "journal.jsonl")
	whole, err := os.ReadFile(path)
	b.do(err)
	for cut := range len(whole) { // torn anywhere: it opens, and goes on
		b.dir = copyDir(t, b.dir)
		path := filepath.Join(b.dir, "journal.jsonl")
		b.do(os.WriteFile(path, whole[:cut], 0o600))
		b.open()
		b.do(b.m.SetNote("a", "b"))
		b.do(b.m.Close())
		b.open()
		if b.m.causes["a"].note != "b" {
			t.Fatalf("cut at %d: the note is lost", cut)
		}
		b.do(b.m.Close())
	}
	damaged := strings.Replace(string(whole), `"t":"begin"`, `"t":"beg`, 1)
	b.do(os.WriteFile(path, []byte(damaged), 0o600))
	if _, err := Open(b.Engine, filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "journal.jsonl:1") {
		t.Errorf("a damaged journal: %v", err)
	}
	if left, _ := os.ReadFile(path); string(left) != damaged {
		t.Error("a damaged journal was changed")
	}
}

func TestCompact(t *testing.T) {
	now := time.Now()
	old := now.Add(-2 * keepFor)
	var records []record
	for id := 1; id <= keepJobs+2; id++ {
		records = append(records,
			record{Kind: kindBegin, At: old, Job: id, Begin: &beginning{}},
			record{Kind: kindOut, At: old, Job: id, Out: &outcome{Ledger: map[string]back{"c": {Requeued: 2, CameBack: 1}}}},
			record{Kind: kindState, At: old, Job: id, State: Done})
	}
	records = append(records, record{Kind: kindNote, Cause: "c", Note: "1"}, record{Kind: kindNote, Cause: "c", Note: "2"})
	kept := withoutJobs(records, oldJobs(records, now))
	if kept[0].Kind != kindLedger || kept[0].Requeued != 4 || kept[0].CameBack != 2 {
		t.Errorf("the ledger of what is forgotten: %+v", kept[0])
	}
	if len(kept) != 1+3*keepJobs+1 || kept[1].Job != 3 || kept[len(kept)-1].Note != "2" {
		t.Errorf("%d records are kept", len(kept))
	}
}

func TestControls(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 30)
	hints := b.m.Watch()
	defer hints.Close()
	j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: PerSecond, Rate: 0.001}}))
	b.do(err)
	for b.job(j.ID).Tally.Done == 0 {
		<-hints.C()
	}
	b.do(b.m.Pause(j.ID))
	j, err = b.m.Wait(b.ctx, j.ID)
	b.do(err)
	if j.State != Paused || j.Tally.Left != 29 {
		t.Errorf("%s, %d left", j.State, j.Tally.Left)
	}
	if err := b.m.Pause(j.ID); !errors.Is(err, ErrNotNow) {
		t.Errorf("pausing twice: %v", err)
	}
	b.do(b.m.Resume(j.ID))
	b.do(b.m.Close())
	b.open()
	j, err = b.m.Job(j.ID)
	b.do(err)
	if j.State != Interrupted {
		t.Errorf("after the end of the program: %s", j.State)
	}
	b.do(b.m.Cancel(j.ID))
	j, err = b.m.Wait(b.ctx, j.ID)
	b.do(err)
	if j.State != Cancelled || j.Tally.Done+j.Tally.Left != 30 {
		t.Errorf("%s, %+v", j.State, j.Tally)
	}
	if err := b.m.Resume(j.ID); !errors.Is(err, ErrNotNow) {
		t.Errorf("resuming what is cancelled: %v", err)
	}
	if err := b.m.Resume(99); !errors.Is(err, ErrJobNotFound) {
		t.Errorf("resuming nothing: %v", err)
	}
	undo := b.run(Request{Verb: Undo, Undoes: j.ID}) // what it did can be taken back
	b.tally(undo, Tally{Selected: j.Tally.Done, Done: j.Tally.Done})
	b.counts("payments", 0, 30)
}

func TestWaitIsCancelled(t *testing.T) {
	b := newBench(t)
	b.kill("payments", 3)
	j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: PerSecond, Rate: 0.001}}))
	b.do(err)
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.m.Wait(ctx, j.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
