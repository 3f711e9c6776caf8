package audit

import (
	"slices"

	"nixie/engine"
)

// life holds the deliveries of a message against each other.
func (x *index) life(m *message) {
	for i, d := range m.deliveries {
		x.receipt(d)
		var next *delivery
		if i+1 < len(m.deliveries) {
			next = m.deliveries[i+1]
		}
		x.settling(d, next)
		if next != nil {
			x.redelivery(d, next)
		}
	}
	if m.sent == nil || len(m.deliveries) == 0 {
		return
	}
	first := m.deliveries[0]
	if first.Tries < 1 || first.Tries > 1 && first.Tries > 1+x.unrecorded(m.queue, 0, first.call.Life) {
		x.report(Tries, "%s of %s has %d tries at its first delivery", m.id, m.queue, first.Tries)
	}
	if due := m.sent.call.Begin + int64(x.delay(m.sent)); first.granted < due {
		x.report(Delays, "%s of %s was delivered %d ns before its delay was over", m.id, m.queue, due-first.granted)
	}
	if max := x.h.Policies[m.queue].MaxTries; max > 0 && m.deliveries[len(m.deliveries)-1].Tries > max {
		x.report(Tries, "%s of %s was tried more than %d times", m.id, m.queue, max)
	}
}

// receipt: a lease begins within the receive that returned it.
func (x *index) receipt(d *delivery) {
	if d.granted < d.call.Begin || d.granted > d.call.End {
		x.report(Receipts, "the lease of %s of %s begins at %d, its receive was from %d to %d",
			d.ID, d.call.Queue, d.granted, d.call.Begin, d.call.End)
	}
}

// settling: a receipt is good until its lease is lost, and no longer.
func (x *index) settling(d, next *delivery) {
	name := d.message.key
	for i, u := range d.uses {
		switch u.result {
		case Done:
			if next != nil && u.Begin > next.granted {
				x.report(Receipts, "%s %s of %s succeeds after the message was delivered again", u.Op, name.id, name.queue)
			}
			if u.Life != d.call.Life {
				x.report(Receipts, "%s %s of %s succeeds with a receipt of before the reopening", u.Op, name.id, name.queue)
			}
			for _, earlier := range d.uses[:i] {
				if earlier.result == Done && earlier.Op != Extend && (u.Op != Extend || u.Begin > earlier.End) {
					x.report(Receipts, "%s %s of %s succeeds after %s has", u.Op, name.id, name.queue, earlier.Op)
				}
			}
		case Refused:
			if x.good(d, u) {
				x.report(Receipts, "%s %s of %s is refused while it is leased: %s", u.Op, name.id, name.queue, u.Error)
			}
		}
	}
}

// good reports that the lease was surely held while it was used, so that only
// the disk or the end of the engine can be a reason to refuse.
func (x *index) good(d *delivery, u use) bool {
	if u.Life != d.call.Life || u.End >= d.deadline || u.End >= x.h.Lives[u.Life].Closing {
		return false
	}
	if u.Error != "" && u.Error != engine.ErrLeaseLost.Error() {
		return false
	}
	return !d.maybe(func(other use) bool { return other.Call != u.Call && other.Begin <= u.End })
}

// redelivery: there is a reason for it, and the try is counted as that says.
func (x *index) redelivery(d, next *delivery) {
	id, queue := d.ID, d.call.Queue
	settled, sure := d.settled()
	over := next.call.Life > d.call.Life || d.deadline <= next.granted
	switch {
	case sure && settled.Op == Ack:
		x.report(Duplication, "%s of %s was acked, and is delivered again", id, queue)
	case sure && settled.Reject:
		x.report(Duplication, "%s of %s was rejected, and is delivered again", id, queue)
	case !over && !d.maybe(func(u use) bool { return givesBack(u) && u.Begin <= next.granted }):
		x.report(Duplication, "%s of %s is delivered again while it is leased", id, queue)
	}
	if sure && settled.Delay > 0 && next.granted < settled.Begin+int64(settled.Delay) {
		x.report(Delays, "%s of %s was delivered again before the delay of its %s was over", id, queue, settled.Op)
	}
	least, most := x.counts(d, next)
	if more := next.Tries - d.Tries; more < least || more > most && more > most+x.unrecorded(queue, d.call.Life, next.call.Life) {
		x.report(Tries, "%s of %s goes from try %d to %d, not by %d to %d", id, queue, d.Tries, next.Tries, least, most)
	}
}

