package bolt

import (
	"context"
	"errors"
	"fmt"

	"nixie/engine"
)

// Move implements engine.Operator.
func (e *Engine) Move(ctx context.Context, r engine.MoveRequest) (outcomes []engine.Outcome, err error) {
	if err = ctx.Err(); err == nil && r.Into != "" && r.Into != engine.Ready && r.Into != engine.Dead {
		err = fmt.Errorf("%w: messages are moved into %q or %q, not %q", engine.ErrInvalid, engine.Ready, engine.Dead, r.Into)
	}
	if err == nil {
		err = e.write(func(t *tx) error {
			outcomes = make([]engine.Outcome, len(r.IDs))
			from, err := t.find(r.Queue)
			if err != nil {
				return err
			}
			if r.To != "" {
				if _, err := t.find(r.To); err != nil {
					return fmt.Errorf("%q: %w", r.To, err)
				}
			}
			for i, id := range r.IDs {
				queue, err := from.move(id, &r)
				outcomes[i] = engine.Outcome{ID: id, Queue: queue, Err: err}
			}
			return nil
		})
	}
	return outcomes, wrapQueue(err, "move from", r.Queue)
}

// find is locate for an id as callers write it.
func (qt *queueTx) find(id engine.ID) (*located, error) {
	n, ok := parseID(id)
	if !ok {
		return nil, engine.ErrMessageNotFound
	}
	loc, err := qt.locate(n)
	if err == nil && loc == nil {
		err = engine.ErrMessageNotFound
	}
	return loc, err
}

// move moves one message and returns the queue in which it is then.
func (qt *queueTx) move(id engine.ID, r *engine.MoveRequest) (string, error) {
	name := qt.q.name
	loc, err := qt.find(id)
	if err != nil {
		return "", err
	}
	to, err := qt.destination(loc, r.To)
	if err != nil {
		return name, err
	}
	var oldest []*located
	_, size, err := payloadHead(loc.data)
	if err != nil {
		return name, damage("message %s: %v", id, err)
	}
	if wasLive := loc.area != qt.s.dead; r.Into != engine.Dead && (to != qt || !wasLive) {
		if oldest, err = to.room(1, int64(size), 0); err != nil {
			return name, err
		}
	}
	rec, err := qt.takeOut(loc)
	if err != nil {
		return name, err
	}
	to.dropOldest(oldest)
	if rec.state != engine.Dead && r.Into == engine.Dead {
		qt.s.totals.Dead++
		qt.tally.dead++
	}
	to.receiveMoved(rec, loc, r)
	return to.q.name, nil
}

func (qt *queueTx) destination(loc *located, name string) (*queueTx, error) {
	if name == "" && loc.rec != nil && loc.rec.state == engine.Dead && loc.rec.death != nil {
		name = loc.rec.death.Origin
	}
	if name == "" || name == qt.q.name {
		return qt, nil
	}
	return qt.t.find(name)
}

// receiveMoved takes in a message that an operator moved here.
func (qt *queueTx) receiveMoved(rec *record, loc *located, r *engine.MoveRequest) {
	wasDead, tries := rec.state == engine.Dead, rec.tries
	if !r.KeepTries {
		rec.tries = 0
	}
	if r.Into == engine.Dead {
		if rec.death == nil {
			rec.death = &engine.Death{
				Origin: r.Queue, Reason: engine.ByOperator, Cause: "moved to the dead letters by an operator",
				At: qt.t.now, Tries: tries,
			}
		}
		rec.enteredAt = qt.t.at
		qt.admitDead(rec, loc.area)
		return
	}
	if wasDead {
		rec.requeues++
	}
	rec.enteredAt = qt.t.at
	qt.admitReady(rec, loc.group, qt.t.at, loc.area)
}

// Edit implements engine.Operator.
func (e *Engine) Edit(ctx context.Context, r engine.EditRequest) (id engine.ID, entry engine.TrashEntry, err error) {
	if err = ctx.Err(); err == nil {
		err = checkOutgoing(&r.Replacement)
	}
	if err == nil {
		err = e.write(func(t *tx) (err error) {
			id, entry, err = t.edit(&r)
			return err
		})
	}
	if err != nil {
		return "", engine.TrashEntry{}, &engine.Error{Op: "edit in", Queue: r.Queue, ID: r.ID, Err: err}
	}
	return id, entry, nil
}

