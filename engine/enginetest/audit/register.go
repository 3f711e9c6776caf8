package audit

import (
	"math"
	"slices"

	"nixie/engine"
)

// write is a call that may have set something: a policy, whether a queue is
// paused, where a message is.
type write struct {
	*Call
	result Result
	places []string // where the message may be then; "": in the trash; nil: anywhere
}

// leaves reports whether the message may be in that queue afterwards.
func (w *write) leaves(queue string) bool { return w.places == nil || slices.Contains(w.places, queue) }

// register are the writes of one thing.
type register []write

// at returns the writes that may have been the last one at some moment between
// from and to, and whether maybe there was none before.
func (r register) at(from, to int64) (last []write, none bool) {
	const never = math.MinInt64
	replaced := int64(never) // what ended before this was replaced by from
	for _, w := range r {
		if w.result == Done && w.End < from {
			replaced = max(replaced, w.Begin)
		}
	}
	for _, w := range r {
		if w.result != Refused && w.Begin <= to && w.End >= replaced {
			last = append(last, w)
		}
	}
	return last, replaced == never
}

// registers are the things that operators set.
type registers struct {
	policies map[string]register // of queues, as are
	pauses   map[string]register
	bindings map[binding]register
	works    map[engine.ID]register // on messages
	sweeps   []*Call                // that took all of a queue away
	restores map[string][]*Call     // by entry of the trash, as are
	discards map[string][]*Call
}

type binding struct{ topic, queue, pattern string }

func registersOf(h *History) *registers {
	r := &registers{
		policies: map[string]register{}, pauses: map[string]register{}, bindings: map[binding]register{},
		works: map[engine.ID]register{}, restores: map[string][]*Call{}, discards: map[string][]*Call{},
	}
	for _, c := range h.Calls {
		w := write{Call: c, result: c.Result}
		switch c.Op {
		case Configure:
			r.policies[c.Queue] = append(r.policies[c.Queue], w)
		case Pause, Resume:
			r.pauses[c.Queue] = append(r.pauses[c.Queue], w)
		case Bind, Unbind:
			b := binding{c.Topic, c.Queue, c.Key}
			r.bindings[b] = append(r.bindings[b], w)
		case Purge, DeleteQueue:
			if c.Result != Refused {
				r.sweeps = append(r.sweeps, c)
			}
		case Restore:
			if c.Result != Refused {
				r.restores[c.Entry] = append(r.restores[c.Entry], c)
			}
		case Discard:
			if c.Result != Refused {
				r.discards[c.Entry] = append(r.discards[c.Entry], c)
			}
		}
	}
	for _, c := range h.Calls {
		switch c.Op {
		case Move, Delete:
			r.work(c)
		case Edit:
			r.edit(c)
		}
	}
	return r
}

// work notes what a move or a deletion, and its restoring, did with each
// message.
func (r *registers) work(c *Call) {
	for i, id := range c.IDs {
		w := write{Call: c, result: c.resultOn(i)}
		switch {
		case c.Op == Delete && w.result == Done:
			w.places = []string{""}
		case c.Op == Delete:
			w.places = []string{"", c.Queue}
		case w.result == Done:
			w.places = []string{c.Outcomes[i].Queue}
		case c.To != "": // else it went where it died
			w.places = []string{c.Queue, c.To}
		}
		r.works[id] = append(r.works[id], w)
		if c.Op != Delete || w.result != Done {
			continue
		}
		r.back(id, c)
	}
}

// edit notes what became of the original.
func (r *registers) edit(c *Call) {
	w := write{Call: c, result: c.Result, places: []string{""}}
	if c.Result != Done {
		w.places = append(w.places, c.Queue)
	}
	r.works[c.Edited] = append(r.works[c.Edited], w)
	if c.Result == Done {
		r.back(c.Edited, c)
	}
}

// back notes that what a call put into the trash was restored, or never will be.
func (r *registers) back(id engine.ID, c *Call) {
	for _, back := range r.restores[c.Entry] {
		r.works[id] = append(r.works[id], write{back, back.Result, []string{c.Queue}})
	}
	for _, gone := range r.discards[c.Entry] {
		w := write{gone, gone.Result, []string{""}}
		if slices.ContainsFunc(r.restores[c.Entry], func(back *Call) bool { return back.Result == Unknown && back.Begin < gone.End }) {
			w.result = Unknown // of a part, maybe, as the others were back
		}
		r.works[id] = append(r.works[id], w)
	}
}
