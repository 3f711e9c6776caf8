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
	h *History
	*registers
	sent     map[string]*sent // by name
	messages map[engine.ID]*message
	queues   map[string][]*message // by id
	copies   map[topical][]*message
	receipts map[engine.Receipt]*delivery
	lapses   map[place]*lapse
	starved  map[int]bool    // lives in which the disk may have been full
	bins     map[string]*bin // by queue
	found    []Violation
}

// topical names one of the copies that a publish to a topic makes.
type topical struct{ queue, name string }

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
	id         engine.ID
	queue      string // that it was published to
	name       string
	digests    []uint64
	sent       *sent // nil: it was invented
	deliveries []*delivery
	census     *Found // nil: it was not there in the end
	place      string // then
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
		h: h, registers: registersOf(h), sent: map[string]*sent{}, messages: map[engine.ID]*message{},
		queues: map[string][]*message{}, copies: map[topical][]*message{}, receipts: map[engine.Receipt]*delivery{}, lapses: map[place]*lapse{}, starved: map[int]bool{},
		bins: binsOf(h),
	}
	for i, l := range h.Lives {
		x.starved[i] = l.Full
	}
	for _, c := range h.Calls {
		if c.Error == engine.ErrNoSpace.Error() {
			x.starved[c.Life] = true
		}
		switch c.Op {
		case Publish, PublishTopic, Edit:
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
				x.report(Duplication, "%s is found twice, in %s and %s", f.ID, m.place, queue)
			}
			m.census, m.place = f, queue
			m.digests = append(m.digests, f.Digest)
		}
	}
	for _, m := range x.messages {
		m.sent = x.sent[m.name]
		if m.sent != nil && m.sent.call.Op != PublishTopic {
			m.queue = m.sent.call.Queue
		}
		x.queues[m.queue] = append(x.queues[m.queue], m)
		copy := topical{m.queue, m.name}
		x.copies[copy] = append(x.copies[copy], m)
		slices.SortStableFunc(m.deliveries, func(a, b *delivery) int { return cmp.Compare(a.granted, b.granted) })
		for _, d := range m.deliveries {
			d.extend()
		}
	}
	for _, all := range x.queues {
		slices.SortFunc(all, func(a, b *message) int { return compareIDs(a.id, b.id) })
	}
	return x
}

func (x *index) message(queue string, id engine.ID, name string) *message {
	m := x.messages[id]
	if m == nil {
		m = &message{id: id, queue: queue, name: name}
		x.messages[id] = m
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

// deadlineAt is the deadline that a call surely met. What ran out may still be
// extended, until it is noticed.
func (d *delivery) deadlineAt(c use) int64 {
	deadline, last := d.Deadline, d.granted
	for _, u := range d.uses {
		if u.Op == Extend && u.result == Done && u.End <= c.Begin && u.Deadline-int64(u.Lease) >= last {
			deadline, last = u.Deadline, u.Deadline-int64(u.Lease)
		}
	}
	for _, u := range d.uses {
		if u.Op == Extend && u.result != Refused && u.Begin <= c.End && u.End > c.Begin && u.Call != c.Call {
			deadline = min(deadline, u.Begin+int64(u.Lease))
		}
	}
	return deadline
}

// settled is the call that surely ended the delivery, as far as that life of the
// engine can know.
func (x *index) settled(d *delivery, life int) (use, bool) {
	for _, u := range d.uses {
		if u.Op != Extend && u.result == Done && x.holds(d, u, life) {
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
	if x.taken(d.message, d.granted, until) {
		return d.granted
	}
	for _, u := range d.uses {
		if u.Op != Extend && u.result != Refused {
			until = min(until, u.Begin)
		}
	}
	return until
}

// lifeAt is the life of the engine at that time; once it closes, that is the
// next one.
func (x *index) lifeAt(at int64) int {
	life := slices.IndexFunc(x.h.Lives, func(l Life) bool { return at < l.Closing })
	if life < 0 {
		return len(x.h.Lives)
	}
	return life
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

// policiesOf are those that a queue may have had between two times.
func (x *index) policiesOf(queue string, from, to int64) (all []engine.Policy) {
	last, none := x.policies[queue].at(from, to)
	if none {
		all = append(all, x.h.Policies[queue])
	}
	for _, w := range last {
		all = append(all, *w.Policy)
	}
	return all
}

// isOrdered reports that a queue was surely ordered then.
func (x *index) isOrdered(queue string, at int64) bool {
	return !slices.ContainsFunc(x.policiesOf(queue, at, at), func(p engine.Policy) bool { return !p.Ordered })
}

// wasOrdered reports that a queue was ordered at some time, maybe.
func (x *index) wasOrdered(queue string) bool {
	return x.h.Policies[queue].Ordered || slices.ContainsFunc(x.policies[queue], func(w write) bool { return w.Policy.Ordered })
}

// handled reports that an operator may have done something to the message
// between two times.
func (x *index) handled(m *message, from, to int64) bool {
	return x.did(m, from, to, func(Op) bool { return true })
}

// taken reports that an operator may have ended a lease of the message between
// two times: what is in flight cannot be moved or edited.
func (x *index) taken(m *message, from, to int64) bool {
	return x.did(m, from, to, func(op Op) bool { return op == Delete })
}

// moved reports that an operator may have moved the message between two times:
// what lay in the trash comes back as it was.
func (x *index) moved(m *message, from, to int64) bool {
	return slices.ContainsFunc(x.works[m.id], func(w write) bool {
		return w.Op == Move && w.result != Refused && w.Begin <= to && w.End >= from
	})
}

// did reports that an operator may have done one of these things to the message,
// or have taken all of its queue away.
func (x *index) did(m *message, from, to int64, these func(Op) bool) bool {
	if m.sent != nil {
		from = max(from, m.sent.call.Begin)
	}
	during := func(c *Call) bool { return c.Begin <= to && c.End >= from }
	works := slices.DeleteFunc(slices.Clone(x.works[m.id]), func(w write) bool { return w.result == Refused })
	if slices.ContainsFunc(works, func(w write) bool { return these(w.Op) && during(w.Call) }) {
		return true
	}
	return slices.ContainsFunc(x.sweeps, func(c *Call) bool {
		return during(c) && (c.Queue == m.queue || slices.ContainsFunc(works, func(w write) bool { return w.leaves(c.Queue) }))
	})
}

// of returns the messages of a queue by id.
func (x *index) of(queue string) []*message {
	return slices.Clone(x.queues[queue])
}

const never = math.MaxInt64
