package bolt

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"nixie/engine"
)

// operation is a change of the file. apply runs in the writer's goroutine,
// maybe more than once: if the commit that it shares with others fails, each
// is tried again alone. An error that it returns refuses this operation only,
// so it must come before the first change.
type operation interface {
	apply(t *tx) error
}

// operationFunc is an operation without state.
type operationFunc func(t *tx) error

func (f operationFunc) apply(t *tx) error { return f(t) }

// finished is an operation that wants to know when it is over, committed or
// not. It is told once, before its caller.
type finished interface {
	operation
	finish(err error)
}

// call is an operation under way, and what became of it.
type call struct {
	op      operation
	size    int  // roughly what it writes, in bytes
	relaxed bool // nobody waits for it
	err     error
}

// batch is the set of calls that share a commit.
type batch struct {
	calls       []call
	bytes       int
	synced      bool          // somebody waits for it
	revocations int64         // so many of its calls
	since       time.Time     // when its first call came
	done        chan struct{} // closed after the commit and its effects
}

const (
	// maxBatchBytes starts another commit, so that none takes long.
	maxBatchBytes = 8 << 20
	// maxPendingBytes is where relaxed publishers begin to wait.
	maxPendingBytes = 8 << 20
	// relaxedDelay is how long a relaxed change waits for its commit.
	relaxedDelay = 10 * time.Millisecond
	// marksDelay is how long a delivery may wait to be noted in the file.
	marksDelay = 50 * time.Millisecond
)

// writer is the one goroutine that changes the file. Callers that come while
// it commits share the next commit (group commit); a lone caller never waits
// for company.
type writer struct {
	e       *Engine
	lost    error         // the first that cost what a relaxed caller believes to be safe; the goroutine's own
	wake    chan struct{} // there may be something to do
	stopped chan struct{} // closed when the goroutine ends
	revoked atomic.Int64  // revocations that are over

	mu          sync.Mutex // protects all below
	batches     []*batch   // waiting, oldest first; the last one is still open
	pending     int        // bytes in batches
	room        *sync.Cond // pending shrank
	nextID      uint64
	marksAt     time.Time // when deliveries must be noted; zero: nothing to note
	wanted      int       // the gather ends when the first batch has so many calls
	usual       int       // calls of the last batch
	failure     error     // of the last commit: relaxed callers wait, too, until one succeeds
	revocations int64     // that came
	closing     bool
	progress
}

func newWriter(e *Engine, nextID uint64) *writer {
	w := &writer{e: e, nextID: nextID, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	w.room, w.effects = sync.NewCond(&w.mu), sync.NewCond(&w.mu)
	return w
}

// numbered is an operation that needs ids of its own.
type numbered interface {
	operation
	// number is called once, in the order of the commits.
	number(first uint64)
}

// do runs the operation and returns when it is on the disk; with a ticket that still
// holds, as soon as it is sure to be applied in its turn. size is roughly what it
// writes, in bytes, and ids how many it needs. Errors: ErrClosed (it is not applied
// then), its own, and those of the file.
func (w *writer) do(op operation, size, ids int, from ticket) error {
	w.mu.Lock()
	relaxed := from != 0
	for relaxed && ids > 0 && w.pending > maxPendingBytes && !w.closing {
		w.room.Wait()
	}
	if w.closing {
		w.mu.Unlock()
		if op, ok := op.(finished); ok {
			op.finish(engine.ErrClosed)
		}
		return engine.ErrClosed
	}
	if w.failure != nil || from != ticket(w.revocations+1) {
		relaxed = false // he waits, to see whether it works again, or what is left
	}
	if c, ok := op.(confirming); ok {
		c.confirm(relaxed)
	}
	if ids > 0 {
		op.(numbered).number(w.nextID)
		w.nextID += uint64(ids)
	}
	b, place := w.addLocked(op, size, relaxed)
	w.mu.Unlock()
	if relaxed {
		return nil
	}
	<-b.done
	return b.calls[place].err
}

// addLocked adds a call to the last batch, and returns its place there.
func (w *writer) addLocked(op operation, size int, relaxed bool) (*batch, int) {
	n := len(w.batches)
	if n == 0 || w.batches[n-1].bytes+size > maxBatchBytes && w.batches[n-1].bytes > 0 {
		w.batches = append(w.batches, &batch{done: make(chan struct{}), since: time.Now(), calls: make([]call, 0, w.usual)})
		n++
	}
	b := w.batches[n-1]
	b.calls = append(b.calls, call{op: op, size: size, relaxed: relaxed})
	b.bytes += size
	if _, ok := op.(revocation); ok {
		b.revocations++
		w.revocations++
	}
	w.pending += size
	first := len(b.calls) == 1
	if !relaxed && !b.synced {
		b.synced = true
		first = true
	}
	if first || n > 1 || b.bytes > maxBatchBytes/2 || w.wanted > 0 && len(b.calls) >= w.wanted {
		w.signal()
	}
	return b, len(b.calls) - 1
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// takeIDs reserves ids for an operation that learns only while it runs that it
// needs some.
func (w *writer) takeIDs(n int) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := w.nextID
	w.nextID += uint64(n)
	return first
}

// noteMarks asks for a commit soon, as messages were delivered: their tries
// must survive a crash, but nobody waits for that.
func (w *writer) noteMarks() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.marksAt.IsZero() {
		w.marksAt = time.Now().Add(marksDelay)
		w.signal()
	}
}

