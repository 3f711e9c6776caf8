package operation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"nixie/engine"
)

// planPublish plans a load.
func (m *Manager) planPublish(ctx context.Context, p *Plan) error {
	l := &p.Load
	if l.Count < 0 || l.Count > MaxLoad {
		return fmt.Errorf("%w: a load has 1 to %d messages", engine.ErrInvalid, MaxLoad)
	}
	if l.Seed == 0 {
		l.Seed = rand.Uint64()>>1 + 1
	}
	first, err := l.Message(1, time.Now())
	if err != nil {
		return err
	}
	if limit := m.engine.Capabilities().MaxBody; limit > 0 && len(first.Body) > limit {
		return &engine.Error{Op: "publish", Queue: l.Queue, Err: engine.ErrTooLarge}
	}
	l.Count = l.Messages()
	queues, err := m.publishTo(ctx, l)
	if err != nil {
		return err
	}
	for _, name := range queues {
		if err := m.planArrival(ctx, p, name); err != nil {
			return err
		}
	}
	p.Total, p.Of = l.Count, l.Count
	if l.Count > 1 && !strings.Contains(l.DedupID, "{{") && l.DedupID != "" {
		p.warn("all have the same deduplication id: the queue will keep one")
	}
	p.sets = []set{{Op: opPublish, Queue: l.Queue, N: l.Count}}
	return nil
}

// publishTo are the queues that a load goes to.
func (m *Manager) publishTo(ctx context.Context, l *Load) ([]string, error) {
	if l.Topic == "" {
		return []string{l.Queue}, engine.ValidateName(l.Queue)
	}
	l.Queue = ""
	topics, err := m.engine.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var queues []string
	for _, t := range topics {
		for _, b := range t.Bindings {
			if t.Name == l.Topic && b.Matches(l.Key) {
				queues = append(queues, b.Queue)
			}
		}
	}
	if len(queues) == 0 {
		return nil, &engine.Error{Op: "publish", Queue: l.Topic, Err: engine.ErrNoRoute}
	}
	return queues, nil
}

// planArrival sees how it stands with a queue that a load goes to.
func (m *Manager) planArrival(ctx context.Context, p *Plan, name string) error {
	l := &p.Load
	info, err := m.engine.Queue(ctx, name)
	if l.Create && errors.Is(err, engine.ErrQueueNotFound) {
		p.Destinations = append(p.Destinations, Destination{Queue: name, N: l.Count, Missing: true})
		p.warn("%s does not exist: it is created, with the default policy", name)
		return nil
	}
	if err != nil {
		return err
	}
	p.Destinations = append(p.Destinations, Destination{Queue: name, N: l.Count, Ready: info.Ready, Paused: info.Paused, Consumers: info.Consumers, Ordered: info.Policy.Ordered})
	if info.Paused {
		p.warn("%s is paused: what comes will wait there", name)
	}
	if room := info.Policy.MaxDepth - info.Depth(); info.Policy.MaxDepth > 0 && room < l.Count && info.Policy.Overflow == engine.RejectNew {
		p.warn("%s takes %s more at most: it is bounded to %s", name, number(max(room, 0)), number(info.Policy.MaxDepth))
	}
	return nil
}
