package operation

import (
	"context"
	"errors"
	"time"

	"nixie/engine"
)

// recover finds out what became of a step that was announced and whose outcome
// was not written down, and makes the rest of it.
func (w *work) recover(ctx context.Context) error {
	w.out.Gone = append(w.out.Gone, w.step.Gone...)
	switch w.set.Op {
	case opMove:
		return w.recoverMove(ctx)
	case opDelete:
		return w.recoverDelete(ctx)
	case opEdit:
		return w.recoverEdit(ctx)
	case opUnedit, opRestore:
		return w.recoverRestore(ctx)
	case opPurge, opDeleteQueue, opCreate:
		return w.recoverQueue(ctx)
	case opPublish:
		return w.recoverPublish(ctx)
	default: // pause, configure: they may be done twice
		return w.do(ctx)
	}
}

// recoverMove counts as done what is at its destination already, or was and is
// consumed, and moves the others.
func (w *work) recoverMove(ctx context.Context) error {
	units, _ := w.todo()
	var left []int64
	var ids []engine.ID
	for _, i := range units {
		m, err := w.engine.Message(ctx, w.set.Queue, w.id(i))
		switch {
		case err != nil && !errors.Is(err, engine.ErrMessageNotFound) && !errors.Is(err, engine.ErrQueueNotFound):
			return err
		case err == nil && w.untouched(i, &m):
			left, ids = append(left, i), append(ids, w.id(i))
			w.note(i, &m)
		case err == nil:
			w.arrived(i, w.set.Queue)
			w.noteMoved(&m)
		default:
			if err := w.findMoved(ctx, i); err != nil {
				return err
			}
		}
	}
	if len(left) == 0 {
		return nil
	}
	return w.move(ctx, left, ids)
}

// untouched reports whether a message at the source has not been moved yet.
func (w *work) untouched(i int64, m *engine.Message) bool {
	if to := w.set.To; to != "" && to != w.set.Queue {
		return true
	}
	if w.set.Into == engine.Dead {
		return m.State != engine.Dead
	}
	before := 0
	if w.step.Requeues != nil {
		before = w.step.Requeues[i]
	}
	if w.set.State == engine.Dead {
		return m.State == engine.Dead && m.Requeues == before
	}
	return true
}

// findMoved looks for a message that is no longer at the source.
func (w *work) findMoved(ctx context.Context, i int64) error {
	places := w.destinations()
	for _, queue := range places {
		m, err := w.engine.Message(ctx, queue, w.id(i))
		if err == nil {
			w.arrived(i, queue)
			w.noteMoved(&m)
			return nil
		}
		if !errors.Is(err, engine.ErrMessageNotFound) && !errors.Is(err, engine.ErrQueueNotFound) {
			return err
		}
	}
	// A dead letter that was there a moment before the step leaves its place
	// only by the step: it was moved, and is consumed. Of a live one that cannot
	// be said.
	if w.set.State == engine.Dead && len(places) > 0 {
		w.arrived(i, places[0])
	} else {
		w.gone(i)
	}
	return nil
}

// noteMoved accounts for a message that was moved before the interruption.
func (w *work) noteMoved(m *engine.Message) {
	switch {
	case w.unrequeues():
		w.ledger(m, back{Requeued: -1})
	case w.job.begin.Request.Verb == Requeue && m.Requeues > 1:
		w.ledger(m, back{Requeued: 1, CameBack: 1})
	case w.job.begin.Request.Verb == Requeue:
		w.ledger(m, back{Requeued: 1})
	}
}

// recoverDelete looks for the entry in the trash.
func (w *work) recoverDelete(ctx context.Context) error {
	units, _ := w.todo()
	var left []int64
	var ids []engine.ID
	for _, i := range units {
		_, err := w.engine.Message(ctx, w.set.Queue, w.id(i))
		switch {
		case err == nil:
			left, ids = append(left, i), append(ids, w.id(i))
		case !errors.Is(err, engine.ErrMessageNotFound) && !errors.Is(err, engine.ErrQueueNotFound):
			return err
		}
	}
	if len(left) == len(units) {
		return w.delete(ctx, left, ids)
	}
	entry, found, err := w.claim(ctx, engine.TrashMessages)
	if err != nil {
		return err
	}
	if !found { // somebody else took them
		w.out.Gone = append(w.out.Gone, units...)
		return nil
	}
	w.out.Trash = entry.ID
	// A step deletes all or none: what is there again was restored since.
	w.out.Gone = append(w.out.Gone, left...)
	return nil
}

