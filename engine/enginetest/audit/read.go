package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"nixie/engine"
)

// Read makes a history of what recorders wrote. A last line that is not whole
// is left out.
func Read(r io.Reader) (*History, error) {
	h := &History{Policies: map[string]engine.Policy{}, Final: map[string]*Census{}}
	in := reader{h: h, open: map[int]*Call{}}
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			in.end(in.last)
			return h, nil
		}
		if err != nil {
			return nil, err
		}
		var e event
		if err := json.NewDecoder(bytes.NewReader(line)).Decode(&e); err != nil {
			return nil, fmt.Errorf("line %.80q: %w", line, err)
		}
		if err := in.take(&e); err != nil {
			return nil, err
		}
	}
}

// reader is the state of Read.
type reader struct {
	h    *History
	open map[int]*Call // calls under way, by number
	base int           // the first life of this process
	last int64
}

func (r *reader) take(e *event) error {
	h := r.h
	r.last = max(r.last, e.At)
	switch e.What {
	case queueMade:
		h.Policies[e.Queue] = *e.Policy
	case opened:
		h.Lives = append(h.Lives, Life{})
	case callBegins:
		e.Call.Life += r.base
		e.Call.Result = Unknown
		h.Calls = append(h.Calls, e.Call)
		r.open[e.Number] = e.Call
	case callEnds:
		c := r.open[e.Number]
		if c == nil {
			return fmt.Errorf("call %d ends and has not begun", e.Number)
		}
		e.Call.Life = c.Life
		*c = *e.Call
		delete(r.open, e.Number)
	case full:
		h.Lives[r.base+e.Number].Full = true
	case closing:
		h.Lives[r.base+e.Number].Closing = e.At
	case closed:
		l := &h.Lives[r.base+e.Number]
		l.Ended, l.Clean = e.At, e.Clean
	case killed:
		r.end(e.At)
	case counted:
		h.Final[e.Queue] = e.Census
	default:
		return fmt.Errorf("unknown event %q", e.What)
	}
	return nil
}

// end ends what is under way: the process is dead.
func (r *reader) end(at int64) {
	for _, c := range r.open {
		c.End = at
	}
	clear(r.open)
	for i := range r.h.Lives[r.base:] {
		l := &r.h.Lives[r.base+i]
		l.Closing, l.Ended = cmp.Or(l.Closing, at), cmp.Or(l.Ended, at)
	}
	r.base = len(r.h.Lives)
}
