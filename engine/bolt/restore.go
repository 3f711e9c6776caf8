package bolt

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Restore implements engine.Operator. A long one goes in steps, so that nobody
// waits behind it; a death in the middle leaves the rest in the trash. A death
// just after a queue came back counts a try for what had been in flight in it.
func (e *Engine) Restore(ctx context.Context, trashID string) (restored int64, err error) {
	id, parseErr := strconv.ParseUint(trashID, 10, 64)
	if parseErr != nil {
		err = engine.ErrTrashNotFound
	}
	var deleted *queue
	if err == nil {
		deleted, err = e.prepareRestore(ctx, id)
	}
	for more := true; more; {
		var n int64
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = e.write(func(t *tx) (err error) {
				n, more, err = t.restore(id, deleted)
				return err
			})
		}
		if err != nil {
			return restored, &engine.Error{Op: "restore from the trash", Err: err}
		}
		restored += n
	}
	return restored, nil
}

// prepareRestore does what may take long before the commit: it reads a queue
// that lies in the trash, or empties the window of the one that gets runs back.
func (e *Engine) prepareRestore(ctx context.Context, id uint64) (q *queue, err error) {
	var after []byte
	into := ""
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := e.view(func(btx *bbolt.Tx) error {
			info, err := readTrash(btx, id) // as long as it is there nothing of it changes
			if err != nil {
				return err
			}
			if info.What != engine.TrashQueue {
				more, into = false, info.Queue
				return nil
			}
			if q == nil {
				s, err := decodeStored(info.Stored)
				if err != nil {
					return damage("deleted queue %q: %v", info.Queue, err)
				}
				q = newQueue(e, info.Queue, s, info.Policy)
				return q.recover(btx, doomReturned)
			}
			after, err = q.recoverRetries(btx, after, retriesStep)
			more = after != nil
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	e.dropWindow(into)
	return q, nil
}

// restore puts a part of an entry back, and reports whether there is more. A
// deleted queue was recovered before.
func (t *tx) restore(id uint64, deleted *queue) (n int64, more bool, err error) {
	info, err := readTrash(t.Tx, id)
	if err != nil {
		return 0, false, err
	}
	if info.What == engine.TrashQueue {
		if err := t.restoreQueue(info, deleted); err != nil {
			return 0, false, err
		}
		t.removeFixed(bucketTrash, key64(id))
		return info.Count, false, nil
	}
	qt, err := t.find(info.Queue)
	if err != nil {
		return 0, false, err
	}
	turn := t.turn()
	for _, part := range []func() (int64, error){
		func() (int64, error) { return qt.restoreRuns(info.Live, turn) },
		func() (int64, error) { return qt.restoreRecords(info.Live, engine.Ready, turn) },
		func() (int64, error) { return qt.restoreRecords(info.Dead, engine.Dead, turn) },
		func() (int64, error) { return qt.restoreRecords(info.Chosen, "", turn) },
	} {
		done, err := part()
		if t.fail(err) != nil {
			return 0, false, err
		}
		n += done
	}
	qt.change()
	info.Count -= n
	if turn.over() {
		t.writeTrash(id, info)
		return n, true, nil
	}
	t.discard(id, info)
	return n, false, nil
}

// restoreQueue makes a deleted queue anew, with all that was in it.
func (t *tx) restoreQueue(info *trashInfo, q *queue) error {
	if t.Bucket(bucketQueues).Get([]byte(info.Queue)) != nil {
		return engine.ErrQueueExists
	}
	if t.checkDeadLetter(info.Queue, info.Policy.DeadLetter) != nil {
		info.Policy.DeadLetter = engine.OwnDeadLetters // that queue is no more
	}
	q.setPolicyLocked(info.Policy)
	t.putPolicy(info.Queue, info.Policy)
	t.putFixed(bucketQueues, []byte(info.Queue), info.Stored)
	t.adopt(q)
	for topic, bindings := range info.Bindings {
		for _, b := range bindings {
			t.bind(topic, b)
		}
	}
	return nil
}

// restoreRuns puts runs back into the log. Their ids are their place.
func (qt *queueTx) restoreRuns(from area, turn *turn) (n int64, err error) {
	b := qt.t.Bucket(from.bucket(kindRuns))
	if from == 0 || b == nil {
		return 0, nil
	}
	marks := qt.t.Bucket(from.bucket(kindMarks))
	to := qt.t.have(qt.s.live, kindRuns)
	for !turn.over() {
		k, _ := b.Cursor().First()
		if k == nil {
			break
		}
		turn.took(len(getValue(b, k)))
		count, err := qt.restoreRun(b, marks, to, slices.Clone(k))
		if err != nil {
			return n, err
		}
		n += count
	}
	return n, nil
}

func (qt *queueTx) restoreRun(from, marks, to *bbolt.Bucket, k []byte) (int64, error) {
	v := bytes.Clone(getValue(from, k))
	first, _ := id64(k)
	r, err := readRun(first, v)
	if err != nil {
		return 0, damage("run %d: %v", first, err)
	}
	known := newRun(first, r.count)
	if marks != nil {
		if m := marks.Get(k); m != nil {
			if known, err = decodeMarks(first, m); err != nil {
				return 0, damage("marks of run %d: %v", first, err)
			}
			known.delivered = newBitset(known.count)
			qt.t.put(qt.s.live, kindMarks, k, known.encode())
			qt.t.fail(marks.Delete(k))
		}
	}
	for p := r.next(); p != nil; p = r.next() {
		if !known.settled.has(r.index) {
			_, size, err := payloadHead(p)
			if err != nil {
				return 0, damage("message %d: %v", r.id, err)
			}
			qt.s.bytes += int64(size)
		}
	}
	if len(v) > maxInline {
		qt.t.putLarge(to, k, v)
		qt.t.fail(from.DeleteBucket(k))
	} else {
		qt.t.fail(to.Put(k, v))
		qt.t.fail(from.Delete(k))
	}
	qt.s.waiting += int64(known.left)
	qt.fresh = append(qt.fresh, known)
	qt.then(func() { qt.q.restoredLocked(known) })
	return int64(known.left), nil
}

// restoreRecords puts records back; as is "" where each says by itself what it
// was.
func (qt *queueTx) restoreRecords(from area, as engine.State, turn *turn) (n int64, err error) {
	b := qt.t.Bucket(from.bucket(kindRecords))
	if from == 0 || b == nil {
		return 0, nil
	}
	for !turn.over() {
		k, v := b.Cursor().First()
		if k == nil {
			break
		}
		id, _ := id64(k)
		rec, err := decodeRecord(id, v)
		if err != nil {
			return n, damage("record %d: %v", id, err)
		}
		rec.payload = bytes.Clone(rec.payload)
		turn.took(rec.size)
		qt.t.fail(b.Delete(key64(id)))
		if err := qt.restoreRecord(rec, from, as); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (qt *queueTx) restoreRecord(rec *record, from area, as engine.State) error {
	state := as
	switch {
	case as == "":
		state = rec.home
	case as == engine.Ready && rec.state == engine.Delayed:
		state = engine.Delayed
	case as == engine.Ready && rec.state == engine.InFlight:
		rec.tries-- // that delivery is as if it had never been
	}
	group, _, err := payloadHead(rec.data(qt.t.Tx, from))
	if err != nil {
		return damage("record %d: %v", rec.id, err)
	}
	name := string(group)
	switch {
	case state == engine.Dead:
		qt.admitDead(rec, from)
	case state == engine.Delayed && rec.dueAt > qt.t.at:
		if rec.holds && qt.holdsGroups() && name != "" {
			qt.hold(rec.id, name)
		}
		qt.admitDelayed(rec, rec.dueAt, from)
	default:
		qt.admitReady(rec, name, qt.t.at, from)
	}
	return nil
}
