package bolt

import (
	"time"

	"nixie/engine"
)

// queueTx is a queue inside a transaction: a working copy of its counts, what
// is to be written at the end, and what is to happen in memory afterwards.
type queueTx struct {
	t      *tx
	q      *queue
	s      stored
	policy engine.Policy
	tally  tally

	// What comes in.
	build     runBuilder // what is being published
	published []newlyPublished
	restored  []*run  // that come back from the trash
	ready     []*spot // records that became ready
	retries   []*spot // delayed, restored or found: they hold their groups
	due       int64   // the earliest one that was delayed; 0: none

	// What leaves, or ends.
	walks     map[uint64]*walk // over runs, by first id
	touched   []*run           // marks to be written
	flushed   []*run           // marks that were
	claimed   []*lease         // to be settled; those of acks are only in ended
	ended     []endedLease
	withdrawn []*located // that an operator took away, or that were dropped

	// What is noted of deliveries.
	delivered bool     // some are to be noted
	noted     []*lease // of records
	wrote     int64    // deliveries added to the totals

	// What the keeper did about the delayed.
	ripened bool // the due ones were looked at:
	delays       // these are left then

	written   bool // something in the file changes
	hint      bool // operators may want to look again
	reread    bool // the log is to be read again from its beginning
	reordered bool // it is ordered now, or is not any more
	emptied   bool // the live area was given away
	deleted   bool // with the queue
}

// newlyPublished is a run that this transaction writes.
type newlyPublished struct {
	run  *run
	data []byte
}

type endedLease struct {
	l    *lease
	how  ending
	hold bool // its group still waits for it
}

type ending int

const (
	acked ending = iota
	failed
	released
	taken // from its consumer: by an operator, or because it expired
)

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
	qt.published = append(qt.published, newlyPublished{newRun(b.first(), len(b.messages)), data})
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
	qt.flushed, qt.touched = append(qt.flushed, qt.touched...), nil
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

// settleInLog takes a message out of its run.
func (qt *queueTx) settleInLog(r *run, index int) {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	qt.settleLocked(r, index)
}

func (qt *queueTx) settleLocked(r *run, index int) {
	r.settle(index)
	qt.touch(r)
}

// touch has the marks of a run written.
func (qt *queueTx) touch(r *run) {
	if !r.touched {
		r.touched = true
		qt.touched = append(qt.touched, r)
	}
}

// end ends a lease with the commit. The caller has set its settling.
func (qt *queueTx) end(l *lease, how ending, hold bool) {
	qt.change()
	qt.ended = append(qt.ended, endedLease{l, how, hold})
	switch how {
	case acked:
		qt.s.totals.Acked++
		qt.tally.acked++
	case failed:
		qt.s.totals.Failed++
		qt.tally.failed++
	}
	if (how == acked || how == failed) && l.consumer != nil {
		qt.tally.work.observe(time.Duration(qt.t.at - l.receivedAt))
	}
}

// committed makes the transaction's effects on this queue visible.
func (qt *queueTx) committed() {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stored = qt.s
	q.setPolicyLocked(qt.policy)
	q.unwritten -= qt.wrote
	if qt.emptied {
		q.forgetLocked()
	}
	for _, l := range qt.noted {
		l.noted = true
	}
	for _, p := range qt.published {
		q.appendLocked(p.run, p.data)
		if !p.run.untouched() {
			q.runs[p.run.first] = p.run // some of it is gone already: the window must know when it reads it
		}
	}
	for _, r := range qt.restored {
		q.runs[r.first] = r
		q.front.last = max(q.front.last, r.first)
	}
	for _, r := range qt.flushed {
		if r.left == 0 {
			delete(q.runs, r.first)
			if q.front.loading != nil {
				q.front.dropped[r.first] = true
			}
		}
	}
	for _, loc := range qt.withdrawn { // before any is ready again: it may be delivered at once, and hold its group
		if loc.run == nil {
			delete(q.departing, loc.id)
			q.goneLocked(loc.id)
		}
		q.leaveGroupLocked(loc.group, loc.id)
	}
	for _, end := range qt.ended {
		qt.endLocked(end)
	}
	if qt.reread {
		q.resetLocked()
	}
	for _, s := range qt.retries {
		q.holdGroupLocked(s.group, s.id)
	}
	if qt.reordered {
		q.reorderLocked()
	}
	for _, s := range qt.ready {
		q.leaveGroupLocked(s.group, s.id) // an older one may have come before it
		q.pushLocked(s)
	}
	if qt.ripened {
		q.delays = qt.delays
	}
	if qt.due != 0 && (q.nextDue == 0 || qt.due < q.nextDue) {
		q.nextDue = qt.due
	}
	q.tally.add(&qt.tally)
	if qt.deleted {
		q.retireLocked()
		return
	}
	q.dispatchLocked()
	q.armLocked()
}

// endLocked ends a lease, now that it is committed.
func (qt *queueTx) endLocked(end endedLease) {
	q := qt.q
	l := end.l
	if c := l.consumer; c != nil {
		if end.how != taken && l.deadline > qt.t.at { // else nobody was there
			c.seen = qt.t.now
		}
		switch end.how {
		case acked:
			c.totals.Acked++
		case failed:
			c.totals.Failed++
		}
	}
	q.endLeaseLocked(l)
	if l.run == nil {
		q.goneLocked(l.id)
	}
	if !end.hold {
		q.leaveGroupLocked(l.group, l.id)
	} else if l.group != "" && qt.holdsGroups() {
		q.holdGroupLocked(l.group, l.id)
	}
}

func (qt *queueTx) rollback() {
	q := qt.q
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range qt.touched {
		r.touched = false
	}
	for _, l := range qt.claimed {
		l.settling = false
	}
	for _, end := range qt.ended {
		end.l.settling = false
		if end.l.run != nil {
			end.l.run.unsettle(end.l.index)
		}
	}
	if qt.delivered { // it was not noted
		q.flagged = false
		q.flagLocked()
	}
	if len(qt.withdrawn) > 0 { // who came meanwhile did not find them
		q.dispatchLocked()
		q.armLocked()
	}
}
