package operation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"nixie/engine"
)

// PlanUndo plans to take a job back, as far as that is still possible.
// Errors: ErrJobNotFound, ErrNotNow (still under way, undone already, or
// cannot be taken back), ErrNothing (nothing of it is left to take back).
func (m *Manager) PlanUndo(ctx context.Context, id int) (*Plan, error) {
	u, err := m.newUndo(id)
	if err != nil {
		return nil, err
	}
	switch u.begin.Request.Verb {
	case Requeue, Move:
		err = u.moves(ctx)
	case Delete, Purge, DeleteQueue:
		err = u.restores(ctx)
	case Edit:
		err = u.edits(ctx)
	case Pause, Resume, Configure, CreateQueue, Bind, Unbind:
		err = u.queue(ctx)
	case Publish:
		err = fmt.Errorf("%w: what was published is not taken back; delete it", ErrNotNow)
	default:
		err = fmt.Errorf("%w: an undo is not undone; do it again instead", ErrNotNow)
	}
	if err != nil {
		return nil, err
	}
	return u.finish(ctx)
}

// undo collects what takes a job back.
type undo struct {
	*Manager
	begin    *beginning
	sets     []set
	outcomes []*outcome

	plan       *Plan
	index      map[string]int // of the plan's sets
	impossible map[string]int64
}

func (m *Manager) newUndo(id int) (*undo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.jobs[id]
	switch {
	case j == nil:
		return nil, ErrJobNotFound
	case !j.state.Over():
		return nil, fmt.Errorf("%w: job %d is %s", ErrNotNow, id, j.state)
	case j.undoneBy != 0:
		return nil, fmt.Errorf("%w: job %d undid it already", ErrNotNow, j.undoneBy)
	}
	sets, err := m.loadSets(j)
	if err != nil {
		return nil, err
	}
	return &undo{
		Manager: m, begin: j.begin, sets: sets, outcomes: j.outcomes, index: map[string]int{}, impossible: map[string]int64{},
		plan: &Plan{Request: Request{Verb: Undo, Undoes: id}, At: time.Now(), Of: j.tally.Done, undone: j.begin.Title},
	}, nil
}

// each calls the function for each unit that was done.
func (u *undo) each(do func(s *set, i int64, o *outcome, k int64) error) error {
	for _, o := range u.outcomes {
		for unit := o.From; unit < o.To; unit++ {
			if fate, _ := o.fate(unit); fate != FateDone {
				continue
			}
			s, i := locate(u.sets, unit)
			if err := do(s, i, o, unit-o.From); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *undo) cannot(n int64, why string) { u.impossible[why] += n }

// add puts a unit into the plan's set of its kind.
func (u *undo) add(kind set, id engine.ID, weight int64) *set {
	key := fmt.Sprint(kind.Op, "\x00", kind.Queue, "\x00", kind.To, "\x00", kind.Into, "\x00", kind.State)
	at, ok := u.index[key]
	if !ok {
		at = len(u.plan.sets)
		u.index[key] = at
		u.plan.sets = append(u.plan.sets, kind)
	}
	s := &u.plan.sets[at]
	s.N++
	s.IDs = append(s.IDs, id)
	if weight != 1 || s.Weights != nil {
		for int64(len(s.Weights)) < s.N-1 {
			s.Weights = append(s.Weights, 1)
		}
		s.Weights = append(s.Weights, weight)
	}
	return s
}

// moves takes messages back to where they were.
func (u *undo) moves(ctx context.Context) error {
	return u.each(func(s *set, i int64, o *outcome, k int64) error {
		id, dest := s.id(i), o.dest(k)
		msg, err := u.engine.Message(ctx, dest, id)
		switch {
		case errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound):
			u.cannot(1, "already consumed")
		case err != nil:
			return err
		case msg.State == engine.InFlight:
			u.cannot(1, "in flight now")
		case msg.State == engine.Dead && s.State == engine.Dead && dest == s.Queue:
			u.cannot(1, "died again, and back already")
		default:
			back := set{Op: opMove, Queue: dest, To: s.Queue, Into: engine.Ready, KeepTries: true, State: engine.Ready}
			if s.State == engine.Dead {
				back.Into = engine.Dead
			}
			if msg.State == engine.Dead {
				back.State = engine.Dead
			}
			u.add(back, id, 1)
		}
		return nil
	})
}

// restores takes entries out of the trash.
func (u *undo) restores(ctx context.Context) error {
	kept, err := u.kept(ctx)
	if err != nil {
		return err
	}
	for _, o := range u.outcomes {
		n := o.Counts[0]
		if n == 0 && o.Trash == "" {
			continue
		}
		if _, ok := kept[o.Trash]; !ok {
			u.cannot(n, "no longer in the trash")
			continue
		}
		s, _ := locate(u.sets, o.From)
		back := set{Op: opRestore, Queue: s.Queue}
		if s.State == engine.Dead || s.Area == engine.DeadArea {
			back.Into = engine.Dead
		}
		u.add(back, engine.ID(o.Trash), max(n, 1))
	}
	return nil
}

func (u *undo) kept(ctx context.Context) (map[string]engine.TrashEntry, error) {
	entries, err := u.engine.Trash(ctx)
	kept := map[string]engine.TrashEntry{}
	for _, e := range entries {
		kept[e.ID] = e
	}
	return kept, err
}

// edits puts originals back and takes their replacements away.
func (u *undo) edits(ctx context.Context) error {
	kept, err := u.kept(ctx)
	if err != nil {
		return err
	}
	return u.each(func(s *set, _ int64, o *outcome, k int64) error {
		if _, ok := kept[o.Trash]; !ok {
			u.cannot(1, "no longer in the trash")
			return nil
		}
		replacement, err := u.engine.Message(ctx, o.dest(k), o.NewID)
		gone := errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound)
		switch {
		case err != nil && !gone:
			return err
		case err == nil && replacement.State == engine.InFlight:
			u.cannot(1, "in flight now")
			return nil
		case gone && s.State != engine.Dead:
			u.cannot(1, "the replacement is consumed already")
			return nil
		case gone:
			u.plan.warn("the replacement is consumed already; the original becomes a dead letter again")
		}
		back := u.add(set{Op: opUnedit, Queue: s.Queue, Into: s.State}, engine.ID(o.Trash), 1)
		back.Refs = append(back.Refs, Ref{o.dest(k), o.NewID})
		return nil
	})
}

