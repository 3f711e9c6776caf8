package enginetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixie/engine"
)

const (
	producers   = 8
	consumers   = 8
	perProducer = 60
)

// produce publishes from many goroutines, each numbering its messages.
func (f *fixture) produce(group bool) *sync.WaitGroup {
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for n := 0; n < perProducer; {
				var batch []engine.Outgoing
				for range min(1+n%4, perProducer-n) {
					o := engine.Outgoing{Body: fmt.Appendf(nil, "%d/%d", p, n)}
					if group {
						o.Group = fmt.Sprint(p)
					}
					batch = append(batch, o)
					n++
				}
				if _, err := f.Publish(f.ctx, "jobs", batch...); err != nil {
					f.Error(err)
				}
			}
		})
	}
	return &wg
}

// consume receives in many goroutines until nothing comes for a while.
func (f *fixture) consume(handle func(d engine.Delivery) error) {
	var wg sync.WaitGroup
	for c := range consumers {
		wg.Go(func() {
			for {
				got, err := f.Receive(f.ctx, "jobs", engine.ReceiveOptions{Max: 1 + c%3, Wait: time.Minute, Consumer: fmt.Sprint(c)})
				if err != nil {
					f.Error(err)
				}
				if len(got) == 0 {
					return
				}
				for _, d := range got {
					if err := handle(d); err != nil {
						f.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}

// tally notes who was delivered what.
type tally struct {
	mu     sync.Mutex // protects bodies
	bodies []string
}

func (t *tally) add(d engine.Delivery) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bodies = append(t.bodies, string(d.Body))
}

// everything is what the producers publish, sorted.
func everything() (bodies []string) {
	for p := range producers {
		for n := range perProducer {
			bodies = append(bodies, fmt.Sprintf("%d/%d", p, n))
		}
	}
	slices.Sort(bodies)
	return bodies
}

var concurrencyTests = []test{
	{"many producers, many consumers: each message once", func(f *fixture) {
		f.create("jobs")
		var t tally
		wg := f.produce(false)
		f.consume(func(d engine.Delivery) error {
			t.add(d)
			return f.Ack(f.ctx, d.Receipt)
		})
		wg.Wait()
		slices.Sort(t.bodies)
		equal(f, "delivered", t.bodies, everything())
		const all = producers * perProducer
		equal(f, "totals", f.info("jobs").Totals, engine.Totals{
			Published: all, Delivered: all, Acked: all, Bytes: f.info("jobs").Totals.Bytes,
		})
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"with failures: each message is acked or dead, once", func(f *fixture) {
		f.create("jobs")
		var acked, failed tally
		wg := f.produce(false)
		f.consume(func(d engine.Delivery) error {
			switch rand.IntN(4) {
			case 0:
				failed.add(d)
				return f.Nack(f.ctx, d.Receipt, engine.Failure{Reason: "boom"})
			case 1:
				return f.Release(f.ctx, d.Receipt, time.Duration(rand.IntN(3))*time.Second)
			default:
				acked.add(d)
				return f.Ack(f.ctx, d.Receipt)
			}
		})
		wg.Wait()
		for _, m := range f.list("jobs", engine.Dead) {
			equal(f, "tries of the dead", m.Tries, testTries)
			acked.bodies = append(acked.bodies, string(m.Body))
		}
		slices.Sort(acked.bodies)
		equal(f, "acked or dead", acked.bodies, everything())
		equal(f, "failed", f.info("jobs").Totals.Failed, int64(len(failed.bodies)))
	}},
	{"groups keep their order whoever consumes", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.Ordered = true })
		var t tally
		wg := f.produce(true)
		f.consume(func(d engine.Delivery) error {
			if rand.IntN(10) == 0 {
				return f.Nack(f.ctx, d.Receipt, engine.Failure{Delay: -1})
			}
			t.add(d)
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
			return f.Ack(f.ctx, d.Receipt)
		})
		wg.Wait()
		next := map[string]int{}
		for _, body := range t.bodies {
			group, n, _ := strings.Cut(body, "/")
			number, _ := strconv.Atoi(n)
			if number < next[group] {
				f.Errorf("message %d of group %s came after its successors", number, group)
			}
			next[group] = number + 1
		}
	}},
	{"operators at work beside them: nothing is lost", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.MaxTries = 1 })
		f.create("aside")
		var t tally
		wg := f.produce(false)
		done := make(chan struct{})
		var operator sync.WaitGroup
		operator.Go(func() { f.operate(done) })
		for range 3 { // what comes back is consumed again
			f.consume(func(d engine.Delivery) error {
				var err error
				if rand.IntN(5) == 0 {
					err = f.Nack(f.ctx, d.Receipt, engine.Failure{Reason: "boom"})
				} else if err = f.Ack(f.ctx, d.Receipt); err == nil {
					t.add(d)
				}
				if errors.Is(err, engine.ErrLeaseLost) { // purged meanwhile
					return nil
				}
				return err
			})
		}
		wg.Wait()
		close(done)
		operator.Wait()
		for _, queue := range []string{"jobs", "aside"} {
			for _, m := range f.all(queue) {
				t.bodies = append(t.bodies, string(m.Body))
			}
		}
		slices.Sort(t.bodies)
		equal(f, "acked, or still there", t.bodies, everything())
	}},
}

// operate requeues, moves, purges and restores until done.
func (f *fixture) operate(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(time.Second):
		}
		for _, r := range []engine.MoveRequest{
			{Queue: "jobs", IDs: ids(f.list("jobs", engine.Dead))},
			{Queue: "jobs", IDs: ids(f.list("jobs", engine.Ready)), To: "aside"},
			{Queue: "aside", IDs: ids(f.list("aside", engine.Ready)), To: "jobs"},
		} {
			if _, err := f.Move(f.ctx, r); err != nil {
				f.Error(err)
			}
		}
		entry, err := f.Purge(f.ctx, "jobs", engine.LiveArea)
		if err == nil && entry.ID != "" {
			_, err = f.Restore(f.ctx, entry.ID)
		}
		if err != nil {
			f.Error(err)
		}
	}
}
