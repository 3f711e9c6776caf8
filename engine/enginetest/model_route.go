package enginetest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"nixie/engine"
)

// binding is one that knows its topic.
type binding struct {
	topic string
	engine.Binding
}

// Bind lets a queue have messages of a topic.
func (m *Model) Bind(ctx context.Context, topic string, b engine.Binding) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "bind", Queue: b.Queue, Err: err}
	}
	defer m.end()
	if err := cmp.Or(engine.ValidateName(topic), engine.ValidatePattern(b.Pattern)); err != nil {
		return &engine.Error{Op: "bind", Queue: b.Queue, Err: err}
	}
	if _, err := m.state.find("bind", b.Queue); err != nil {
		return err
	}
	if !slices.Contains(m.state.topics[topic], b) {
		m.state.topics[topic] = append(m.state.topics[topic], b)
		m.state.changed[b.Queue] = true
	}
	return nil
}

// Unbind takes a binding away.
func (m *Model) Unbind(ctx context.Context, topic string, b engine.Binding) error {
	if err := m.begin(ctx); err != nil {
		return &engine.Error{Op: "unbind", Queue: b.Queue, Err: err}
	}
	defer m.end()
	if slices.Contains(m.state.topics[topic], b) {
		m.state.unbind(topic, func(other engine.Binding) bool { return other == b })
		m.state.changed[b.Queue] = true
	}
	return nil
}

// unbind takes bindings of a topic away; without any it is none.
func (s *state) unbind(topic string, which func(engine.Binding) bool) {
	s.topics[topic] = slices.DeleteFunc(s.topics[topic], which)
	if len(s.topics[topic]) == 0 {
		delete(s.topics, topic)
	}
}

// unbindQueue takes all bindings of a queue away and returns them.
func (s *state) unbindQueue(name string) (gone []binding) {
	for topic, bindings := range s.topics {
		for _, b := range bindings {
			if b.Queue == name {
				gone = append(gone, binding{topic, b})
			}
		}
		s.unbind(topic, func(b engine.Binding) bool { return b.Queue == name })
	}
	return gone
}

// Topics returns all topics.
func (m *Model) Topics(ctx context.Context) ([]engine.Topic, error) {
	if err := m.begin(ctx); err != nil {
		return nil, &engine.Error{Op: "list topics", Err: err}
	}
	defer m.end()
	var topics []engine.Topic
	for _, name := range slices.Sorted(maps.Keys(m.state.topics)) {
		bindings := slices.Clone(m.state.topics[name])
		slices.SortFunc(bindings, func(a, b engine.Binding) int {
			return cmp.Or(cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Pattern, b.Pattern))
		})
		topics = append(topics, engine.Topic{Name: name, Bindings: bindings})
	}
	return topics, nil
}
