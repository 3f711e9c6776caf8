package audit

import (
	"maps"
	"slices"

	"nixie/engine"
)

// familiesOf are the queues between which messages may have gone: what is counted
// adds up over each.
func familiesOf(h *History) [][]string {
	of := map[string]string{}
	for queue := range h.Policies {
		of[queue] = queue
	}
	join := func(a, b string) {
		if of[b] == "" || of[a] == of[b] {
			return
		}
		gone := of[b]
		for queue, family := range of {
			if family == gone {
				of[queue] = of[a]
			}
		}
	}
	for queue, p := range h.Policies {
		join(queue, p.DeadLetter)
	}
	for _, c := range h.Calls {
		switch c.Op {
		case Move:
			join(c.Queue, c.To)
		case Configure:
			join(c.Queue, c.Policy.DeadLetter)
		}
	}
	members := map[string][]string{}
	for _, queue := range slices.Sorted(maps.Keys(of)) {
		members[of[queue]] = append(members[of[queue]], queue)
	}
	return slices.Collect(maps.Values(members))
}

// counters: totals and depths are what the messages add up to.
func (x *index) counters(family []string) {
	var want, got engine.QueueInfo
	var least, most, again int64
	for _, queue := range family {
		census := x.h.Final[queue]
		if census == nil {
			x.report(Counters, "%s was not counted in the end", queue)
			return
		}
		add(&got, &census.Info)
		for _, m := range x.of(queue) {
			m.count(&want)
			if x.h.Policies[queue].TTL > 0 {
				again += m.requeues()
			}
		}
	}
	for _, queue := range family {
		few, many := x.deliveries(queue, x.h.Final[queue].Info.Totals)
		least, most = least+few, most+many
	}
	between := func(what string, n, least, most int64) {
		if n < least || n > most {
			x.report(Counters, "%s count %d %s, not %d to %d", family, n, what, least, most)
		}
	}
	same := func(what string, got, want int64) { between(what, got, want, want) }
	same("messages ready", got.Ready, want.Ready)
	same("messages in flight", got.InFlight, want.InFlight)
	same("delayed messages", got.Delayed, want.Delayed)
	same("dead letters", got.Dead, want.Dead)
	same("bytes", got.Bytes, want.Bytes)
	gone, more := x.bins[family[0]].held, int64(0) // what was discarded counts still, nobody knows for what
	if gone > 0 {
		more = 1 << 40
	}
	between("messages published", got.Totals.Published, want.Totals.Published, want.Totals.Published+gone)
	between("bytes published", got.Totals.Bytes, want.Totals.Bytes, want.Totals.Bytes+more)
	between("acks", got.Totals.Acked, want.Totals.Acked-gone, want.Totals.Acked)
	between("failures", got.Totals.Failed, want.Totals.Failed, want.Totals.Failed+more)
	between("deaths", got.Totals.Dead, want.Totals.Dead, want.Totals.Dead+more)
	between("expiries", got.Totals.Expired, want.Totals.Expired, want.Totals.Expired+again+more)
	between("deliveries", got.Totals.Delivered, least, most)
}

// requeues is how often the message was sent back from the dead, as far as it was
// seen.
func (m *message) requeues() int64 {
	if m.census != nil {
		return int64(m.census.Requeues)
	}
	if n := len(m.deliveries); n > 0 {
		return int64(m.deliveries[n-1].Requeues)
	}
	return 0
}

func add(sum, i *engine.QueueInfo) {
	sum.Ready += i.Ready
	sum.InFlight += i.InFlight
	sum.Delayed += i.Delayed
	sum.Dead += i.Dead
	sum.Bytes += i.Bytes
	sum.Totals.Published += i.Totals.Published
	sum.Totals.Delivered += i.Totals.Delivered
	sum.Totals.Acked += i.Totals.Acked
	sum.Totals.Failed += i.Totals.Failed
	sum.Totals.Dead += i.Totals.Dead
	sum.Totals.Expired += i.Totals.Expired
	sum.Totals.Bytes += i.Totals.Bytes
}

// count adds what a message was and is.
func (m *message) count(i *engine.QueueInfo) {
	size := int64(0)
	if m.sent != nil {
		size = int64(m.sent.Size)
	}
	i.Totals.Published++
	i.Totals.Bytes += size
	if f := m.census; f != nil {
		m.countFound(i, f, size)
	} else if d := m.acked(); d != nil {
		i.Totals.Acked++
		i.Totals.Failed += int64(d.Failures)
		i.Totals.Dead += int64(d.Requeues)
	}
}

func (m *message) countFound(i *engine.QueueInfo, f *Found, size int64) {
	i.Totals.Failed += int64(f.Failures)
	i.Totals.Dead += int64(f.Requeues)
	if m.isLive() {
		i.Bytes += size
	}
	switch f.State {
	case engine.Ready:
		i.Ready++
	case engine.InFlight:
		i.InFlight++
	case engine.Delayed:
		i.Delayed++
	case engine.Dead:
		i.Dead++
		i.Totals.Dead++
		if f.Death.Reason == engine.Expired {
			i.Totals.Expired++
		}
	}
}

// deliveries says how many there may have been. Each ack and failure ends one;
// those that a crash undid need not be counted. What an operator took from a
// receive counts, and was not received.
func (x *index) deliveries(queue string, totals engine.Totals) (least, most int64) {
	orderly := true
	for _, l := range x.h.Lives[:len(x.h.Lives)-1] {
		orderly = orderly && l.Clean
	}
	taken := func(c *Call) bool {
		return c.Queue == queue && (c.Op == Delete || c.Op == Purge || c.Op == DeleteQueue)
	}
	worked := slices.ContainsFunc(x.h.Calls, taken)
	for _, c := range x.h.Calls {
		if c.Op != Receive || c.Queue != queue {
			continue
		}
		if c.Result == Done && !worked {
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
