package audit

import (
	"slices"
	"testing"

	"nixie/engine"
)

func delivered(_ *index, m *message) bool { return len(m.deliveries) > 0 }

func diedOf(reason engine.DeathReason) func(*index, *message) bool {
	return func(_ *index, m *message) bool {
		return m.census != nil && m.census.State == engine.Dead && m.census.Death.Reason == reason
	}
}

// movedBefore reports that a message was delivered right after a sure move.
func movedBefore(x *index, m *message) bool { return len(x.lastWork(m, Move)) > 0 }

// lastWork are the writes that come last before the last delivery of a message,
// if they are all sure and of that kind.
func (x *index) lastWork(m *message, op Op) []write {
	if len(m.deliveries) == 0 {
		return nil
	}
	at := m.deliveries[len(m.deliveries)-1].granted
	last, none := x.works[m.id].at(at, at)
	if none || slices.ContainsFunc(last, func(w write) bool { return w.Op != op || w.result != Done || w.End >= at }) {
		return nil
	}
	return last
}

// restoredBefore reports that a message was delivered right after it was
// restored.
func restoredBefore(x *index, m *message) bool { return len(x.lastWork(m, Restore)) == 1 }

func fans(_ *index, c *Call) bool {
	return c.Op == PublishTopic && c.Result == Done && len(c.Queues) > 1
}

func refusedFor(err error) func(*index, *Call) bool {
	return func(_ *index, c *Call) bool { return c.Error == err.Error() }
}

func looksAt(queue string) func(*index, *Call) bool {
	return func(_ *index, c *Call) bool { return c.Op == Look && c.Queue == queue }
}

func purges(x *index, c *Call) bool {
	return c.Op == Purge && c.Result == Done && len(x.purgedBy(c)) > 0
}

// purgedBy are messages that nothing but the purge was done to.
func (x *index) purgedBy(c *Call) (all []*message) {
	for _, m := range x.of(c.Queue) {
		if m.sent != nil && m.sent.call.End < c.Begin && len(x.works[m.id]) == 0 && !x.handled(m, 0, c.Begin-1) {
			all = append(all, m)
		}
	}
	return all
}

// policy changes the policy of a queue after the fact.
func (x *index) policy(queue string, change func(p *engine.Policy)) {
	p := x.h.Policies[queue]
	change(&p)
	x.h.Policies[queue] = p
}

