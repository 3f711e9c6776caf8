package audit

import (
	"maps"
	"slices"
	"testing"
	"time"

	"nixie/engine"
)

// Histories of several lives of an engine, in which not all is known. Leases
// are 10 long; the first life ends at 100, the second at 200.
func doubtful(clean bool, calls ...*Call) *History {
	return &History{
		Policies: map[string]engine.Policy{"q": {VisibilityTimeout: 10}},
		Lives:    []Life{{Closing: 100, Ended: 101, Clean: clean}, {Closing: 200, Ended: 201, Clean: true}},
		Calls:    calls,
		Final:    map[string]*Census{"q": {}},
	}
}

// leasedAt is a receive that takes no time.
func leasedAt(at int64, g Got) *Call {
	g.Deadline = at + 10
	return &Call{Life: int(at / 101), Op: Receive, Queue: "q", Begin: at, End: at, Result: Done, Max: 1, Got: []Got{g}}
}

// in moves a call to a life.
func (c *Call) in(life int) *Call {
	c.Life = life
	return c
}

// cut is a call that the end of the first life made unknown.
func (c *Call) cut() *Call {
	c.End, c.Result, c.IDs, c.Got = 101, Unknown, nil, nil
	return c
}

// there has a message in the census of the end.
func (h *History) there(id engine.ID, tries int) *History {
	c := h.Final["q"]
	c.Messages = append(c.Messages, Found{ID: id, Name: "m" + string(id), State: engine.Ready, Tries: tries})
	return h
}

func ackAt(at int64, id engine.ID, token string) *Call {
	return settleAt(Ack, at, at+1, Done, id, token).in(int(at / 101))
}

// trashAt puts messages into the entry 7 of the trash, or ends that.
func trashAt(op Op, at int64, ids ...engine.ID) *Call {
	c := &Call{Op: op, Queue: "q", Begin: at, End: at + 1, Result: Done, IDs: ids, Entry: "7", Count: 2}
	c.Outcomes = make([]Outcome, len(ids))
	return c
}

func TestDoubts(t *testing.T) {
	for name, c := range map[string]struct {
		h    *History
		want []Rule // but for Counters
	}{
		"a publish that was cut was not done":  {doubtful(false, publishAt(1, 2, "1").cut()), nil},
		"a publish that was cut was done":      {doubtful(false, publishAt(1, 2, "1").cut()).there("1", 0), nil},
		"a publish that was cut was half done": {doubtful(false, publishAt(1, 2, "1", "2").cut()).there("1", 0), []Rule{Atomicity}},
		"a restore that was cut brought back a part, and the rest was discarded": {doubtful(false, publishAt(1, 2, "1", "2"),
			trashAt(Delete, 3, "1", "2"), trashAt(Restore, 5).cut(), trashAt(Discard, 150).in(1)).there("1", 0), nil},
		"what was discarded is back": {doubtful(false, publishAt(1, 2, "1", "2"),
			trashAt(Delete, 3, "1", "2"), trashAt(Discard, 5)).there("1", 0), []Rule{Trash}},
		"an ack that was cut was done": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), settleAt(Ack, 100, 0, Done, "1", "a").cut()), nil},
		"an ack that was cut was not done": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), settleAt(Ack, 100, 0, Done, "1", "a").cut(),
			leasedAt(110, try("1", 2, "b")), ackAt(111, "1", "b")), nil},
		"a kill may count": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), leasedAt(110, try("1", 2, "b")), ackAt(111, "1", "b")), nil},
		"or not": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), leasedAt(110, try("1", 1, "b")), ackAt(111, "1", "b")), nil},
		"but not twice": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), leasedAt(110, try("1", 3, "b")), ackAt(111, "1", "b")), []Rule{Tries}},
		"unless a receive was cut": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(80, try("1", 1, "a")), receiveAt(95, 96).cut(),
			leasedAt(110, try("1", 3, "b")), ackAt(111, "1", "b")), nil},
		"a close gives back": {doubtful(true,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), leasedAt(110, try("1", 1, "b")), ackAt(111, "1", "b")), nil},
		"and does not count": {doubtful(true,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), leasedAt(110, try("1", 2, "b")), ackAt(111, "1", "b")), []Rule{Tries}},
		"but the lease had run out": {doubtful(true,
			publishAt(1, 2, "1"), leasedAt(80, try("1", 1, "a")), leasedAt(110, try("1", 2, "b")), ackAt(111, "1", "b")), nil},
		"a nack survives the kill": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(98, try("1", 1, "a")), settleAt(Nack, 99, 99, Done, "1", "a"),
			leasedAt(110, try("1", 1, "b")), ackAt(111, "1", "b")), []Rule{Tries}},
		"an ack survives the kill": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(98, try("1", 1, "a")), ackAt(99, "1", "a"),
			leasedAt(110, try("1", 2, "b"))), []Rule{Duplication}},
		"so does a publish": {doubtful(false, publishAt(1, 2, "1")), []Rule{Loss}},
		"a receipt of before the kill": {doubtful(false,
			publishAt(1, 2, "1"), leasedAt(99, try("1", 1, "a")), ackAt(110, "1", "a")), []Rule{Receipts}},
		"passed by a younger one": {doubtful(false,
			publishAt(1, 2, "1", "2"), leasedAt(90, try("2", 1, "a")), ackAt(91, "2", "a")).there("1", 0), []Rule{Order}},
		"which a receive that was cut explains": {doubtful(false,
			publishAt(1, 2, "1", "2"), receiveAt(89, 90).cut(),
			leasedAt(90, try("2", 1, "a")), ackAt(91, "2", "a")).there("1", 0), nil},
		"or one of a life before, which counts as a try": {doubtful(false,
			publishAt(1, 2, "1", "2"), receiveAt(95, 96).cut(),
			leasedAt(110, try("2", 1, "a")), ackAt(111, "2", "a"), leasedAt(115, try("1", 2, "b")), ackAt(116, "1", "b")), nil},
		"but not one of later": {doubtful(false,
			publishAt(1, 2, "1", "2"), leasedAt(90, try("2", 1, "a")), ackAt(91, "2", "a"),
			receiveAt(92, 93).cut()).there("1", 0), []Rule{Order}},
	} {
		t.Run(name, func(t *testing.T) { breaks(t, c.h, c.want) })
	}
}

