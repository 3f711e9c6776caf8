package bolt_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

var soakMessages = flag.Int("soak.messages", 50_000, "how many messages go through TestSoak")

const (
	soakBacklog = 2000 // messages of a queue that wait or are in flight, at the most
	soakBatch   = 20
	soakWorkers = 2 // that publish, and as many that receive, for each queue

	// How much more than after its first quarter a soak may take at its end.
	soakHeap       = 4 << 20  // of which the history takes some KB a second
	soakFile       = 16 << 20 // bbolt grows by so much at a time
	soakGoroutines = 4
)

// soakQueues never have dead letters: those would be kept.
var soakQueues = map[string]engine.Policy{
	"plain":   {VisibilityTimeout: time.Hour},
	"ordered": {VisibilityTimeout: time.Hour, Ordered: true},
}

// footprint is what an engine takes.
type footprint struct {
	heap, file int64
	goroutines int
}

// TestSoak has very many messages go through queues that stay short, and looks
// whether anything grows with them.
func TestSoak(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "nixie.db"), bolt.Options{})
	for name, policy := range soakQueues {
		if err := e.CreateQueue(t.Context(), name, policy); err != nil {
			t.Fatal(err)
		}
	}
	var quarters []footprint
	each := *soakMessages / 4 / len(soakQueues) / soakBatch * soakBatch
	for range 4 {
		soak(t, e, each)
		quarters = append(quarters, measure(t, e))
	}
	first, last := quarters[0], quarters[3]
	if last.heap > first.heap+soakHeap || last.file > first.file+soakFile || last.goroutines > first.goroutines+soakGoroutines {
		t.Errorf("it grows from quarter to quarter: %+v", quarters)
	}
	for name := range soakQueues {
		info, err := e.Queue(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if all := int64(4 * each); info.Depth() != 0 || info.Bytes != 0 || info.Totals.Published != all || info.Totals.Acked != all {
			t.Errorf("after %d messages: %+v", all, info)
		}
	}
	checkClean(t, e)
	shut(t, e)
	t.Logf("%+v", quarters)
}

func measure(t *testing.T, e *bolt.Engine) footprint {
	t.Helper()
	for range 2 { // what the first one finds finalizers of, the second frees
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	file, err := os.Stat(e.Path())
	if err != nil {
		t.Fatal(err)
	}
	return footprint{int64(m.HeapAlloc), file.Size(), runtime.NumGoroutine()}
}

// soak sends so many messages through each queue.
func soak(t *testing.T, e *bolt.Engine, each int) {
	t.Helper()
	var wg sync.WaitGroup
	for name := range soakQueues {
		room := make(chan struct{}, soakBacklog/soakBatch)
		var batches, acked atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := func(n int) {
			for before := acked.Add(int64(n)) - int64(n); n > 0; n-- {
				if before++; before%soakBatch == 0 {
					<-room
				}
			}
			if acked.Load() == int64(each) {
				cancel()
			}
		}
		for range soakWorkers {
			wg.Go(func() {
				for batches.Add(1) <= int64(each/soakBatch) {
					room <- struct{}{}
					if _, err := e.Publish(t.Context(), name, soakMessagesOf(soakBatch)...); err != nil {
						t.Error(err)
					}
				}
			})
			wg.Go(func() { soakConsumer(ctx, t, e, name, done) })
		}
	}
	wg.Wait()
}

func soakMessagesOf(n int) []engine.Outgoing {
	batch := make([]engine.Outgoing, n)
	for i := range batch {
		batch[i] = engine.Outgoing{Body: make([]byte, rand.IntN(400)), Group: fmt.Sprint(rand.IntN(1000))}
		if rand.IntN(50) == 0 {
			batch[i].Delay = time.Millisecond
		}
	}
	return batch
}

// soakConsumer acks most of what it receives, and fails or releases the rest.
func soakConsumer(ctx context.Context, t *testing.T, e *bolt.Engine, queue string, done func(n int)) {
	for {
		got, err := e.Receive(ctx, queue, engine.ReceiveOptions{Max: 50, Wait: time.Minute})
		if ctx.Err() != nil {
			return
		}
		var receipts []engine.Receipt
		for _, d := range got {
			switch rand.IntN(50) {
			case 0:
				err = errors.Join(err, e.Nack(t.Context(), d.Receipt, engine.Failure{Reason: "boom", Delay: -1}))
			case 1:
				err = errors.Join(err, e.Release(t.Context(), d.Receipt, 0))
			default:
				receipts = append(receipts, d.Receipt)
			}
		}
		if err := errors.Join(err, e.Ack(t.Context(), receipts...)); err != nil {
			t.Error(err)
			return
		}
		done(len(receipts))
	}
}
