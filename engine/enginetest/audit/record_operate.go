package audit

import (
	"context"
	"fmt"

	"nixie/engine"
)

// Look returns what a queue says of itself.
func (s *Session) Look(ctx context.Context, client int, queue string) (engine.QueueInfo, error) {
	c := &Call{Client: client, Op: Look, Queue: queue}
	end := s.begin(c)
	info, err := s.e.Queue(ctx, queue)
	c.Depth, c.Bytes = info.Depth(), info.Bytes
	end(err)
	return info, err
}

// Move moves or requeues messages.
func (s *Session) Move(ctx context.Context, client int, r engine.MoveRequest) error {
	c := &Call{Client: client, Op: Move, Queue: r.Queue, IDs: r.IDs, To: r.To, Into: r.Into, Keep: r.KeepTries}
	end := s.begin(c)
	outcomes, err := s.e.Move(ctx, r)
	c.Outcomes = outcomesOf(outcomes)
	end(err)
	return err
}

// Edit replaces a message by another one of the same queue.
func (s *Session) Edit(ctx context.Context, client int, queue string, id engine.ID, name string, m engine.Outgoing) error {
	replacement := []engine.Outgoing{m}
	c := &Call{Client: client, Op: Edit, Queue: queue, Edited: id, Sent: christen([]string{name}, replacement)}
	end := s.begin(c)
	by, entry, err := s.e.Edit(ctx, engine.EditRequest{Queue: queue, ID: id, Replacement: replacement[0], To: queue})
	c.IDs, c.Entry, c.Count = []engine.ID{by}, entry.ID, entry.Count
	end(err)
	return err
}

// Delete puts messages into the trash.
func (s *Session) Delete(ctx context.Context, client int, queue string, ids ...engine.ID) error {
	c := &Call{Client: client, Op: Delete, Queue: queue, IDs: ids}
	end := s.begin(c)
	entry, outcomes, err := s.e.Delete(ctx, queue, ids...)
	c.Entry, c.Count, c.Outcomes = entry.ID, entry.Count, outcomesOf(outcomes)
	end(err)
	return err
}

func outcomesOf(all []engine.Outcome) (out []Outcome) {
	for _, o := range all {
		text := ""
		if o.Err != nil {
			text = o.Err.Error()
		}
		out = append(out, Outcome{Queue: o.Queue, Error: text})
	}
	return out
}

// Purge puts an area of a queue into the trash.
func (s *Session) Purge(ctx context.Context, client int, queue string, area engine.Area) error {
	c := &Call{Client: client, Op: Purge, Queue: queue, Area: area}
	end := s.begin(c)
	entry, err := s.e.Purge(ctx, queue, area)
	c.Entry, c.Count = entry.ID, entry.Count
	end(err)
	return err
}

// DeleteQueue puts a queue into the trash.
func (s *Session) DeleteQueue(ctx context.Context, client int, queue string) error {
	c := &Call{Client: client, Op: DeleteQueue, Queue: queue}
	end := s.begin(c)
	entry, err := s.e.DeleteQueue(ctx, queue)
	c.Entry, c.Count = entry.ID, entry.Count
	end(err)
	return err
}

// Restore puts an entry of the trash back. One that fails half-way is unknown.
func (s *Session) Restore(ctx context.Context, client int, entry engine.TrashEntry) error {
	c := &Call{Client: client, Op: Restore, Queue: entry.Queue, Entry: entry.ID}
	end := s.begin(c)
	n, err := s.e.Restore(ctx, entry.ID)
	if c.Count = n; err != nil && n > 0 {
		end(fmt.Errorf("after %d messages: %s", n, err))
		return err
	}
	end(err)
	return err
}

// Discard deletes an entry of the trash for good.
func (s *Session) Discard(ctx context.Context, client int, entry engine.TrashEntry) error {
	end := s.begin(&Call{Client: client, Op: Discard, Queue: entry.Queue, Entry: entry.ID, Count: entry.Count})
	err := s.e.Discard(ctx, entry.ID)
	end(err)
	return err
}

// SetPaused stops or starts receiving.
func (s *Session) SetPaused(ctx context.Context, client int, queue string, paused bool) error {
	c := &Call{Client: client, Op: Resume, Queue: queue}
	if paused {
		c.Op = Pause
	}
	end := s.begin(c)
	err := s.e.SetPaused(ctx, queue, paused)
	end(err)
	return err
}

// Configure replaces a policy. Its visibility timeout must stay.
func (s *Session) Configure(ctx context.Context, client int, queue string, policy engine.Policy) error {
	end := s.begin(&Call{Client: client, Op: Configure, Queue: queue, Policy: &policy})
	_, err := s.e.Configure(ctx, queue, policy)
	end(err)
	return err
}

// Bind binds a queue to a topic.
func (s *Session) Bind(ctx context.Context, client int, topic string, b engine.Binding) error {
	end := s.begin(&Call{Client: client, Op: Bind, Topic: topic, Queue: b.Queue, Key: b.Pattern})
	err := s.e.Bind(ctx, topic, b)
	end(err)
	return err
}

// Unbind takes a binding away.
func (s *Session) Unbind(ctx context.Context, client int, topic string, b engine.Binding) error {
	end := s.begin(&Call{Client: client, Op: Unbind, Topic: topic, Queue: b.Queue, Key: b.Pattern})
	err := s.e.Unbind(ctx, topic, b)
	end(err)
	return err
}
