package views

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/enginetest"
	"nixie/engine/operation"
)

// filled returns an engine with n ready messages in the queue "q".
func filled(t *testing.T, n int) engine.Engine {
	t.Helper()
	e := enginetest.NewModel()
	t.Cleanup(func() { e.Close() })
	if err := e.CreateQueue(t.Context(), "q", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	messages := make([]engine.Outgoing, n)
	for i := range messages {
		messages[i].Body = fmt.Appendf(nil, `{"n":%d}`, i)
	}
	if _, err := e.Publish(t.Context(), "q", messages...); err != nil {
		t.Fatal(err)
	}
	return e
}

func readReady(t *testing.T, e engine.Engine, q windowQuery) window {
	t.Helper()
	q.queue, q.state = "q", engine.Ready
	w, err := readWindow(context.Background(), e, time.Now, q)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWindowsKnowTheirPlace walks through a queue window by window, down from
// the top and up from the bottom: each one continues the one before, and says
// exactly where it is.
func TestWindowsKnowTheirPlace(t *testing.T) {
	const n = 2350
	e := filled(t, n)
	check := func(w window) {
		t.Helper()
		if w.total != n || w.approx {
			t.Fatalf("total %d, approximate %v", w.total, w.approx)
		}
		for i, m := range w.messages {
			if want := fmt.Sprintf(`{"n":%d}`, w.before+int64(i)); string(m.Body) != want {
				t.Fatalf("row %d is %s, want %s", w.before+int64(i), m.Body, want)
			}
		}
	}
	w := readReady(t, e, windowQuery{})
	check(w)
	for steps := 0; w.before+int64(len(w.messages)) < n; steps++ {
		if steps > n {
			t.Fatal("the walk does not end")
		}
		w = readReady(t, e, windowQuery{from: fromMessage, id: w.messages[len(w.messages)-1].ID, old: w})
		check(w)
	}
	w = readReady(t, e, windowQuery{from: fromBottom})
	check(w)
	for steps := 0; w.before > 0; steps++ {
		if steps > n {
			t.Fatal("the walk back does not end")
		}
		w = readReady(t, e, windowQuery{from: fromMessage, id: w.messages[0].ID, old: w})
		check(w)
	}
}

// TestWindowOfABusyQueueIsAnEstimate: what was consumed meanwhile moves the
// rows, so their numbers are no longer exact, and say so.
func TestWindowOfABusyQueueIsAnEstimate(t *testing.T) {
	e := filled(t, 1500)
	old := readReady(t, e, windowQuery{})
	if _, err := e.Receive(t.Context(), "q", engine.ReceiveOptions{Max: 10}); err != nil {
		t.Fatal(err)
	}
	w := readReady(t, e, windowQuery{from: fromMessage, id: old.messages[390].ID, old: old})
	if !w.approx {
		t.Error("the place is said to be exact")
	}
	if w.total != 1490 {
		t.Errorf("total %d", w.total)
	}
}

// TestWindowAroundAMessageThatIsGone still shows its neighbours.
func TestWindowAroundAMessageThatIsGone(t *testing.T) {
	e := filled(t, 1000)
	old := readReady(t, e, windowQuery{})
	id := old.messages[300].ID
	if _, _, err := e.Delete(t.Context(), "q", id); err != nil {
		t.Fatal(err)
	}
	w := readReady(t, e, windowQuery{from: fromMessage, id: id, old: old})
	near := false
	for _, m := range w.messages {
		near = near || m.ID == old.messages[301].ID
	}
	if !near {
		t.Error("the window is somewhere else")
	}
}

func TestScanSaysWhatItDidNotSearch(t *testing.T) {
	e := filled(t, scanLimit+500)
	filter, err := operation.ParseFilter(".n > 3")
	if err != nil {
		t.Fatal(err)
	}
	w := readReady(t, e, windowQuery{filter: filter})
	if !w.filtered || !w.capped || w.scanned < scanLimit || w.match != w.scanned-4 || len(w.messages) != scanMatches {
		t.Errorf("filtered %v capped %v scanned %d match %d kept %d", w.filtered, w.capped, w.scanned, w.match, len(w.messages))
	}
	filter, err = operation.ParseFilter("tries>3")
	if err != nil {
		t.Fatal(err)
	}
	if w = readReady(t, e, windowQuery{filter: filter}); w.match != 0 || len(w.messages) != 0 {
		t.Errorf("%d match", w.match)
	}
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for want, q := range map[Condition]engine.QueueInfo{
			Idle:        {},
			Flowing:     {In: 10, Out: 10, Consumers: 2, Ready: 3},
			Growing:     {In: 300, Out: 280, Consumers: 2, Ready: 2000},
			Draining:    {In: 10, Out: 80, Consumers: 2, Ready: 2000},
			Paused:      {Paused: true, Ready: 5, Failing: 3},
			NoConsumers: {Ready: 1, In: 100},
			Stalled:     {Ready: 50, Consumers: 1, In: 1, OldestAt: now.Add(-time.Minute)},
			Poisoned:    {Ready: 50, Consumers: 1, In: 5, Out: 1, Failing: 9},
		} {
			if got := healthOf(q, now); got.Condition != want || got.Reason == "" {
				t.Errorf("want %v: got %v, because %q", want, got.Condition, got.Reason)
			}
		}
	})
}

func TestPolicyText(t *testing.T) {
	p := engine.DefaultPolicy()
	if got := policyText("payments", p)[0]; got != "5 tries, then payments.dead; 30s lease" {
		t.Errorf("%q", got)
	}
	p.MaxTries, p.DeadLetter, p.MaxDepth, p.Overflow = 1, "graveyard", 1000, engine.DropOldest
	text := fmt.Sprint(policyText("payments", p))
	for _, want := range []string{"1 try, then graveyard.dead", "at most 1 000 messages, then the oldest die"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"orders": "orders", "a b": "'a b'", "": "''", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "a/b.c-d_e:f@g+h,i=j%k": "a/b.c-d_e:f@g+h,i=j%k", "ü": "'ü'", "\n": "'\n'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
}