// breaks fails the test unless the history breaks these rules, but for Counters.
func breaks(t *testing.T, h *History, want []Rule) {
	t.Helper()
	found := map[Rule]bool{}
	all := Check(h)
	for _, v := range all {
		found[v.Rule] = true
	}
	delete(found, Counters)
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("broken are %v, want %v: %v", got, want, all)
	}
}

// relaxed has the queue confirm before it is done.
func (h *History) relaxed() *History {
	h.Policies["q"] = engine.Policy{VisibilityTimeout: 10, Durability: engine.Relaxed}
	return h
}

// later has the first life end later than a kill may undo anything of it.
func (h *History) later() *History {
	for i := range h.Lives {
		h.Lives[i].Closing += 2 * relaxedWindow
		h.Lives[i].Ended += 2 * relaxedWindow
	}
	return h
}

// full is a call that found the disk full.
func (c *Call) full() *Call {
	c.Result, c.Error, c.IDs = Refused, engine.ErrNoSpace.Error(), nil
	return c
}

func TestRelaxation(t *testing.T) {
	for name, c := range map[string]struct {
		h    *History
		want []Rule
	}{
		"a kill undoes a publish":         {doubtful(false, publishAt(1, 2, "1")), nil},
		"a close does not":                {doubtful(true, publishAt(1, 2, "1")), []Rule{Relaxation}},
		"nor a kill that comes later":     {doubtful(false, publishAt(1, 2, "1")).later(), []Rule{Relaxation}},
		"a full disk does":                {doubtful(true, publishAt(1, 2, "1"), publishAt(3, 4, "2").full()), nil},
		"of two it undoes the last":       {doubtful(false, publishAt(1, 2, "1"), publishAt(3, 4, "2")).there("1", 0), nil},
		"and not the first":               {doubtful(false, publishAt(1, 2, "1"), publishAt(3, 4, "2")).there("2", 0), []Rule{Relaxation}},
		"of those at a time it may":       {doubtful(false, publishAt(1, 4, "1"), publishAt(3, 4, "2")).there("2", 0), nil},
		"but not half a publish":          {doubtful(false, publishAt(1, 2, "1", "2")).there("1", 0), []Rule{Atomicity}},
		"its id is given to another one":  {doubtful(false, publishAt(3, 4, "1"), renamed(publishAt(120, 121, "1").in(1))).has("1", "other"), nil},
		"an ack, and it comes back":       {doubtful(false, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), ackAt(4, "1", "a")).there("1", 1), nil},
		"not in the same life":            {doubtful(false, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), ackAt(4, "1", "a"), leasedAt(20, try("1", 2, "b"))).there("1", 2), []Rule{Duplication}},
		"unless the lease ran out before": {doubtful(false, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), ackAt(12, "1", "a"), leasedAt(20, try("1", 2, "b"))).there("1", 2), nil},
		"nor though what came later stays": {doubtful(false, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), ackAt(4, "1", "a"),
			publishAt(6, 7, "2")).there("1", 1).there("2", 0), []Rule{Relaxation}},
		"two acks at a time": {doubtful(false, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), ackAt(4, "1", "a"), ackAt(6, "1", "a")), nil},
	} {
		t.Run(name, func(t *testing.T) { breaks(t, c.h.relaxed(), c.want) })
	}
}

// renamed publishes another message.
func renamed(c *Call) *Call {
	c.Sent[0].Name = "other"
	return c
}

// has is there, for a message of another name.
func (h *History) has(id engine.ID, name string) *History {
	c := h.there(id, 0).Final["q"]
	c.Messages[len(c.Messages)-1].Name = name
	return h
}

// TestConfigured: a policy holds from when it was configured.
func TestConfigured(t *testing.T) {
	died := func(at int64, tries int) *History {
		h := doubtful(true, publishAt(1, 2, "1"), leasedAt(3, try("1", 1, "a")), settleAt(Nack, 4, 5, Done, "1", "a"),
			leasedAt(20, try("1", 2, "b")), settleAt(Nack, 21, 22, Done, "1", "b"),
			&Call{Op: Configure, Queue: "q", Begin: 10, End: 12, Result: Done, Policy: &engine.Policy{MaxTries: tries, DeadLetter: "grave"}})
		h.Policies["q"] = engine.Policy{VisibilityTimeout: 10, MaxTries: 1}
		h.Policies["grave"] = engine.Policy{VisibilityTimeout: 10}
		h.Final["grave"] = &Census{Messages: []Found{{
			ID: "1", Name: "m1", State: engine.Dead, Tries: 2,
			Death: &engine.Death{Origin: "q", Reason: engine.MaxTries, Tries: 2, At: time.Unix(0, at)},
		}}}
		return h
	}
	breaks(t, died(21, 2), nil)
	breaks(t, died(21, 3), []Rule{Deaths})
	breaks(t, died(9, 2), []Rule{Deaths})
}
