package enginetest

import (
	"cmp"
	"context"
	"fmt"

	"nixie/engine"
)

// Move moves messages, or requeues dead ones.
func (m *Model) Move(ctx context.Context, r engine.MoveRequest) ([]engine.Outcome, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "move", Queue: r.Queue, Err: err}
	}
	defer m.end()
	q, err := m.state.find("move", r.Queue)
	if err != nil {
		return nil, err
	}
	if r.To != "" {
		if _, err := m.state.find("move", r.To); err != nil {
			return nil, err
		}
	}
	r.Into = cmp.Or(r.Into, engine.Ready)
	if r.Into != engine.Ready && r.Into != engine.Dead {
		err := fmt.Errorf("%w: messages are moved into %q or %q, not %q", engine.ErrInvalid, engine.Ready, engine.Dead, r.Into)
		return nil, &engine.Error{Op: "move", Queue: r.Queue, Err: err}
	}
	var outcomes []engine.Outcome
	for _, id := range r.IDs {
		outcomes = append(outcomes, m.state.moveOne(q, id, r))
	}
	return outcomes, nil
}

func (s *state) moveOne(q *queue, id engine.ID, r engine.MoveRequest) engine.Outcome {
	x := q.get(id)
	if x == nil {
		return engine.Outcome{ID: id, Err: engine.ErrMessageNotFound}
	}
	to, err := s.destination(q, x, r.To)
	if err != nil {
		return engine.Outcome{ID: id, Queue: q.name, Err: err}
	}
	wasDead := x.State == engine.Dead
	if r.Into == engine.Ready && (to != q || wasDead) {
		drop, err := to.room(1, int64(x.Size), nil)
		if err != nil {
			return engine.Outcome{ID: id, Queue: q.name, Err: err}
		}
		s.drop(to, drop)
	}
	q.remove(x)
	s.changed[q.name] = true
	if r.Into == engine.Dead {
		s.kill(q, x)
	}
	if !r.KeepTries {
		x.Tries = 0
	}
	x.EnteredAt = s.now
	if r.Into == engine.Dead {
		s.bury(to, x)
	} else {
		s.ready(to, x)
		if wasDead {
			x.Requeues++
		}
	}
	to.insert(x)
	return engine.Outcome{ID: id, Queue: to.name}
}

// kill notes that an operator made a dead letter of a message. What it died of
// before stays.
func (s *state) kill(q *queue, x *message) {
	if x.State == engine.Dead {
		return
	}
	if x.Death == nil {
		x.Death = &engine.Death{
			Origin: q.name, Reason: engine.ByOperator, Cause: "moved by an operator", At: s.now, Tries: x.Tries,
		}
	}
	s.countDeath(q, engine.ByOperator)
}

// destination is where a message goes that an operator moves; to "" is where
// it came from.
func (s *state) destination(q *queue, x *message, to string) (*queue, error) {
	if x.State == engine.InFlight {
		return nil, engine.ErrInFlight
	}
	if to == "" {
		to = q.name
		if x.State == engine.Dead {
			to = x.Death.Origin
		}
	}
	if s.queues[to] == nil {
		return nil, engine.ErrQueueNotFound
	}
	return s.queues[to], nil
}

// Edit replaces a message by another.
func (m *Model) Edit(ctx context.Context, r engine.EditRequest) (engine.ID, engine.TrashEntry, error) {
	if err := m.begin(ctx); err != nil {
		return "", engine.TrashEntry{}, &engine.Error{Op: "edit", Queue: r.Queue, ID: r.ID, Err: err}
	}
	defer m.end()
	id, entry, err := m.edit(r)
	if err != nil {
		return "", engine.TrashEntry{}, &engine.Error{Op: "edit", Queue: r.Queue, ID: r.ID, Err: err}
	}
	return id, entry, nil
}

func (m *Model) edit(r engine.EditRequest) (engine.ID, engine.TrashEntry, error) {
	s := m.state
	q := s.queues[r.Queue]
	if q == nil {
		return "", engine.TrashEntry{}, engine.ErrQueueNotFound
	}
	x := q.get(r.ID)
	if x == nil {
		return "", engine.TrashEntry{}, engine.ErrMessageNotFound
	}
	if err := m.checkOutgoing(r.Replacement); err != nil {
		return "", engine.TrashEntry{}, err
	}
	to, err := s.destination(q, x, r.To)
	if err != nil {
		return "", engine.TrashEntry{}, err
	}
	var without *message
	if to == q && x.live() {
		without = x
	}
	drop, err := to.room(1, int64(len(r.Replacement.Body)), without)
	if err != nil {
		return "", engine.TrashEntry{}, err
	}
	entry := s.discard(engine.TrashEdit, q, []*message{x})
	s.drop(to, drop)
	y := s.storeOne(to, r.Replacement)
	y.EditedFrom = x.ID
	return y.ID, entry, nil
}

// Delete puts messages into the trash.
func (m *Model) Delete(ctx context.Context, name string, ids ...engine.ID) (engine.TrashEntry, []engine.Outcome, error) {
	if err := m.begin(ctx); err != nil {
		return engine.TrashEntry{}, nil, &engine.Error{Op: "delete", Queue: name, Err: err}
	}
	defer m.end()
	q, err := m.state.find("delete", name)
	if err != nil {
		return engine.TrashEntry{}, nil, err
	}
	var (
		outcomes []engine.Outcome
		gone     []*message
		chosen   = map[*message]bool{nil: true}
	)
	for _, id := range ids {
		x := q.get(id)
		if chosen[x] {
			outcomes = append(outcomes, engine.Outcome{ID: id, Err: engine.ErrMessageNotFound})
			continue
		}
		chosen[x] = true
		gone = append(gone, x)
		outcomes = append(outcomes, engine.Outcome{ID: id})
	}
	return m.state.discard(engine.TrashMessages, q, gone), outcomes, nil
}
