package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type benchCommand struct {
	Phase      string        `enum:"tour,pub,recv,e2e" default:"tour" help:"What to measure: pub publishes, recv receives and acks what pub left in the file, e2e does both at once. Without it: a short tour of all."`
	Size       int           `default:"1024" placeholder:"BYTES" help:"Of a body; at least 8."`
	Clients    int           `default:"16" placeholder:"N" help:"Callers at once, each waiting for its answer; in e2e so many producers and so many consumers."`
	Batch      int           `default:"1" placeholder:"N" help:"Messages in a call."`
	Seconds    float64       `default:"2" placeholder:"S" help:"How long to measure a phase; in the tour each of them."`
	Durability string        `enum:"synced,relaxed" default:"synced" help:"What a confirmation means: on the disk, or soon."`
	Rate       float64       `placeholder:"N" help:"Publish so many messages a second, all producers together, instead of as many as can be."`
	SyncDelay  time.Duration `name:"sync-delay" env:"NIXIE_BENCH_SYNC_DELAY" placeholder:"D" help:"Make each sync take so much longer, as on a slower disk."`
	JSON       bool          `name:"json" help:"Print an object for each phase."`
}

// benchQueue is apart from all that a person would name.
const benchQueue = "nixie.bench"

func (b *benchCommand) Validate() error {
	switch {
	case b.Size < 8 || b.Size > 64<<20:
		return errors.New("--size is from 8 bytes to 64 MiB")
	case b.Clients < 1 || b.Clients > 100_000:
		return errors.New("--clients is from 1 to 100000")
	case b.Batch < 1 || b.Batch > 1000:
		return errors.New("--batch is from 1 to 1000")
	case b.Seconds <= 0 || b.Seconds > 24*3600:
		return errors.New("--seconds is more than 0 and at most a day")
	case b.Rate < 0:
		return errors.New("--rate must not be negative")
	}
	return nil
}

func (b *benchCommand) Run(c *command) error {
	path := c.db
	if path == "" {
		if b.Phase == "recv" {
			return &usageError{text: "--phase recv needs --db with the file that --phase pub left"}
		}
		dir, err := os.MkdirTemp("", "nixie-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "bench.db")
	}
	if b.Phase == "tour" {
		if _, err := os.Lstat(path); err == nil {
			return &usageError{text: fmt.Sprintf("the tour makes its own database, and %s exists: name a new file", path)}
		}
		defer os.Remove(path)
		return b.tour(c, path)
	}
	r, err := b.measure(c.ctx, path, b.Phase, benchLoad{size: b.Size, clients: b.Clients, batch: b.Batch, rate: b.Rate})
	if err != nil {
		return err
	}
	if b.JSON {
		return operation.JSONLines(c.Stdout).Encode(r)
	}
	return printBench(c.Stdout, benchHead(), r.row())
}

// tour measures what tells most about a machine in half a minute, and prints
// each phase when it is known.
func (b *benchCommand) tour(c *command, path string) error {
	if !b.JSON {
		fmt.Fprintf(c.Stdout, "%s messages of %s, in %s; each phase %s\n\n",
			b.Durability, widget.Bytes(int64(b.Size)), filepath.Dir(path), time.Duration(b.Seconds*float64(time.Second)))
		if err := printBench(c.Stdout, benchHead()); err != nil {
			return err
		}
	}
	for _, load := range []benchLoad{{clients: 1, batch: 1}, {clients: 16, batch: 1}, {clients: 256, batch: 1}, {clients: 16, batch: 100}} {
		load.size = b.Size
		for _, phase := range []string{"pub", "recv", "e2e"} {
			if phase != "recv" { // which takes what pub left
				if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
			}
			r, err := b.measure(c.ctx, path, phase, load)
			if err != nil {
				return err
			}
			if b.JSON {
				err = operation.JSONLines(c.Stdout).Encode(r)
			} else {
				err = printBench(c.Stdout, r.row())
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// The columns have room for the largest numbers, so that a row can be printed
// before the next is known.
const benchColumns = "%-5s  %7v  %5v  %10s  %8s  %8s  %11s  %12s  %9s"

func benchHead() string {
	return fmt.Sprintf(benchColumns, "PHASE", "CLIENTS", "BATCH", "MESSAGES/s", "p50 ms", "p99 ms", "CPU µs EACH", "WRITTEN EACH", "MEMORY")
}

func printBench(w io.Writer, lines ...string) error {
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// benchResult is what a phase measured. The fields of its JSON are an
// interface.
type benchResult struct {
	Phase       string  `json:"phase"`
	Clients     int     `json:"clients"`
	Batch       int     `json:"batch"`
	Size        int     `json:"size"`
	Durability  string  `json:"durability"`
	Messages    int64   `json:"messages"`
	Rate        float64 `json:"rate"` // messages a second; in e2e those consumed
	PublishRate float64 `json:"publish_rate,omitempty"`
	P50         float64 `json:"p50_us"` // of a call; in e2e from before the publish to the receipt
	P99         float64 `json:"p99_us"`
	CPU         float64 `json:"cpu_us_per_msg"`
	RSS         int64   `json:"rss_bytes"`
	DeviceBytes float64 `json:"device_bytes_per_msg"`
}

func (r *benchResult) row() string {
	ms := func(us float64) string { return fmt.Sprintf("%.2f", us/1000) }
	return fmt.Sprintf(benchColumns, r.Phase, r.Clients, r.Batch, widget.Count(int64(r.Rate)),
		ms(r.P50), ms(r.P99), fmt.Sprintf("%.1f", r.CPU), widget.Bytes(int64(r.DeviceBytes)), widget.Bytes(r.RSS))
}

// benchLoad is who does what.
type benchLoad struct {
	size, clients, batch int
	rate                 float64 // 0: as fast as can be
}

// measure opens the file, measures one phase in it and closes it.
func (b *benchCommand) measure(ctx context.Context, path, phase string, load benchLoad) (*benchResult, error) {
	e, err := bolt.Open(path, bolt.Options{LockWait: lockWait, SyncDelay: b.SyncDelay})
	if err != nil {
		return nil, openError(path, err)
	}
	defer e.Close()
	policy := engine.DefaultPolicy()
	if b.Durability == "relaxed" {
		policy.Durability = engine.Relaxed
	}
	err = e.CreateQueue(ctx, benchQueue, policy)
	if errors.Is(err, engine.ErrQueueExists) {
		_, err = e.Configure(ctx, benchQueue, policy)
	}
	if err != nil {
		return nil, err
	}
	run := newBenchRun(e, load, time.Duration(b.Seconds*float64(time.Second)))
	before := readUsage()
	if err := run.phase(ctx, phase); err != nil {
		return nil, err
	}
	after := readUsage()
	r := run.result(phase)
	r.Durability = b.Durability
	if r.Messages == 0 {
		return nil, fmt.Errorf("nothing was measured: there is no message in %s (run --phase pub with the same --db first)", path)
	}
	n := float64(max(r.Messages, run.published.Load()))
	r.CPU = float64((after.cpu - before.cpu).Microseconds()) / n
	r.DeviceBytes = float64(after.written-before.written) / n
	r.RSS = after.memory
	return r, nil
}
