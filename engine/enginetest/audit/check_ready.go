package audit

import (
	"slices"

	"nixie/engine"
)

// waiting: a receive passes no message that surely was ready all the while; and
// one that does not wait, and beside which nobody else does, returns something.
func (x *index) waiting(queue string, all []*message) {
	p := x.h.Policies[queue]
	if x.isRelaxed(queue) || p.TTL > 0 || p.Overflow == engine.DropOldest {
		return // what is confirmed is not there yet, or it is taken away
	}
	groups := x.groupsOf(queue)
	for _, r := range x.h.Calls {
		if r.Op != Receive || r.Queue != queue || r.Result != Done || !x.isClear(r) || len(r.Got) == 0 && !x.isAlone(r) {
			continue
		}
		passed := func(m *message) bool {
			if !x.isReady(m, r) || len(r.Got) > 0 && compareIDs(m.id, r.Got[len(r.Got)-1].ID) > 0 {
				return false
			}
			group := groups[m.sent.Group]
			return (len(r.Got) == 0 || group != nil) && x.isFree(m, r, group) // else it is the other rule's, Order
		}
		if i := slices.IndexFunc(all, passed); i >= 0 {
			x.report(Readiness, "%d messages of %s are received at %d, and %s is ready", len(r.Got), queue, r.Begin, all[i].id)
		}
	}
}

// groupsOf are the messages that may have been in an ordered queue, by group.
func (x *index) groupsOf(queue string) map[string][]*message {
	groups := map[string][]*message{}
	if !x.wasOrdered(queue) {
		return groups
	}
	for _, m := range x.messages {
		came := func(w write) bool { return w.leaves(queue) }
		if m.sent != nil && m.sent.Group != "" && (m.queue == queue || slices.ContainsFunc(x.works[m.id], came)) {
			groups[m.sent.Group] = append(groups[m.sent.Group], m)
		}
	}
	return groups
}

// isClear reports that it is known what was received before in that life, and that
// no operation can have failed that took something away for a moment.
func (x *index) isClear(r *Call) bool {
	if l := x.lapses[place{r.Queue, r.Life}]; l != nil && l.since <= r.End {
		return false
	}
	return r.End < x.h.Lives[r.Life].Closing && !x.starved[r.Life]
}

// isAlone reports that a receive does not wait, that nobody else receives with a
// wait at that time, and that the queue is not paused.
func (x *index) isAlone(r *Call) bool {
	last, _ := x.pauses[r.Queue].at(r.Begin, r.End)
	if r.Wait > 0 || slices.ContainsFunc(last, func(w write) bool { return w.Op == Pause }) {
		return false
	}
	return !slices.ContainsFunc(x.h.Calls, func(c *Call) bool {
		return c.Op == Receive && c.Queue == r.Queue && c.Wait > 0 && c.Begin <= r.End && c.End >= r.Begin
	})
}

// isReady reports that a message was published before the receive, without a
// delay, was delivered only after it, and that nobody did anything else to it.
func (x *index) isReady(m *message, r *Call) bool {
	s := m.sent
	if s == nil || s.call.Result != Done || s.call.End >= r.Begin || s.call.Life != r.Life || x.delay(s) > 0 || m.queue != r.Queue {
		return false
	}
	if len(m.deliveries) == 0 && !m.isLive() || len(m.deliveries) > 0 && m.deliveries[0].granted <= r.End {
		return false
	}
	return !x.handled(m, 0, r.End)
}

// isFree reports that no other message of its group can have held it: each was gone
// before the receive, or was delivered only after it.
func (x *index) isFree(m *message, r *Call, group []*message) bool {
	return !slices.ContainsFunc(group, func(o *message) bool {
		return o != m && o.sent.call.Begin <= r.End && !x.isReady(o, r) && !x.isGone(o, r)
	})
}

// isGone reports that a message surely was done, dead, or taken away by an
// operator, before the receive.
func (x *index) isGone(m *message, r *Call) bool {
	if f := m.census; f != nil && f.State == engine.Dead && !x.handled(m, f.Death.At.UnixNano(), never) {
		return x.lifeAt(f.Death.At.UnixNano()) < r.Life
	}
	if len(x.works[m.id]) == 0 && len(m.deliveries) > 0 {
		u, sure := x.settled(m.deliveries[len(m.deliveries)-1], r.Life)
		return sure && (u.Op == Ack || u.Reject) && u.End < r.Begin
	}
	last, none := x.works[m.id].at(r.Begin, r.End)
	return !none && !slices.ContainsFunc(last, func(w write) bool {
		return w.leaves(r.Queue) && (w.Op != Move || w.Into != engine.Dead || w.result != Done)
	})
}
