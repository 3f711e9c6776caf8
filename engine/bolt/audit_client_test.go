package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

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

func (c *auditClient) work(ctx context.Context, s *audit.Session, e *bolt.Engine) error {
	info, err := c.look(ctx, s, e)
	switch {
	case err != nil:
		return err
	case info.Depth() < c.backlog && c.random.IntN(2) == 0:
		names, batch := c.batch()
		return s.Publish(ctx, c.number, c.queue, names, batch)
	case len(c.kept) > 0 && c.random.IntN(3) == 0:
		at := c.random.IntN(len(c.kept))
		r := c.kept[at]
		c.kept = append(c.kept[:at], c.kept[at+1:]...)
		return c.settle(ctx, s, r)
	}
	return c.receive(ctx, s)
}

// look has it recorded where a queue may not be too full.
func (c *auditClient) look(ctx context.Context, s *audit.Session, e *bolt.Engine) (engine.QueueInfo, error) {
	if auditQueues[c.queue].MaxDepth > 0 {
		return s.Look(ctx, c.number, c.queue)
	}
	return e.Queue(ctx, c.queue)
}

// batch makes some messages.
func (c *auditClient) batch() (names []string, batch []engine.Outgoing) {
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
			if auditQueues[c.queue].DedupWindow > 0 {
				o.DedupID = strconv.Itoa(c.random.IntN(10))
			}
		}
		names, batch = append(names, name), append(batch, o)
	}
	return names, batch
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

// auditEmitter publishes to a topic and receives from the queues that are bound
// to it, which it binds and unbinds now and then.
type auditEmitter struct{ *auditClient }

func (c *auditEmitter) work(ctx context.Context, s *audit.Session, e *bolt.Engine) error {
	c.queue = []string{"left", "right", "small"}[c.random.IntN(3)]
	if c.random.IntN(3) > 0 {
		return c.auditClient.work(ctx, s, e)
	}
	b := auditBindings[c.random.IntN(len(auditBindings))]
	switch c.random.IntN(20) {
	case 0:
		return s.Unbind(ctx, c.number, auditTopic, b)
	case 1, 2:
		return s.Bind(ctx, c.number, auditTopic, b)
	}
	if info, err := e.Queue(ctx, "left"); err != nil || info.Depth() > c.backlog {
		return err
	}
	names, batch := c.batch()
	return s.PublishTopic(ctx, c.number, auditTopic, []string{"a", "a.b", "b.rare"}[c.random.IntN(3)], names, batch)
}
