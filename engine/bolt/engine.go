package bolt

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Engine is the bundled engine: queues in one bbolt file. It implements
// engine.Engine.
type Engine struct {
	path    string
	options Options
	db      *bbolt.DB
	hub     engine.Hub

	queues directory

	topicsMu sync.RWMutex // protects topics
	topics   map[string][]engine.Binding

	writer   *writer
	keeper   *keeper
	recorder *recorder

	flagMu  sync.Mutex // protects flagged; taken after a queue's lock
	flagged []*queue   // with deliveries to note

	openedAt time.Time
	ticking  atomic.Bool   // the clock runs
	stirred  chan struct{} // and this starts it

	tokens atomic.Uint64         // of leases
	budget budget                // of the windows
	damage atomic.Pointer[error] // the first that was met

	notKept map[string]uint64 // the open trash entry of each queue that keeps no dead letters; the writer's

	stopped chan struct{} // closed when nothing is written any more:
	whyStop error         // the reason

	closeOnce  sync.Once
	closeErr   error
	closed     chan struct{}  // closed when Close begins
	background sync.WaitGroup // goroutines; Close waits for them,
	readers    sync.RWMutex   // and for views, which hold this for reading
}

var _ engine.Engine = (*Engine)(nil)

// Capabilities implements engine.Engine.
func (e *Engine) Capabilities() engine.Capabilities {
	return engine.Capabilities{
		Name: "bolt", Place: "local:" + filepath.Base(e.path),
		AscendingIDs: true, FreePeek: true, AtomicMove: true,
		Trash: true, History: true, Ordered: true, Topics: true, MaxBody: maxBody,
	}
}

// Path is that of the database file.
func (e *Engine) Path() string { return e.path }

// Watch implements engine.Watcher.
func (e *Engine) Watch() *engine.Subscription { return e.hub.Subscribe() }

func (e *Engine) isClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

// lookup returns the queue of that name, or nil.
func (e *Engine) lookup(name string) *queue { return e.queues.find(name) }

// open is lookup with the contract's errors.
func (e *Engine) open(name string) (*queue, error) {
	if e.isClosed() {
		return nil, engine.ErrClosed
	}
	if q := e.lookup(name); q != nil {
		return q, nil
	}
	return nil, engine.ErrQueueNotFound
}

// all returns the queues by name.
func (e *Engine) all() []*queue {
	return slices.SortedFunc(e.queues.all(), func(a, b *queue) int { return cmp.Compare(a.name, b.name) })
}

// damaged remembers the first sign that the file contradicts itself. The
// engine goes on with what it can read; Check tells.
func (e *Engine) damaged(err error) {
	if errors.Is(err, engine.ErrDamaged) {
		e.damage.CompareAndSwap(nil, &err)
	}
}

// view runs fn in a short read transaction. A damaged page gives an error, not
// a panic.
func (e *Engine) view(fn func(*bbolt.Tx) error) (err error) {
	e.readers.RLock()
	defer e.readers.RUnlock()
	if e.isClosed() {
		return engine.ErrClosed
	}
	defer guard(&err)
	defer protect()()
	return translate(e.db.View(fn))
}

// write runs fn in the writer's next transaction, maybe more than once: see
// operation.
func (e *Engine) write(fn func(t *tx) error) error {
	return e.writer.do(operationFunc(fn), 0, 0, 0)
}
