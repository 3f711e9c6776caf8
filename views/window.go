package views

import (
	"context"
	"slices"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
)

const (
	// windowRows are loaded around the cursor: several screens, so that moving
	// rarely waits, and few enough that ten million messages cost what ten do.
	windowRows = 400
	// windowEdge is how near to the end of the window the cursor may come
	// before another one is loaded.
	windowEdge = 100
	// windowBody is how much of a body is loaded for its row, in bytes.
	windowBody = 400
	// scanLimit is how many messages a filter searches, scanMatches how many of
	// those that match are kept, scanBody how much of a body is searched.
	scanLimit   = 10_000
	scanMatches = 2_000
	scanBody    = 1 << 20
	scanPage    = 64
)

// windowFrom says which part of a listing to load.
type windowFrom int

const (
	fromTop windowFrom = iota
	fromBottom
	fromMessage // around windowQuery.id
)

// windowQuery asks for a window. It is a value: a read uses its own copy.
type windowQuery struct {
	queue  string
	state  engine.State
	from   windowFrom
	id     engine.ID
	filter *operation.Filter // matches only, from the top; nil: all
	old    window            // to find positions by
}

// window is a part of a listing.
type window struct {
	messages []engine.Message
	info     engine.QueueInfo // as it was read with them
	before   int64            // rows before the first one
	total    int64            // rows in all, without a filter
	approx   bool             // before is an estimate

	filtered bool
	match    int64 // that passed the filter, also those not kept
	scanned  int64
	capped   bool // the search ended before the end
}

// arrivals counts what ever came into a state, so that a difference says how
// many are new; ok is false where nothing counts that.
func arrivals(q engine.QueueInfo, state engine.State) (n int64, ok bool) {
	switch state {
	case engine.Ready:
		return q.Totals.Published, true
	case engine.InFlight:
		return q.Totals.Delivered, true
	case engine.Dead:
		return q.Totals.Dead, true
	}
	return 0, false
}

// readWindow reads a window. Looking changes nothing.
func readWindow(ctx context.Context, e engine.Inspector, clock func() time.Time, q windowQuery) (window, error) {
	info, err := e.Queue(ctx, q.queue)
	if err != nil {
		return window{}, err
	}
	w := window{info: info, total: info.Count(q.state)}
	switch {
	case !q.filter.Empty():
		return w, w.scan(ctx, e, q, clock())
	case q.from == fromBottom:
		return w, w.readBottom(ctx, e, q)
	case q.from == fromMessage:
		return w, w.readAround(ctx, e, q)
	default:
		page, err := e.List(ctx, q.queue, engine.ListOptions{State: q.state, Limit: windowRows, BodyLimit: windowBody})
		w.messages = page.Messages
		w.settle(page.Next == "")
		return w, err
	}
}

// settle makes the total agree with what was read, if to the end: between two
// reads of a busy queue the numbers move.
func (w *window) settle(end bool) {
	read := w.before + int64(len(w.messages))
	if w.total = max(w.total, read); end {
		w.total = read
	}
}

func (w *window) readBottom(ctx context.Context, e engine.Inspector, q windowQuery) error {
	page, err := e.List(ctx, q.queue, engine.ListOptions{State: q.state, Backward: true, Limit: windowRows, BodyLimit: windowBody})
	if err != nil {
		return err
	}
	slices.Reverse(page.Messages)
	w.messages = page.Messages
	if page.Next != "" {
		w.before = max(w.total-int64(len(page.Messages)), 1)
	}
	w.settle(true)
	return nil
}

// readAround reads the rows before a message, and from the nearest of these on.
func (w *window) readAround(ctx context.Context, e engine.Inspector, q windowQuery) error {
	back, err := e.List(ctx, q.queue, engine.ListOptions{
		State: q.state, After: string(q.id), Backward: true, Limit: windowRows / 2, BodyLimit: windowBody,
	})
	if err != nil {
		return err
	}
	after := ""
	if len(back.Messages) > 0 {
		after = string(back.Messages[0].ID)
	}
	ahead, err := e.List(ctx, q.queue, engine.ListOptions{State: q.state, After: after, Limit: windowRows / 2, BodyLimit: windowBody})
	if err != nil {
		return err
	}
	slices.Reverse(back.Messages)
	w.messages = append(back.Messages, ahead.Messages...)
	switch {
	case back.Next == "":
		w.before = 0
	case ahead.Next == "":
		w.before = max(w.total-int64(len(w.messages)), 1)
	default:
		w.before, w.approx = w.placeBy(q.old), true
		if same, _ := sameArrivals(w.info, q.old.info, q.state); same {
			w.approx = q.old.approx
		}
	}
	w.settle(ahead.Next == "")
	return nil
}

// placeBy finds how many rows are before the window by a row that an older
// window had too.
func (w *window) placeBy(old window) int64 {
	at := make(map[engine.ID]int, len(old.messages))
	for i, m := range old.messages {
		at[m.ID] = i
	}
	for i, m := range w.messages {
		if j, ok := at[m.ID]; ok {
			return max(old.before+int64(j-i), 1)
		}
	}
	return max(w.total/2, 1)
}

// sameArrivals reports whether nothing came or went in a state between two
// looks at a queue.
func sameArrivals(a, b engine.QueueInfo, state engine.State) (same, ok bool) {
	x, ok := arrivals(a, state)
	y, _ := arrivals(b, state)
	return ok && x == y && a.Count(state) == b.Count(state), ok
}

// scan searches from the top for what passes the filter, up to its limits.
func (w *window) scan(ctx context.Context, e engine.Inspector, q windowQuery, now time.Time) error {
	w.filtered = true
	options := engine.ListOptions{State: q.state, Limit: 500, BodyLimit: windowBody}
	if q.filter.NeedsBody() {
		options.Limit, options.BodyLimit = scanPage, scanBody
	}
	for m, err := range operation.Messages(ctx, e, q.queue, options) {
		if err != nil {
			return err
		}
		if w.scanned == scanLimit {
			w.capped = true
			return nil
		}
		w.scanned++
		if !q.filter.Match(*m, now) {
			continue
		}
		w.match++
		if len(w.messages) < scanMatches {
			m.Body = slices.Clone(m.Body[:min(len(m.Body), windowBody)])
			w.messages = append(w.messages, *m)
		}
	}
	w.total = w.scanned
	return nil
}
