package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

// auditChild and auditChildSeed are the variables that make the test binary a
// process that TestAudit kills: its directory, and what it chooses by.
const (
	auditChild     = "NIXIE_AUDIT_CHILD"
	auditChildSeed = "NIXIE_AUDIT_SEED"
)

// auditWorker is the child: clients of an engine that is closed and opened
// again under them, each time with another fault.
type auditWorker struct {
	dir    string
	random *rand.Rand
	r      *audit.Recorder
}

// workAudited works until it is killed.
func workAudited(dir string) {
	seed, err := strconv.ParseUint(os.Getenv(auditChildSeed), 10, 64)
	f, err2 := auditHistory(dir)
	if err := errors.Join(err, err2); err != nil {
		fail(err)
	}
	w := &auditWorker{dir: dir, random: rand.New(rand.NewPCG(seed, 0)), r: audit.NewRecorder(f)}
	var clients []*auditClient
	// Of few clients it is known better what each was given.
	most, backlog := 2+2*w.random.IntN(6), int64(20+w.random.IntN(300))
	for n := range most {
		queue := []string{"plain", "ordered"}[n%2]
		random := rand.New(rand.NewPCG(seed, uint64(n+1)))
		clients = append(clients, &auditClient{number: n, queue: queue, backlog: backlog, random: random})
	}
	for {
		w.live(clients)
		if err := w.r.Err(); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "audit:", err)
	os.Exit(1)
}

// live opens the engine, lets the clients work, and closes it under them.
func (w *auditWorker) live(clients []*auditClient) {
	full := w.random.IntN(4) == 0
	e, err := bolt.Open(auditDatabase(w.dir), w.options(full))
	if err != nil {
		fail(err)
	}
	s := w.r.Open(e)
	if full {
		fillUp(e)
	}
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { c.work(s, e) })
	}
	time.Sleep(time.Duration(20+w.random.IntN(250)) * time.Millisecond) // not a wait: the moment of the end
	if err := s.Close(); err != nil && !full {
		fail(err)
	}
	wg.Wait()
}

// options are those of an engine that is slow, short of memory or of space.
func (w *auditWorker) options(full bool) bolt.Options {
	o := bolt.Options{Window: int64(w.random.IntN(2))}
	if w.random.IntN(3) == 0 {
		o.SyncDelay = time.Duration(w.random.IntN(int(10 * time.Millisecond)))
	}
	if info, err := os.Stat(auditDatabase(w.dir)); full && err == nil {
		o.MaxSize = info.Size()
	}
	return o
}

// fillUp leaves so little space that publishing fails now and then.
func fillUp(e *bolt.Engine) {
	ctx := context.Background()
	_ = e.CreateQueue(ctx, "ballast", engine.DefaultPolicy())
	for _, size := range []int{256 << 10, 16 << 10, 1 << 10} {
		for {
			_, err := e.Publish(ctx, "ballast", engine.Outgoing{Body: make([]byte, size)})
			if errors.Is(err, engine.ErrNoSpace) {
				break
			}
			if err != nil {
				fail(err)
			}
		}
	}
}

// auditClient publishes, receives and settles. Some receipts it keeps, and uses
// them late, when the lease is lost or the engine another.
type auditClient struct {
	number int
	queue  string
	// backlog is when it stops to publish.
	backlog int64
	random  *rand.Rand
	named   int
	kept    []engine.Receipt
}

// work goes on until the engine is closed.
func (c *auditClient) work(s *audit.Session, e *bolt.Engine) {
	ctx := context.Background()
	for {
		info, err := e.Queue(ctx, c.queue)
		switch {
		case err != nil:
		case info.Depth() < c.backlog && c.random.IntN(2) == 0:
			err = c.publish(ctx, s)
		case len(c.kept) > 0 && c.random.IntN(3) == 0:
			at := c.random.IntN(len(c.kept))
			err = c.settle(ctx, s, c.kept[at])
			c.kept = append(c.kept[:at], c.kept[at+1:]...)
		default:
			err = c.receive(ctx, s)
		}
		if errors.Is(err, engine.ErrClosed) {
			return
		}
		if err != nil && !errors.Is(err, engine.ErrNoSpace) && !errors.Is(err, engine.ErrLeaseLost) {
			fail(err)
		}
	}
}

func (c *auditClient) publish(ctx context.Context, s *audit.Session) error {
	var names []string
	var batch []engine.Outgoing
	for range 1 + c.random.IntN(4) {
		c.named++
		name := fmt.Sprintf("%d-%d-%d", os.Getpid(), c.number, c.named)
		o := engine.Outgoing{Body: crashBody(name), Group: strconv.Itoa(c.random.IntN(6))}
		switch c.random.IntN(6) {
		case 0:
			o.Delay = time.Duration(c.random.IntN(int(50 * time.Millisecond)))
		case 1:
			o.Group = ""
		case 2:
			if c.queue == "plain" {
				o.DedupID = strconv.Itoa(c.random.IntN(10))
			}
		}
		names, batch = append(names, name), append(batch, o)
	}
	return s.Publish(ctx, c.number, c.queue, names, batch)
}

func (c *auditClient) receive(ctx context.Context, s *audit.Session) error {
	got, err := s.Receive(ctx, c.number, c.queue, engine.ReceiveOptions{
		Max: 1 + c.random.IntN(5), Wait: time.Duration(c.random.IntN(3)) * time.Millisecond,
		Lease: time.Duration(c.random.IntN(3)) * 40 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	var acked []engine.Receipt
	for _, d := range got {
		switch c.random.IntN(6) {
		case 0:
			c.kept = append(c.kept, d.Receipt)
		case 1:
			err = errors.Join(err, c.settle(ctx, s, d.Receipt))
		default:
			acked = append(acked, d.Receipt)
		}
	}
	if len(acked) > 0 {
		err = errors.Join(err, s.Ack(ctx, c.number, acked...))
	}
	return err
}

// settle does one of all that can be done with a receipt.
func (c *auditClient) settle(ctx context.Context, s *audit.Session, r engine.Receipt) error {
	delay := time.Duration(c.random.IntN(3)) * 10 * time.Millisecond
	switch c.random.IntN(8) {
	case 0:
		return s.Nack(ctx, c.number, r, engine.Failure{Reason: "boom", Delay: delay})
	case 1:
		return s.Nack(ctx, c.number, r, engine.Failure{Reason: "useless", Reject: true})
	case 2:
		return s.Release(ctx, c.number, r, delay)
	case 3:
		c.kept = append(c.kept, r)
		return s.Extend(ctx, c.number, r, time.Duration(1+c.random.IntN(100))*time.Millisecond)
	case 4: // as a consumer that died
		return nil
	default:
		return s.Ack(ctx, c.number, r)
	}
}
