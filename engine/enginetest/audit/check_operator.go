package audit

import (
	"slices"

	"nixie/engine"
)

// places: a message is where its last move left it, and no place else.
func (x *index) places(m *message) {
	works := x.works[m.id]
	may := func(queue string, at int64) bool {
		last, none := works.at(at, at)
		return none && queue == m.queue || slices.ContainsFunc(last, func(w write) bool { return w.leaves(queue) })
	}
	for _, d := range m.deliveries {
		x.pause(d)
		if !may(d.call.Queue, d.granted) {
			x.astray(m, d.call.Queue, d.granted)
		}
		if n := x.unrecorded(d.call.Queue, 0, d.call.Life); d.Tries > 1+n && x.isReset(d) {
			x.report(Moves, "%s was moved, and begins again in %s with try %d", m.id, d.call.Queue, d.Tries)
		}
	}
	if m.census == nil || may(m.place, never) || m.census.State == engine.Dead && may(m.census.Death.Origin, never) {
		return
	}
	x.astray(m, m.place, never)
}

// astray reports a message that is where it cannot be.
func (x *index) astray(m *message, queue string, at int64) {
	last, none := x.works[m.id].at(at, at)
	switch {
	case none:
		x.report(Invention, "%s (%q) was published to %s, and is in %s", m.id, m.name, m.queue, queue)
	case slices.ContainsFunc(last, func(w write) bool { return w.Op == Delete || w.Op == Edit || w.Op == Discard }):
		x.report(Trash, "%s is in the trash, and in %s", m.id, queue)
	default:
		x.report(Moves, "%s was moved to %q, and is in %s", m.id, last[0].places, queue)
	}
}

// isReset reports that before a delivery a move was the last thing that was done
// to the message, and did not keep its tries.
func (x *index) isReset(d *delivery) bool {
	last, none := x.works[d.message.id].at(d.granted, d.granted)
	return !none && !slices.ContainsFunc(last, func(w write) bool {
		again := func(o *delivery) bool { return o != d && o.granted >= w.Begin && o.granted <= d.granted }
		return w.Op != Move || w.Keep || w.result != Done || w.End >= d.granted || slices.ContainsFunc(d.message.deliveries, again)
	})
}

// pause: nothing is delivered while the queue is paused.
func (x *index) pause(d *delivery) {
	last, none := x.pauses[d.call.Queue].at(d.granted, d.granted)
	if !none && !slices.ContainsFunc(last, func(w write) bool { return w.Op == Resume }) {
		x.report(Pauses, "%s is delivered while %s is paused", d.ID, d.call.Queue)
	}
}

// trash: an entry has as many messages as its deletion took, restoring brings
// back as many, and what was purged is not delivered before.
func (x *index) trash() {
	for _, c := range x.h.Calls {
		if c.Result != Done || c.Entry == "" || c.Op == Restore || c.Op == Discard {
			continue
		}
		if c.Op == Delete {
			taken := int64(0)
			for i := range c.IDs {
				if c.resultOn(i) == Done {
					taken++
				}
			}
			if taken != c.Count {
				x.report(Trash, "entry %s has %d messages, of %d deleted", c.Entry, c.Count, taken)
			}
		}
		back, sure := int64(0), false
		first := int64(never)
		for _, r := range x.restores[c.Entry] {
			back += r.Count
			sure = sure || r.Result == Done
			first = min(first, r.Begin)
		}
		whole := !slices.ContainsFunc(x.restores[c.Entry], func(r *Call) bool { return r.Result != Done })
		if back > c.Count || sure && whole && back < c.Count {
			x.report(Trash, "of entry %s with %d messages %d were restored", c.Entry, c.Count, back)
		}
		if c.Op == Purge && c.Area == engine.LiveArea {
			x.purged(c, first)
		}
	}
}

// purged: what was surely there is not delivered until it is restored.
func (x *index) purged(c *Call, restored int64) {
	for _, m := range x.of(c.Queue) {
		if m.sent == nil || m.sent.call.End >= c.Begin || len(x.works[m.id]) > 0 || x.handled(m, 0, c.Begin-1) {
			continue
		}
		for _, d := range m.deliveries {
			if d.granted > c.End && d.granted < restored {
				x.report(Trash, "%s of %s was purged, and is delivered", m.id, c.Queue)
			}
		}
	}
}
