package audit

import (
	"cmp"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"nixie/engine"
)

// Linearizable says whether the calls on a queue could have been made one after
// the other, each at some moment between its begin and its end. It is for short
// histories of plain queues: of one life, in which nothing is unknown, no lease
// runs out, and nothing is delayed, deduplicated, extended or in a group.
func Linearizable(h *History, queue string, limit time.Duration) porcupine.CheckResult {
	var calls []porcupine.Operation
	for _, c := range h.Calls {
		if c.Queue == queue {
			calls = append(calls, porcupine.Operation{ClientId: c.Client, Input: c, Call: c.Begin, Return: c.End})
		}
	}
	return porcupine.CheckOperationsTimeout(sequential(h.Policies[queue].MaxTries), calls, limit)
}

// shelf is the state of the sequential queue: what is ready or leased, by id.
type shelf struct {
	items []item
	last  engine.ID // that was given
}

type item struct {
	id    engine.ID
	name  string
	token string // of the lease; "" is ready
	tries int
}

// sequential is a queue to which one thing happens at a time.
func sequential(maxTries int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return shelf{} },
		Step: func(state, input, _ any) (bool, any) {
			s, c := state.(shelf), input.(*Call)
			switch {
			case c.Op == Publish && c.Result == Done:
				return s.publish(c)
			case c.Op == Receive:
				return s.receive(c)
			case c.Op == Publish:
				return true, s
			}
			return s.settle(c, maxTries)
		},
		Equal: func(a, b any) bool {
			s, t := a.(shelf), b.(shelf)
			return s.last == t.last && slices.Equal(s.items, t.items)
		},
	}
}

func (s shelf) publish(c *Call) (bool, shelf) {
	items := slices.Clip(s.items)
	for i, id := range c.IDs {
		if compareIDs(id, s.last) <= 0 {
			return false, s
		}
		items = append(items, item{id: id, name: c.Sent[i].Name})
		s.last = id
	}
	s.items = items
	return true, s
}

// receive takes the oldest that are ready, and at least one if there is one.
func (s shelf) receive(c *Call) (bool, shelf) {
	items := slices.Clone(s.items)
	taken := 0
	for i := range items {
		m := &items[i]
		if m.token != "" {
			continue
		}
		if taken == len(c.Got) {
			return taken > 0, shelf{items, s.last}
		}
		g := c.Got[taken]
		if g.ID != m.id || g.Name != m.name || g.Tries != m.tries+1 {
			return false, s
		}
		m.token, m.tries = g.Token, g.Tries
		taken++
	}
	return taken == len(c.Got), shelf{items, s.last}
}

// settle is refused if the receipt is not that of the current lease.
func (s shelf) settle(c *Call, maxTries int) (bool, shelf) {
	items := slices.Clone(s.items)
	for i, r := range c.Receipts {
		at, there := slices.BinarySearchFunc(items, r.ID, func(m item, id engine.ID) int { return compareIDs(m.id, id) })
		good := there && items[at].token == r.Token
		if good != (c.resultFor(i) == Done) {
			return false, s
		}
		if !good {
			continue
		}
		m := &items[at]
		m.token = ""
		if c.Op == Release {
			m.tries--
		}
		if c.Op == Ack || c.Op == Nack && (c.Reject || m.tries == cmp.Or(maxTries, -1)) {
			items = slices.Delete(items, at, at+1)
		}
	}
	return true, shelf{items, s.last}
}
