package audit

import (
	"slices"
	"time"

	"nixie/engine"
)

// did are the calls of a kind that did something with an entry of the trash.
func did(op Op) func(x *index) []*Call {
	return calls(func(_ *index, c *Call) bool { return c.Op == op && c.Result == Done && c.Count > 0 })
}

// put adds a call that takes no time.
func (x *index) put(c *Call, at int64) {
	c.Begin, c.End = at, at
	x.h.Calls = append(x.h.Calls, c)
}

// entries of the trash that are restored, but not at once.
func restoredLater(x *index, c *Call) bool {
	return c.Op == Delete && c.Count > 0 && len(x.restores[c.Entry]) > 0 &&
		!slices.ContainsFunc(x.restores[c.Entry], func(r *Call) bool { return r.Begin <= c.End+1 })
}

// onlyRestored reports that operators did something to a message before its first
// delivery, but did not move it.
func onlyRestored(x *index, m *message) bool {
	return len(m.deliveries) > 0 && len(x.works[m.id]) > 0 && x.handled(m, 0, m.deliveries[0].granted) &&
		!x.moved(m, 0, m.deliveries[0].granted)
}

// retriedBeside reports that a message was delivered again a while after a lease,
// and that there is a younger one of its group.
func retriedBeside(x *index, m *message) bool {
	return x.retriedAt(m) > 0 && x.nextInGroup(m) != nil
}

func (x *index) retriedAt(m *message) int {
	for i := 1; i < len(m.deliveries); i++ {
		from, to := m.deliveries[i-1], m.deliveries[i]
		if !x.handled(m, from.granted, to.granted) && x.heldUntil(from) < to.granted-1 && to.call.Queue == "stamp" {
			return i
		}
	}
	return 0
}

func movedLast(x *index, m *message) bool {
	return diedOf(engine.Expired)(x, m) && len(x.lastMoves(m)) > 0
}

// lastMoves are those before the death of a message, if all are sure.
func (x *index) lastMoves(m *message) []write {
	at := m.census.Death.At.UnixNano()
	last, none := x.works[m.id].at(at, at)
	if none || slices.ContainsFunc(last, func(w write) bool { return w.Op != Move || w.result != Done || w.End >= at }) {
		return nil
	}
	return last
}

// inVain is a receive that returned nothing just before the first delivery of a
// message.
func inVain(m *message) *Call {
	at := m.deliveries[0].granted - 1
	return &Call{Op: Receive, Queue: m.queue, Begin: at, End: at, Result: Done, Max: 1}
}

// passedOver reports that such a receive would be wrong.
func passedOver(x *index, m *message) bool {
	if len(m.deliveries) == 0 {
		return false
	}
	r := inVain(m)
	return x.isClear(r) && x.isAlone(r) && x.isReady(m, r) && x.isFree(m, r, x.groupsOf(m.queue)[m.sent.Group])
}

var operatorMutations = []mutation{
	{Trash, "delivered though it was discarded", onWide(seenIn("desk", restoredBefore), func(x *index, m *message) {
		for _, w := range x.lastWork(m, Restore) {
			w.Op = Discard
		}
	})},
	{Trash, "restored, and discarded", onWide(did(Restore), func(x *index, c *Call) {
		x.put(&Call{Op: Discard, Queue: c.Queue, Entry: c.Entry, Result: Done}, c.End+1)
	})},
	{Trash, "an entry is gone", onWide(calls(restoredLater), func(x *index, c *Call) {
		x.put(&Call{Op: Restore, Queue: c.Queue, Entry: c.Entry, Result: Refused, Error: engine.ErrTrashNotFound.Error()}, c.End+1)
	})},
	{Loss, "more is gone than was discarded", onWide(seenIn("desk", func(x *index, m *message) bool {
		return x.bins["desk"].held > 0 && isAcked(x, m)
	}), (*index).lose)},
	{Counters, "more was published than was discarded", onWide(did(Discard), func(x *index, c *Call) {
		x.h.Final[c.Queue].Info.Totals.Published += 1000
	})},
	{Counters, "fewer were acked than were", onWide(did(Discard), func(x *index, c *Call) {
		x.h.Final[c.Queue].Info.Totals.Acked -= 1000
	})},
	{Delays, "what comes back from the trash is not delayed any more", onWide(seenIn("desk", onlyRestored), func(_ *index, m *message) {
		m.sent.Delay = 1e15
	})},
	{Expiry, "delivered too late after a move", onWide(seenIn("stamp", func(x *index, m *message) bool {
		return movedBefore(x, m) && !x.handled(m, m.deliveries[len(m.deliveries)-1].granted, never)
	}), func(x *index, m *message) {
		last := x.lastWork(m, Move)
		x.deliver(m, last[len(last)-1].End+int64(x.h.Policies["stamp"].TTL), 1)
	})},
	{Expiry, "expired too early after a move", onWide(seenIn("stamp", movedLast), func(x *index, m *message) {
		m.census.Death.At = time.Unix(0, x.lastMoves(m)[0].Begin).Add(x.h.Policies["stamp"].TTL - 1)
	})},
	{Readiness, "nothing is received", onWide(seenIn("desk", passedOver), func(x *index, m *message) {
		x.h.Calls = append(x.h.Calls, inVain(m))
	})},
	{Readiness, "nothing is received of a group", onWide(seenIn("right", passedOver), func(x *index, m *message) {
		x.h.Calls = append(x.h.Calls, inVain(m))
	})},
	{Groups, "passed while it waits for its next try", onWide(seenIn("stamp", retriedBeside), func(x *index, m *message) {
		x.deliver(x.nextInGroup(m), m.deliveries[x.retriedAt(m)].granted-1, 1)
	})},
}
