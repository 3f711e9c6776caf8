package audit

import "nixie/engine"

// expiry: nothing is delivered, and nothing expires before, the queue's TTL after
// it entered the queue: in its publish, or when an operator moved it.
func (x *index) expiry(m *message) {
	if m.sent == nil {
		return
	}
	for _, d := range m.deliveries {
		ttl := int64(x.h.Policies[d.call.Queue].TTL)
		if _, latest := x.entered(m, d.call.Queue, d.granted); ttl > 0 && d.granted-latest >= ttl {
			x.report(Expiry, "%s of %s is delivered %d ns after it has expired", m.id, d.call.Queue, d.granted-latest-ttl)
		}
	}
	f := m.census
	if f == nil || f.Death == nil || f.Death.Reason != engine.Expired {
		return
	}
	at, ttl := f.Death.At.UnixNano(), int64(x.h.Policies[f.Death.Origin].TTL)
	if earliest, _ := x.entered(m, f.Death.Origin, at); at-earliest < ttl {
		x.report(Expiry, "%s of %s expires %d ns too early", m.id, f.Death.Origin, earliest+ttl-at)
	}
}

// entered says when the message entered the queue that it was in at that time:
// not earlier and not later than this. What comes back from the trash does not
// enter anew.
func (x *index) entered(m *message, queue string, at int64) (earliest, latest int64) {
	var moves register
	for _, w := range x.works[m.id] {
		if w.Op == Move && w.leaves(queue) {
			moves = append(moves, w)
		}
	}
	last, none := moves.at(at, at)
	if none && queue == m.queue {
		earliest, latest = m.sent.call.Begin, m.sent.call.End
	} else if len(last) > 0 {
		earliest = last[0].Begin
	}
	for _, w := range last {
		earliest, latest = min(earliest, w.Begin), max(latest, w.End)
	}
	return earliest, latest
}
