package audit

import (
	"cmp"
	"slices"
	"time"

	"nixie/engine"
)

// groups: one message of a group at a time, and in the order of ids.
func (x *index) groups(queue string) {
	if !x.wasOrdered(queue) {
		return
	}
	byGroup := map[string][]*delivery{}
	for _, d := range x.receipts {
		if s := d.message.sent; d.call.Queue == queue && s != nil && s.Group != "" {
			byGroup[s.Group] = append(byGroup[s.Group], d)
		}
	}
	for group, deliveries := range byGroup {
		slices.SortFunc(deliveries, func(a, b *delivery) int {
			return cmp.Or(cmp.Compare(a.granted, b.granted), compareIDs(a.ID, b.ID))
		})
		x.turns(queue, group, deliveries)
		x.retries(queue, group, deliveries)
	}
}

// turns: one at a time, and none after a younger one.
func (x *index) turns(queue, group string, deliveries []*delivery) {
	var holder, youngest *delivery
	for _, d := range deliveries {
		ordered := x.isOrdered(queue, d.granted)
		if h := holder; h != nil && h.message != d.message && h.call.Life == d.call.Life && ordered && d.granted < x.heldUntil(h) {
			x.report(Groups, "%s of group %s of %s is delivered while %s is leased", d.ID, group, queue, h.ID)
		}
		if holder == nil || holder.call.Life < d.call.Life || x.heldUntil(d) > x.heldUntil(holder) {
			holder = d
		}
		if y := youngest; y != nil && y.granted < d.granted && compareIDs(y.ID, d.ID) > 0 && x.waits(d) {
			x.report(Groups, "%s of group %s of %s is delivered after %s", d.ID, group, queue, y.ID)
		}
		if ordered && !d.message.replaces() && (youngest == nil || compareIDs(d.ID, youngest.ID) > 0) {
			youngest = d
		}
	}
}

// retries: what was delivered is the next one of its group, too, unless it is gone
// or an operator did something to it.
func (x *index) retries(queue, group string, deliveries []*delivery) {
	for i, d := range deliveries {
		next := d.next()
		if next == nil || next.call.Queue != queue || x.handled(d.message, d.granted, next.granted) {
			continue
		}
		for _, y := range deliveries[i+1:] {
			if y.granted >= next.granted {
				break
			}
			if y.granted > d.granted && compareIDs(y.ID, d.ID) > 0 && x.isOrdered(queue, y.granted) {
				x.report(Groups, "%s of group %s of %s is delivered before the next try of %s", y.ID, group, queue, d.ID)
			}
		}
	}
}

// next is the delivery of the same message after this one; nil: there is none.
func (d *delivery) next() *delivery {
	if i := slices.Index(d.message.deliveries, d) + 1; i < len(d.message.deliveries) {
		return d.message.deliveries[i]
	}
	return nil
}

// replaces reports that a message came by an edit: its id is newer than those of
// publishes that are still under way.
func (m *message) replaces() bool { return m.sent != nil && m.sent.call.Op == Edit }

// waits reports that a message came to its delivery by no delay of its producer
// and no operator.
func (x *index) waits(d *delivery) bool {
	return x.delay(d.message.sent) == 0 && !x.handled(d.message, 0, d.granted)
}

// order: a message that waits is not passed by a younger one.
func (x *index) order(queue string, all []*message) {
	ordered := x.wasOrdered(queue)
	var passer *delivery // the first one granted of all younger messages
	for _, m := range slices.Backward(all) {
		if m.sent == nil || ordered && m.sent.Group != "" {
			continue
		}
		granted := int64(never)
		if len(m.deliveries) > 0 {
			granted = m.deliveries[0].granted
		}
		handled := x.handled(m, 0, granted)
		if passer != nil && passer.granted < granted && x.delay(m.sent) == 0 && (len(m.deliveries) > 0 || m.isLive()) && !handled && !x.missed(m, passer) && !x.spared(queue, passer) {
			x.report(Order, "%s of %s is first delivered after %s", m.id, queue, passer.ID)
		}
		if len(m.deliveries) > 0 && m.deliveries[0].call.Queue == queue && !m.replaces() && !x.shadowed(m.deliveries[0]) && (passer == nil || granted < passer.granted) {
			passer = m.deliveries[0]
		}
	}
}

// deduplication: of each id there is one message in a window.
func (x *index) deduplication(queue string, all []*message) {
	window := int64(cmp.Or(x.h.Policies[queue].DedupWindow, engine.DefaultDedupWindow))
	stored := map[string][]*sent{}
	for _, m := range all {
		if m.sent != nil && m.sent.Dedup != "" {
			stored[m.sent.Dedup] = append(stored[m.sent.Dedup], m.sent)
		}
	}
	for dedup, times := range stored {
		slices.SortStableFunc(times, func(a, b *sent) int { return cmp.Compare(a.call.Begin, b.call.Begin) })
		for i := 1; i < len(times); i++ {
			a, b := times[i-1], times[i]
			if max(a.call.End, b.call.End)-min(a.call.Begin, b.call.Begin) < window {
				x.report(Deduplication, "%q and %q of %s have the id %q, and are both stored", a.Name, b.Name, queue, dedup)
			}
		}
	}
	for _, c := range x.h.Calls {
		if c.Op != Publish || c.Queue != queue || c.Result != Done || len(c.IDs) != len(c.Sent) {
			continue
		}
		for i, s := range c.Sent {
			m := x.messages[c.IDs[i]]
			if s.Dedup == "" || m == nil || m.sent == nil || m.sent.call == c {
				continue
			}
			first := m.sent
			switch {
			case first.Dedup != s.Dedup || first.call.Begin > c.End:
				x.report(Deduplication, "%q of %s has the id of %q", s.Name, queue, first.Name)
			case c.Begin > first.call.End+window:
				x.report(Deduplication, "%q of %s is taken for %q, %s after the window",
					s.Name, queue, first.Name, time.Duration(c.Begin-first.call.End-window))
			}
		}
	}
}