// givesBack reports that a call makes a message ready again.
func givesBack(u use) bool { return u.Op == Release || u.Op == Nack && !u.Reject }

// counts says how many tries a delivery may have added when the next one
// comes.
func (x *index) counts(d, next *delivery) (least, most int) {
	if u, sure := d.settled(); sure {
		if u.Op == Release {
			return 0, 0
		}
		return 1, 1
	}
	life := x.h.Lives[d.call.Life]
	switch {
	case d.maybe(func(u use) bool { return u.Op != Extend }):
		return 0, 1
	case next.call.Life == d.call.Life:
		return 1, 1 // the lease ran out
	case life.Clean && d.deadline > life.Ended:
		return 0, 0 // given back
	}
	return 0, 1
}

// end: what became of a message is what was done to it.
func (x *index) end(m *message) {
	var last *delivery
	if n := len(m.deliveries); n > 0 {
		last = m.deliveries[n-1]
	}
	policy := x.h.Policies[m.queue]
	rejected := last != nil && last.maybe(func(u use) bool { return u.Op == Nack && u.Reject })
	if f := m.census; f != nil {
		for _, d := range m.deliveries {
			if u, sure := d.settled(); sure && u.Op == Ack {
				x.report(Duplication, "%s of %s was acked, and is %s", m.id, m.queue, f.State)
			}
		}
		if f.State == engine.Dead {
			x.death(m, rejected)
			return
		}
		if policy.MaxTries > 0 && m.failures() >= policy.MaxTries {
			x.report(Deaths, "%s of %s failed %d times, and is %s", m.id, m.queue, m.failures(), f.State)
		}
	}
	if last == nil {
		return
	}
	if u, sure := last.settled(); sure && u.Op == Nack && (u.Reject || policy.MaxTries > 0 && last.Tries >= policy.MaxTries) {
		x.report(Deaths, "%s of %s failed for the last time, and is not dead", m.id, m.queue)
	}
}

// death: there is a reason for it.
func (x *index) death(m *message, rejected bool) {
	f, most := m.census, x.h.Policies[m.queue].MaxTries
	switch f.Death {
	case engine.Rejected:
		if !rejected {
			x.report(Deaths, "%s of %s is dead as rejected, and nobody did that", m.id, m.queue)
		}
	case engine.MaxTries:
		if most == 0 || f.Tries != most {
			x.report(Deaths, "%s of %s is dead after %d tries of %d", m.id, m.queue, f.Tries, most)
		}
	default:
		x.report(Deaths, "%s of %s is dead of %q", m.id, m.queue, f.Death)
	}
	if n := len(m.deliveries); n > 0 {
		last := m.deliveries[n-1]
		if more := f.Tries - last.Tries; more < 0 || more > 0 && more > x.unrecorded(m.queue, last.call.Life, len(x.h.Lives)-1) {
			x.report(Tries, "%s of %s died with %d tries, and had %d", m.id, m.queue, f.Tries, last.Tries)
		}
		if u, sure := last.settled(); sure && u.Op == Release && f.Tries == last.Tries {
			x.report(Tries, "%s of %s was released, and died of it", m.id, m.queue)
		}
	}
}

// failures is how often a message failed, as far as it can be told from its
// tries: each failure leaves one behind.
func (m *message) failures() int {
	if f := m.census; f != nil {
		if f.State == engine.InFlight {
			return f.Tries - 1
		}
		return f.Tries
	}
	if d := m.acked(); d != nil {
		return d.Tries - 1
	}
	return 0
}

func (m *message) isLive() bool {
	return m.census != nil && slices.Contains([]engine.State{engine.Ready, engine.Delayed, engine.InFlight}, m.census.State)
}