// run commits until close, then what is left.
func (w *writer) run() {
	defer close(w.stopped)
	defer protect()()
	var took time.Duration // the last commit
	var company company
	for {
		b, ok := w.next(&company, took)
		if !ok {
			return
		}
		start := time.Now()
		w.commit(b)
		took = time.Since(start)
		company.expect(b, took, w.waiting())
		close(b.done)
	}
}

// close refuses what comes from now on, and ends the loop once all that came
// before is committed, and then the last operation. It returns that one's error,
// or why some of what relaxed callers were confirmed is not.
func (w *writer) close(last operation) error {
	w.mu.Lock()
	w.closing = true
	b, place := w.addLocked(last, 0, false)
	w.room.Broadcast()
	w.signal()
	w.mu.Unlock()
	<-w.stopped
	err := b.calls[place].err
	if w.lost != nil {
		err = errors.Join(err, fmt.Errorf("changes that relaxed queues had confirmed are lost: %w", w.lost))
	}
	return err
}

// next waits for a batch that should be committed now. An empty one only
// notes deliveries.
func (w *writer) next(company *company, took time.Duration) (*batch, bool) {
	var timer *time.Timer
	gathered := false
	for {
		w.mu.Lock()
		var wait time.Duration = -1
		switch {
		case len(w.batches) > 0:
			b := w.batches[0]
			if !b.synced && len(w.batches) == 1 && b.bytes < maxBatchBytes/2 && !w.closing {
				if wait = time.Until(b.since.Add(relaxedDelay)); wait > 0 {
					break
				}
			}
			if !gathered && b.synced && len(b.calls) < company.expected && !w.closing {
				gathered = true
				w.mu.Unlock()
				company.came(w.gather(company.expected, took/2))
				continue
			}
			w.batches = w.batches[1:]
			w.pending -= b.bytes
			w.marksAt = time.Time{}
			w.wanted, w.usual = 0, len(b.calls)
			w.room.Broadcast()
			w.mu.Unlock()
			return b, true
		case w.closing:
			w.mu.Unlock()
			return nil, false
		case !w.marksAt.IsZero():
			if wait = time.Until(w.marksAt); wait <= 0 {
				w.marksAt = time.Time{}
				w.mu.Unlock()
				return &batch{done: make(chan struct{})}, true
			}
		}
		w.mu.Unlock()
		if wait < 0 {
			<-w.wake
			continue
		}
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-w.wake:
		case <-timer.C:
		}
	}
}
