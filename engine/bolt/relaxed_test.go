package bolt

import (
	"os"
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

// TestQueuesAreTheCallers: the names that a publish to a topic returns, which
// before its commit the engine needs, too.
func TestQueuesAreTheCallers(t *testing.T) {
	e, _ := relaxedEngine(t, Options{})
	if err := e.Bind(t.Context(), "events", engine.Binding{Queue: "jobs", Pattern: "#"}); err != nil {
		t.Fatal(err)
	}
	queues, err := e.PublishTopic(t.Context(), "events", "any", engine.Outgoing{})
	if err != nil {
		t.Fatal(err)
	}
	clear(queues)
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
	if e.promise([]engine.Receipt{got[0].Receipt, {Queue: "jobs", ID: "99", Token: "z"}}) != 0 {
		t.Fatal("a receipt is good that is none")
	}
	if e.promise([]engine.Receipt{got[0].Receipt}) == 0 {
		t.Error("it is taken, though it was not accepted")
	}
}

// TestIDsThatWereLost: an id that was confirmed before a kill is not given again,
// also after another kill.
func TestIDsThatWereLost(t *testing.T) {
	e, _ := relaxedEngine(t, Options{})
	publish := func(e *Engine) uint64 {
		ids, err := e.Publish(t.Context(), "jobs", engine.Outgoing{})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := parseID(ids[0])
		return id
	}
	last := publish(e)
	if err := e.write(func(*tx) error { return nil }); err != nil { // it shares the commit, or waits for it
		t.Fatal(err)
	}
	file := image(t, e.path)
	for kills := 1; kills <= 2; kills++ {
		path := filepath.Join(t.TempDir(), "killed.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		file = image(t, path) // without what is confirmed now
		if id := publish(e); id > last {
			last = id
		} else {
			t.Errorf("after %d kills the id %d is given, and %d was before", kills, id, last)
		}
	}
}
