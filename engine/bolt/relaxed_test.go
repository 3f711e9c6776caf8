package bolt

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

// relaxedEngine has the relaxed queue "jobs". The hook is called once, between
// a commit and its effects.
func relaxedEngine(t *testing.T, o Options) (e *Engine, hook *func()) {
	t.Helper()
	hook = new(func())
	o.committed = func() {
		if do := *hook; do != nil {
			*hook = nil
			do()
		}
	}
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	policy := engine.Policy{VisibilityTimeout: time.Hour, Durability: engine.Relaxed}
	if err := e.CreateQueue(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	return e, hook
}

// TestRelaxedAfterAFailure: a commit that failed, for want of space, does not
// keep those from publishing for whom there is some.
func TestRelaxedAfterAFailure(t *testing.T) {
	e, _ := relaxedEngine(t, Options{MaxSize: 1 << 20})
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: make([]byte, 4<<20)}); err != nil {
		t.Fatalf("it is not known yet that it is too much: %v", err)
	}
	if err := e.write(func(*tx) error { return nil }); err != nil { // it shares the commit, or waits for it
		t.Fatal(err)
	}
	e.writer.mu.Lock()
	e.writer.failure = engine.ErrNoSpace // as if nobody had come behind
	e.writer.mu.Unlock()
	for range 2 {
		if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}); err != nil {
			t.Errorf("a small one: %v", err)
		}
	}
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: make([]byte, 4<<20)}); err != nil {
		t.Errorf("the last commit succeeded: %v", err)
	}
}

// TestConfirmedBeforeTheBound: a message that a relaxed queue confirmed is kept,
// also if the queue has got a bound, and is full, by the time it is applied.
func TestConfirmedBeforeTheBound(t *testing.T) {
	e, hook := relaxedEngine(t, Options{})
	publish := func(n int) {
		if _, err := e.Publish(t.Context(), "jobs", make([]engine.Outgoing, n)...); err != nil {
			t.Error(err)
		}
	}
	policy := engine.DefaultPolicy()
	policy.Durability, policy.MaxDepth = engine.Relaxed, 1
	*hook = func() { publish(2) }
	if _, err := e.Configure(t.Context(), "jobs", policy); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}); !errors.Is(err, engine.ErrQueueFull) {
		t.Errorf("the next one: %v", err)
	}
	if info, err := e.Queue(t.Context(), "jobs"); err != nil || info.Ready != 2 {
		t.Errorf("of two that were confirmed %d are ready (%v)", info.Ready, err)
	}
}

// TestConfirmedBeforeADeletion: a message that was confirmed for two queues comes
// into the one that is left, if the other is deleted by the time it is applied.
func TestConfirmedBeforeADeletion(t *testing.T) {
	e, hook := relaxedEngine(t, Options{})
	policy := engine.Policy{VisibilityTimeout: time.Hour, Durability: engine.Relaxed}
	err := e.CreateQueue(t.Context(), "copies", policy)
	for _, name := range []string{"jobs", "copies"} {
		if err == nil {
			err = e.Bind(t.Context(), "events", engine.Binding{Queue: name, Pattern: "#"})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	*hook = func() {
		queues, err := e.PublishTopic(t.Context(), "events", "any", engine.Outgoing{})
		if err != nil {
			t.Error(err)
		}
		clear(queues) // they are the caller's
	}
	if _, err := e.DeleteQueue(t.Context(), "copies"); err != nil {
		t.Fatal(err)
	}
	if err := e.write(func(*tx) error { return nil }); err != nil { // behind the publish
		t.Fatal(err)
	}
	if info, err := e.Queue(t.Context(), "jobs"); err != nil || info.Ready != 1 {
		t.Errorf("%d messages are ready (%v)", info.Ready, err)
	}
}

// TestPromisedToNobody: what an ack that was refused by a close had among its
// receipts is given back like all else.
func TestPromisedToNobody(t *testing.T) {
	e, _ := relaxedEngine(t, Options{})
	if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{}); err != nil {
		t.Fatal(err)
	}
	got, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Wait: time.Minute})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	if e.promise([]engine.Receipt{got[0].Receipt, {Queue: "jobs", ID: "99", Token: "z"}}) {
		t.Fatal("a receipt is good that is none")
	}
	if !e.promise([]engine.Receipt{got[0].Receipt}) {
		t.Error("it is taken, though it was not accepted")
	}
}
