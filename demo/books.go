package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"nixie/engine"
	"nixie/views"
)

// books count what the demo itself published and finished, so that it can show
// that the queues have lost nothing. They are exact because all queues of a demo
// are synced: what is confirmed can be seen.
type books struct {
	// gate is held for reading around each call that publishes or settles, and
	// for writing while the queues are counted: in between nothing moves.
	gate      sync.RWMutex
	published atomic.Int64 // confirmed
	done      atomic.Int64 // acks confirmed
	before    int64        // what the queues held when the scenario began
}

// publish publishes through the books and counts the copies.
func (b *books) publish(ctx context.Context, e engine.Producer, em emission, messages ...engine.Outgoing) error {
	b.gate.RLock()
	defer b.gate.RUnlock()
	copies := 1
	if em.topic != "" {
		queues, err := e.PublishTopic(ctx, em.topic, messages[0].Headers["event"], messages...)
		if err != nil {
			return err
		}
		copies = len(queues)
	} else if _, err := e.Publish(ctx, em.queue, messages...); err != nil {
		return err
	}
	b.published.Add(int64(copies * len(messages)))
	return nil
}

// settle does something that settles deliveries without an ack.
func (b *books) settle(do func() error) error {
	b.gate.RLock()
	defer b.gate.RUnlock()
	return do()
}

// ack acks deliveries. What could not be acked is delivered again.
func (b *books) ack(ctx context.Context, e engine.Consumer, receipts []engine.Receipt) {
	if len(receipts) == 0 {
		return
	}
	b.gate.RLock()
	defer b.gate.RUnlock()
	done := len(receipts)
	if err := e.Ack(ctx, receipts...); err != nil {
		done = 0
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			done = len(receipts) - len(several.Unwrap())
		}
	}
	b.done.Add(int64(done))
}

// count compares the books with the queues.
func (b *books) count(ctx context.Context, e engine.Inspector, mine func(string) bool) (views.DemoBooks, []engine.QueueInfo, error) {
	b.gate.Lock()
	defer b.gate.Unlock()
	queues, err := e.Queues(ctx)
	if err != nil {
		return views.DemoBooks{}, nil, err
	}
	s := views.DemoBooks{Published: b.published.Load(), Done: b.done.Load(), At: time.Now()}
	for _, q := range queues {
		if mine(q.Name) {
			s.Waiting += q.Depth()
			s.Dead += q.Dead
		}
	}
	s.Yours = s.Waiting + s.Dead + s.Done - s.Published - b.before
	return s, queues, nil
}
