package operation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nixie/engine"
)

// work is one step under way: units of one set.
type work struct {
	*Manager
	job   *job
	set   *set
	first int64 // of the set's units
	step  *step
	out   *outcome
}

func (m *Manager) newWork(j *job, s *step) *work {
	set, first := locate(j.sets, s.From)
	return &work{
		Manager: m, job: j, set: set, first: first, step: s,
		out: &outcome{From: s.From, To: s.To},
	}
}

// n is the number of units.
func (w *work) n() int64 { return w.step.To - w.step.From }

func (w *work) id(i int64) engine.ID { return w.set.id(w.first + i) }

func (w *work) gone(i int64) { w.out.Gone = append(w.out.Gone, i) }

func (w *work) refuse(i int64, why error) {
	if w.out.Refused == nil {
		w.out.Refused = map[int64]string{}
	}
	w.out.Refused[i] = reasonOf(why)
}

// reasonOf says why one message was refused, without what is known anyway.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		err = e.Err
	}
	return err.Error()
}

// look finds out, just before a step, which messages are still there and in
// the state in which they were chosen; what is noted goes into the journal
// before the step is made.
func (w *work) look(ctx context.Context) error {
	switch w.set.Op {
	case opMove, opDelete, opEdit:
	case opConfigure, opPause:
		info, err := w.engine.Queue(ctx, w.set.Queue)
		if err != nil {
			return nothingThere(err)
		}
		w.step.Policy, w.step.Paused = &info.Policy, info.Paused
		return nil
	default:
		return nil
	}
	for i := range w.n() {
		m, err := w.engine.Message(ctx, w.set.Queue, w.id(i))
		switch {
		case errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound):
			w.step.Gone = append(w.step.Gone, i)
			continue
		case err != nil:
			return err
		case w.set.State != "" && m.State != w.set.State && !(live(m.State) && live(w.set.State)):
			w.step.Gone = append(w.step.Gone, i)
			continue
		}
		w.note(i, &m)
	}
	w.out.Gone = append(w.out.Gone, w.step.Gone...)
	return nil
}

func live(s engine.State) bool { return s != engine.Dead }

// nothingThere lets a step go on whose queue is gone: it will be refused.
func nothingThere(err error) error {
	if errors.Is(err, engine.ErrQueueNotFound) {
		return nil
	}
	return err
}

// note keeps what a dead letter tells for the ledger and for recovery.
func (w *work) note(i int64, m *engine.Message) {
	if w.unrequeues() {
		w.ledger(m, back{Requeued: -1})
		return
	}
	if m.State != engine.Dead {
		return
	}
	if m.Requeues > 0 {
		if w.step.Requeues == nil {
			w.step.Requeues = make([]int, w.n())
		}
		w.step.Requeues[i] = m.Requeues
	}
	var b back
	if cameBack(m) {
		b.CameBack = 1
	}
	if w.job.begin.Request.Verb == Requeue {
		b.Requeued = 1
	}
	w.ledger(m, b)
}

// ledger adds to the account of a message's cause.
func (w *work) ledger(m *engine.Message, b back) {
	if b == (back{}) {
		return
	}
	if w.out.Ledger == nil {
		w.out.Ledger = map[string]back{}
	}
	cause := CauseOf(m)
	sum := w.out.Ledger[cause]
	w.out.Ledger[cause] = back{sum.Requeued + b.Requeued, sum.CameBack + b.CameBack}
}

// unrequeues reports whether the step takes a requeue back.
func (w *work) unrequeues() bool {
	return w.job.begin.Request.Verb == Undo && w.job.begin.Undone == Requeue && w.set.Op == opMove
}

// cameBack reports whether a dead letter died again after it was requeued. One
// that an undo brought back entered the queue after its death.
func cameBack(m *engine.Message) bool {
	return m.State == engine.Dead && m.Requeues > 0 && m.Death != nil && !m.EnteredAt.After(m.Death.At)
}

// todo are the units that were not found gone.
func (w *work) todo() (units []int64, ids []engine.ID) {
	gone := map[int64]bool{}
	for _, i := range w.out.Gone {
		gone[i] = true
	}
	for i := range w.n() {
		if !gone[i] {
			units, ids = append(units, i), append(ids, w.id(i))
		}
	}
	return units, ids
}

// do makes the step. An error means that it may or may not have been made.
func (w *work) do(ctx context.Context) error {
	units, ids := w.todo()
	if len(units) == 0 {
		return nil
	}
	switch w.set.Op {
	case opMove:
		return w.move(ctx, units, ids)
	case opDelete:
		return w.delete(ctx, units, ids)
	case opEdit:
		return w.edit(ctx)
	case opUnedit:
		return w.unedit(ctx)
	case opRestore:
		return w.restore(ctx)
	case opPublish:
		return w.publish(ctx)
	default:
		return w.queue(ctx)
	}
}

func (w *work) move(ctx context.Context, units []int64, ids []engine.ID) error {
	outcomes, err := w.engine.Move(ctx, engine.MoveRequest{
		Queue: w.set.Queue, IDs: ids, To: w.set.To, Into: w.set.Into, KeepTries: w.set.KeepTries,
	})
	if errors.Is(err, engine.ErrQueueNotFound) {
		return w.refuseAll(units, err)
	}
	if err != nil {
		return err
	}
	for k, o := range outcomes {
		w.moved(units[k], o)
	}
	return nil
}

// moved takes the outcome of one unit in.
func (w *work) moved(i int64, o engine.Outcome) {
	switch {
	case o.Err == nil:
		w.arrived(i, o.Queue)
	case errors.Is(o.Err, engine.ErrMessageNotFound):
		w.gone(i)
	default:
		w.refuse(i, o.Err)
	}
}

