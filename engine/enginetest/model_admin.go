package enginetest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"nixie/engine"
)

// CreateQueue makes a queue.
func (m *Model) CreateQueue(ctx context.Context, name string, policy engine.Policy) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "create", Queue: name, Err: err}
	}
	defer m.end()
	if err := engine.ValidateName(name); err != nil {
		return &engine.Error{Op: "create", Queue: name, Err: err}
	}
	if m.state.queues[name] != nil {
		return &engine.Error{Op: "create", Queue: name, Err: engine.ErrQueueExists}
	}
	if err := m.state.checkPolicy(name, policy); err != nil {
		return &engine.Error{Op: "create", Queue: name, Err: err}
	}
	m.state.queues[name] = newQueue(name, policy, m.state.now)
	m.state.changed[name] = true
	return nil
}

// checkPolicy says what is wrong with a policy for that queue.
func (s *state) checkPolicy(name string, policy engine.Policy) error {
	if err := policy.Validate(); err != nil {
		return err
	}
	if policy.DeadLetter == name {
		return fmt.Errorf("%w: to keep its own dead letters, a queue names no other (%q)", engine.ErrInvalid, name)
	}
	for at := policy.DeadLetter; at != engine.OwnDeadLetters && at != engine.NoDeadLetters; {
		q := s.queues[at]
		switch {
		case at == name:
			return fmt.Errorf("%w: the dead letters of %q would go in a circle", engine.ErrInvalid, name)
		case q == nil:
			return fmt.Errorf("%w: there is no queue %q for the dead letters", engine.ErrInvalid, at)
		}
		at = q.policy.DeadLetter
	}
	return nil
}

// Configure replaces a policy.
func (m *Model) Configure(ctx context.Context, name string, policy engine.Policy) (engine.Policy, error) {
	if err := m.begin(ctx); err != nil {
		return engine.Policy{}, &engine.Error{Op: "configure", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("configure", name)
	if err != nil {
		return engine.Policy{}, err
	}
	if err := m.state.checkPolicy(name, policy); err != nil {
		return engine.Policy{}, &engine.Error{Op: "configure", Queue: name, Err: err}
	}
	before := q.policy
	q.policy, q.next = policy, m.state.now
	m.state.advance(m.state.now)
	m.state.changed[name] = true
	return before, nil
}

// SetPaused stops or starts receiving.
func (m *Model) SetPaused(ctx context.Context, name string, paused bool) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "pause", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("pause", name)
	if err != nil {
		return err
	}
	q.paused = paused
	m.state.changed[name] = true
	return nil
}

// Purge puts an area of a queue into the trash.
func (m *Model) Purge(ctx context.Context, name string, area engine.Area) (engine.TrashEntry, error) {
	if err := m.begin(ctx); err != nil {
		return engine.TrashEntry{}, &engine.Error{Op: "purge", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("purge", name)
	if err != nil {
		return engine.TrashEntry{}, err
	}
	what := engine.TrashPurge
	switch area {
	case engine.LiveArea:
	case engine.DeadArea:
		what = engine.TrashDead
	default:
		err := fmt.Errorf("%w: there is no area %q", engine.ErrInvalid, area)
		return engine.TrashEntry{}, &engine.Error{Op: "purge", Queue: name, Err: err}
	}
	var gone []*message
	for _, x := range q.messages {
		if x.live() == (area == engine.LiveArea) {
			gone = append(gone, x)
		}
	}
	return m.state.discard(what, q, gone), nil
}

// DeleteQueue puts a queue into the trash.
func (m *Model) DeleteQueue(ctx context.Context, name string) (engine.TrashEntry, error) {
	if err := m.begin(ctx); err != nil {
		return engine.TrashEntry{}, &engine.Error{Op: "delete", Queue: name, Err: err}
	}
	defer m.end()
	s := m.state
	q, err := s.find("delete", name)
	if err != nil {
		return engine.TrashEntry{}, err
	}
	for _, other := range slices.Sorted(maps.Keys(s.queues)) {
		if s.queues[other].policy.DeadLetter == name {
			err := fmt.Errorf("%w: the queue %q keeps its dead letters there", engine.ErrInvalid, other)
			return engine.TrashEntry{}, &engine.Error{Op: "delete", Queue: name, Err: err}
		}
	}
	s.giveBack(q)
	q.dismiss(&engine.Error{Op: "receive", Queue: name, Err: engine.ErrQueueNotFound})
	clear(q.consumers)
	delete(s.queues, name)
	s.changed[name] = true
	t := s.toss(engine.TrashQueue, q, q.messages...)
	t.queue, t.bindings = q, s.unbindQueue(name)
	return t.TrashEntry, nil
}
