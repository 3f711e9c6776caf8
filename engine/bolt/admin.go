package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"nixie/engine"
)

// newNumber gives a number to a queue, an area or an entry of the trash. None
// is ever given twice.
func (t *tx) newNumber() uint32 {
	var n uint32
	if v := t.Bucket(bucketMeta).Get(keyNumber); len(v) == 4 {
		n = binary.BigEndian.Uint32(v)
	}
	n++
	t.putFixed(bucketMeta, keyNumber, key32(n))
	return n
}

// CreateQueue implements engine.Admin.
func (e *Engine) CreateQueue(ctx context.Context, name string, policy engine.Policy) error {
	err := ctx.Err()
	if err == nil {
		err = engine.ValidateName(name)
	}
	if err == nil {
		err = policy.Validate()
	}
	if err == nil {
		err = e.write(func(t *tx) error { return t.createQueue(name, policy) })
	}
	return wrapQueue(err, "create queue", name)
}

func (t *tx) createQueue(name string, policy engine.Policy) error {
	if t.Bucket(bucketQueues).Get([]byte(name)) != nil {
		return engine.ErrQueueExists
	}
	if err := t.checkDeadLetter(name, policy.DeadLetter); err != nil {
		return err
	}
	s := stored{number: t.newNumber(), createdAt: t.at}
	s.live, s.dead = area(t.newNumber()), area(t.newNumber())
	t.putPolicy(name, policy)
	t.putFixed(bucketQueues, []byte(name), s.encode())
	t.adopt(newQueue(t.e, name, s, policy))
	return nil
}

// adopt makes a queue known with the commit.
func (t *tx) adopt(q *queue) {
	t.then(func() {
		t.e.queues.put(q)
		q.mu.Lock()
		q.armLocked()
		q.mu.Unlock()
		t.e.hub.Publish(q.name)
	})
}

func (t *tx) putPolicy(name string, policy engine.Policy) {
	v, err := json.Marshal(policy)
	if t.fail(err) == nil {
		t.putFixed(bucketPolicies, []byte(name), v)
	}
}

// checkDeadLetter says why the queue cannot keep its dead letters there.
func (t *tx) checkDeadLetter(name, target string) error {
	policies := t.Bucket(bucketPolicies)
	for at := target; at != engine.OwnDeadLetters && at != engine.NoDeadLetters; {
		if at == name {
			return fmt.Errorf("%w: the dead letters of %q would go round in a circle", engine.ErrInvalid, name)
		}
		v := policies.Get([]byte(at))
		if v == nil {
			return fmt.Errorf("%w: the dead-letter queue %q does not exist", engine.ErrInvalid, at)
		}
		var p engine.Policy
		if err := json.Unmarshal(v, &p); err != nil {
			return damage("the policy of queue %q: %v", at, err)
		}
		at = p.DeadLetter
	}
	return nil
}

// Configure implements engine.Admin.
func (e *Engine) Configure(ctx context.Context, name string, policy engine.Policy) (old engine.Policy, err error) {
	if err = ctx.Err(); err == nil {
		err = policy.Validate()
	}
	for done := false; !done && err == nil; {
		var ordering uint64
		if policy.Ordered {
			ordering, err = e.order(ctx, name)
		}
		if err == nil {
			err = e.revoke(func(t *tx) (err error) {
				old, done, err = t.configure(name, policy, ordering)
				return err
			})
		}
	}
	return old, wrapQueue(err, "configure", name)
}

// configure returns the policy as it was, and whether it changed.
func (t *tx) configure(name string, policy engine.Policy, ordering uint64) (old engine.Policy, done bool, err error) {
	qt, err := t.find(name)
	if err == nil {
		err = t.checkDeadLetter(name, policy.DeadLetter)
	}
	if err != nil {
		return old, false, err
	}
	old = qt.policy
	reordered := policy.Ordered != old.Ordered
	if reordered && !qt.reorder(policy.Ordered, ordering) {
		return old, false, nil
	}
	qt.change()
	t.putPolicy(name, policy)
	qt.policy = policy
	qt.then(func() {
		qt.q.setPolicyLocked(policy)
		if reordered {
			qt.q.regroupLocked()
		}
	})
	return old, true, nil
}

// SetPaused implements engine.Admin.
func (e *Engine) SetPaused(ctx context.Context, name string, paused bool) error {
	err := ctx.Err()
	if err == nil {
		err = e.write(func(t *tx) error {
			qt, err := t.find(name)
			if err == nil && qt.s.paused != paused {
				qt.change()
				qt.s.paused = paused
			}
			return err
		})
	}
	return wrapQueue(err, "pause", name)
}