// arrived notes where a unit is now.
func (w *work) arrived(i int64, queue string) {
	switch {
	case w.out.Dests != nil:
		w.out.Dests[i] = queue
	case w.out.Dest == "" || w.out.Dest == queue:
		w.out.Dest = queue
	default:
		w.out.Dests = make([]string, w.n())
		for k := range w.out.Dests {
			w.out.Dests[k] = w.out.Dest
		}
		w.out.Dests[i] = queue
	}
}

func (w *work) refuseAll(units []int64, why error) error {
	for _, i := range units {
		w.refuse(i, why)
	}
	return nil
}

func (w *work) delete(ctx context.Context, units []int64, ids []engine.ID) error {
	entry, outcomes, err := w.engine.Delete(ctx, w.set.Queue, ids...)
	if errors.Is(err, engine.ErrQueueNotFound) {
		w.out.Gone = append(w.out.Gone, units...)
		return nil
	}
	if err != nil {
		return err
	}
	w.out.Trash = entry.ID
	for k, o := range outcomes {
		w.moved(units[k], o)
	}
	w.out.Dest, w.out.Dests = "", nil
	return nil
}

// edit replaces one message.
func (w *work) edit(ctx context.Context) error {
	id, entry, err := w.engine.Edit(ctx, engine.EditRequest{
		Queue: w.set.Queue, ID: w.id(0), Replacement: w.job.begin.Request.Replacement, To: w.set.To,
	})
	switch {
	case err == nil:
		w.out.NewID, w.out.Trash = id, entry.ID
		w.out.Dest = w.whereIs(ctx, id)
	case errors.Is(err, engine.ErrMessageNotFound):
		w.gone(0)
	case permanent(err):
		w.refuse(0, err)
	default:
		return err
	}
	return nil
}

// whereIs finds a message among the places that the job sends messages to.
func (w *work) whereIs(ctx context.Context, id engine.ID) string {
	for _, queue := range w.destinations() {
		if _, err := w.engine.Message(ctx, queue, id); err == nil {
			return queue
		}
	}
	return w.destinations()[0]
}

// destinations are the queues that messages of the set may be in afterwards.
func (w *work) destinations() []string {
	if w.set.To != "" {
		return []string{w.set.To}
	}
	return append(append([]string{}, w.job.begin.Origins...), w.set.Queue)
}

// permanent reports whether trying again is useless.
func permanent(err error) bool {
	for _, e := range []error{
		engine.ErrQueueNotFound, engine.ErrQueueExists, engine.ErrInFlight, engine.ErrQueueFull, engine.ErrTooLarge,
		engine.ErrInvalid, engine.ErrTrashNotFound, engine.ErrUnsupported, engine.ErrMessageNotFound,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unedit takes the replacement away and puts the original back.
func (w *work) unedit(ctx context.Context) error {
	ref := w.set.Refs[w.first]
	entry, _, err := w.engine.Delete(ctx, ref.Queue, ref.ID)
	if err != nil && !errors.Is(err, engine.ErrQueueNotFound) {
		return err
	}
	w.out.Trash = entry.ID
	return w.restore(ctx)
}

// restore puts one entry of the trash back.
func (w *work) restore(ctx context.Context) error {
	_, err := w.engine.Restore(ctx, string(w.id(0)))
	switch {
	case errors.Is(err, engine.ErrTrashNotFound):
		w.gone(0)
	case err != nil && permanent(err):
		w.refuse(0, err)
	case err != nil:
		return err
	}
	return nil
}

func (w *work) publish(ctx context.Context) error {
	err := w.publishStep(ctx, w.job, w.step.From, w.step.To)
	if err != nil && permanent(err) && !errors.Is(err, engine.ErrQueueFull) {
		for i := range w.n() {
			w.refuse(i, err)
		}
		return nil
	}
	return err
}

// queue changes a whole queue.
func (w *work) queue(ctx context.Context) error {
	var (
		entry engine.TrashEntry
		err   error
		n     int64 = 1
		name        = w.set.Queue
	)
	switch w.set.Op {
	case opPurge:
		entry, err = w.engine.Purge(ctx, name, w.set.Area)
		n = entry.Count
	case opDeleteQueue:
		entry, err = w.engine.DeleteQueue(ctx, name)
		n = max(entry.Count, 1)
	case opPause:
		err = w.engine.SetPaused(ctx, name, w.set.Paused)
	case opConfigure:
		_, err = w.engine.Configure(ctx, name, *w.set.Policy)
	case opCreate:
		err = w.engine.CreateQueue(ctx, name, *w.set.Policy)
	case opBind, opUnbind:
		err = w.bind(ctx)
	default:
		return fmt.Errorf("there is no operation %q", w.set.Op)
	}
	if err != nil && permanent(err) {
		w.refuse(0, err)
		return nil
	}
	if err != nil {
		return err
	}
	w.queueDone(entry, n)
	return nil
}

// queueDone notes what is needed to take it back.
func (w *work) queueDone(entry engine.TrashEntry, n int64) {
	w.out.Trash = entry.ID
	w.out.Counts = [3]int64{n}
	w.out.Policy, w.out.Paused = w.step.Policy, w.step.Paused
}

// finish adds the outcome up.
func (w *work) finish() *outcome {
	slices.Sort(w.out.Gone)
	switch {
	case w.set.Op == opPurge || w.set.Op == opDeleteQueue:
		if len(w.out.Refused) > 0 {
			w.out.Counts = [3]int64{0, 0, w.job.begin.Total}
		}
	default:
		w.out.count(w.set, w.first)
	}
	return w.out
}

// slack is how much earlier than ours the engine's clock may have stood.
const slack = time.Second
