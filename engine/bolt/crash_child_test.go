package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nixie/engine"
	"nixie/engine/bolt"
)

// crashChild is the variable that makes the test binary the process that is
// killed: the path of its database.
const crashChild = "NIXIE_CRASH_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChild); path != "" {
		workUntilKilled(path)
		return
	}
	if dir := os.Getenv(auditChild); dir != "" {
		workAudited(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// The queues of the child. What is confirmed in the relaxed one may be lost.
var crashQueues = map[string]engine.Policy{
	"jobs":    {VisibilityTimeout: time.Hour, MaxTries: 3},
	"ordered": {VisibilityTimeout: time.Hour, MaxTries: 3, Ordered: true},
	"aside":   {VisibilityTimeout: time.Hour},
	"relaxed": {VisibilityTimeout: time.Hour, MaxTries: 3, Durability: engine.Relaxed},
}

// What the child says of messages, by name: that it is about to do something,
// and, in upper case, that it is confirmed.
const (
	saysPublish = "p"
	saysAck     = "a"
	saysNack    = "n"
)

// child works on a database and says what it does.
type child struct {
	e    *bolt.Engine
	mu   sync.Mutex // protects what follows
	next int
}

// say prints one line in one write, so that a kill leaves whole lines.
func say(words ...string) {
	_, _ = os.Stdout.WriteString(strings.Join(words, " ") + "\n")
}

// do says that something is about to happen, and that it has if it did.
func do(what string, names []string, fn func() error) {
	say(append([]string{what}, names...)...)
	if fn() == nil {
		say(append([]string{strings.ToUpper(what)}, names...)...)
	}
}

// workUntilKilled opens the database, works on it with many goroutines, closes
// it, and begins again.
func workUntilKilled(path string) {
	c := &child{}
	for round := 0; ; round++ {
		e, err := bolt.Open(path, bolt.Options{Window: int64(1 + rand.IntN(2)*1<<20)})
		if err != nil {
			say("open:", err.Error())
			os.Exit(1)
		}
		c.e = e
		for name, policy := range crashQueues {
			_ = e.CreateQueue(context.Background(), name, policy)
		}
		if round == 0 {
			say("ready")
		}
		c.work(time.Duration(20+rand.IntN(200)) * time.Millisecond)
		if err := e.Close(); err != nil {
			say("close:", err.Error())
			os.Exit(1)
		}
	}
}

func (c *child) work(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var wg sync.WaitGroup
	for _, queue := range []string{"jobs", "ordered", "relaxed"} {
		for range 3 {
			wg.Go(func() { c.publish(ctx, queue) })
			wg.Go(func() { c.consume(ctx, queue) })
		}
	}
	wg.Go(func() { c.operate(ctx) })
	wg.Wait()
}

// names returns new ones, different in every process.
func (c *child) names(queue string, n int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := make([]string, n)
	for i := range names {
		c.next++
		names[i] = fmt.Sprintf("%s-%d-%d", queue, os.Getpid(), c.next)
	}
	return names
}

// crashBody makes the body of a message from its name; some are large.
func crashBody(name string) []byte {
	var sum uint32
	for _, b := range []byte(name) {
		sum = sum*31 + uint32(b)
	}
	length := []int{1, 10, 100, 1000, 5000, 70_000}[sum%6]
	return bytes.Repeat([]byte(name+"|"), 1+length/len(name))
}

func (c *child) publish(ctx context.Context, queue string) {
	for ctx.Err() == nil {
		if info, err := c.e.Queue(ctx, queue); err != nil || info.Depth() > 300 {
			time.Sleep(time.Millisecond) // not a wait: a producer that eases off
			continue
		}
		names := c.names(queue, 1+rand.IntN(5))
		var batch []engine.Outgoing
		for _, name := range names {
			o := engine.Outgoing{
				Body: crashBody(name), Headers: engine.Headers{"name": name}, Group: fmt.Sprint(rand.IntN(5)),
			}
			if rand.IntN(5) == 0 {
				o.Delay = time.Duration(1 + rand.IntN(int(5*time.Millisecond)))
			}
			batch = append(batch, o)
		}
		do(saysPublish, names, func() error {
			_, err := c.e.Publish(context.WithoutCancel(ctx), queue, batch...)
			return err
		})
	}
}

func (c *child) consume(ctx context.Context, queue string) {
	background := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		deliveries, err := c.e.Receive(background, queue, engine.ReceiveOptions{
			Max: 1 + rand.IntN(5), Wait: 5 * time.Millisecond, Consumer: "child",
		})
		if err != nil {
			return
		}
		var acked []engine.Receipt
		var names []string
		for _, d := range deliveries {
			name := d.Headers["name"]
			switch rand.IntN(8) {
			case 0:
				do(saysNack, []string{name}, func() error {
					return c.e.Nack(background, d.Receipt, engine.Failure{Reason: "boom"})
				})
			case 1:
				_ = c.e.Release(background, d.Receipt, time.Duration(rand.IntN(2)*1000))
			case 2: // stays in flight, as of a consumer that died
			default:
				acked, names = append(acked, d.Receipt), append(names, name)
			}
		}
		if len(acked) > 0 {
			do(saysAck, names, func() error { return c.e.Ack(background, acked...) })
		}
	}
}

// operate requeues, moves, deletes, purges and restores.
func (c *child) operate(ctx context.Context) {
	background := context.WithoutCancel(ctx)
	list := func(queue string, state engine.State) (ids []engine.ID) {
		page, _ := c.e.List(background, queue, engine.ListOptions{State: state, BodyLimit: -1})
		for _, m := range page.Messages {
			ids = append(ids, m.ID)
		}
		return ids
	}
	for ctx.Err() == nil {
		from := []string{"jobs", "ordered", "relaxed"}[rand.IntN(3)]
		_, _ = c.e.Move(background, engine.MoveRequest{Queue: from, IDs: list(from, engine.Dead)})
		if from != "relaxed" {
			_, _ = c.e.Move(background, engine.MoveRequest{Queue: from, IDs: list(from, engine.Ready), To: "aside"})
		}
		_, _, _ = c.e.Delete(background, "aside", list("aside", engine.Ready)...)
		_, _ = c.e.Purge(background, from, []engine.Area{engine.LiveArea, engine.DeadArea}[rand.IntN(2)])
		entries, _ := c.e.Trash(background)
		for _, entry := range entries {
			_, _ = c.e.Restore(background, entry.ID)
		}
		_, _ = c.e.Move(background, engine.MoveRequest{Queue: "aside", IDs: list("aside", engine.Ready), To: "jobs"})
	}
}