// Purge implements engine.Admin.
func (e *Engine) Purge(ctx context.Context, name string, part engine.Area) (entry engine.TrashEntry, err error) {
	if err = ctx.Err(); err == nil && part != engine.LiveArea && part != engine.DeadArea {
		err = fmt.Errorf("%w: a queue has the areas %q and %q, not %q", engine.ErrInvalid, engine.LiveArea, engine.DeadArea, part)
	}
	if err == nil {
		if part == engine.LiveArea {
			e.dropWindow(name)
		}
		err = e.revoke(func(t *tx) (err error) {
			entry, err = t.purge(name, part)
			return err
		})
	}
	return entry, wrapQueue(err, "purge", name)
}

func (t *tx) purge(name string, part engine.Area) (entry engine.TrashEntry, err error) {
	qt, err := t.find(name)
	if err != nil {
		return entry, err
	}
	if part == engine.DeadArea && qt.s.buried > 0 {
		entry = t.putTrash(&trashInfo{What: engine.TrashDead, Queue: name, Count: qt.s.buried, Dead: qt.s.dead})
		qt.change()
		qt.s.buried, qt.s.dead = 0, area(t.newNumber())
	}
	if n := qt.s.waiting + qt.s.delayed; part == engine.LiveArea && n > 0 {
		qt.giveAway()
		entry = t.putTrash(&trashInfo{What: engine.TrashPurge, Queue: name, Count: n, Live: qt.s.live})
		qt.s.waiting, qt.s.delayed, qt.s.bytes, qt.s.live = 0, 0, 0, area(t.newNumber())
	}
	return entry, nil
}

// giveAway prepares the live area for the trash: nothing of this transaction
// will touch it any more. That something was in flight there is of no account
// when it comes back.
func (qt *queueTx) giveAway() {
	qt.change()
	qt.cutRun()
	qt.flushMarks()
	qt.emptied = true
	qt.then(qt.q.forgetLocked)
}

// DeleteQueue implements engine.Admin.
func (e *Engine) DeleteQueue(ctx context.Context, name string) (entry engine.TrashEntry, err error) {
	if err = ctx.Err(); err == nil {
		e.dropWindow(name)
		err = e.revoke(func(t *tx) (err error) {
			entry, err = t.deleteQueue(name)
			return err
		})
	}
	return entry, wrapQueue(err, "delete queue", name)
}

func (t *tx) deleteQueue(name string) (entry engine.TrashEntry, err error) {
	qt, err := t.find(name)
	if err != nil {
		return entry, err
	}
	policies := t.Bucket(bucketPolicies)
	quoted, err := json.Marshal(name)
	if err != nil {
		return entry, err
	}
	err = policies.ForEach(func(k, v []byte) error {
		if !bytes.Contains(v, quoted) {
			return nil // there may be very many of them
		}
		var p engine.Policy
		if err := json.Unmarshal(v, &p); err == nil && p.DeadLetter == name {
			return fmt.Errorf("%w: queue %q keeps its dead letters there: change its policy first", engine.ErrInvalid, k)
		}
		return nil
	})
	if err != nil {
		return entry, err
	}
	bindings, err := t.bindingsOf(name)
	if err != nil {
		return entry, err
	}
	qt.giveAway()
	qt.deleted = true
	qt.q.mu.Lock()
	qt.s.totals.Delivered += qt.q.unwritten
	qt.q.mu.Unlock()
	info := &trashInfo{
		What: engine.TrashQueue, Queue: name, Count: qt.s.waiting + qt.s.delayed + qt.s.buried,
		Live: qt.s.live, Dead: qt.s.dead, Stored: qt.s.encode(), Policy: qt.policy, Bindings: bindings,
	}
	entry = t.putTrash(info)
	for topic, bindings := range info.Bindings {
		for _, b := range bindings {
			t.unbind(topic, b)
		}
	}
	t.removeFixed(bucketPolicies, []byte(name))
	t.removeFixed(bucketQueues, []byte(name))
	t.putFixed(bucketMeta, keyLastID, key64(max(qt.s.lastID, t.lastDeleted())))
	t.then(func() {
		t.e.queues.drop(name)
		delete(t.e.notKept, name)
	})
	return entry, nil
}

// lastDeleted is the last id that was given to a queue that is no more.
func (t *tx) lastDeleted() uint64 {
	id, _ := id64(t.Bucket(bucketMeta).Get(keyLastID))
	return id
}
