package audit

import (
	"maps"
	"slices"
	"testing"

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

func TestDoubts(t *testing.T) {
	for name, c := range map[string]struct {
		h    *History
		want []Rule // but for Counters
	}{
		"a publish that was cut was not done":  {doubtful(false, publishAt(1, 2, "1").cut()), nil},
		"a publish that was cut was done":      {doubtful(false, publishAt(1, 2, "1").cut()).there("1", 0), nil},
		"a publish that was cut was half done": {doubtful(false, publishAt(1, 2, "1", "2").cut()).there("1", 0), []Rule{Atomicity}},
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
		t.Run(name, func(t *testing.T) {
			found := map[Rule]bool{}
			all := Check(c.h)
			for _, v := range all {
				found[v.Rule] = true
			}
			delete(found, Counters)
			if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, c.want) {
				t.Errorf("broken are %v, want %v: %v", got, c.want, all)
			}
		})
	}
}
