package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"nixie/engine"
)

// source hands deliveries out until nothing happened for long enough, or it
// gave as many as it may.
type source struct {
	consumer engine.Consumer
	queue    string
	options  engine.ReceiveOptions
	wait     time.Duration
	bounded  bool
	taking   context.Context // its end is the end of all deliveries

	mu     sync.Mutex // protects all below
	held   bool       // somebody brings more, however long nothing happens
	left   int64      // if bounded
	busy   int        // deliveries handed out and not settled
	active time.Time  // when it last handed one out, or heard that one is settled
}

// source makes one; without a lease that of the queue counts.
func (c *command) source(e engine.Engine, queue string, lease, wait time.Duration) (*source, error) {
	if lease == 0 {
		info, err := e.Queue(c.ctx, queue)
		if err != nil {
			return nil, err
		}
		lease = info.Policy.VisibilityTimeout
	}
	options := engine.ReceiveOptions{Consumer: consumerName(), Lease: lease}
	return &source{consumer: e, queue: queue, options: options, wait: wait, taking: context.Background()}, nil
}

const (
	// maxWait bounds one receive; longer patience takes several.
	maxWait = time.Hour
	// heldWait is how often a source that is held looks whether it still is.
	heldWait = time.Second
)

// next returns up to n deliveries, which settled must hear of; none: that was
// all.
func (s *source) next(ctx context.Context, n int) ([]engine.Delivery, error) {
	if n = s.reserve(n); n == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.taking, cancel)()
	options := s.options
	options.Max = n
	options.Wait = min(s.wait, maxWait)
	for {
		if s.taking.Err() != nil {
			s.handedOut(0, n)
			return nil, nil
		}
		deliveries, err := s.consumer.Receive(ctx, s.queue, options)
		if err != nil || len(deliveries) > 0 {
			if errors.Is(err, context.Canceled) && s.taking.Err() != nil {
				err = nil
			}
			s.handedOut(len(deliveries), n)
			return deliveries, err
		}
		patience := s.patience()
		if patience <= 0 {
			s.handedOut(0, n)
			return nil, nil
		}
		options.Wait = min(patience, maxWait)
	}
}

func (s *source) reserve(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active.IsZero() {
		s.active = time.Now()
	}
	if !s.bounded {
		return n
	}
	n = int(min(int64(n), s.left))
	s.left -= int64(n)
	return n
}

func (s *source) handedOut(n, reserved int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left += int64(reserved - n)
	s.busy += n
	if n > 0 {
		s.active = time.Now()
	}
}

// patience is how long it is worth to go on waiting. What is worked on may
// fail and come back, so nobody is idle while somebody works.
func (s *source) patience() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.held:
		return heldWait
	case s.wait > 0 && s.busy > 0:
		return s.wait
	}
	return s.wait - time.Since(s.active)
}

// letGo says that nobody brings more.
func (s *source) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	s.active = time.Now()
}

// settled says that n deliveries are no longer worked on.
func (s *source) settled(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy -= n
	s.active = time.Now()
}
