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
	for _, queue := range slices.Sorted(maps.Keys(h.Policies)) {
		all := x.of(queue)
		for _, m := range all {
			x.origin(m)
			x.life(m)
			x.end(m)
		}
		x.ids(queue)
		x.groups(queue, all)
		x.order(queue, all)
		x.deduplication(queue, all)
		x.counters(queue, all)
	}
	slices.SortStableFunc(x.found, func(a, b Violation) int { return cmp.Compare(a.Rule, b.Rule) })
	return x.found
}

// publishes holds what was confirmed or may have been done against what was
// seen.
func (x *index) publishes() {
	seen := map[string]bool{}
	for _, m := range x.messages {
		if seen[m.name] {
			x.report(Duplication, "%q is there under two ids, one is %s", m.name, m.id)
		}
		seen[m.name] = true
	}
	for _, c := range x.h.Calls {
		if c.Op != Publish {
			continue
		}
		if c.Result == Done {
			x.kept(c)
		}
		var there, missing int
		for _, s := range c.Sent {
			switch {
			case seen[s.Name]:
				there++
			case s.Dedup == "":
				missing++
			}
		}
		if c.Result == Unknown && there > 0 && missing > 0 {
			x.report(Atomicity, "of a publish of %d messages to %s, %d are not there", len(c.Sent), c.Queue, missing)
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
		m := x.messages[key{c.Queue, id}]
		if m == nil || m.census == nil && m.acked() == nil {
			x.report(Loss, "%s (%q) of %s was published, and is neither acked nor there", id, c.Sent[i].Name, c.Queue)
		}
	}
}

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
	case s.call.Queue != m.queue:
		x.report(Invention, "%s (%q) was published to %s, and is in %s", m.id, m.name, s.call.Queue, m.queue)
	case s.call.Result == Refused:
		x.report(Invention, "%s (%q) of %s was refused, and is there", m.id, m.name, m.queue)
	case s.call.Result == Done && s.call.IDs[s.at] != m.id && s.Dedup != "":
		x.report(Deduplication, "%s (%q) of %s is a duplicate, and was stored", m.id, m.name, m.queue)
	case s.call.Result == Done && s.call.IDs[s.at] != m.id:
		x.report(Invention, "%q has the id %s in %s, and was published as %s", m.name, m.id, m.queue, s.call.IDs[s.at])
	case len(m.deliveries) > 0 && m.deliveries[0].granted < s.call.Begin:
		x.report(Invention, "%s (%q) of %s was delivered before it was published", m.id, m.name, m.queue)
	}
	for _, d := range m.digests {
		if d != s.Digest {
			x.report(Invention, "%s (%q) of %s is not as it was published", m.id, m.name, m.queue)
			return
		}
	}
}

// ids: they ascend in each publish, and from one to the next. Duplicates have
// those of others.
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
				if byEnd[ended].Sent[i].Dedup == "" && compareIDs(id, last) > 0 {
					last = id
				}
			}
		}
		before := last
		for i, id := range c.IDs {
			if c.Sent[i].Dedup != "" {
				continue
			}
			if compareIDs(id, before) <= 0 {
				x.report(IDs, "%s of %s was published after %s", id, queue, before)
			}
			before = id
		}
	}
}
