package bolt

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"nixie/engine"
)

// budgetTest is an engine with little memory for windows, and many queues.
type budgetTest struct {
	*testing.T
	*Engine
}

const (
	budgetQueues = 60
	budgetLimit  = 1 << 20
)

func newBudgetTest(t *testing.T) *budgetTest {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{Window: budgetLimit})
	if err != nil {
		t.Fatal(err)
	}
	e.ticking.Store(true) // the clock stands still: the tests close the seconds
	b := &budgetTest{t, e}
	t.Cleanup(func() { b.must(e.Close()) })
	for i := range budgetQueues {
		b.must(e.CreateQueue(t.Context(), b.name(i), engine.DefaultPolicy()))
	}
	return b
}

func (b *budgetTest) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *budgetTest) name(i int) string { return fmt.Sprintf("q%d", i) }

// fill publishes more than the budget to all the queues together, in runs of a
// few KiB.
func (b *budgetTest) fill() {
	b.Helper()
	for i := range budgetQueues {
		for range 20 {
			_, err := b.Publish(b.Context(), b.name(i), engine.Outgoing{Body: make([]byte, 3000)})
			b.must(err)
		}
	}
}

func (b *budgetTest) receive(queue string, n int) {
	b.Helper()
	got, err := b.Receive(b.Context(), queue, engine.ReceiveOptions{Max: n})
	b.must(err)
	if len(got) == 0 {
		b.Fatalf("nothing came from %s", queue)
	}
}

func (b *budgetTest) window(queue string) int64 {
	q := b.lookup(queue)
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.front.bytes
}

func TestBudgetIsOfAllQueuesTogether(t *testing.T) {
	b := newBudgetTest(t)
	b.fill()
	if used := b.budget.used.Load(); used > budgetLimit {
		t.Errorf("the windows take %d bytes, of %d", used, budgetLimit)
	}
	for i := range budgetQueues { // a little of each, whatever the budget
		b.receive(b.name(i), 1)
	}
	for range 2 { // the first one finds that they moved
		b.closeSecond(time.Now())
	}
	if used := b.budget.used.Load(); used > budgetLimit {
		t.Errorf("afterwards the windows take %d bytes, of %d", used, budgetLimit)
	}
	sum := int64(0)
	for i := range budgetQueues {
		sum += b.window(b.name(i))
	}
	if used := b.budget.used.Load(); sum != used {
		t.Errorf("the windows take %d bytes, but %d are counted", sum, used)
	}
	for i := range budgetQueues {
		for range 19 {
			b.receive(b.name(i), 1)
		}
	}
}

func TestBudgetGoesToThoseWhoReceive(t *testing.T) {
	b := newBudgetTest(t)
	b.fill()
	last := b.name(budgetQueues - 1)
	if n := b.window(last); n != 0 {
		t.Fatalf("the last queue has %d bytes: there is no want of memory", n)
	}
	b.closeSecond(time.Now())
	b.receive(last, 1)
	b.closeSecond(time.Now())
	b.receive(last, 2)
	if n := b.window(last); n <= keepBytes {
		t.Errorf("of a queue that is received from %d bytes are in memory", n)
	}
	b.receive(b.name(0), 10) // whose window was dropped
}

// TestPurgeEmptiesTheWindowBeforeItsCommit: nobody waits for that.
func TestPurgeEmptiesTheWindowBeforeItsCommit(t *testing.T) {
	b := newBudgetTest(t)
	b.fill()
	name := b.name(0)
	if b.window(name) == 0 {
		t.Fatal("nothing is in memory")
	}
	purged := make(chan error, 1)
	b.must(b.write(func(*tx) error {
		go func() {
			_, err := b.Purge(context.Background(), name, engine.LiveArea)
			purged <- err
		}()
		for b.writer.waiting() == 0 {
			runtime.Gosched()
		}
		if n := b.window(name); n != 0 {
			t.Errorf("%d bytes are left for the commit", n)
		}
		return nil
	}))
	b.must(<-purged)
}
