package audit

import (
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"nixie/engine"
)

// script makes a history of calls that each say when they begin and end.
type script []*Call

func publishAt(begin, end int64, ids ...engine.ID) *Call {
	c := &Call{Op: Publish, Queue: "q", Begin: begin, End: end, Result: Done, IDs: ids}
	for _, id := range ids {
		c.Sent = append(c.Sent, Sent{Name: "m" + string(id)})
	}
	return c
}

func receiveAt(begin, end int64, got ...Got) *Call {
	return &Call{Op: Receive, Queue: "q", Begin: begin, End: end, Result: Done, Max: 10, Got: got}
}

// try is a delivery; its token tells it from others of the message.
func try(id engine.ID, tries int, token string) Got {
	return Got{ID: id, Name: "m" + string(id), Tries: tries, Token: token}
}

func settleAt(op Op, begin, end int64, result Result, id engine.ID, token string) *Call {
	return &Call{
		Op: op, Queue: "q", Begin: begin, End: end, Result: result,
		Receipts: []engine.Receipt{{Queue: "q", ID: id, Token: token}},
	}
}

func TestLinearizable(t *testing.T) {
	for name, s := range map[string]struct {
		calls script
		want  porcupine.CheckResult
	}{
		"nothing": {nil, porcupine.Ok},
		"one after the other": {script{
			publishAt(1, 2, "1", "2"), receiveAt(3, 4, try("1", 1, "a")), settleAt(Nack, 5, 6, Done, "1", "a"),
			receiveAt(7, 8, try("1", 2, "b"), try("2", 1, "c")), settleAt(Release, 9, 10, Done, "2", "c"),
			receiveAt(11, 12, try("2", 1, "d")), settleAt(Ack, 13, 14, Done, "1", "b"), settleAt(Ack, 13, 14, Done, "2", "d"),
			receiveAt(15, 16),
		}, porcupine.Ok},
		"a receive during a publish has it or not": {script{
			publishAt(1, 9, "1"), receiveAt(2, 3), receiveAt(4, 5, try("1", 1, "a")),
		}, porcupine.Ok},
		"and does not lose it again": {script{
			publishAt(1, 9, "1"), receiveAt(2, 3, try("1", 1, "a")), settleAt(Release, 4, 5, Done, "1", "a"), receiveAt(6, 7),
		}, porcupine.Illegal},
		"of two acks at a time one is refused": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")),
			settleAt(Ack, 5, 9, Refused, "1", "a"), settleAt(Ack, 6, 8, Done, "1", "a"),
		}, porcupine.Ok},
		"but not both": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")),
			settleAt(Ack, 5, 9, Refused, "1", "a"), settleAt(Ack, 6, 8, Refused, "1", "a"),
		}, porcupine.Illegal},
		"nor none": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")),
			settleAt(Ack, 5, 9, Done, "1", "a"), settleAt(Ack, 6, 8, Done, "1", "a"),
		}, porcupine.Illegal},
		"nothing is received though it is there": {script{publishAt(1, 2, "1"), receiveAt(3, 4)}, porcupine.Illegal},
		"received before it is published":        {script{receiveAt(1, 2, try("1", 1, "a")), publishAt(3, 4, "1")}, porcupine.Illegal},
		"two have it": {script{
			publishAt(1, 2, "1"), receiveAt(3, 5, try("1", 1, "a")), receiveAt(3, 5, try("1", 1, "b")),
		}, porcupine.Illegal},
		"the younger one first": {script{
			publishAt(1, 2, "1", "2"), receiveAt(3, 4, try("2", 1, "a")),
		}, porcupine.Illegal},
		"ids descend": {script{publishAt(1, 2, "2"), publishAt(3, 4, "1")}, porcupine.Illegal},
		"delivered after its ack": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")), settleAt(Ack, 5, 6, Done, "1", "a"),
			receiveAt(7, 8, try("1", 2, "b")),
		}, porcupine.Illegal},
		"a try is not counted": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")), settleAt(Nack, 5, 6, Done, "1", "a"),
			receiveAt(7, 8, try("1", 1, "b")),
		}, porcupine.Illegal},
		"more tries than allowed": {script{
			publishAt(1, 2, "1"), receiveAt(3, 4, try("1", 1, "a")), settleAt(Nack, 5, 6, Done, "1", "a"),
			receiveAt(7, 8, try("1", 2, "b")), settleAt(Nack, 9, 10, Done, "1", "b"), receiveAt(11, 12, try("1", 3, "c")),
		}, porcupine.Illegal},
	} {
		t.Run(name, func(t *testing.T) {
			h := &History{Policies: map[string]engine.Policy{"q": {MaxTries: 2}}, Calls: s.calls}
			for range 2 { // in whatever order they were written down
				if got := Linearizable(h, "q", time.Minute); got != s.want {
					t.Errorf("it is %s, want %s", got, s.want)
				}
				slices.Reverse(h.Calls)
			}
		})
	}
}
