package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// wreckable makes a database with messages in every place that there is, and
// returns its bytes and the bodies by id.
func wreckable(t *testing.T) (file []byte, bodies map[engine.ID]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	ctx := context.Background()
	policy := engine.DefaultPolicy()
	policy.MaxTries = 1
	for _, q := range []string{"jobs", "mail"} {
		if err := e.CreateQueue(ctx, q, policy); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		q := []string{"jobs", "mail"}[i%2]
		body := fmt.Sprintf("%d %s", i, bytes.Repeat([]byte{'b'}, []int{10, 900, 6000}[i%3]))
		m := engine.Outgoing{Body: []byte(body), Headers: engine.Headers{"n": fmt.Sprint(i)}}
		if i%5 == 0 {
			m.Delay = time.Hour
		}
		if _, err := e.Publish(ctx, q, m); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 { // some acked, some dead
		got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if i%2 == 0 {
			err = e.Ack(ctx, got[0].Receipt)
		} else {
			err = e.Nack(ctx, got[0].Receipt, engine.Failure{Reason: "no"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bodies = map[engine.ID]string{}
	for _, q := range []string{"jobs", "mail"} {
		for _, state := range engine.States() {
			page, err := e.List(ctx, q, engine.ListOptions{State: state, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Messages {
				bodies[m.ID] = string(m.Body)
			}
		}
	}
	checkClean(t, e)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file[:bytes.LastIndexFunc(file, func(r rune) bool { return r != 0 })+4096], bodies
}

func salvage(t *testing.T, file []byte) (bolt.SalvageReport, map[engine.ID]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wreck.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	found := map[engine.ID]string{}
	report, err := bolt.Salvage(context.Background(), path, func(m engine.Message) error {
		found[m.ID] = string(m.Body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return report, found
}

// TestSalvageWhole: of a file that is whole all messages come out, and nothing
// else.
func TestSalvageWhole(t *testing.T) {
	file, bodies := wreckable(t)
	report, found := salvage(t, file)
	if len(report.Problems) > 0 || report.Stray > 0 {
		t.Errorf("a whole file has problems: %+v", report)
	}
	if !maps.Equal(found, bodies) {
		t.Errorf("%d messages came out of %d", len(found), len(bodies))
	}
}

// TestSalvageWithoutHeaders: with both headers gone the messages come out of
// the pages, with some that were done before.
func TestSalvageWithoutHeaders(t *testing.T) {
	file, bodies := wreckable(t)
	clear(file[:2*4096])
	report, found := salvage(t, file)
	if len(report.Problems) == 0 {
		t.Error("nothing is said of the headers")
	}
	lost := 0
	for id, body := range bodies {
		if found[id] != body {
			lost++
		}
	}
	// Bodies of large records are in pages that do not say whose they are.
	if lost > len(bodies)/7 {
		t.Errorf("%d of %d messages are lost", lost, len(bodies))
	}
}

// TestWrecks: whatever is wrong with a file, opening, checking and salvaging it
// never panics or hangs; and a page that is gone costs only what was in it.
func TestWrecks(t *testing.T) {
	file, bodies := wreckable(t)
	rounds := 60
	if testing.Short() {
		rounds = 30
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		wreck := bytes.Clone(file)
		page := 2 + random.IntN(len(wreck)/4096-2)
		switch random.IntN(3) {
		case 0:
			clear(wreck[page*4096 : (page+1)*4096])
		case 1:
			for range 1 + random.IntN(20) {
				wreck[page*4096+random.IntN(4096)] ^= 1 << random.IntN(8)
			}
		case 2:
			for i := range wreck[page*4096 : (page+1)*4096] {
				wreck[page*4096+i] = byte(random.Uint32())
			}
		}
		_, found := salvage(t, wreck)
		same := 0
		for id, body := range bodies {
			if found[id] == body {
				same++
			}
		}
		if same < len(bodies)*8/10 {
			t.Errorf("one page costs %d of %d messages", len(bodies)-same, len(bodies))
		}
		openWreck(t, wreck)
	}
}

// openWreck opens a file that may be damaged, and does a little of everything.
func openWreck(t *testing.T, file []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wreck.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // a slow disk is no hang
	defer cancel()
	_, _ = e.Check(ctx)
	for _, q := range []string{"jobs", "mail"} {
		_, _ = e.Publish(ctx, q, engine.Outgoing{Body: []byte("more")})
		got, _ := e.Receive(ctx, q, engine.ReceiveOptions{Max: 50})
		receipts := make([]engine.Receipt, len(got))
		for i := range got {
			receipts[i] = got[i].Receipt
		}
		_ = e.Ack(ctx, receipts...)
		for _, state := range engine.States() {
			_, _ = e.List(ctx, q, engine.ListOptions{State: state})
		}
	}
	if ctx.Err() != nil {
		t.Error("it hangs")
	}
}
