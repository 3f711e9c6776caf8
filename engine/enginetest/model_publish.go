package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"nixie/engine"
)

// Publish stores messages in a queue.
func (m *Model) Publish(ctx context.Context, name string, messages ...engine.Outgoing) ([]engine.ID, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "publish", Queue: name, Err: err}
	}
	defer m.end()
	if len(messages) == 0 {
		return nil, nil
	}
	q, err := m.state.find("publish", name)
	if err != nil {
		return nil, err
	}
	drop, err := m.admit(q, messages)
	if err != nil {
		return nil, &engine.Error{Op: "publish", Queue: name, Err: err}
	}
	return m.state.store(q, messages, drop), nil
}

// PublishTopic stores messages in all queues whose binding matches the key.
func (m *Model) PublishTopic(ctx context.Context, topic, key string, messages ...engine.Outgoing) ([]string, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "publish", Queue: topic, Err: err}
	}
	defer m.end()
	if len(messages) == 0 {
		return nil, nil
	}
	var names []string
	for _, b := range m.state.topics[topic] {
		if b.Matches(key) {
			names = append(names, b.Queue)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return nil, &engine.Error{Op: "publish", Queue: topic, Err: engine.ErrNoRoute}
	}
	drops := make([][]*message, len(names))
	for i, name := range names {
		drop, err := m.admit(m.state.queues[name], messages)
		if err != nil {
			return nil, &engine.Error{Op: "publish", Queue: name, Err: err}
		}
		drops[i] = drop
	}
	for i, name := range names {
		m.state.store(m.state.queues[name], messages, drops[i])
	}
	return names, nil
}

// admit says whether a queue takes all the messages, and what it drops for
// them.
func (m *Model) admit(q *queue, messages []engine.Outgoing) ([]*message, error) {
	for _, o := range messages {
		if err := m.checkOutgoing(o); err != nil {
			return nil, err
		}
	}
	var count, size int64
	seen := map[string]bool{}
	for _, o := range messages {
		if _, known := m.state.recall(q, o.DedupID); known || seen[o.DedupID] {
			continue
		}
		seen[o.DedupID] = o.DedupID != ""
		count++
		size += int64(len(o.Body))
	}
	return q.room(count, size, nil)
}

func (m *Model) checkOutgoing(o engine.Outgoing) error {
	if largest := m.Capabilities().MaxBody; len(o.Body) > largest {
		return fmt.Errorf("%w: a body has at most %d bytes, this one %d", engine.ErrTooLarge, largest, len(o.Body))
	}
	if o.Delay > engine.MaxDuration {
		return fmt.Errorf("%w: the delay is longer than %s", engine.ErrInvalid, engine.MaxDuration)
	}
	return nil
}

// recall returns the message that a deduplication id stands for, if that is
// still remembered.
func (s *state) recall(q *queue, dedup string) (engine.ID, bool) {
	r, ok := q.remembers[dedup]
	return r.id, ok && s.now.Before(r.until)
}

// store drops what has to go and puts the messages into the queue.
func (s *state) store(q *queue, messages []engine.Outgoing, drop []*message) []engine.ID {
	s.drop(q, drop)
	var ids []engine.ID
	for _, o := range messages {
		id, known := s.recall(q, o.DedupID)
		if !known {
			id = s.storeOne(q, o).ID
			if o.DedupID != "" {
				window := cmp.Or(q.policy.DedupWindow, engine.DefaultDedupWindow)
				q.remembers[o.DedupID] = remembered{id, s.now.Add(window)}
			}
		}
		ids = append(ids, id)
	}
	return ids
}

func (s *state) storeOne(q *queue, o engine.Outgoing) *message {
	s.lastID++
	x := &message{number: s.lastID, Message: engine.Message{
		ID:   engine.ID(strconv.FormatInt(s.lastID, 10)),
		Body: bytes.Clone(o.Body), Size: len(o.Body), Headers: o.Headers.Clone(),
		Group: o.Group, DedupID: o.DedupID,
		PublishedAt: s.now, EnteredAt: s.now,
	}}
	wait := o.Delay
	if wait == 0 {
		wait = q.policy.Delay
	}
	s.delay(q, x, wait)
	q.insert(x)
	q.totals.Published++
	q.totals.Bytes += int64(x.Size)
	sample := s.sample(q)
	sample.Published++
	sample.Bytes += int64(x.Size)
	return x
}
