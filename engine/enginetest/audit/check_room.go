package audit

import (
	"slices"

	"nixie/engine"
)

// room: a queue with a bound is never seen above it, and refuses only what it
// may have had no room for.
func (x *index) room(queue string) {
	p := x.h.Policies[queue]
	if p.MaxDepth == 0 && p.MaxBytes == 0 {
		return
	}
	for _, c := range x.h.Calls {
		switch {
		case c.Op == Look && c.Queue == queue && c.Result == Done:
			if over := c.Depth - p.MaxDepth; p.MaxDepth > 0 && over > 0 && over > x.received(c, p) {
				x.report(Room, "%s has %d messages, more than it may", queue, c.Depth)
			}
			if p.MaxBytes > 0 && c.Bytes > p.MaxBytes && x.received(c, p) == 0 {
				x.report(Room, "%s has %d bytes, more than it may", queue, c.Bytes)
			}
		case c.Op == Publish && c.Queue == queue && c.Error == engine.ErrQueueFull.Error() && x.hasRoom(c, queue):
			x.report(Room, "%s refused a publish of %d messages, and was not full", queue, len(c.Sent))
		}
	}
}

// received is how many messages may have been received while the last publish
// before a look was to drop them.
func (x *index) received(look *Call, p engine.Policy) (n int64) {
	if p.Overflow != engine.DropOldest {
		return 0
	}
	var publishes register
	for _, c := range x.h.Calls {
		if c.Op == Publish && c.Queue == look.Queue {
			publishes = append(publishes, write{Call: c, result: c.Result})
		}
	}
	last, _ := publishes.at(look.Begin, look.End)
	for _, c := range x.h.Calls {
		during := func(p write) bool { return c.Begin <= p.End && c.End >= p.Begin }
		if c.Op == Receive && c.Queue == look.Queue && slices.ContainsFunc(last, during) {
			n += int64(c.Max)
		}
	}
	return n
}

// hasRoom reports that the queue surely had room for what the call published.
func (x *index) hasRoom(c *Call, queue string) bool {
	p := x.h.Policies[queue]
	count, bytes := x.crowd(queue, c.Begin, c.End)
	for _, s := range c.Sent {
		count++
		bytes += int64(s.Size)
	}
	return (p.MaxDepth == 0 || count <= p.MaxDepth) && (p.MaxBytes == 0 || bytes <= p.MaxBytes)
}

// crowd is how many messages, of how many bytes, were at most in a queue between
// two times.
func (x *index) crowd(queue string, from, to int64) (count, bytes int64) {
	for _, m := range x.queues[queue] {
		if m.sent != nil && m.sent.call.Begin <= to && x.goneBy(m) >= from {
			count++
			bytes += int64(m.sent.Size)
		}
	}
	return count, bytes
}

// goneBy is when a message was not live any more, at the latest.
func (x *index) goneBy(m *message) int64 {
	if f := m.census; f != nil {
		if f.State == engine.Dead {
			return f.Death.At.UnixNano()
		}
		return never
	}
	if d := m.acked(); d != nil {
		last := int64(0)
		for _, u := range d.uses {
			if u.Op == Ack && u.result != Refused {
				last = max(last, u.End)
			}
		}
		return last
	}
	return never
}

// drops: what a queue drops is the oldest that is ready, and only when it is
// full.
func (x *index) drops(queue string, all []*message) {
	p := x.h.Policies[queue]
	if p.Overflow != engine.DropOldest {
		return
	}
	var waiting []*message // older ones that nothing kept from being ready
	for _, m := range all {
		if f := m.census; f != nil && f.Death != nil && f.Death.Reason == engine.Overflow && m.sent != nil {
			at := f.Death.At.UnixNano()
			done := x.droppedBy(queue, at)
			passed := func(o *message) bool { return o.sent.call.End < at && x.readyUntil(o) > done }
			if i := slices.IndexFunc(waiting, passed); i >= 0 {
				x.report(Room, "%s of %s was dropped, and %s is older", m.id, queue, waiting[i].id)
			}
			if count, bytes := x.crowd(queue, at, at); count <= p.MaxDepth && (p.MaxBytes == 0 || bytes <= p.MaxBytes) {
				x.report(Room, "%s of %s was dropped, and the queue was not full", m.id, queue)
			}
		}
		if m.sent != nil && x.delay(m.sent) == 0 {
			waiting = append(waiting, m)
		}
	}
}

// spared reports that a commit may have failed at that delivery which would have
// dropped something: that was not ready for a moment. What shares a commit that
// fails is tried again, so that any result may come of it.
func (x *index) spared(queue string, d *delivery) bool {
	return x.h.Policies[queue].Overflow == engine.DropOldest && slices.ContainsFunc(x.h.Calls, func(c *Call) bool {
		return c.Op == Publish && c.Queue == queue && c.Begin <= d.granted && c.End >= d.granted &&
			(c.Result == Unknown || x.starved[c.Life])
	})
}

// droppedBy is when a publish that dropped something at that time was over, at
// the latest.
func (x *index) droppedBy(queue string, at int64) int64 {
	done := at
	for _, c := range x.h.Calls {
		if c.Op == Publish && c.Queue == queue && c.Begin <= at && c.End >= at {
			done = max(done, c.End)
		}
	}
	return done
}

// readyUntil is until when a message that was published without a delay has
// surely waited.
func (x *index) readyUntil(m *message) int64 {
	until := int64(0)
	switch {
	case len(m.deliveries) > 0:
		until = m.deliveries[0].granted
	case m.census != nil && m.census.State == engine.Dead:
		until = m.census.Death.At.UnixNano()
	}
	for at, l := range x.lapses {
		if at.queue == m.queue {
			until = min(until, l.since)
		}
	}
	return until
}
