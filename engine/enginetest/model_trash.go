package enginetest

import (
	"context"
	"slices"
	"strconv"

	"nixie/engine"
)

// trashed is one deletion that can be taken back.
type trashed struct {
	engine.TrashEntry
	messages []*message // in the state in which they come back
	queue    *queue     // of a deleted queue: with all that is in it
	bindings []binding  // of a deleted queue
}

// toss makes an entry of messages that are out of their queue already.
func (s *state) toss(what engine.TrashKind, q *queue, messages ...*message) *trashed {
	s.lastTrash++
	t := &trashed{
		TrashEntry: engine.TrashEntry{
			ID: strconv.FormatInt(s.lastTrash, 10), What: what, Queue: q.name,
			Count: int64(len(messages)), At: s.now, KeptTil: s.now.Add(modelRetention),
		},
		messages: slices.Clone(messages),
	}
	s.trash = append(s.trash, t)
	return t
}

// discard takes messages out of their queue into the trash. Of none it makes
// no entry.
func (s *state) discard(what engine.TrashKind, q *queue, messages []*message) engine.TrashEntry {
	if len(messages) == 0 {
		return engine.TrashEntry{What: what, Queue: q.name}
	}
	for _, x := range messages {
		if x.State == engine.InFlight {
			x.Tries--
			s.ready(q, x)
		}
		q.remove(x)
	}
	s.changed[q.name] = true
	return s.toss(what, q, messages...).TrashEntry
}

// Trash returns what can be restored.
func (m *Model) Trash(ctx context.Context) ([]engine.TrashEntry, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "list trash", Err: err}
	}
	defer m.end()
	var entries []engine.TrashEntry
	for _, t := range slices.Backward(m.state.trash) {
		entries = append(entries, t.TrashEntry)
	}
	return entries, nil
}

// take removes an entry from the trash.
func (s *state) take(t *trashed) {
	s.trash = slices.DeleteFunc(s.trash, func(other *trashed) bool { return other == t })
}

func (s *state) findTrash(op, id string) (*trashed, error) {
	for _, t := range s.trash {
		if t.ID == id {
			return t, nil
		}
	}
	return nil, &engine.Error{Op: op, Err: engine.ErrTrashNotFound}
}

// Restore puts an entry back.
func (m *Model) Restore(ctx context.Context, id string) (int64, error) {
	if err := m.begin(ctx); err != nil {
		return 0, &engine.Error{Op: "restore", Err: err}
	}
	defer m.end()
	s := m.state
	t, err := s.findTrash("restore", id)
	if err != nil {
		return 0, err
	}
	if t.queue != nil {
		return t.Count, s.restoreQueue(t)
	}
	q, err := s.find("restore", t.Queue)
	if err != nil {
		return 0, err
	}
	for _, x := range t.messages {
		q.insert(x)
	}
	q.next = s.now
	s.changed[q.name] = true
	s.take(t)
	s.advance(s.now)
	return t.Count, nil
}

func (s *state) restoreQueue(t *trashed) error {
	q := t.queue
	if s.queues[q.name] != nil {
		return &engine.Error{Op: "restore", Queue: q.name, Err: engine.ErrQueueExists}
	}
	if s.checkPolicy(q.name, q.policy) != nil { // where its dead letters went is gone
		q.policy.DeadLetter = engine.OwnDeadLetters
	}
	s.queues[q.name] = q
	for _, b := range t.bindings {
		s.topics[b.topic] = append(s.topics[b.topic], b.Binding)
	}
	q.next = s.now
	s.changed[q.name] = true
	s.take(t)
	s.advance(s.now)
	return nil
}

// Discard deletes an entry for good.
func (m *Model) Discard(ctx context.Context, id string) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "discard", Err: err}
	}
	defer m.end()
	t, err := m.state.findTrash("discard", id)
	if err != nil {
		return err
	}
	m.state.take(t)
	return nil
}
