package bolt

import (
	"errors"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// commit runs the calls in one transaction. If that fails, as when the disk is
// full, each gets one of its own: what frees space may still succeed.
func (w *writer) commit(b *batch) {
	w.mu.Lock()
	w.busy = true
	w.mu.Unlock()
	err := w.transact(b.calls)
	alone := err != nil && len(b.calls) > 1
	if !alone {
		w.e.damaged(err)
	}
	var full fullDisk
	for i := range b.calls {
		c := &b.calls[i]
		if alone {
			err = full.retry(w, b.calls[i:i+1])
			w.e.damaged(err)
		}
		if err != nil && c.relaxed && w.lost == nil {
			w.lost = err
		}
		if op, ok := c.op.(finished); ok {
			op.finish(c.err)
		}
	}
	w.mu.Lock()
	w.failure, w.busy = err, false
	w.revoked.Add(b.revocations)
	w.commits++
	w.effects.Broadcast()
	w.mu.Unlock()
}

// progress is how far the writer has come, for readers that wait for effects.
type progress struct {
	busy     bool       // a commit is under way
	commits  int        // that are over
	effected int        // the last transaction whose effects are in memory
	awaiting int        // readers that wait for effects
	effects  *sync.Cond // a commit is over
}

// fullDisk is what is known of the room on the disk while calls are tried again.
// Each that fails costs a walk over the whole file, as bbolt then finds its free
// pages anew: what is no smaller than one that found no room is not tried.
type fullDisk struct {
	size int // of the smallest publish that found none, in bytes
	err  error
}

// retry gives a call a transaction of its own.
func (f *fullDisk) retry(w *writer, alone []call) error {
	c := &alone[0]
	_, grows := c.op.(*publishOp)
	if grows && f.err != nil && c.size >= f.size {
		return failAll(alone, f.err)
	}
	err := w.transact(alone)
	if grows && errors.Is(err, engine.ErrNoSpace) {
		f.size, f.err = c.size, err
	}
	return err
}

// transact applies the calls and commits. An error is that of the file, and
// has undone everything, unless it is ErrStopped.
func (w *writer) transact(calls []call) (err error) {
	if err := w.e.hasStopped(); err != nil {
		return failAll(calls, err)
	}
	btx, err := w.e.db.Begin(true)
	if err != nil {
		return failAll(calls, err)
	}
	t, id := newTx(w.e, btx), btx.ID()
	defer func() {
		if p := recover(); p != nil {
			// A damaged page, most likely: this commit fails, the engine goes on.
			_ = btx.Rollback()
			err = failAll(calls, w.giveUp(t, id, unreadable(p)))
		}
	}()
	t.apply(calls)
	if t.err == nil {
		t.flush()
	}
	if t.err != nil {
		_ = btx.Rollback()
		t.rollback()
		return failAll(calls, t.err)
	}
	if t.untouched() {
		_ = btx.Rollback()
		t.committed()
		return nil
	}
	if err := w.sync(btx); err != nil {
		return failAll(calls, w.giveUp(t, id, err))
	}
	w.effect(t, id)
	return nil
}

// effect makes a transaction visible that is in the file.
func (w *writer) effect(t *tx, id int) {
	t.visible = true
	t.committed()
	w.mu.Lock()
	w.effected = id
	w.mu.Unlock()
}

// awaitEffects returns when what that transaction did is in memory, too: a
// reader may have seen it in the file before.
func (w *writer) awaitEffects(id int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.awaiting++
	for commits := w.commits; w.busy && w.commits == commits && w.effected < id; {
		w.effects.Wait()
	}
	w.awaiting--
}

// sync commits: bbolt syncs the data, then the page that makes it valid.
func (w *writer) sync(btx *bbolt.Tx) error {
	err := btx.Commit()
	if d := w.e.options.SyncDelay; d > 0 {
		time.Sleep(2 * d)
	}
	if w.e.options.committed != nil {
		w.e.options.committed()
	}
	return err
}

func failAll(calls []call, err error) error {
	err = translate(err)
	for i := range calls {
		calls[i].err = err
	}
	return err
}
