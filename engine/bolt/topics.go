package bolt

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// bindingKey writes: topic 0 pattern 0 queue. None of them holds a 0.
func bindingKey(topic string, b engine.Binding) []byte {
	return []byte(topic + "\x00" + b.Pattern + "\x00" + b.Queue)
}

// eachBinding goes over the bindings in the file.
func eachBinding(btx *bbolt.Tx, fn func(topic string, b engine.Binding)) error {
	return btx.Bucket(bucketTopics).ForEach(func(k, _ []byte) error {
		parts := bytes.Split(k, []byte{0})
		if len(parts) != 3 {
			return damage("a binding has the key %q", k)
		}
		fn(string(parts[0]), engine.Binding{Pattern: string(parts[1]), Queue: string(parts[2])})
		return nil
	})
}

func (e *Engine) readTopics(btx *bbolt.Tx) error {
	return eachBinding(btx, func(topic string, b engine.Binding) {
		e.topics[topic] = append(e.topics[topic], b)
	})
}

// Bind implements engine.Router.
func (e *Engine) Bind(ctx context.Context, topic string, b engine.Binding) error {
	err := ctx.Err()
	if err == nil {
		err = engine.ValidateName(topic)
	}
	if err == nil {
		err = engine.ValidatePattern(b.Pattern)
	}
	if err == nil {
		err = e.write(func(t *tx) error {
			if _, err := t.find(b.Queue); err != nil {
				return err
			}
			t.bind(topic, b)
			return nil
		})
	}
	return wrapQueue(err, "bind", b.Queue)
}

func (t *tx) bind(topic string, b engine.Binding) {
	t.putFixed(bucketTopics, bindingKey(topic, b), []byte{})
	t.then(func() {
		t.e.topicsMu.Lock()
		defer t.e.topicsMu.Unlock()
		if !slices.Contains(t.e.topics[topic], b) {
			t.e.topics[topic] = append(slices.Clone(t.e.topics[topic]), b)
		}
	})
}

// Unbind implements engine.Router.
func (e *Engine) Unbind(ctx context.Context, topic string, b engine.Binding) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := e.write(func(t *tx) error {
		t.unbind(topic, b)
		return nil
	})
	return wrapQueue(err, "unbind", b.Queue)
}

func (t *tx) unbind(topic string, b engine.Binding) {
	t.removeFixed(bucketTopics, bindingKey(topic, b))
	t.then(func() {
		t.e.topicsMu.Lock()
		defer t.e.topicsMu.Unlock()
		left := slices.DeleteFunc(slices.Clone(t.e.topics[topic]), func(o engine.Binding) bool { return o == b })
		if t.e.topics[topic] = left; len(left) == 0 {
			delete(t.e.topics, topic)
		}
	})
}

// Topics implements engine.Router.
func (e *Engine) Topics(ctx context.Context) ([]engine.Topic, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.isClosed() {
		return nil, engine.ErrClosed
	}
	e.topicsMu.RLock()
	defer e.topicsMu.RUnlock()
	var topics []engine.Topic
	for _, name := range slices.Sorted(maps.Keys(e.topics)) {
		bindings := slices.Clone(e.topics[name])
		slices.SortFunc(bindings, func(a, b engine.Binding) int {
			return cmp.Or(cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Pattern, b.Pattern))
		})
		topics = append(topics, engine.Topic{Name: name, Bindings: bindings})
	}
	return topics, nil
}

// route returns the queues that a message with this key goes to, by name.
func (e *Engine) route(topic, key string) []string {
	e.topicsMu.RLock()
	defer e.topicsMu.RUnlock()
	var queues []string
	for _, b := range e.topics[topic] {
		if b.Matches(key) {
			queues = append(queues, b.Queue)
		}
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

// bindingsOf returns the bindings of a queue, by topic, also those of this
// transaction.
func (t *tx) bindingsOf(queue string) (map[string][]engine.Binding, error) {
	out := map[string][]engine.Binding{}
	err := eachBinding(t.Tx, func(topic string, b engine.Binding) {
		if b.Queue == queue {
			out[topic] = append(out[topic], b)
		}
	})
	return out, err
}
