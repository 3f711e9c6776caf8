package bolt

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"nixie/engine"
)

var benchLarge = flag.Bool("bench.large", false, "benchmark looking and opening at a million messages")

// looked is how many messages of 1 KiB the benchmarks look at.
func looked() int {
	if *benchLarge {
		return 1_000_000
	}
	return 50_000
}

const needle = "the one that is looked for"

// shapes are the ways in which a backlog comes into being; they differ in how
// many messages a commit has.
var shapes = []struct {
	name           string
	callers, batch int
}{
	{"batches", 1, 1000},
	{"callers=256", 256, 1},
}

// benchFile makes a database with a backlog, closed in order.
func benchFile(b *testing.B, callers, batch int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "nixie.db")
	e := benchOpen(b, path)
	ctx := context.Background()
	if err := e.CreateQueue(ctx, "bench", engine.DefaultPolicy()); err != nil {
		b.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), 1<<10)
	var published atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			messages := make([]engine.Outgoing, batch)
			for {
				n := published.Add(int64(batch))
				if n > int64(looked()) {
					return
				}
				for i := range messages {
					messages[i].Body = body
				}
				if n%10_000 == 0 {
					messages[0].Body = append([]byte(needle), body[len(needle):]...)
				}
				if _, err := e.Publish(ctx, "bench", messages...); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchOpen(b *testing.B, path string) *Engine {
	b.Helper()
	e, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// eachShape runs a benchmark on a closed database of each shape, warm and
// cold.
func eachShape(b *testing.B, run func(b *testing.B, path string, cold bool)) {
	for _, s := range shapes {
		path := benchFile(b, s.callers, s.batch)
		for _, cold := range []bool{false, true} {
			temperature := "warm"
			if cold {
				temperature = "cold"
			}
			b.Run(s.name+"/"+temperature, func(b *testing.B) {
				if cold && runtime.GOOS != "linux" {
					b.Skip("the cache can only be emptied on Linux")
				}
				run(b, path, cold)
			})
		}
	}
}

// openToLook opens the database, off the clock: with none of the file in memory,
// or all of it.
func openToLook(b *testing.B, path string, cold bool) *Engine {
	b.Helper()
	b.StopTimer()
	defer b.StartTimer()
	if cold {
		dropCache(b, path)
	}
	e := benchOpen(b, path)
	if !cold {
		scanAll(b, e)
	}
	return e
}

// BenchmarkPeek looks at 50 messages somewhere.
func BenchmarkPeek(b *testing.B) {
	eachShape(b, func(b *testing.B, path string, cold bool) {
		const looks = 64
		random := rand.New(rand.NewPCG(1, 2))
		times := make([]time.Duration, 0, looks)
		for b.Loop() {
			e := openToLook(b, path, cold)
			for range looks {
				start := time.Now()
				o := engine.ListOptions{After: fmt.Sprint(1 + random.IntN(looked()-100)), Limit: 50, BodyLimit: 256}
				page, err := e.List(b.Context(), "bench", o)
				if err != nil || len(page.Messages) != 50 {
					b.Fatal(len(page.Messages), err)
				}
				times = append(times, time.Since(start))
			}
			b.StopTimer()
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		reportMedian(b, times)
	})
}

func reportMedian(b *testing.B, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
}

// BenchmarkPage pages through everything, as an operator who holds a key.
func BenchmarkPage(b *testing.B) {
	for _, backward := range []bool{false, true} {
		name := "forward"
		if backward {
			name = "backward"
		}
		b.Run(name, func(b *testing.B) {
			e := benchOpen(b, benchFile(b, 256, 1))
			defer e.Close()
			pages := 0
			for b.Loop() {
				o := engine.ListOptions{Limit: 50, BodyLimit: 256, Backward: backward}
				for more := true; more; pages++ {
					page, err := e.List(b.Context(), "bench", o)
					if err != nil {
						b.Fatal(err)
					}
					o.After, more = page.Next, page.Next != ""
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(pages), "µs/page")
		})
	}
}

// BenchmarkScan looks for a text in all bodies.
func BenchmarkScan(b *testing.B) {
	eachShape(b, func(b *testing.B, path string, cold bool) {
		for b.Loop() {
			e := openToLook(b, path, cold)
			scanAll(b, e)
			b.StopTimer()
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(b.N*looked())/b.Elapsed().Seconds(), "msgs/s")
	})
}

func scanAll(b *testing.B, e *Engine) {
	b.Helper()
	seen, found := 0, 0
	for o := (engine.ListOptions{Limit: 1000}); ; {
		page, err := e.List(b.Context(), "bench", o)
		if err != nil {
			b.Fatal(err)
		}
		seen += len(page.Messages)
		for i := range page.Messages {
			if bytes.Contains(page.Messages[i].Body, []byte(needle)) {
				found++
			}
		}
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	if seen != looked() || found != looked()/10_000 {
		b.Fatalf("%d seen, %d found", seen, found)
	}
}

// BenchmarkOpen opens a database that was closed in order, and one that was
// not, with nothing of it in the cache.
func BenchmarkOpen(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			clean := benchFile(b, s.callers, s.batch)
			killed := filepath.Join(filepath.Dir(clean), "killed.db")
			e := benchOpen(b, clean)
			copyFile(b, clean, killed) // nothing is written now: as a kill leaves it
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
			for _, path := range []string{clean, killed} {
				b.Run(filepath.Base(path), func(b *testing.B) {
					before, err := os.ReadFile(path)
					if err != nil {
						b.Fatal(err)
					}
					for b.Loop() {
						b.StopTimer()
						if path == killed {
							if err := os.WriteFile(path, before, 0o600); err != nil {
								b.Fatal(err)
							}
						}
						dropCache(b, path)
						b.StartTimer()
						e := benchOpen(b, path)
						b.StopTimer()
						if err := e.Close(); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
				})
			}
		})
	}
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHistory reads the graphs of a queue.
func BenchmarkHistory(b *testing.B) {
	e := benchOpen(b, benchFile(b, 256, 1))
	defer e.Close()
	e.closeSecond(time.Now())
	for _, span := range []time.Duration{10 * time.Minute, 6 * time.Hour, 7 * 24 * time.Hour} {
		b.Run(span.String(), func(b *testing.B) {
			for b.Loop() {
				now := time.Now()
				if _, err := e.History(b.Context(), "bench", engine.Span{From: now.Add(-span), To: now}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCheck verifies a database, cold.
func BenchmarkCheck(b *testing.B) {
	path := benchFile(b, 256, 1)
	for b.Loop() {
		b.StopTimer()
		dropCache(b, path)
		e := benchOpen(b, path)
		b.StartTimer()
		if report, err := e.Check(b.Context()); err != nil || len(report.Problems)+len(report.Unverified) > 0 {
			b.Fatal(report, err)
		}
		b.StopTimer()
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkCompact writes a full database anew: the most that there is to copy.
func BenchmarkCompact(b *testing.B) {
	path := benchFile(b, 256, 1)
	for b.Loop() {
		if _, err := Compact(b.Context(), path, Options{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
