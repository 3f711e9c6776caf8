package operation

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// inBubble runs a test whose time passes by itself.
func inBubble(t *testing.T, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		test(b)
		b.do(b.m.Close())
		b.do(b.Engine.Close())
		synctest.Wait()
	})
}

func (b *bench) job(id int) Job {
	b.Helper()
	j, err := b.m.Job(id)
	b.do(err)
	return j
}

func TestPaceRate(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.kill("payments", 100)
		j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: PerSecond, Rate: 10}}))
		b.do(err)
		time.Sleep(5*time.Second + 10*time.Millisecond)
		synctest.Wait()
		if done := b.job(j.ID).Tally.Done; done < 50 || done > 52 {
			b.Errorf("%d done after 5 s at 10 per second", done)
		}
		if rate := b.job(j.ID).Rate; rate < 9 || rate > 11 {
			b.Errorf("rate %f", rate)
		}
		j, err = b.m.Wait(b.ctx, j.ID)
		b.do(err)
		b.tally(j, Tally{Selected: 100, Done: 100})
		if took := j.Ended.Sub(j.Started); took < 9*time.Second || took > 11*time.Second {
			b.Errorf("took %s", took)
		}
	})
}

func TestPaceCanaryGoesOn(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.kill("payments", 300)
		j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: Canary}}))
		b.do(err)
		for _, stage := range []int64{1, 11, 111} {
			time.Sleep(10 * watchEvery)
			synctest.Wait()
			j := b.job(j.ID)
			if j.Tally.Done != stage || j.State != Watching {
				b.Fatalf("%d done, %s (%s); want %d", j.Tally.Done, j.State, j.Stage, stage)
			}
			b.consume("payments", 1000)
		}
		j, err = b.m.Wait(b.ctx, j.ID)
		b.do(err)
		b.tally(j, Tally{Selected: 300, Done: 300})
	})
}

func TestPaceCanaryStops(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.kill("payments", 300)
		j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: Canary}}))
		b.do(err)
		time.Sleep(2 * watchEvery)
		synctest.Wait()
		b.consume("payments", 1)
		time.Sleep(2 * watchEvery)
		synctest.Wait() // ten are there now: three fail again
		deliveries, err := b.Receive(b.ctx, "payments", engine.ReceiveOptions{Max: 10})
		b.do(err)
		for i, d := range deliveries {
			if i < 3 {
				b.do(b.Nack(b.ctx, d.Receipt, engine.Failure{Reason: "again", Reject: true}))
			} else {
				b.do(b.Ack(b.ctx, d.Receipt))
			}
		}
		j, err = b.m.Wait(b.ctx, j.ID)
		b.do(err)
		if j.State != Paused || j.Why != "3 of 10 came back (> 20 %)" || j.CameBack != 3 {
			b.Errorf("%s: %q, %d came back", j.State, j.Why, j.CameBack)
		}
		if j.Tally.Left != 289 {
			b.Errorf("%d left", j.Tally.Left)
		}
		b.do(b.m.Resume(j.ID)) // the operator knows better
		time.Sleep(2 * watchEvery)
		synctest.Wait()
		if j := b.job(j.ID); j.State != Watching || j.Tally.Done != 111 {
			b.Errorf("%s, %d done", j.State, j.Tally.Done)
		}
		b.do(b.m.Resume(j.ID)) // and does not wait for the next stage
		j, err = b.m.Wait(b.ctx, j.ID)
		b.do(err)
		b.tally(j, Tally{Selected: 300, Done: 300})
	})
}

func TestPaceFollow(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.kill("payments", 5000)
		j, err := b.m.Start(b.plan(Request{Verb: Requeue, Pace: Pace{Kind: Follow}}))
		b.do(err)
		drained := func(d time.Duration, most int) int64 {
			before := b.job(j.ID).Tally.Done
			for range int(d / (100 * time.Millisecond)) {
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				b.consume("payments", most)
			}
			return b.job(j.ID).Tally.Done - before
		}
		drained(5*time.Second, 1000)
		fast := drained(5*time.Second, 1000)
		drained(5*time.Second, 0+1) // hardly any consumer is left
		slow := drained(5*time.Second, 1)
		if fast < 3*slow {
			b.Errorf("%d in 5 s while the destination keeps up, %d while it does not", fast, slow)
		}
	})
}

func TestLoad(t *testing.T) {
	inBubble(t, func(b *bench) {
		j := b.run(Request{Verb: Publish, Pace: Pace{Kind: PerSecond, Rate: 100}, Load: Load{
			Queue: "orders", Count: 250, Body: []byte(`{"n":{{seq}},"id":"{{uuid}}","by":"{{email}}"}`), Group: "g{{int 1 3}}",
		}})
		b.tally(j, Tally{Selected: 250, Done: 250})
		page, err := b.List(b.ctx, "orders", engine.ListOptions{Limit: 1000})
		b.do(err)
		seen := map[string]bool{}
		for i, m := range page.Messages {
			value, err := decodeJSON(m.Body)
			b.do(err)
			body := value.(map[string]any)
			if fmt.Sprint(body["n"]) != fmt.Sprint(i+1) {
				b.Fatalf("message %d: %s", i, m.Body)
			}
			seen[body["id"].(string)] = true
		}
		if len(seen) != 250 {
			b.Errorf("%d different ids", len(seen))
		}
	})
}

// What was in doubt for longer than the engine remembers deduplication ids is
// looked for, not published again.
func TestLoadInDoubtForLong(t *testing.T) {
	inBubble(t, func(b *bench) {
		living, dir := b.Engine, ""
		b.m.engine = &mortal{Engine: living, at: 1, after: true, died: func() { dir = copyDir(b.T, b.dir) }}
		b.run(Request{Verb: Publish, Load: Load{Queue: "orders", Count: 450, Body: []byte("{{seq}}")}})
		b.do(b.m.Close())
		const gone = maxStep / 4 // of the second step, which is in doubt
		b.consume("orders", maxStep+gone)
		time.Sleep(time.Hour)
		b.dir = dir
		b.open()
		b.do(b.m.Resume(1))
		j, err := b.m.Wait(b.ctx, 1)
		b.do(err)
		b.tally(j, Tally{Selected: 450, Done: 450 - gone, Refused: gone})
		b.counts("orders", 450-maxStep-gone, 0)
	})
}

func TestPaceValidate(t *testing.T) {
	for _, p := range []Pace{{Kind: "soon"}, {Kind: PerSecond}, {Kind: PerSecond, Rate: -1}, {Kind: Canary, Stop: 2}} {
		if p.Validate() == nil {
			t.Errorf("%+v is valid", p)
		}
	}
	if got := (Pace{Kind: Canary}).String(); got != "canary 1 → 10 → 100 → rest; stop if > 20 % come back" {
		t.Error(got)
	}
}
