package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

var (
	benchSizes   = []int{100, 1 << 10, 16 << 10}
	benchCallers = []int{1, 16, 256}
)

func benchEngine(b *testing.B) *bolt.Engine {
	b.Helper()
	e := open(b, filepath.Join(b.TempDir(), "nixie.db"), bolt.Options{})
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := e.CreateQueue(context.Background(), "bench", engine.DefaultPolicy()); err != nil {
		b.Fatal(err)
	}
	return e
}

// share runs do b.N/batch times, spread over so many callers.
func share(b *testing.B, callers, batch int, do func() int) {
	var done atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	start := time.Now()
	for range callers {
		wg.Go(func() {
			for done.Load() < int64(b.N) {
				done.Add(int64(do()))
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(done.Load())/time.Since(start).Seconds(), "msgs/s")
	b.StopTimer()
}

func publishing(b *testing.B, e engine.Producer, size, batch int) func() int {
	messages := make([]engine.Outgoing, batch)
	for i := range messages {
		messages[i].Body = bytes.Repeat([]byte{'x'}, size)
	}
	return func() int {
		if _, err := e.Publish(context.Background(), "bench", messages...); err != nil {
			b.Error(err)
		}
		return batch
	}
}

func consuming(b *testing.B, e engine.Consumer, batch int) func() int {
	ctx := context.Background()
	return func() int {
		got, err := e.Receive(ctx, "bench", engine.ReceiveOptions{Max: batch, Wait: 100 * time.Millisecond, Lease: time.Minute})
		if err != nil {
			b.Error(err)
			return batch
		}
		receipts := make([]engine.Receipt, len(got))
		for i := range got {
			receipts[i] = got[i].Receipt
		}
		if err := e.Ack(ctx, receipts...); err != nil {
			b.Error(err)
		}
		return len(got)
	}
}

// fill publishes n messages quickly.
func fill(b *testing.B, e engine.Producer, size, n int) {
	b.Helper()
	body := bytes.Repeat([]byte{'x'}, size)
	messages := make([]engine.Outgoing, 1000)
	for i := range messages {
		messages[i].Body = body
	}
	for n > 0 {
		k := min(n, len(messages))
		if _, err := e.Publish(context.Background(), "bench", messages[:k]...); err != nil {
			b.Fatal(err)
		}
		n -= k
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, size := range benchSizes {
		for _, callers := range benchCallers {
			b.Run(fmt.Sprintf("size=%d/callers=%d", size, callers), func(b *testing.B) {
				share(b, callers, 1, publishing(b, benchEngine(b), size, 1))
			})
		}
	}
	b.Run("size=1024/callers=16/batch=100", func(b *testing.B) {
		share(b, 16, 100, publishing(b, benchEngine(b), 1<<10, 100))
	})
}

func BenchmarkReceiveAck(b *testing.B) {
	for _, size := range benchSizes {
		for _, callers := range benchCallers {
			b.Run(fmt.Sprintf("size=%d/callers=%d", size, callers), func(b *testing.B) {
				e := benchEngine(b)
				fill(b, e, size, b.N+callers)
				share(b, callers, 1, consuming(b, e, 1))
			})
		}
	}
	b.Run("size=1024/callers=16/batch=100", func(b *testing.B) {
		e := benchEngine(b)
		fill(b, e, 1<<10, b.N+1600)
		share(b, 16, 100, consuming(b, e, 100))
	})
}

func BenchmarkEndToEnd(b *testing.B) {
	for _, callers := range benchCallers {
		b.Run(fmt.Sprintf("size=1024/callers=%d+%d", callers, callers), func(b *testing.B) {
			e := benchEngine(b)
			stop := make(chan struct{})
			var producers sync.WaitGroup
			for range callers {
				publish := publishing(b, e, 1<<10, 1)
				producers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							publish()
						}
					}
				})
			}
			share(b, callers, 1, consuming(b, e, 1))
			close(stop)
			producers.Wait()
		})
	}
}

// BenchmarkPaths compares what leaves the plain path.
func BenchmarkPaths(b *testing.B) {
	ctx := context.Background()
	message := func(change func(*engine.Outgoing)) engine.Outgoing {
		m := engine.Outgoing{Body: bytes.Repeat([]byte{'x'}, 1<<10)}
		change(&m)
		return m
	}
	for name, m := range map[string]engine.Outgoing{
		"plain":   message(func(*engine.Outgoing) {}),
		"headers": message(func(m *engine.Outgoing) { m.Headers = engine.Headers{"tenant": "acme", "trace": "4bf92f3577b34da6"} }),
		"delayed": message(func(m *engine.Outgoing) { m.Delay = time.Hour }),
	} {
		b.Run("publish/"+name, func(b *testing.B) {
			e := benchEngine(b)
			share(b, 256, 1, func() int {
				if _, err := e.Publish(ctx, "bench", m); err != nil {
					b.Error(err)
				}
				return 1
			})
		})
	}
	b.Run("nack", func(b *testing.B) {
		e := benchEngine(b)
		fill(b, e, 1<<10, b.N+256)
		share(b, 256, 1, func() int {
			got, err := e.Receive(ctx, "bench", engine.ReceiveOptions{Wait: time.Second})
			if err != nil || len(got) == 0 {
				b.Error("nothing received: ", err)
				return 1
			}
			if err := e.Nack(ctx, got[0].Receipt, engine.Failure{Reason: "no", Delay: time.Hour}); err != nil {
				b.Error(err)
			}
			return 1
		})
	})
}
