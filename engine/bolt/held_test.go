package bolt

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// traffic is a context that, each time somebody asks whether it is done,
// publishes and acks: so much happens meanwhile, however fast the machine is.
type traffic struct {
	context.Context
	t      *testing.T
	e      *Engine
	every  int
	asked  int
	rounds int
}

func (c *traffic) Err() error {
	if c.asked++; c.asked%c.every == 0 {
		c.rounds++
		publishAndAck(c.t, c.e, 1000)
	}
	return nil
}

// publishAndAck sends messages of 1 KiB through the queue "busy".
func publishAndAck(t *testing.T, e *Engine, n int) {
	t.Helper()
	body := bytes.Repeat([]byte("x"), 1<<10)
	_, err := e.Publish(t.Context(), "busy", slices.Repeat([]engine.Outgoing{{Body: body}}, n)...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Receive(t.Context(), "busy", engine.ReceiveOptions{Max: n})
	if err != nil {
		t.Fatal(err)
	}
	receipts := make([]engine.Receipt, len(got))
	for i := range got {
		receipts[i] = got[i].Receipt
	}
	if err := e.Ack(t.Context(), receipts...); err != nil {
		t.Fatal(err)
	}
}

// busyEngine has a backlog of so many messages of 1 KiB in each of two queues.
func busyEngine(t *testing.T, backlog int) *Engine {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{maxHeld: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	for _, q := range []string{"busy", "still"} {
		if err := e.CreateQueue(t.Context(), q, engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		body := bytes.Repeat([]byte("x"), 1<<10)
		for range backlog / 100 {
			if _, err := e.Publish(t.Context(), q, slices.Repeat([]engine.Outgoing{{Body: body}}, 100)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 * backlog / 1000 { // until the backlog consists of what passes
		publishAndAck(t, e, 1000)
	}
	return e
}

// fileSize is the size of the file but for what was never written.
func fileSize(e *Engine) (size int64) {
	_ = e.db.View(func(btx *bbolt.Tx) error {
		size = btx.Size()
		return nil
	})
	return size
}

// TestLookingDoesNotGrowTheFile: while much is published and acked at a
// constant backlog, the longest looks at the file do not let it grow.
func TestLookingDoesNotGrowTheFile(t *testing.T) {
	e := busyEngine(t, 10_000)
	before := fileSize(e)
	ctx := &traffic{Context: t.Context(), t: t, e: e, every: 1}
	report, err := e.Check(ctx)
	if err != nil || len(report.Problems) > 0 {
		t.Fatal(report, err)
	}
	ctx.every = 50
	for o := (engine.ListOptions{Limit: 100}); ; {
		page, err := e.List(ctx, "still", o)
		if err != nil {
			t.Fatal(err)
		}
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	// What Check may hold, what is written between two of its pauses, and the
	// gaps that runs of different lengths leave.
	limit := e.options.maxHeld + 8<<20
	if grown := fileSize(e) - before; grown > limit || ctx.rounds<<20 < 10*int(limit) {
		t.Errorf("while %d MiB passed the file grew by %d KiB, more than %d", ctx.rounds, grown>>10, limit>>10)
	}
}

// TestSteadyState: at a constant backlog the file keeps its size, whatever
// passes through it, but for what a read ahead may hold for a moment.
func TestSteadyState(t *testing.T) {
	e := busyEngine(t, 1000)
	before := fileSize(e)
	for range 200 {
		publishAndAck(t, e, 1000)
	}
	if after := fileSize(e); after > before+2*maxRunBytes {
		t.Errorf("the file had %d KiB, and has %d after 200 MiB", before>>10, after>>10)
	}
}

// TestLargeBodiesComeInPieces: neither a page nor a commit of a restore is
// larger than some bodies are.
func TestLargeBodiesComeInPieces(t *testing.T) {
	var commits atomic.Int64
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{committed: func() { commits.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := t.Context()
	if err := e.CreateQueue(ctx, "q", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	const n = 40
	for range n {
		if _, err := e.Publish(ctx, "q", engine.Outgoing{Body: make([]byte, 1<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	pages, seen := 0, 0
	for o := (engine.ListOptions{Limit: 1000}); pages == 0 || o.After != ""; pages++ {
		page, err := e.List(ctx, "q", o)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Messages)
		o.After = page.Next
	}
	if seen != n || pages != 3 {
		t.Errorf("%d messages on %d pages", seen, pages)
	}
	entry, err := e.Purge(ctx, "q", engine.LiveArea)
	if err != nil {
		t.Fatal(err)
	}
	commits.Store(0)
	if restored, err := e.Restore(ctx, entry.ID); err != nil || restored != n || commits.Load() < 4 {
		t.Errorf("%d messages were restored in %d commits: %v", restored, commits.Load(), err)
	}
}
