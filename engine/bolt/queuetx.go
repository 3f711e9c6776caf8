package bolt

import "nixie/engine"

// queueTx is a queue inside a transaction: a working copy of its counts, what
// is to be written at the end, and what is to happen in memory afterwards.
type queueTx struct {
	t      *tx
	q      *queue
	s      stored
	policy engine.Policy
	tally  tally

	build     runBuilder       // what is being published
	fresh     []*run           // that come into the log, which memory does not know yet
	walks     map[uint64]*walk // over runs, by first id
	touched   []*run           // marks to be written
	delivered bool             // deliveries are to be noted
	acked     []*lease
	effects   []effect

	written  bool // something in the file changes
	hint     bool // operators may want to look again
	withdrew bool // messages were taken from receivers
	emptied  bool // the live area was given away
	deleted  bool // with the queue
}

// change notes that the queue has something to write.
func (qt *queueTx) change() {
	qt.written = true
	qt.hint = true
}

// publish adds a message to the log.
func (qt *queueTx) publish(id uint64, m *encoded) {
	if qt.build.full() {
		qt.cutRun()
	}
	qt.build.add(id, m.head, m.body)
	qt.s.waiting++
	qt.countPublished(len(m.body))
}

func (qt *queueTx) countPublished(size int) {
	qt.change()
	qt.s.bytes += int64(size)
	qt.s.totals.Published++
	qt.s.totals.Bytes += int64(size)
	qt.tally.published++
	qt.tally.bytes += int64(size)
}

// cutRun writes the run that was built.
func (qt *queueTx) cutRun() {
	b := &qt.build
	if len(b.messages) == 0 {
		return
	}
	data := b.encode(qt.t.at, qt.s.number)
	bucket := qt.t.have(qt.s.live, kindRuns)
	if bucket == nil {
		return
	}
	if len(data) > maxInline {
		qt.t.putLarge(bucket, key64(b.first()), data)
	} else {
		qt.t.fail(bucket.Put(key64(b.first()), data))
	}
	qt.s.lastID = max(qt.s.lastID, b.last())
	r := newRun(b.first(), len(b.messages))
	qt.fresh = append(qt.fresh, r)
	qt.then(func() { qt.q.appendLocked(r, data) })
	b.reset()
}

// flush writes what was collected.
func (qt *queueTx) flush() {
	if qt.deleted {
		return
	}
	qt.cutRun()
	if qt.delivered {
		qt.noteDeliveries()
	}
	qt.flushMarks()
	if qt.written {
		qt.writeStored()
	}
}

func (qt *queueTx) flushMarks() {
	for _, r := range qt.touched {
		r.touched = false
		qt.writeMarks(r)
	}
	if flushed := qt.touched; len(flushed) > 0 {
		qt.touched = nil
		qt.then(func() { qt.q.forgetSettledLocked(flushed) })
	}
}

func (qt *queueTx) writeStored() {
	qt.t.fail(qt.t.Bucket(bucketQueues).Put([]byte(qt.q.name), qt.s.encode()))
}

func (qt *queueTx) readLive(id uint64) (*record, error) {
	return readRecord(qt.t.Bucket(qt.s.live.bucket(kindRecords)), id)
}

// writeMarks writes which messages of a run are settled or delivered, and
// drops the run once all are settled.
func (qt *queueTx) writeMarks(r *run) {
	qt.written = true
	key := key64(r.first)
	q := qt.q
	q.mu.Lock()
	left := r.left
	var marks []byte
	if left > 0 {
		marks = r.encode()
	}
	q.mu.Unlock()
	if left > 0 {
		qt.t.put(qt.s.live, kindMarks, key, marks)
		return
	}
	qt.t.remove(qt.s.live, kindMarks, key)
	runs := qt.t.Bucket(qt.s.live.bucket(kindRuns))
	if runs == nil {
		return
	}
	if runs.Bucket(key) != nil {
		qt.t.fail(runs.DeleteBucket(key))
	} else {
		qt.t.fail(runs.Delete(key))
	}
}

// touch has the marks of a run written.
func (qt *queueTx) touch(r *run) {
	if !r.touched {
		r.touched = true
		qt.touched = append(qt.touched, r)
	}
}
