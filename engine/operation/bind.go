package operation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nixie/engine"
)

// planBinding plans to bind a queue to a topic, or to take a binding away.
func (m *Manager) planBinding(ctx context.Context, p *Plan) error {
	b := engine.Binding{Queue: p.Queue, Pattern: p.Pattern}
	if err := errors.Join(engine.ValidateName(p.Topic), engine.ValidatePattern(p.Pattern)); err != nil {
		return err
	}
	if _, err := m.engine.Queue(ctx, p.Queue); err != nil {
		return err
	}
	topics, err := m.engine.Topics(ctx)
	if err != nil {
		return err
	}
	bound := slices.ContainsFunc(topics, func(t engine.Topic) bool {
		return t.Name == p.Topic && slices.Contains(t.Bindings, b)
	})
	if bound == (p.Verb == Bind) {
		return ErrNothing
	}
	s := set{Op: opBind, Queue: p.Queue, N: 1, Topic: p.Topic, Pattern: p.Pattern}
	if p.Verb == Unbind {
		s.Op = opUnbind
	}
	p.Total, p.Of = 1, 1
	p.Sources = []Count{{p.Queue, 1}}
	p.Changes = []string{bindingChange(s)}
	p.sets = []set{s}
	return nil
}

// bindingChange says in words what binding or unbinding does.
func bindingChange(s set) string {
	gets := "gets"
	if s.Op == opUnbind {
		gets = "no longer gets"
	}
	return fmt.Sprintf("%s what is published to the topic %s with a key that matches %s", gets, s.Topic, s.Pattern)
}

// bind binds or unbinds; both may be done twice.
func (w *work) bind(ctx context.Context) error {
	b := engine.Binding{Queue: w.set.Queue, Pattern: w.set.Pattern}
	if w.set.Op == opUnbind {
		return w.engine.Unbind(ctx, w.set.Topic, b)
	}
	return w.engine.Bind(ctx, w.set.Topic, b)
}
