package operation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"nixie/engine"
	"nixie/engine/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is an engine with some queues, and a manager of it.
type bench struct {
	*testing.T
	engine.Engine
	ctx context.Context
	m   *Manager
	dir string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOn(t, enginetest.NewModel())
}

func newBenchOn(t *testing.T, e engine.Engine) *bench {
	t.Helper()
	b := &bench{T: t, Engine: e, ctx: t.Context(), dir: t.TempDir()}
	t.Cleanup(func() { b.Engine.Close() })
	for _, q := range []string{"payments", "orders"} {
		b.do(b.CreateQueue(b.ctx, q, engine.Policy{VisibilityTimeout: engine.DefaultPolicy().VisibilityTimeout, MaxTries: 1}))
	}
	b.open()
	return b
}

// open makes a manager, as at the start of the program.
func (b *bench) open() {
	b.Helper()
	m, err := Open(b.Engine, b.dir)
	b.do(err)
	b.m = m
	b.Cleanup(func() { m.Close() })
}

func (b *bench) do(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// publish puts n messages into a queue.
func (b *bench) publish(queue string, n int) []engine.ID {
	b.Helper()
	var messages []engine.Outgoing
	for i := range n {
		messages = append(messages, engine.Outgoing{
			Body:    fmt.Appendf(nil, `{"n":%d,"tenant":"t%d"}`, i, i%3),
			Headers: engine.Headers{"bytes": "\xff\x00", "n": fmt.Sprint(i)},
		})
	}
	ids, err := b.Publish(b.ctx, queue, messages...)
	b.do(err)
	return ids
}

// fail receives what is ready and lets it fail for good.
func (b *bench) fail(queue string, reason func(i int) string) {
	b.Helper()
	deliveries, err := b.Receive(b.ctx, queue, engine.ReceiveOptions{Max: 100_000, Consumer: "worker"})
	b.do(err)
	for i, d := range deliveries {
		b.do(b.Nack(b.ctx, d.Receipt, engine.Failure{Reason: reason(i), Reject: true}))
	}
}

// kill puts n dead letters into a queue.
func (b *bench) kill(queue string, n int) []engine.ID {
	b.Helper()
	ids := b.publish(queue, n)
	b.fail(queue, func(i int) string { return fmt.Sprintf("timeout: gw %dms", i) })
	return ids
}

// consume acks all that is ready.
func (b *bench) consume(queue string, most int) int {
	b.Helper()
	deliveries, err := b.Receive(b.ctx, queue, engine.ReceiveOptions{Max: most})
	b.do(err)
	for _, d := range deliveries {
		b.do(b.Ack(b.ctx, d.Receipt))
	}
	return len(deliveries)
}

func (b *bench) plan(r Request) *Plan {
	b.Helper()
	p, err := b.m.Plan(b.ctx, r)
	b.do(err)
	return p
}

// run plans, starts and waits.
func (b *bench) run(r Request) Job {
	b.Helper()
	j, err := b.m.Start(b.plan(r))
	b.do(err)
	j, err = b.m.Wait(b.ctx, j.ID)
	b.do(err)
	return j
}

func (b *bench) info(queue string) engine.QueueInfo {
	b.Helper()
	info, err := b.Queue(b.ctx, queue)
	b.do(err)
	return info
}

// counts checks how many are ready and dead in a queue.
func (b *bench) counts(queue string, ready, dead int64) {
	b.Helper()
	if i := b.info(queue); i.Ready != ready || i.Dead != dead {
		b.Errorf("%s: %d ready, %d dead; want %d, %d", queue, i.Ready, i.Dead, ready, dead)
	}
}

// tally checks that a job is done, and its reconciliation.
func (b *bench) tally(j Job, want Tally) {
	b.Helper()
	if j.State != Done {
		b.Errorf("job %d is %s: %s", j.ID, j.State, j.Why)
	}
	if j.Tally != want {
		b.Errorf("%s: %+v; want %+v", j.Title, j.Tally, want)
	}
}

// snapshot is all that is in the engine, but for ids and times that depend on
// when it was done.
func (b *bench) snapshot() string {
	b.Helper()
	queues, err := b.Queues(b.ctx)
	b.do(err)
	var lines []string
	for _, q := range queues {
		lines = append(lines, fmt.Sprintf("%s paused=%t %+v", q.Name, q.Paused, q.Policy))
		for _, state := range engine.States() {
			page, err := b.List(b.ctx, q.Name, engine.ListOptions{State: state, Limit: 100_000})
			b.do(err)
			var bodies []string
			for _, m := range page.Messages {
				bodies = append(bodies, fmt.Sprintf("  %s %q %q requeues=%d tries=%d", state, m.Body, m.Headers, m.Requeues, m.Tries))
			}
			slices.Sort(bodies)
			lines = append(lines, bodies...)
		}
	}
	trash, err := b.Trash(b.ctx)
	b.do(err)
	sums := map[string]int64{}
	for _, e := range trash {
		sums[string(e.What)+" of "+e.Queue] += e.Count
	}
	lines = append(lines, fmt.Sprint(sums))
	return fmt.Sprintln(lines)
}

// copyDir is what is left of a directory when the program is killed.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// cutUnsynced takes those records off the end of a journal that need not be on
// the disk yet, and leaves half of one more there.
func cutUnsynced(t testing.TB, dir string) {
	t.Helper()
	path := filepath.Join(dir, "journal.jsonl")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(splitLines(data))
	for n := len(lines); n > 0 && isOut(lines[n-1]); n-- {
		lines = lines[:n-1]
	}
	data = slices.Concat(lines...)
	if err := os.WriteFile(path, append(data, `{"t":"out","job":1,"ou`...), 0o600); err != nil {
		t.Fatal(err)
	}
}

var errKilled = errors.New("killed")
