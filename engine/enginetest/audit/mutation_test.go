package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

// A mutation breaks a good history at a place that pick chooses; it returns
// false if there is no such place.
type mutation struct {
	rule Rule
	what string
	do   func(x *index, pick func(n int) int) bool
}

// onMessage is a mutation at one of the messages that it fits.
func onMessage(fits func(x *index, m *message) bool, do func(x *index, m *message)) func(*index, func(int) int) bool {
	return func(x *index, pick func(int) int) bool {
		var all []*message
		for _, queue := range []string{"jobs", "ordered"} {
			all = append(all, x.of(queue)...)
		}
		all = slices.DeleteFunc(all, func(m *message) bool { return !fits(x, m) })
		if len(all) == 0 {
			return false
		}
		do(x, all[pick(len(all))])
		return true
	}
}

// onCall is a mutation at one of the calls that it fits.
func onCall(fits func(c *Call) bool, do func(x *index, c *Call)) func(*index, func(int) int) bool {
	return func(x *index, pick func(int) int) bool {
		all := slices.DeleteFunc(slices.Clone(x.h.Calls), func(c *Call) bool { return !fits(c) })
		if len(all) == 0 {
			return false
		}
		do(x, all[pick(len(all))])
		return true
	}
}

// onCensus changes what a queue counts.
func onCensus(do func(i *engine.QueueInfo)) func(*index, func(int) int) bool {
	return func(x *index, pick func(int) int) bool {
		do(&x.h.Final[[]string{"jobs", "ordered"}[pick(2)]].Info)
		return true
	}
}

// deliver adds a delivery of the message at some time.
func (x *index) deliver(m *message, granted int64, tries int) {
	g := Got{ID: m.id, Name: m.name, Digest: m.digests[0], Token: fmt.Sprint("new ", granted), Tries: tries, Deadline: granted + 1e9}
	x.h.Calls = append(x.h.Calls, &Call{
		Op: Receive, Queue: m.queue, Begin: granted, End: granted, Result: Done, Lease: 1e9, Max: 1, Got: []Got{g},
	})
}

// lose takes all that was seen of a message out of the history.
func (x *index) lose(m *message) {
	for _, d := range m.deliveries {
		d.call.Got = slices.DeleteFunc(d.call.Got, func(g Got) bool { return g.ID == m.id })
	}
	c := x.h.Final[m.queue]
	c.Messages = slices.DeleteFunc(c.Messages, func(f Found) bool { return f.ID == m.id })
}

func isAcked(_ *index, m *message) bool       { return m.census == nil && m.acked() != nil }
func isDead(_ *index, m *message) bool        { return m.census != nil && m.census.State == engine.Dead }
func isDelivered(_ *index, m *message) bool   { return len(m.deliveries) > 0 }
func isRedelivered(_ *index, m *message) bool { return len(m.deliveries) > 1 }
func isPlain(x *index, m *message) bool {
	return len(m.deliveries) > 0 && m.queue == "jobs" && x.delay(m.sent) == 0 && x.next(m, func(*message) bool { return true }) != nil
}

func settledBy(op Op) func(*index, *message) bool {
	return func(x *index, m *message) bool {
		if len(m.deliveries) < 2 {
			return false
		}
		u, sure := x.settled(m.deliveries[0], 0)
		return sure && u.Op == op
	}
}

// next is the first message of the same queue behind m that fits.
func (x *index) next(m *message, fits func(*message) bool) *message {
	all := x.of(m.queue)
	i := slices.Index(all, m) + 1
	if at := slices.IndexFunc(all[i:], fits); at >= 0 {
		return all[i+at]
	}
	return nil
}

func (x *index) nextInGroup(m *message) *message {
	return x.next(m, func(n *message) bool { return len(n.deliveries) > 0 && n.sent.Group == m.sent.Group })
}

func inGroup(x *index, m *message) bool {
	return m.queue == "ordered" && len(m.deliveries) > 0 && x.delay(m.sent) == 0 && x.nextInGroup(m) != nil
}

