package bolt_test

import (
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

var writeFixture = flag.Bool("write-fixture", false, "write the database of the current format into testdata")

// A fixture is a database as a version of the format left it. They are kept
// for ever: every later nixie must open them.
const currentFixture = "testdata/format-2.db.gz"

// TestFixtures opens the databases of all formats that there were.
func TestFixtures(t *testing.T) {
	if *writeFixture {
		synctest.Test(t, makeFixture)
	}
	fixtures, err := filepath.Glob("testdata/format-*.db.gz")
	if err != nil || len(fixtures) == 0 {
		t.Fatal("there are none: ", err)
	}
	for _, fixture := range fixtures {
		// In a bubble it is the year 2000 for ever, and the delay never ends.
		synctest.Test(t, func(t *testing.T) {
			t.Log(fixture)
			path := filepath.Join(t.TempDir(), "nixie.db")
			unpack(t, fixture, path)
			e := open(t, path, bolt.Options{TrashRetention: 100 * 365 * 24 * time.Hour})
			defer e.Close()
			checkClean(t, e)
			verifyFixture(t, e)
			checkClean(t, e)
		})
	}
}

// fillFixture puts something into every kind of place.
func fillFixture(t *testing.T, e engine.Engine) {
	ctx := context.Background()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	policy := engine.DefaultPolicy()
	policy.MaxTries = 1
	do(e.CreateQueue(ctx, "jobs", policy))
	policy.Ordered, policy.DeadLetter = true, "jobs"
	do(e.CreateQueue(ctx, "mail", policy))
	do(e.Bind(ctx, "events", engine.Binding{Queue: "jobs", Pattern: "order.*"}))
	large := strings.Repeat("large ", 2000)
	_, err := e.Publish(ctx, "jobs", engine.Outgoing{Body: []byte("acked")}, engine.Outgoing{Body: []byte("dead")},
		engine.Outgoing{Body: []byte("ready"), Headers: engine.Headers{"tenant": "acme"}}, engine.Outgoing{Body: []byte(large)})
	do(err)
	_, err = e.Publish(ctx, "jobs", engine.Outgoing{Body: []byte("delayed"), Delay: 300 * 24 * time.Hour, DedupID: "d"})
	do(err)
	_, err = e.Publish(ctx, "mail", engine.Outgoing{Body: []byte("grouped"), Group: "g"}, engine.Outgoing{Body: []byte("deleted")})
	do(err)
	got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Max: 2, Consumer: "worker"})
	do(err)
	do(e.Ack(ctx, got[0].Receipt))
	do(e.Nack(ctx, got[1].Receipt, engine.Failure{Reason: "no"}))
	page, err := e.List(ctx, "mail", engine.ListOptions{})
	do(err)
	_, _, err = e.Delete(ctx, "mail", page.Messages[1].ID)
	do(err)
}

func verifyFixture(t *testing.T, e engine.Engine) {
	t.Helper()
	ctx := context.Background()
	states := map[engine.State]string{}
	for _, q := range []string{"jobs", "mail"} {
		for _, state := range engine.States() {
			page, err := e.List(ctx, q, engine.ListOptions{State: state})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				states[state] += fmt.Sprintf("%s:%.5s %d;", m.Queue, m.Body, m.Size)
			}
		}
	}
	for state, want := range map[engine.State]string{
		engine.Ready:   "jobs:ready 5;jobs:large 12000;mail:group 7;",
		engine.Delayed: "jobs:delay 7;",
		engine.Dead:    "jobs:dead 4;",
	} {
		if states[state] != want {
			t.Errorf("%s: %q, not %q", state, states[state], want)
		}
	}
	dead, err := e.List(ctx, "jobs", engine.ListOptions{State: engine.Dead})
	if err != nil || len(dead.Messages) != 1 {
		t.Fatal(dead, err)
	}
	if m := dead.Messages[0]; m.Death == nil || m.Death.Reason != engine.MaxTries || len(m.Attempts) != 1 ||
		m.Attempts[0].Consumer != "worker" || m.Attempts[0].Reason != "no" {
		t.Errorf("the dead letter has lost what it knew: %+v", m)
	}
	topics, err := e.Topics(ctx)
	if err != nil || len(topics) != 1 || topics[0].Bindings[0].Pattern != "order.*" {
		t.Error(topics, err)
	}
	info, err := e.Queue(ctx, "mail")
	if err != nil || !info.Policy.Ordered || info.Policy.DeadLetter != "jobs" || info.Totals.Published != 2 {
		t.Errorf("%+v %v", info, err)
	}
	trash, err := e.Trash(ctx)
	if err != nil || len(trash) != 1 {
		t.Fatal(trash, err)
	}
	if n, err := e.Restore(ctx, trash[0].ID); err != nil || n != 1 {
		t.Error(n, err)
	}
}

func makeFixture(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{TrashRetention: 100 * 365 * 24 * time.Hour})
	fillFixture(t, e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(currentFixture)
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(out)
	if _, err := io.Copy(w, in); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
