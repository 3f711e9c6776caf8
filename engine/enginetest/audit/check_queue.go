package audit

import (
	"cmp"
	"slices"
	"time"

	"nixie/engine"
)

// groups: one message of a group at a time, and in the order of ids.
func (x *index) groups(queue string, all []*message) {
	if !x.h.Policies[queue].Ordered {
		return
	}
	byGroup := map[string][]*delivery{}
	for _, m := range all {
		if m.sent != nil && m.sent.Group != "" {
			byGroup[m.sent.Group] = append(byGroup[m.sent.Group], m.deliveries...)
		}
	}
	for group, deliveries := range byGroup {
		slices.SortStableFunc(deliveries, func(a, b *delivery) int { return cmp.Compare(a.granted, b.granted) })
		var holder, youngest *delivery
		for _, d := range deliveries {
			if h := holder; h != nil && h.message != d.message && h.call.Life == d.call.Life && d.granted < x.heldUntil(h) {
				x.report(Groups, "%s of group %s of %s is delivered while %s is leased", d.ID, group, queue, h.ID)
			}
			if holder == nil || holder.call.Life < d.call.Life || x.heldUntil(d) > x.heldUntil(holder) {
				holder = d
			}
			if y := youngest; y != nil && y.granted < d.granted && compareIDs(y.ID, d.ID) > 0 && x.delay(d.message.sent) == 0 {
				x.report(Groups, "%s of group %s of %s is delivered after %s", d.ID, group, queue, y.ID)
			}
			if youngest == nil || compareIDs(d.ID, youngest.ID) > 0 {
				youngest = d
			}
		}
	}
}

// order: a message that waits is not passed by a younger one.
func (x *index) order(queue string, all []*message) {
	ordered := x.h.Policies[queue].Ordered
	var passer *delivery // the first one granted of all younger messages
	for _, m := range slices.Backward(all) {
		if m.sent == nil || ordered && m.sent.Group != "" {
			continue
		}
		granted := int64(never)
		if len(m.deliveries) > 0 {
			granted = m.deliveries[0].granted
		}
		if passer != nil && passer.granted < granted && x.delay(m.sent) == 0 && (len(m.deliveries) > 0 || m.isLive()) && !x.missed(m, passer) {
			x.report(Order, "%s of %s is first delivered after %s", m.id, queue, passer.ID)
		}
		if len(m.deliveries) > 0 && !x.shadowed(m.deliveries[0]) && (passer == nil || granted < passer.granted) {
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
			m := x.messages[key{queue, c.IDs[i]}]
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

// counters: totals and depth are what the messages add up to.
func (x *index) counters(queue string, all []*message) {
	census := x.h.Final[queue]
	if census == nil {
		x.report(Counters, "%s was not counted in the end", queue)
		return
	}
	same := func(what string, got, want int64) {
		if got != want {
			x.report(Counters, "%s counts %d %s, not %d", queue, got, what, want)
		}
	}
	states := map[engine.State]int64{}
	var want engine.Totals
	var live int64
	for _, m := range all {
		want.Published++
		want.Failed += int64(m.failures())
		if m.sent != nil {
			want.Bytes += int64(m.sent.Size)
		}
		switch {
		case m.census == nil:
			want.Acked++
		case m.isLive() && m.sent != nil:
			live += int64(m.sent.Size)
			fallthrough
		default:
			states[m.census.State]++
		}
	}
	info, totals := &census.Info, census.Info.Totals
	same("messages ready", info.Ready, states[engine.Ready])
	same("messages in flight", info.InFlight, states[engine.InFlight])
	same("delayed messages", info.Delayed, states[engine.Delayed])
	same("dead letters", info.Dead, states[engine.Dead])
	same("bytes", info.Bytes, live)
	same("messages published", totals.Published, want.Published)
	same("bytes published", totals.Bytes, want.Bytes)
	same("acks", totals.Acked, want.Acked)
	same("failures", totals.Failed, want.Failed)
	same("deaths", totals.Dead, states[engine.Dead])
	same("expiries", totals.Expired, 0)
	least, most := x.deliveries(queue, totals)
	if totals.Delivered < least || totals.Delivered > most {
		x.report(Counters, "%s counts %d deliveries, not %d to %d", queue, totals.Delivered, least, most)
	}
}

// deliveries says how many there may have been. Each ack and failure ends one;
// those that a crash undid need not be counted.
func (x *index) deliveries(queue string, totals engine.Totals) (least, most int64) {
	orderly := true
	for _, l := range x.h.Lives[:len(x.h.Lives)-1] {
		orderly = orderly && l.Clean
	}
	for _, c := range x.h.Calls {
		if c.Op != Receive || c.Queue != queue {
			continue
		}
		if c.Result == Done {
			most += int64(len(c.Got))
		} else {
			most += int64(c.Max)
		}
		least += int64(len(c.Got))
	}
	if !orderly {
		least = totals.Acked + totals.Failed
	}
	return least, most
}