func isPublish(c *Call) bool { return c.Op == Publish && c.Result == Done }

func plainPublish(c *Call) bool {
	return isPublish(c) && len(c.Sent) > 1 && !slices.ContainsFunc(c.Sent, func(s Sent) bool { return s.Dedup != "" })
}

// isDuplicate reports that a message of the call is the duplicate of one of an
// earlier call, and which.
func (x *index) isDuplicate(c *Call) (at int, ok bool) {
	for i, s := range c.Sent {
		if s.Dedup != "" && x.messages[c.IDs[i]].sent.call != c {
			return i, true
		}
	}
	return 0, false
}

func onDuplicate(do func(x *index, c *Call, at int)) func(*index, func(int) int) bool {
	return func(x *index, pick func(int) int) bool {
		fits := func(c *Call) bool {
			if !isPublish(c) {
				return false
			}
			_, ok := x.isDuplicate(c)
			return ok
		}
		return onCall(fits, func(x *index, c *Call) {
			at, _ := x.isDuplicate(c)
			do(x, c, at)
		})(x, pick)
	}
}

var mutations = []mutation{
	{Loss, "a dead letter is gone", onMessage(isDead, func(x *index, m *message) {
		c := x.h.Final[m.queue]
		c.Messages = slices.DeleteFunc(c.Messages, func(f Found) bool { return f.ID == m.id })
	})},
	{Loss, "what is gone was not acked", onMessage(isAcked, func(_ *index, m *message) {
		for _, d := range m.deliveries {
			for _, u := range d.uses {
				if u.Op == Ack {
					u.Result = Refused
				}
			}
		}
	})},
	{Loss, "nothing was ever seen of it", onMessage(isDelivered, (*index).lose)},
	{Invention, "another body", onMessage(isDelivered, func(_ *index, m *message) { m.deliveries[len(m.deliveries)-1].Digest++ })},
	{Invention, "another body in the end", onMessage(isDead, func(_ *index, m *message) { m.census.Digest++ })},
	{Invention, "nobody published it", onMessage(isDelivered, func(_ *index, m *message) { m.sent.Name = "another" })},
	{Invention, "its publish was refused", onMessage(isDelivered, func(_ *index, m *message) { m.sent.call.Result = Refused })},
	{Invention, "it was published elsewhere", onMessage(isDelivered, func(_ *index, m *message) { m.sent.call.Queue = "elsewhere" })},
	{Invention, "it was published later", onMessage(isDelivered, func(_ *index, m *message) {
		m.sent.call.Begin = m.deliveries[0].granted + 1
	})},
	{Atomicity, "half a publish", onCall(plainPublish, func(x *index, c *Call) {
		c.Result = Unknown
		x.lose(x.messages[c.IDs[0]])
	})},
	{IDs, "they descend in a publish", onCall(plainPublish, func(_ *index, c *Call) { slices.Reverse(c.IDs) })},
	{IDs, "a later publish has the same", onCall(plainPublish, func(x *index, c *Call) {
		later := *c
		later.Begin, later.End = c.End+1, c.End+1
		x.h.Calls = append(x.h.Calls, &later)
	})},
	{Duplication, "delivered again after its ack", onMessage(isAcked, func(x *index, m *message) {
		x.deliver(m, m.acked().deadline+1e12, m.acked().Tries)
	})},
	{Duplication, "delivered again while leased", onMessage(isDelivered, func(x *index, m *message) {
		x.deliver(m, m.deliveries[0].granted+1, m.deliveries[0].Tries)
	})},
	{Duplication, "acked and still there", onMessage(isAcked, func(x *index, m *message) {
		c := x.h.Final[m.queue]
		c.Messages = append(c.Messages, Found{ID: m.id, Name: m.name, Digest: m.digests[0], State: engine.Ready, Tries: 1})
	})},
	{Duplication, "there twice in the end", onMessage(isDead, func(x *index, m *message) {
		c := x.h.Final[m.queue]
		c.Messages = append(c.Messages, *m.census)
	})},
	{Receipts, "an ack more", onMessage(isAcked, func(x *index, m *message) {
		u, _ := x.settled(m.acked(), 0)
		again := *u.Call
		x.h.Calls = append(x.h.Calls, &again)
	})},
	{Receipts, "an ack of before the redelivery", onMessage(isRedelivered, func(x *index, m *message) {
		d, at := m.deliveries[0], m.deliveries[1].granted+1
		x.h.Calls = append(x.h.Calls, &Call{
			Op: Ack, Queue: m.queue, Begin: at, End: at, Result: Done,
			Receipts: []engine.Receipt{{Queue: m.queue, ID: m.id, Token: d.Token}},
		})
	})},
	{Receipts, "a good one is refused", onMessage(isDelivered, func(x *index, m *message) {
		d := m.deliveries[0]
		x.h.Calls = append(x.h.Calls, &Call{
			Op: Release, Queue: m.queue, Begin: d.granted, End: d.granted, Result: Refused,
			Receipts: []engine.Receipt{{Queue: m.queue, ID: m.id, Token: d.Token}},
		})
	})},
	{Receipts, "a lease from before the receive", onMessage(isDelivered, func(_ *index, m *message) {
		m.deliveries[0].call.Begin = m.deliveries[0].granted + 1
	})},
	{Receipts, "the same for two deliveries", onMessage(isRedelivered, func(_ *index, m *message) {
		m.deliveries[1].Token = m.deliveries[0].Token
	})},
	{Tries, "one too many", onMessage(isDelivered, func(_ *index, m *message) { m.deliveries[0].Tries++ })},
	{Tries, "one is not counted", onMessage(settledBy(Nack), func(_ *index, m *message) { m.deliveries[1].Tries = m.deliveries[0].Tries })},
	{Tries, "a release is counted", onMessage(settledBy(Release), func(_ *index, m *message) { m.deliveries[1].Tries = m.deliveries[0].Tries + 1 })},
	{Tries, "more than the policy allows", onMessage(isDelivered, func(_ *index, m *message) { m.deliveries[len(m.deliveries)-1].Tries = 4 })},
	{Deaths, "of nothing", onMessage(isDead, func(_ *index, m *message) { m.census.Death.Reason = engine.Expired })},
	{Deaths, "of too few tries", onMessage(isDead, func(_ *index, m *message) { m.census.Death.Reason, m.census.Death.Tries = engine.MaxTries, 2 })},
	{Deaths, "of a rejection that was none", onMessage(isDead, func(_ *index, m *message) {
		for _, d := range m.deliveries {
			for _, u := range d.uses {
				u.Reject = false
			}
		}
		m.census.Death.Reason = engine.Rejected
	})},
	{Deaths, "not of a rejection", onMessage(isDead, func(_ *index, m *message) { m.census.State = engine.Ready })},
	{Delays, "of a publish", onMessage(isDelivered, func(_ *index, m *message) { m.sent.Delay = 1e15 })},
	{Delays, "of a nack", onMessage(settledBy(Nack), func(x *index, m *message) {
		u, _ := x.settled(m.deliveries[0], 0)
		u.Delay = 1e15
	})},
	{Groups, "two at a time", onMessage(inGroup, func(x *index, m *message) {
		x.deliver(x.nextInGroup(m), m.deliveries[0].granted+1, 1)
	})},
	{Groups, "the younger one first", onMessage(inGroup, func(x *index, m *message) {
		x.deliver(x.nextInGroup(m), m.deliveries[0].granted-1, 1)
	})},
	{Order, "the younger one first", onMessage(isPlain, func(x *index, m *message) {
		x.deliver(x.next(m, func(*message) bool { return true }), m.deliveries[0].granted-1, 1)
	})},
	{Deduplication, "a duplicate is stored", onDuplicate(func(x *index, c *Call, at int) {
		f := Found{ID: "999999", Name: c.Sent[at].Name, Digest: c.Sent[at].Digest, State: engine.Dead, Death: &engine.Death{Reason: engine.Rejected, Origin: c.Queue}}
		x.h.Final[c.Queue].Messages = append(x.h.Final[c.Queue].Messages, f)
	})},
	{Deduplication, "a duplicate of something else", onDuplicate(func(x *index, c *Call, at int) {
		x.messages[c.IDs[at]].sent.Dedup = "another"
	})},
	{Deduplication, "a window that was over", onDuplicate(func(x *index, _ *Call, _ int) { x.window(1) })},
	{Deduplication, "a window that was not over", onDuplicate(func(x *index, _ *Call, _ int) { x.window(1e15) })},
	{Counters, "ready", onCensus(func(i *engine.QueueInfo) { i.Ready++ })},
	{Counters, "in flight", onCensus(func(i *engine.QueueInfo) { i.InFlight-- })},
	{Counters, "delayed", onCensus(func(i *engine.QueueInfo) { i.Delayed++ })},
	{Counters, "dead", onCensus(func(i *engine.QueueInfo) { i.Dead++ })},
	{Counters, "bytes", onCensus(func(i *engine.QueueInfo) { i.Bytes++ })},
	{Counters, "published", onCensus(func(i *engine.QueueInfo) { i.Totals.Published-- })},
	{Counters, "delivered", onCensus(func(i *engine.QueueInfo) { i.Totals.Delivered-- })},
	{Counters, "acked", onCensus(func(i *engine.QueueInfo) { i.Totals.Acked++ })},
	{Counters, "failed", onCensus(func(i *engine.QueueInfo) { i.Totals.Failed++ })},
	{Counters, "died", onCensus(func(i *engine.QueueInfo) { i.Totals.Dead++ })},
	{Counters, "bytes published", onCensus(func(i *engine.QueueInfo) { i.Totals.Bytes-- })},
}

