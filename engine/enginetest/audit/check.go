package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"nixie/engine"
)

// Violation is a promise that was broken, and how.
type Violation struct {
	Rule Rule
	Text string
}

func (v Violation) String() string { return string(v.Rule) + ": " + v.Text }

// maxViolations is how many are reported: the first ones tell most.
const maxViolations = 100

func (x *index) report(rule Rule, format string, args ...any) {
	if len(x.found) < maxViolations {
		x.found = append(x.found, Violation{rule, fmt.Sprintf(format, args...)})
	}
}

// Check returns what in the history breaks the contract.
func Check(h *History) []Violation {
	x := indexOf(h)
	x.publishes()
	x.topics()
	x.trash()
	x.entries()
	for _, m := range x.messages {
		if !x.isSafe(m) && (m.sent == nil || m.sent.call.Result != Done && !x.isRelaxed(m.queue)) && !x.wasDiscarded(m.queue, string(m.id)) {
			x.report(Loss, "%s (%q) of %s was delivered, and is neither acked nor there", m.id, m.name, m.queue)
		}
		x.origin(m)
		x.places(m)
		x.expiry(m)
	}
	for _, queue := range slices.Sorted(maps.Keys(h.Policies)) {
		all := x.of(queue)
		for _, m := range all {
			x.life(m)
			x.end(m)
		}
		x.ids(queue)
		x.groups(queue)
		x.order(queue, all)
		x.waiting(queue, all)
		x.deduplication(queue, all)
		x.relaxation(queue, all)
		x.room(queue)
		x.drops(queue, all)
	}
	for _, family := range familiesOf(h) {
		x.counters(family)
	}
	slices.SortStableFunc(x.found, func(a, b Violation) int { return cmp.Compare(a.Rule, b.Rule) })
	return x.found
}

// publishes holds what was confirmed or may have been done against what was
// seen.
func (x *index) publishes() {
	for copy, all := range x.copies {
		if len(all) > 1 {
			x.report(Duplication, "%q is there under two ids in %s: %s and %s", copy.name, copy.queue, all[0].id, all[1].id)
		}
	}
	for _, c := range x.h.Calls {
		if c.Op != Publish && c.Op != Edit {
			continue
		}
		if c.Result == Done && x.survives(c) {
			x.kept(c)
		}
		var there int
		var missing []string
		for i, s := range c.Sent {
			switch {
			case x.copies[topical{c.Queue, s.Name}] != nil:
				there++
			case s.Dedup == "":
				missing = append(missing, c.known(i))
			}
		}
		if c.Result == Refused || there == 0 {
			continue
		}
		missing = slices.DeleteFunc(missing, func(what string) bool { return x.wasDiscarded(c.Queue, what) })
		if len(missing) > 0 {
			x.report(Atomicity, "of a publish of %d messages to %s, %d are not there", len(c.Sent), c.Queue, len(missing))
		}
	}
}

// kept: what a confirmed publish stored is acked, or there.
func (x *index) kept(c *Call) {
	if len(c.IDs) != len(c.Sent) {
		x.report(IDs, "a publish of %d messages returned %d ids", len(c.Sent), len(c.IDs))
		return
	}
	for i, id := range c.IDs {
		if !x.isSafe(x.published(c, i)) && !x.wasDiscarded(c.Queue, string(id)) {
			rule := Loss
			if x.isRelaxed(c.Queue) {
				rule = Relaxation
			}
			x.report(rule, "%s (%q) of %s was published, and is neither acked nor there", id, c.Sent[i].Name, c.Queue)
		}
	}
}

// published is the i-th message of a call that was confirmed; nil: it was never
// seen. What a relaxed queue has lost may have left its id to another one.
func (x *index) published(c *Call, i int) *message {
	m := x.messages[c.IDs[i]]
	if m != nil && x.isRelaxed(c.Queue) && m.name != c.Sent[i].Name && c.Sent[i].Dedup == "" {
		return nil
	}
	return m
}

// isSafe: a message that was published is acked, or there.
func (x *index) isSafe(m *message) bool { return m != nil && (m.census != nil || m.acked() != nil) }

// acked is the delivery that was acked, or may have been; nil: none.
func (m *message) acked() *delivery {
	for _, d := range slices.Backward(m.deliveries) {
		if d.maybe(func(u use) bool { return u.Op == Ack }) {
			return d
		}
	}
	return nil
}

// origin: what was seen was published so.
func (x *index) origin(m *message) {
	s := m.sent
	switch {
	case s == nil:
		x.report(Invention, "%s (%q) of %s was never published", m.id, m.name, m.queue)
		return
	case s.call.Result == Refused:
		x.report(Invention, "%s (%q) of %s was refused, and is there", m.id, m.name, m.queue)
	case len(m.deliveries) > 0 && m.deliveries[0].granted < s.call.Begin:
		x.report(Invention, "%s (%q) of %s was delivered before it was published", m.id, m.name, m.queue)
	case s.call.Op == PublishTopic || s.call.Result != Done:
	case s.call.IDs[s.at] != m.id && s.Dedup != "":
		x.report(Deduplication, "%s (%q) of %s is a duplicate, and was stored", m.id, m.name, m.queue)
	case s.call.IDs[s.at] != m.id:
		x.report(Invention, "%q has the id %s in %s, and was published as %s", m.name, m.id, m.queue, s.call.IDs[s.at])
	}
	for _, d := range m.digests {
		if d != s.Digest {
			x.report(Invention, "%s (%q) of %s is not as it was published", m.id, m.name, m.queue)
			return
		}
	}
}

// isNew reports that a message was stored under an id of its own: duplicates
// have those of others, and what a relaxed queue has lost has none.
func (x *index) isNew(c *Call, i int) bool {
	return c.Sent[i].Dedup == "" && (x.survives(c) || x.published(c, i) != nil)
}

// ids: they ascend in each publish, and from one to the next.
func (x *index) ids(queue string) {
	var byBegin []*Call
	for _, c := range x.h.Calls {
		if c.Op == Publish && c.Queue == queue && c.Result == Done && len(c.IDs) == len(c.Sent) {
			byBegin = append(byBegin, c)
		}
	}
	byEnd := slices.Clone(byBegin)
	slices.SortStableFunc(byBegin, func(a, b *Call) int { return cmp.Compare(a.Begin, b.Begin) })
	slices.SortStableFunc(byEnd, func(a, b *Call) int { return cmp.Compare(a.End, b.End) })
	last, ended := engine.ID(""), 0 // the highest id of all publishes that ended before this one began
	for _, c := range byBegin {
		for ; ended < len(byEnd) && byEnd[ended].End < c.Begin; ended++ {
			for i, id := range byEnd[ended].IDs {
				if x.isNew(byEnd[ended], i) && compareIDs(id, last) > 0 {
					last = id
				}
			}
		}
		before := last
		for i, id := range c.IDs {
			if !x.isNew(c, i) {
				continue
			}
			if compareIDs(id, before) <= 0 {
				x.report(IDs, "%s of %s was published after %s", id, queue, before)
			}
			before = id
		}
	}
}