// claim finds the entry of the trash that an interrupted step made: of this
// queue, not older than the step, and no other job's.
func (w *work) claim(ctx context.Context, kinds ...engine.TrashKind) (engine.TrashEntry, bool, error) {
	entries, err := w.engine.Trash(ctx)
	if err != nil {
		return engine.TrashEntry{}, false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(entries) - 1; i >= 0; i-- { // the oldest that fits
		e := entries[i]
		if e.Queue != w.set.Queue || e.At.Before(w.job.doubtAt.Add(-slack)) || w.trash[e.ID] {
			continue
		}
		for _, kind := range kinds {
			if e.What == kind {
				return e, true, nil
			}
		}
	}
	return engine.TrashEntry{}, false, nil
}

// recoverEdit looks for the replacement.
func (w *work) recoverEdit(ctx context.Context) error {
	if len(w.out.Gone) > 0 {
		return nil
	}
	_, err := w.engine.Message(ctx, w.set.Queue, w.id(0))
	if err == nil {
		return w.edit(ctx)
	}
	if !errors.Is(err, engine.ErrMessageNotFound) && !errors.Is(err, engine.ErrQueueNotFound) {
		return err
	}
	entry, found, err := w.claim(ctx, engine.TrashEdit)
	if err != nil {
		return err
	}
	if !found {
		w.gone(0)
		return nil
	}
	w.out.Trash = entry.ID
	for _, queue := range w.destinations() {
		err := w.newest(ctx, queue, func(m *engine.Message) bool {
			if m.EditedFrom != w.id(0) {
				return true
			}
			w.out.NewID, w.out.Dest = m.ID, queue
			return false
		})
		if err != nil || w.out.NewID != "" {
			return err
		}
	}
	return nil // the replacement is consumed
}

// newestLimit bounds how far back newest looks, in each state.
const newestLimit = 5000

// newest goes over the newest messages of a queue, in every state, until the
// function says false.
func (w *work) newest(ctx context.Context, queue string, each func(*engine.Message) bool) error {
	for _, state := range engine.States() {
		page, err := w.engine.List(ctx, queue, engine.ListOptions{State: state, Backward: true, Limit: newestLimit, BodyLimit: -1})
		if errors.Is(err, engine.ErrQueueNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range page.Messages {
			if !each(&page.Messages[i]) {
				return nil
			}
		}
	}
	return nil
}

// recoverRestore: an entry that is no longer in the trash is restored.
func (w *work) recoverRestore(ctx context.Context) error {
	entries, err := w.engine.Trash(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.ID == string(w.id(0)) {
			return w.do(ctx)
		}
	}
	return nil
}

// recoverQueue finds out whether a queue was purged, deleted or made.
func (w *work) recoverQueue(ctx context.Context) error {
	if w.set.Op == opCreate {
		if _, err := w.engine.Queue(ctx, w.set.Queue); err == nil {
			w.queueDone(engine.TrashEntry{}, 1)
			return nil
		}
		return w.queue(ctx)
	}
	kind := engine.TrashQueue
	if w.set.Op == opPurge {
		kind = engine.TrashPurge
		if w.set.Area == engine.DeadArea {
			kind = engine.TrashDead
		}
	}
	entry, found, err := w.claim(ctx, kind)
	if err != nil {
		return err
	}
	if !found {
		return w.queue(ctx)
	}
	w.queueDone(entry, max(entry.Count, 1))
	return nil
}

// recoverPublish publishes again: the engine knows the deduplication ids, as
// long as its window is. After that nobody can tell what was consumed, and a
// message too few is better than one twice that nobody expects.
func (w *work) recoverPublish(ctx context.Context) error {
	info, err := w.engine.Queue(ctx, w.set.Queue)
	if err != nil {
		return w.publish(ctx)
	}
	window := info.Policy.DedupWindow
	if window == 0 {
		window = engine.DefaultDedupWindow
	}
	if time.Since(w.job.doubtAt) < window-slack {
		return w.publish(ctx)
	}
	there := map[string]bool{}
	err = w.newest(ctx, w.set.Queue, func(m *engine.Message) bool {
		there[m.DedupID] = true
		return true
	})
	if err != nil {
		return err
	}
	source, err := w.job.load()
	if err != nil {
		return err
	}
	for i := range w.n() {
		if !there[source.dedupID(w.step.From+i+1)] {
			w.refuse(i, errors.New("the program ended while it was published, so that nobody knows whether it was; it is not in the queue"))
		}
	}
	return nil
}