// window makes the queue's deduplication window another one.
func (x *index) window(d time.Duration) {
	p := x.h.Policies["jobs"]
	p.DedupWindow = d
	x.h.Policies["jobs"] = p
}

// TestMutationsAreCaught: each way to break each rule is caught by that rule.
func TestMutationsAreCaught(t *testing.T) {
	checkCaught(t, mutations, goodHistories(t))
}

// checkCaught does each mutation to each history that has a place for it.
func checkCaught(t *testing.T, mutations []mutation, good [][]byte) {
	for _, m := range mutations {
		t.Run(fmt.Sprint(m.rule, ": ", m.what), func(t *testing.T) {
			found := 0
			for seed, lines := range good {
				random := rand.New(rand.NewPCG(1, uint64(seed)))
				h := read(t, lines)
				if m.do(indexOf(h), random.IntN) {
					found++
					if all := Check(h); !m.caught(all) {
						t.Errorf("history %d: not caught; found are %v", seed, all)
					}
				}
			}
			if found == 0 {
				t.Error("no history has a place for it")
			}
		})
	}
}

// TestAnyMutationIsCaught is the same at any place.
func TestAnyMutationIsCaught(t *testing.T) {
	good := goodHistories(t)
	rapid.Check(t, func(r *rapid.T) {
		m := mutations[rapid.IntRange(0, len(mutations)-1).Draw(r, "mutation")]
		h := read(t, good[rapid.IntRange(0, len(good)-1).Draw(r, "history")])
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(r, "place") }
		if !m.do(indexOf(h), pick) {
			r.Skip("no such place")
		}
		if all := Check(h); !m.caught(all) {
			r.Errorf("%s: %s: not caught; found are %v", m.rule, m.what, all)
		}
	})
}

func (m *mutation) caught(all []Violation) bool {
	return slices.ContainsFunc(all, func(v Violation) bool { return v.Rule == m.rule })
}

func goodHistories(t *testing.T) (all [][]byte) {
	for seed := range uint64(6) {
		all = append(all, recorded(t, seed))
	}
	return all
}
