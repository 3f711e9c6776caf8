package audit

import (
	"cmp"
	"math"
	"slices"
	"time"

	"nixie/engine"
)

// index is a history by message.
type index struct {
	h        *History
	sent     map[string]*sent // by name
	messages map[key]*message
	receipts map[engine.Receipt]*delivery
	lapses   map[place]*lapse
	found    []Violation
}

type key struct {
	queue string
	id    engine.ID
}

type place struct {
	queue string
	life  int
}

// lapse are the receives of which nobody knows what they were given.
type lapse struct {
	since int64 // the first one began
	count int
}

// sent is a message and the call that published it.
type sent struct {
	*Sent
	call *Call
	at   int // in the call
}

// message is all that was seen of one.
type message struct {
	key
	name       string
	digests    []uint64
	sent       *sent // nil: it was invented
	deliveries []*delivery
	census     *Found // nil: it was not there in the end
}

// delivery is a lease of a message.
type delivery struct {
	*Got
	call     *Call
	message  *message
	granted  int64
	deadline int64 // after all extensions
	uses     []use
}

// use is a call that had the receipt of a delivery.
type use struct {
	*Call
	result Result
}

// indexOf sorts a history.
func indexOf(h *History) *index {
	x := &index{
		h: h, sent: map[string]*sent{}, messages: map[key]*message{},
		receipts: map[engine.Receipt]*delivery{}, lapses: map[place]*lapse{},
	}
	for _, c := range h.Calls {
		switch c.Op {
		case Publish:
			for i := range c.Sent {
				x.sent[c.Sent[i].Name] = &sent{&c.Sent[i], c, i}
			}
		case Receive:
			x.receive(c)
		}
	}
	for _, c := range h.Calls {
		for i, r := range c.Receipts {
			if d := x.receipts[r]; d != nil {
				d.uses = append(d.uses, use{c, c.resultFor(i)})
			}
		}
	}
	for queue, census := range h.Final {
		for i := range census.Messages {
			f := &census.Messages[i]
			m := x.message(queue, f.ID, f.Name)
			if m.census != nil {
				x.report(Duplication, "%s is found twice in %s", f.ID, queue)
			}
			m.census = f
			m.digests = append(m.digests, f.Digest)
		}
	}
	for _, m := range x.messages {
		m.sent = x.sent[m.name]
		slices.SortStableFunc(m.deliveries, func(a, b *delivery) int { return cmp.Compare(a.granted, b.granted) })
		for _, d := range m.deliveries {
			d.extend()
		}
	}
	return x
}

func (x *index) message(queue string, id engine.ID, name string) *message {
	k := key{queue, id}
	m := x.messages[k]
	if m == nil {
		m = &message{key: k, name: name}
		x.messages[k] = m
	}
	if m.name != name {
		x.report(Invention, "%s of %s is now %q, now %q", id, queue, m.name, name)
	}
	return m
}

func (x *index) receive(c *Call) {
	if c.Result != Done {
		p := place{c.Queue, c.Life}
		if x.lapses[p] == nil {
			x.lapses[p] = &lapse{since: c.Begin}
		}
		x.lapses[p].count++
		return
	}
	lease := cmp.Or(c.Lease, x.h.Policies[c.Queue].VisibilityTimeout)
	for i := range c.Got {
		g := &c.Got[i]
		m := x.message(c.Queue, g.ID, g.Name)
		m.digests = append(m.digests, g.Digest)
		d := &delivery{Got: g, call: c, message: m, granted: g.Deadline - int64(lease), deadline: g.Deadline}
		m.deliveries = append(m.deliveries, d)
		r := engine.Receipt{Queue: c.Queue, ID: g.ID, Token: g.Token}
		if x.receipts[r] != nil {
			x.report(Receipts, "%s of %s was delivered twice with the same receipt", g.ID, c.Queue)
		}
		x.receipts[r] = d
	}
}

// extend finds the last deadline of the lease.
func (d *delivery) extend() {
	last := d.granted
	for _, u := range d.uses {
		if u.Op == Extend && u.result == Done && u.Deadline-int64(u.Lease) >= last {
			last = u.Deadline - int64(u.Lease)
			d.deadline = u.Deadline
		}
	}
}

// settled is the call that surely ended the delivery.
func (d *delivery) settled() (use, bool) {
	for _, u := range d.uses {
		if u.Op != Extend && u.result == Done {
			return u, true
		}
	}
	return use{}, false
}

// maybe reports whether a call that may have been done does that.
func (d *delivery) maybe(does func(use) bool) bool {
	return slices.ContainsFunc(d.uses, func(u use) bool { return u.result != Refused && does(u) })
}

// heldUntil is until when the lease was surely not over.
func (x *index) heldUntil(d *delivery) int64 {
	until := min(d.deadline, x.h.Lives[d.call.Life].Closing)
	for _, u := range d.uses {
		if u.Op != Extend && u.result != Refused {
			until = min(until, u.Begin)
		}
	}
	return until
}

// unrecorded is how many receives in these lives nobody knows the end of.
func (x *index) unrecorded(queue string, from, to int) (n int) {
	for life := from; life <= to; life++ {
		if l := x.lapses[place{queue, life}]; l != nil {
			n += l.count
		}
	}
	return n
}

// shadowed reports that another receive of that life may have been given
// messages before this delivery, and nobody knows.
func (x *index) shadowed(d *delivery) bool {
	l := x.lapses[place{d.call.Queue, d.call.Life}]
	return l != nil && l.since <= d.granted
}

// missed reports that a receive of an earlier life than this delivery's may have
// been given the message, and nobody knows.
func (x *index) missed(m *message, d *delivery) bool {
	for at := range x.lapses {
		if at.queue == m.queue && at.life >= m.sent.call.Life && at.life < d.call.Life {
			return true
		}
	}
	return false
}

// delay of a message as it was published.
func (x *index) delay(s *sent) time.Duration {
	return max(cmp.Or(s.Delay, x.h.Policies[s.call.Queue].Delay), 0)
}

// of returns the messages of a queue by id.
func (x *index) of(queue string) (all []*message) {
	for _, m := range x.messages {
		if m.queue == queue {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *message) int { return compareIDs(a.id, b.id) })
	return all
}

const never = math.MaxInt64
