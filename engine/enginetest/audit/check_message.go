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
	if due := m.sent.call.Begin + int64(x.delay(m.sent)); first.granted < due && !x.moved(m, m.sent.call.Begin, first.granted) {
		x.report(Delays, "%s of %s was delivered %d ns before its delay was over", m.id, m.queue, due-first.granted)
	}
	if max := x.maxTries(m.queue); max > 0 && m.deliveries[len(m.deliveries)-1].Tries > max+x.keeps(m) {
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
	name := d.message
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
				if earlier.result == Done && !x.isRelaxed(d.call.Queue) && earlier.Op != Extend && (u.Op != Extend || u.Begin > earlier.End) {
					x.report(Receipts, "%s %s of %s succeeds after %s has", u.Op, name.id, name.queue, earlier.Op)
				}
			}
		case Refused:
			if x.good(d, u) && !x.handled(d.message, d.granted, u.End) {
				x.report(Receipts, "%s %s of %s is refused while it is leased: %s", u.Op, name.id, name.queue, u.Error)
			}
		}
	}
}

// good reports that the lease was surely held while it was used, so that only
// the disk or the end of the engine can be a reason to refuse.
func (x *index) good(d *delivery, u use) bool {
	if u.Life != d.call.Life || u.End >= d.deadlineAt(u) || u.End >= x.h.Lives[u.Life].Closing {
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
	settled, sure := x.settled(d, next.call.Life)
	handled := x.handled(d.message, d.granted, next.granted)
	over := next.call.Life > d.call.Life || d.deadline <= next.granted
	switch {
	case sure && settled.Op == Ack:
		x.report(Duplication, "%s of %s was acked, and is delivered again", id, queue)
	case handled:
	case sure && settled.Reject:
		x.report(Duplication, "%s of %s was rejected, and is delivered again", id, queue)
	case !over && !d.maybe(func(u use) bool { return givesBack(u) && u.Begin <= next.granted }):
		x.report(Duplication, "%s of %s is delivered again while it is leased", id, queue)
	}
	if sure && settled.Delay > 0 && next.granted < settled.Begin+int64(settled.Delay) && !x.moved(d.message, d.granted, next.granted) {
		x.report(Delays, "%s of %s was delivered again before the delay of its %s was over", id, queue, settled.Op)
	}
	least, most := x.counts(d, next.call.Life)
	if handled { // it may have begun again
		least, most = min(1-d.Tries, 0), 1
	}
	if more := next.Tries - d.Tries; more < least || more > most && more > most+x.unrecorded(queue, d.call.Life, next.call.Life) {
		x.report(Tries, "%s of %s goes from try %d to %d, not by %d to %d", id, queue, d.Tries, next.Tries, least, most)
	}
}

// givesBack reports that a call makes a message ready again.
func givesBack(u use) bool { return u.Op == Release || u.Op == Nack && !u.Reject }

// counts says how many tries a delivery may have added when the message is ready
// again in that life.
func (x *index) counts(d *delivery, life int) (least, most int) {
	if u, sure := x.settled(d, life); sure {
		if u.Op == Release {
			return 0, 0
		}
		return 1, 1
	}
	was := x.h.Lives[d.call.Life]
	switch {
	case d.maybe(func(u use) bool { return u.Op != Extend }):
		return 0, 1
	case life == d.call.Life:
		return 1, 1 // the lease ran out
	case was.Clean && d.deadline > was.Ended:
		return 0, 0 // given back
	}
	return 0, 1
}

// end: what became of a message is what was done to it.
func (x *index) end(m *message) {
	if m.census != nil {
		for _, d := range m.deliveries {
			if u, sure := x.settled(d, len(x.h.Lives)-1); sure && u.Op == Ack {
				x.report(Duplication, "%s of %s was acked, and is %s", m.id, m.queue, m.census.State)
			}
		}
		if m.census.State == engine.Dead {
			x.death(m)
			return
		}
	}
	begun := int64(0)
	if n := len(m.deliveries); n > 0 {
		begun = m.deliveries[n-1].granted
	}
	if x.handled(m, begun, never) || !x.isSafe(m) && x.wasDiscarded(m.queue, string(m.id)) {
		return
	}
	most := x.maxTries(m.queue)
	if f := m.census; f != nil && most > 0 && f.Tries >= most && f.State != engine.InFlight {
		x.report(Deaths, "%s of %s failed %d times, and is %s", m.id, m.queue, f.Tries, f.State)
	}
	if begun == 0 {
		return
	}
	last := m.deliveries[len(m.deliveries)-1]
	if u, sure := x.settled(last, len(x.h.Lives)-1); sure && u.Op == Nack && (u.Reject || most > 0 && last.Tries >= most) {
		x.report(Deaths, "%s of %s failed for the last time, and is not dead", m.id, m.queue)
	}
}

// death: there is a reason for it.
func (x *index) death(m *message) {
	f := m.census
	at := f.Death.At.UnixNano()
	allowed := func(p engine.Policy) bool { return p.MaxTries > 0 && f.Death.Tries >= p.MaxTries }
	rejected := func(d *delivery) bool { return d.maybe(func(u use) bool { return u.Op == Nack && u.Reject }) }
	byOperator := func(w write) bool { return w.Op == Move && w.Into == engine.Dead && w.result != Refused }
	origin := f.Death.Origin
	var good bool
	switch f.Death.Reason {
	case engine.Rejected:
		good = slices.ContainsFunc(m.deliveries, rejected)
	case engine.MaxTries:
		good = slices.ContainsFunc(x.policiesOf(origin, at, at), allowed) && f.Death.Tries <= x.maxTries(origin)+x.keeps(m)
	case engine.Expired:
		good = x.h.Policies[origin].TTL > 0
	case engine.Overflow:
		good = x.h.Policies[origin].Overflow == engine.DropOldest
	case engine.ByOperator:
		good = slices.ContainsFunc(x.works[m.id], byOperator)
	}
	if !good {
		x.report(Deaths, "%s is dead of %q in %s after %d tries, and nothing explains that", m.id, f.Death.Reason, origin, f.Death.Tries)
	}
	if !x.handled(m, at, never) {
		x.grave(m)
	}
	if n := len(m.deliveries); n > 0 && !x.handled(m, m.deliveries[n-1].granted, never) {
		x.lastTries(m, m.deliveries[n-1])
	}
}

// grave: dead letters are kept where the policy says; those that are not kept
// were restored from the trash before the census.
func (x *index) grave(m *message) {
	at, origin := m.census.Death.At.UnixNano(), m.census.Death.Origin
	if !slices.ContainsFunc(x.policiesOf(origin, at, at), func(p engine.Policy) bool {
		if p.DeadLetter == engine.OwnDeadLetters || p.DeadLetter == engine.NoDeadLetters {
			return m.place == origin
		}
		return m.place == p.DeadLetter
	}) {
		x.report(Deaths, "%s died in %s, and is in %s", m.id, origin, m.place)
	}
}

// lastTries: a message that failed dies with the tries of its last delivery, one
// that waited with those that are left of them.
func (x *index) lastTries(m *message, last *delivery) {
	f := m.census
	life := x.lifeAt(f.Death.At.UnixNano())
	u, sure := x.settled(last, life)
	least, most := 0, 0
	if f.Death.Reason == engine.Expired || f.Death.Reason == engine.Overflow {
		least, most = x.counts(last, life)
		least, most = least-1, most-1
	} else if sure && u.Op == Release && f.Tries == last.Tries {
		x.report(Tries, "%s of %s was released, and died of it", m.id, m.queue)
	}
	if more := f.Tries - last.Tries; more < least || more > most && more > most+x.unrecorded(m.queue, last.call.Life, len(x.h.Lives)-1) {
		x.report(Tries, "%s of %s died with %d tries, and had %d", m.id, m.queue, f.Tries, last.Tries)
	}
}

// keeps is how often an operator sent a message back with its tries, each time
// for another one.
func (x *index) keeps(m *message) (n int) {
	for _, w := range x.works[m.id] {
		if w.Op == Move && w.Keep && w.result != Refused {
			n++
		}
	}
	return n
}

// maxTries is the greatest that the queue ever had; 0: some policy had none.
func (x *index) maxTries(queue string) int {
	most := x.h.Policies[queue].MaxTries
	for _, w := range x.policies[queue] {
		if most == 0 || w.Policy.MaxTries == 0 {
			return 0
		}
		most = max(most, w.Policy.MaxTries)
	}
	return most
}

func (m *message) isLive() bool {
	return m.census != nil && slices.Contains([]engine.State{engine.Ready, engine.Delayed, engine.InFlight}, m.census.State)
}
