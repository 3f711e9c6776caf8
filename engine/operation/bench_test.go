package operation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// deadDepth is how many dead letters the benchmarks work on; NIXIE_BENCH_DEPTH
// says otherwise.
func deadDepth() int {
	if n, err := strconv.Atoi(os.Getenv("NIXIE_BENCH_DEPTH")); err == nil {
		return n
	}
	return 20_000
}

// benchDead is a bundled engine with dead letters of a dozen causes.
func benchDead(b *testing.B) (*Manager, engine.Engine) {
	b.Helper()
	dir := b.TempDir()
	e, err := bolt.Open(filepath.Join(dir, "nixie.db"), bolt.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	ctx := b.Context()
	policy := engine.DefaultPolicy()
	policy.VisibilityTimeout = time.Hour
	if err := e.CreateQueue(ctx, "q", policy); err != nil {
		b.Fatal(err)
	}
	body := fmt.Appendf(nil, `{"tenant":"acme","order":{"total":12345,"currency":"JPY"},"text":"%0200d"}`, 1)
	messages := make([]engine.Outgoing, 1000)
	for i := range messages {
		messages[i] = engine.Outgoing{Body: body, Headers: engine.Headers{"source": "bench"}}
	}
	for done := 0; done < deadDepth(); done += len(messages) {
		ids, err := e.Publish(ctx, "q", messages...)
		if err != nil {
			b.Fatal(err)
		}
		outcomes, err := e.Move(ctx, engine.MoveRequest{Queue: "q", IDs: ids, Into: engine.Dead})
		if err != nil || outcomes[0].Err != nil {
			b.Fatal(err, outcomes)
		}
	}
	info, err := e.Queue(ctx, "q")
	if err != nil || info.Dead != int64(deadDepth()) {
		b.Fatal(err, info.Dead)
	}
	m, err := Open(e, filepath.Join(dir, "operations"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	return m, e
}

func perLetter(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(deadDepth()), "ns/letter")
}

func BenchmarkCauses(b *testing.B) {
	m, _ := benchDead(b)
	for b.Loop() {
		if _, err := m.Causes(context.Background(), CauseOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	perLetter(b)
}

func BenchmarkPlan(b *testing.B) {
	m, _ := benchDead(b)
	for b.Loop() {
		if _, err := m.Plan(context.Background(), Request{Verb: Requeue}); err != nil {
			b.Fatal(err)
		}
	}
	perLetter(b)
}

func BenchmarkRequeueAndUndo(b *testing.B) {
	m, _ := benchDead(b)
	for b.Loop() {
		for _, r := range []Request{{Verb: Requeue}, {Verb: Undo}} {
			if r.Verb == Undo {
				r.Undoes = m.Jobs()[0].ID
			}
			plan, err := m.Plan(context.Background(), r)
			if err != nil {
				b.Fatal(err)
			}
			j, err := m.Start(plan)
			if err != nil {
				b.Fatal(err)
			}
			if j, err = m.Wait(context.Background(), j.ID); err != nil || j.State != Done {
				b.Fatal(j.State, j.Why, err)
			}
		}
	}
	perLetter(b)
}