func (t *tx) edit(r *engine.EditRequest) (engine.ID, engine.TrashEntry, error) {
	none := engine.TrashEntry{}
	qt, err := t.find(r.Queue)
	if err != nil {
		return "", none, err
	}
	loc, err := qt.find(r.ID)
	if err != nil {
		return "", none, err
	}
	to, err := qt.destination(loc, r.To)
	if err != nil {
		return "", none, err
	}
	size := len(r.Replacement.Body)
	count, more, stays := int64(1), int64(size), uint64(0)
	if to == qt && loc.area != qt.s.dead { // it takes the place of the original
		_, before, _ := payloadHead(loc.data)
		count, more, stays = 0, int64(size-before), loc.id
	}
	oldest, err := to.room(count, more, stays)
	if err != nil {
		return "", none, err
	}
	original, err := qt.takeOut(loc)
	if err != nil {
		return "", none, err
	}
	info := &trashInfo{What: engine.TrashEdit, Queue: r.Queue, Count: 1, Chosen: area(t.newNumber())}
	original.home = original.state
	qt.putRecord(info.Chosen, original, loc.area)
	entry := t.putTrash(info)

	to.dropOldest(oldest)
	m := &r.Replacement
	rec := &record{
		id: t.e.writer.takeIDs(1), publishedAt: t.at, enteredAt: t.at, editedFrom: loc.id,
		payload: appendPayload(nil, m), size: size,
	}
	to.countPublished(size)
	to.s.bytes -= int64(size) // admitting counts it
	delay := m.Delay
	if delay == 0 {
		delay = to.policy.Delay
	}
	if delay > 0 {
		to.admitDelayed(rec, t.at+int64(delay), 0)
	} else {
		to.admitReady(rec, m.Group, t.at, 0)
	}
	return formatID(rec.id), entry, nil
}

// Delete implements engine.Operator.
func (e *Engine) Delete(ctx context.Context, name string, ids ...engine.ID) (entry engine.TrashEntry, outcomes []engine.Outcome, err error) {
	if err = ctx.Err(); err == nil {
		err = e.revoke(func(t *tx) error {
			entry, outcomes = engine.TrashEntry{}, make([]engine.Outcome, len(ids))
			qt, err := t.find(name)
			if err != nil {
				return err
			}
			info := &trashInfo{What: engine.TrashMessages, Queue: name}
			for i, id := range ids {
				err := qt.trash(id, info)
				outcomes[i] = engine.Outcome{ID: id, Err: err}
				if err != nil && !errors.Is(err, engine.ErrMessageNotFound) {
					outcomes[i].Queue = name
				}
			}
			if info.Count > 0 {
				entry = t.putTrash(info)
			}
			return nil
		})
	}
	return entry, outcomes, wrapQueue(err, "delete from", name)
}

// trash puts one message into an entry of the trash, even if it is in flight.
func (qt *queueTx) trash(id engine.ID, info *trashInfo) error {
	loc, err := qt.find(id)
	if err != nil {
		return err
	}
	rec, err := qt.takeOut(loc)
	if errors.Is(err, engine.ErrInFlight) {
		rec, err = qt.takeFromConsumer(loc.id)
	}
	if err != nil {
		return err
	}
	if info.Chosen == 0 {
		info.Chosen = area(qt.t.newNumber())
	}
	if rec.home = rec.state; rec.home == engine.InFlight {
		rec.home = engine.Ready
	}
	qt.putRecord(info.Chosen, rec, loc.area)
	info.Count++
	return nil
}

// takeFromConsumer takes a message that is in flight; its lease is lost.
func (qt *queueTx) takeFromConsumer(id uint64) (*record, error) {
	q := qt.q
	q.mu.Lock()
	l := q.leases[id]
	if l == nil || l.settling { // it is ready by now, or damaged
		q.mu.Unlock()
		return nil, engine.ErrInFlight
	}
	qt.claimLocked(l)
	q.mu.Unlock()
	rec, err := qt.takeLeased(l, true)
	if err != nil {
		return nil, qt.t.fail(err)
	}
	if l.doom == "" || l.doom == doomReturned {
		rec.tries--
	}
	qt.end(l, taken, false)
	return rec, nil
}
