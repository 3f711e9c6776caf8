package bolt

import (
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// tx is one transaction of the writer. It has one time, and keeps apart what
// it does to the file, which bbolt undoes if need be, and what it does to
// memory (effects).
type tx struct {
	*bbolt.Tx
	e       *Engine
	now     time.Time
	at      int64 // now, in Unix nanoseconds
	queues  map[*queue]*queueTx
	order   []*queueTx // as they were first touched
	err     error      // of the file: the transaction is lost
	changed bool       // something was written outside a queue
	locked  *queueTx   // whose queue is locked from one ack to the next
	effects []func()   // on the engine, after those on the queues
	visible bool       // they were begun with
}

func newTx(e *Engine, btx *bbolt.Tx) *tx {
	now := time.Now()
	return &tx{Tx: btx, e: e, now: now, at: now.UnixNano(), queues: map[*queue]*queueTx{}}
}

// apply runs the calls, until one finds the file failing. Acks that came with
// nothing but publishes go first, under one lock of their queue: neither needs
// the other.
func (t *tx) apply(calls []call) {
	defer t.unlock()
	mixed := 0 // so many are acks and publishes
	for i := range calls {
		c := &calls[i]
		if ack, ok := c.op.(*ackOp); ok {
			c.err = ack.apply(t)
		} else if _, ok := c.op.(*publishOp); !ok {
			break
		}
		mixed++
	}
	t.unlock()
	for i := range calls {
		c := &calls[i]
		if _, ok := c.op.(*ackOp); ok && i < mixed {
			continue
		}
		if t.err != nil {
			return
		}
		c.err = c.op.apply(t)
		t.unlock()
	}
}

// queue returns the working copy of a queue.
func (t *tx) queue(q *queue) *queueTx {
	if qt := t.queues[q]; qt != nil {
		return qt
	}
	qt := &queueTx{t: t, q: q, s: q.stored, policy: q.policy}
	t.queues[q] = qt
	t.order = append(t.order, qt)
	return qt
}

// find returns the working copy of the queue of that name.
func (t *tx) find(name string) (*queueTx, error) {
	q := t.e.lookup(name)
	if q == nil {
		return nil, engine.ErrQueueNotFound
	}
	qt := t.queue(q)
	if qt.deleted {
		return nil, engine.ErrQueueNotFound
	}
	return qt, nil
}

// lock is find, and locks the queue until unlock: mostly the next ack is of it, too.
func (t *tx) lock(name string) (*queueTx, error) {
	if t.locked != nil && t.locked.q.name == name {
		return t.locked, nil
	}
	t.unlock()
	qt, err := t.find(name)
	if err == nil {
		qt.q.mu.Lock()
		t.locked = qt
	}
	return qt, err
}

// unlock must come before anything but an ack.
func (t *tx) unlock() {
	if t.locked != nil {
		t.locked.q.mu.Unlock()
		t.locked = nil
	}
}

// then has something done after the commit.
func (t *tx) then(done func()) { t.effects = append(t.effects, done) }

// fail notes an error of the file and returns it.
func (t *tx) fail(err error) error {
	if err != nil && t.err == nil {
		t.err = err
	}
	return err
}

// have returns a bucket of an area, made if need be; nil if that fails.
func (t *tx) have(a area, kind byte) *bbolt.Bucket {
	b, err := t.CreateBucketIfNotExists(a.bucket(kind))
	if t.fail(err) != nil {
		return nil
	}
	if kind == kindRuns {
		b.FillPercent = 1 // keys only ascend
	}
	return b
}

// put and remove work on a bucket of an area.
func (t *tx) put(a area, kind byte, key, value []byte) {
	if b := t.have(a, kind); b != nil {
		t.fail(b.Put(key, value))
	}
}

func (t *tx) remove(a area, kind byte, key []byte) {
	if b := t.Bucket(a.bucket(kind)); b != nil {
		t.fail(b.Delete(key))
	}
}

// putFixed and removeFixed work on one of the fixed buckets.
func (t *tx) putFixed(bucket, key, value []byte) {
	t.changed = true
	t.fail(t.Bucket(bucket).Put(key, value))
}

func (t *tx) removeFixed(bucket, key []byte) {
	t.changed = true
	t.fail(t.Bucket(bucket).Delete(key))
}

// putLarge gives a value a bucket of its own.
func (t *tx) putLarge(in *bbolt.Bucket, key, value []byte) {
	b, err := in.CreateBucket(key)
	if t.fail(err) == nil {
		t.fail(b.Put(largeKey, value))
	}
}

// getValue returns a value, whether it stands in the bucket or in one of its
// own.
func getValue(b *bbolt.Bucket, key []byte) []byte {
	if b == nil {
		return nil
	}
	if v := b.Get(key); v != nil {
		return v
	}
	if own := b.Bucket(key); own != nil {
		return own.Get(largeKey)
	}
	return nil
}

// flush writes what the transaction collected for each queue, and the marks of
// what was delivered since the last one.
func (t *tx) flush() {
	for _, q := range t.e.takeFlagged() {
		qt := t.queue(q)
		qt.delivered = true
		qt.atOnce(q.flagAgainLocked)
	}
	for i := 0; i < len(t.order); i++ {
		t.order[i].flush()
	}
}

func (t *tx) untouched() bool {
	if t.changed {
		return false
	}
	for _, qt := range t.order {
		if qt.written {
			return false
		}
	}
	return true
}

// committed makes the effects visible: only now, and never before.
func (t *tx) committed() {
	if len(t.order) > 0 {
		t.e.stir()
	}
	names := make([]string, 0, len(t.order))
	for _, qt := range t.order {
		qt.committed()
		if qt.hint {
			names = append(names, qt.q.name)
		}
	}
	for _, f := range t.effects {
		f()
	}
	if len(names) > 0 {
		t.e.hub.Publish(names...)
	}
}

func (t *tx) rollback() {
	for _, qt := range t.order {
		qt.rollback()
	}
}
