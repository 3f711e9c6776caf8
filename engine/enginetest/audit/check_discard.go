package audit

import "nixie/engine"

// entries: an entry of the trash is there until it is restored or discarded, and
// then not any more.
func (x *index) entries() {
	made, ended := map[string]*Call{}, map[string]*Call{}
	for _, c := range x.h.Calls {
		switch {
		case c.Entry == "" || c.Result != Done:
		case c.Op != Restore && c.Op != Discard:
			made[c.Entry] = c
		case ended[c.Entry] != nil:
			x.report(Trash, "the %s of entry %s succeeds, and so does its %s", c.Op, c.Entry, ended[c.Entry].Op)
		default:
			ended[c.Entry] = c
		}
	}
	for _, c := range x.h.Calls {
		m := made[c.Entry]
		if c.Error == engine.ErrTrashNotFound.Error() && m != nil && m.End < c.Begin && !x.mayHaveEnded(c) {
			x.report(Trash, "entry %s is gone, and nobody restored or discarded it", c.Entry)
		}
	}
}

// mayHaveEnded reports that another call may have restored or discarded the
// entry before this one could.
func (x *index) mayHaveEnded(c *Call) bool {
	for _, all := range [][]*Call{x.restores[c.Entry], x.discards[c.Entry]} {
		for _, other := range all {
			if other.Begin <= c.End {
				return true
			}
		}
	}
	return false
}

// bin is what entries held that may have been discarded, for all queues between
// which messages go: so many of them may be missing, and no more.
type bin struct {
	held    int64
	missing map[string]bool // messages, by id, or by name if that is not known
}

func binsOf(h *History) map[string]*bin {
	bins := map[string]*bin{}
	for _, family := range familiesOf(h) {
		b := &bin{missing: map[string]bool{}}
		for _, queue := range family {
			bins[queue] = b
		}
	}
	counted := map[string]bool{}
	for _, c := range h.Calls {
		if b := bins[c.Queue]; c.Op == Discard && c.Result != Refused && b != nil && !counted[c.Entry] {
			b.held += c.Count
			counted[c.Entry] = true
		}
	}
	return bins
}

// wasDiscarded reports that what is missing may have been in the trash for good.
func (x *index) wasDiscarded(queue, what string) bool {
	b := x.bins[queue]
	if b == nil || !b.missing[what] && int64(len(b.missing)) >= b.held {
		return false
	}
	b.missing[what] = true
	return true
}

// known is by what the i-th message of a publish is known: its id, or its name.
func (c *Call) known(i int) string {
	if c.Result == Done && i < len(c.IDs) {
		return string(c.IDs[i])
	}
	return c.Sent[i].Name
}