var wideMutations = []mutation{
	{Expiry, "delivered too late", onWide(seenIn("brief", delivered), func(x *index, m *message) {
		x.deliver(m, m.sent.call.End+int64(x.h.Policies["brief"].TTL), m.deliveries[len(m.deliveries)-1].Tries)
	})},
	{Expiry, "expired too early", onWide(seenIn("brief", diedOf(engine.Expired)), func(_ *index, m *message) {
		m.census.Death.At = m.census.Death.At.Add(-1e15)
	})},
	{Deaths, "expired in a queue without a TTL", onWide(seenIn("brief", diedOf(engine.Expired)), func(x *index, _ *message) {
		x.policy("brief", func(p *engine.Policy) { p.TTL = 0 })
	})},
	{Deaths, "expired, and somewhere else", onWide(seenIn("brief", diedOf(engine.Expired)), func(x *index, _ *message) {
		x.policy("brief", func(p *engine.Policy) { p.DeadLetter = engine.OwnDeadLetters })
	})},
	{Counters, "expired", onWide(seenIn("brief", diedOf(engine.Expired)), func(x *index, _ *message) {
		x.h.Final["brief"].Info.Totals.Expired++
	})},
	{Room, "too many bytes", onWide(calls(looksAt("small")), func(x *index, c *Call) {
		x.policy("small", func(p *engine.Policy) { p.MaxBytes = 1 << 20 })
		c.Bytes = 1<<20 + 1
	})},
	{Room, "above the bound", onWide(calls(looksAt("small")), func(_ *index, c *Call) { c.Depth = 7 })},
	{Room, "above the bound of one that drops", onWide(calls(looksAt("sliding")), func(_ *index, c *Call) { c.Depth = 700 })},
	{Room, "refused though there is room", onWide(calls(refusedFor(engine.ErrQueueFull)), func(x *index, _ *Call) {
		x.policy("small", func(p *engine.Policy) { p.MaxDepth = 1000 })
		x.policy("sliding", func(p *engine.Policy) { p.MaxDepth = 1000 })
	})},
	{Room, "dropped though there is room", onWide(seenIn("sliding", diedOf(engine.Overflow)), func(x *index, _ *message) {
		x.policy("sliding", func(p *engine.Policy) { p.MaxDepth = 1000 })
	})},
	{Room, "dropped though one is older", onWide(seenIn("sliding", func(x *index, m *message) bool {
		return diedOf(engine.Overflow)(x, m) && len(x.olderThan(m)) > 0
	}), func(x *index, m *message) {
		o := x.olderThan(m)[0]
		for _, d := range o.deliveries {
			d.call.Got = slices.DeleteFunc(d.call.Got, func(g Got) bool { return g.ID == o.id })
		}
		x.h.Final["sliding"].Messages = append(x.h.Final["sliding"].Messages, Found{
			ID: o.id, Name: o.name, Digest: o.digests[0], State: engine.Dead,
			Death: &engine.Death{Origin: "sliding", Reason: engine.Overflow, At: m.census.Death.At.Add(1e12)},
		})
	})},
	{Deaths, "dropped by a queue that rejects", onWide(seenIn("sliding", diedOf(engine.Overflow)), func(x *index, _ *message) {
		x.policy("sliding", func(p *engine.Policy) { p.Overflow = engine.RejectNew })
	})},
	{Topics, "one queue has it not", onWide(calls(fans), func(x *index, c *Call) {
		x.lose(x.copies[topical{c.Queues[0], c.Sent[0].Name}][0])
	})},
	{Topics, "a queue that was bound has nothing", onWide(calls(fans), func(_ *index, c *Call) { c.Queues = c.Queues[1:] })},
	{Topics, "a queue that was not bound has it", onWide(calls(fans), func(_ *index, c *Call) { c.Key = "c" })},
	{Topics, "half of it is there", onWide(calls(fans), func(x *index, c *Call) {
		c.Result = Unknown
		x.lose(x.copies[topical{c.Queues[0], c.Sent[0].Name}][0])
	})},
	{Duplication, "a queue has it twice", onWide(calls(fans), func(x *index, c *Call) {
		m := *x.copies[topical{c.Queues[0], c.Sent[0].Name}][0]
		m.id = "999999"
		x.deliver(&m, c.End+1, 1)
	})},
	{Invention, "it was refused", onWide(calls(fans), func(_ *index, c *Call) { c.Result = Refused })},
	{IDs, "the copies are not in order", onWide(calls(func(x *index, c *Call) bool { return fans(x, c) && len(c.Sent) > 1 }),
		func(_ *index, c *Call) { slices.Reverse(c.Sent) })},
	{Moves, "somewhere else than it was moved to", onWide(seenIn("desk", movedBefore), func(x *index, m *message) {
		for _, w := range x.lastWork(m, Move) {
			w.Outcomes[slices.Index(w.IDs, m.id)].Queue = "elsewhere"
		}
	})},
	{Moves, "its tries do not begin again", onWide(seenIn("desk", func(x *index, m *message) bool {
		return slices.ContainsFunc(m.deliveries, x.isReset)
	}), func(x *index, m *message) {
		m.deliveries[slices.IndexFunc(m.deliveries, x.isReset)].Tries = 2
	})},
	{Invention, "somewhere else, and nobody moved it", onWide(seenIn("left", delivered), func(x *index, m *message) {
		m.queue = "right"
		x.deliver(m, m.deliveries[0].granted+1e13, 1)
	})},
	{Duplication, "in two places", onWide(seenIn("file", func(_ *index, m *message) bool { return m.census != nil }), func(x *index, m *message) {
		x.h.Final["left"].Messages = append(x.h.Final["left"].Messages, *m.census)
	})},
	{Deaths, "by an operator who did nothing", onWide(seenIn("left", diedOf(engine.Rejected)), func(_ *index, m *message) {
		m.census.Death.Reason = engine.ByOperator
	})},
	{Trash, "delivered though it is in the trash", onWide(seenIn("desk", restoredBefore), func(x *index, m *message) {
		for _, w := range x.lastWork(m, Restore) {
			w.Begin, w.End = w.Begin+1e15, w.End+1e15
		}
	})},
	{Trash, "an entry has one more", onWide(calls(func(_ *index, c *Call) bool { return c.Op == Delete && c.Count > 0 }),
		func(_ *index, c *Call) { c.Count++ })},
	{Trash, "one more is restored", onWide(calls(func(_ *index, c *Call) bool { return c.Op == Restore && c.Count > 0 }),
		func(_ *index, c *Call) { c.Count++ })},
	{Trash, "one is not restored", onWide(calls(func(x *index, c *Call) bool { return c.Op == Restore && c.Count > 0 }),
		func(_ *index, c *Call) { c.Count-- })},
	{Trash, "delivered though it was purged", onWide(calls(purges), func(x *index, c *Call) {
		for _, r := range x.restores[c.Entry] {
			r.Begin, r.End = r.Begin+1e15, r.End+1e15
		}
		x.deliver(x.purgedBy(c)[0], c.End+1, 1)
	})},
	{Pauses, "delivered though it is paused", onWide(seenIn("left", delivered), func(x *index, m *message) {
		x.h.Calls = append(x.h.Calls, &Call{Op: Pause, Queue: "left", Begin: 1, End: 2, Result: Done})
		x.h.Calls = slices.DeleteFunc(x.h.Calls, func(c *Call) bool { return c.Op == Resume && c.Queue == "left" })
	})},
}

// olderThan are the messages before one that no one received, or late.
func (x *index) olderThan(m *message) (all []*message) {
	for _, o := range x.of(m.queue) {
		if o.sent != nil && o.census == nil && compareIDs(o.id, m.id) < 0 && o.sent.call.End < m.census.Death.At.UnixNano() {
			all = append(all, o)
		}
	}
	return all
}

// TestWideMutationsAreCaught: each way to break each rule about policies, topics
// and operators is caught by that rule.
func TestWideMutationsAreCaught(t *testing.T) {
	var good [][]byte
	for seed := range uint64(10) {
		good = append(good, recordedWide(t, seed))
	}
	checkCaught(t, slices.Concat(wideMutations, operatorMutations), good)
}