// queue gives a queue back what it had before.
func (u *undo) queue(ctx context.Context) error {
	o, s := u.outcomes, u.sets[0]
	if len(o) == 0 || o[0].Counts[0] == 0 {
		return ErrNothing
	}
	info, err := u.engine.Queue(ctx, s.Queue)
	if errors.Is(err, engine.ErrQueueNotFound) {
		u.cannot(1, "the queue no longer exists")
		return nil
	}
	if err != nil {
		return err
	}
	back := set{Queue: s.Queue, N: 1}
	switch s.Op {
	case opPause:
		back.Op, back.Paused = opPause, o[0].Paused
	case opConfigure:
		back.Op, back.Policy = opConfigure, o[0].Policy
		u.plan.Changes = policyChanges(info.Policy, *o[0].Policy)
	case opBind, opUnbind:
		back.Topic, back.Pattern = s.Topic, s.Pattern
		if back.Op = opBind; s.Op == opBind {
			back.Op = opUnbind
		}
		u.plan.Changes = []string{bindingChange(back)}
	case opCreate:
		back.Op = opDeleteQueue
		if n := info.Depth() + info.Dead; n > 0 {
			u.plan.warn("%s holds %s: all go to the trash with it", s.Queue, plural(n, "message"))
			u.plan.Confirm = s.Queue
		}
	}
	u.plan.Queue = s.Queue
	u.plan.sets = append(u.plan.sets, back)
	return nil
}

// finish counts what the plan is about.
func (u *undo) finish(ctx context.Context) (*Plan, error) {
	p := u.plan
	p.Impossible = counts(u.impossible)
	_, p.Total = units(p.sets)
	if len(p.sets) == 0 {
		if len(p.Impossible) == 0 {
			return nil, ErrNothing
		}
		return nil, fmt.Errorf("%w: %s %s", ErrNothing, number(p.Impossible[0].N), p.Impossible[0].Name)
	}
	if p.Queue != "" {
		return p, nil // it is about the queue, not about messages
	}
	if err := u.lookAhead(ctx); err != nil {
		return nil, err
	}
	if p.Confirm == "" && p.Total > confirmAbove {
		p.Confirm = strconv.FormatInt(p.Total, 10)
	}
	return p, nil
}

// lookAhead sees how it stands with the queues that the messages go back to.
func (u *undo) lookAhead(ctx context.Context) error {
	p := u.plan
	arriving := map[string]int64{}
	for i := range p.sets {
		s := &p.sets[i]
		name := cmp.Or(s.To, s.Queue)
		if s.Into == engine.Dead {
			name = engine.DeadName(name)
		}
		_, n := units(p.sets[i : i+1])
		arriving[name] += n
	}
	for _, a := range counts(arriving) {
		name, dead := engine.SplitDead(a.Name)
		d := Destination{Queue: name, N: a.N, Dead: dead}
		info, err := u.engine.Queue(ctx, name)
		switch {
		case errors.Is(err, engine.ErrQueueNotFound):
			d.Missing = p.sets[0].Op != opRestore || u.begin.Request.Verb != DeleteQueue
			if d.Missing {
				p.warn("%s no longer exists: %s will be refused", name, number(a.N))
			}
		case err != nil:
			return err
		default:
			d.Ready, d.Paused, d.Consumers, d.Ordered = info.Ready, info.Paused, info.Consumers, info.Policy.Ordered
		}
		p.Destinations = append(p.Destinations, d)
	}
	return nil
}

// Items returns messages of a job with that fate, in their order: at most
// limit (0: all), from the offset on. Work on whole queues has none. Errors:
// ErrJobNotFound; that the ids are no longer kept.
func (m *Manager) Items(id int, fate Fate, offset, limit int) ([]Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.jobs[id]
	if j == nil {
		return nil, ErrJobNotFound
	}
	sets, err := m.loadSets(j)
	if err != nil {
		return nil, err
	}
	var items []Item
	take := func(item Item) bool {
		if offset > 0 {
			offset--
			return true
		}
		items = append(items, item)
		return limit == 0 || len(items) < limit
	}
	for _, o := range j.outcomes {
		for unit := o.From; unit < o.To; unit++ {
			became, why := o.fate(unit)
			if became != fate {
				continue
			}
			s, i := locate(sets, unit)
			if !take(Item{Ref: Ref{s.Queue, s.id(i)}, Fate: became, To: o.dest(unit - o.From), Error: why}) {
				return items, nil
			}
		}
	}
	if fate != FateLeft {
		return items, nil
	}
	for unit := j.next; unit < j.total(); unit++ {
		s, i := locate(sets, unit)
		if !take(Item{Ref: Ref{s.Queue, s.id(i)}, Fate: FateLeft}) {
			break
		}
	}
	return items, nil
}
