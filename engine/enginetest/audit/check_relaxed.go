package audit

import (
	"time"

	"nixie/engine"
)

// relaxedWindow is for how long a kill may undo what a relaxed queue confirmed:
// the contract's "some milliseconds", on a machine that is busy.
const relaxedWindow = int64(time.Second)

func (x *index) isRelaxed(queue string) bool {
	return x.h.Policies[queue].Durability == engine.Relaxed
}

// survives reports that a confirmed call has outlived its life of the engine.
func (x *index) survives(c *Call) bool {
	life := x.h.Lives[c.Life]
	return !x.isRelaxed(c.Queue) || !x.starved[c.Life] && (life.Clean || c.End < life.Ended-relaxedWindow)
}

// holds reports that a confirmed settling was the one that counts, for all that
// comes in that life. A relaxed one is confirmed before it is done, so that
// another one, or the end of the lease, may have been first.
func (x *index) holds(d *delivery, u use, life int) bool {
	if !x.isRelaxed(d.call.Queue) {
		return true
	}
	if u.End >= d.deadline || x.starved[u.Life] || life != u.Life && !x.survives(u.Call) {
		return false
	}
	return !d.maybe(func(other use) bool { return other.Op != Extend && other.Call != u.Call })
}

// relaxation: what a kill undoes is the last of what was confirmed. Nothing that
// was published later is there. (Of what a full disk undoes, the rest is tried
// again.)
func (x *index) relaxation(queue string, all []*message) {
	if !x.isRelaxed(queue) {
		return
	}
	kept := map[int]*message{} // the last one of each life that is there in a later one
	for _, m := range all {
		if s := m.sent; s != nil && m.outlives(s.call.Life) {
			if k := kept[s.call.Life]; k == nil || s.call.Begin > k.sent.call.Begin {
				kept[s.call.Life] = m
			}
		}
	}
	for _, c := range x.h.Calls {
		k := kept[c.Life]
		if c.Queue != queue || c.Result != Done || x.starved[c.Life] || k == nil || k.sent.call.Begin <= c.End {
			continue
		}
		switch c.Op {
		case Publish:
			for i, id := range c.IDs {
				if !x.isSafe(x.published(c, i)) && !x.wasDiscarded(queue, string(id)) {
					x.report(Relaxation, "%s (%q) of %s is lost, and %s is not", id, c.Sent[i].Name, queue, k.id)
				}
			}
		case Ack:
			x.undone(c, k)
		}
	}
}

// outlives reports that a message was seen after that life of the engine.
func (m *message) outlives(life int) bool {
	n := len(m.deliveries)
	return m.census != nil || n > 0 && m.deliveries[n-1].call.Life > life
}

// undone: an ack was lost though what was published later is there.
func (x *index) undone(c *Call, k *message) {
	for i, r := range c.Receipts {
		d := x.receipts[r]
		if d == nil || c.resultFor(i) != Done || !x.holds(d, use{c, Done}, c.Life) {
			continue
		}
		if d.message.outlives(c.Life) {
			x.report(Relaxation, "the ack of %s of %s is lost, and %s is not", d.ID, c.Queue, k.id)
		}
	}
}
