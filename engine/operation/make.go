package operation

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"nixie/engine"
)

// confirmAbove is the number of messages above which it must be typed.
const confirmAbove = 100

// Plan resolves a request to a plan. Nothing is changed. Errors: ErrNothing,
// ErrJobNotFound, ErrNotNow, *FilterError, *TemplateError, those of the engine.
func (m *Manager) Plan(ctx context.Context, request Request) (*Plan, error) {
	if err := request.Pace.Validate(); err != nil {
		return nil, err
	}
	p := &Plan{Request: request, At: time.Now()}
	var err error
	switch request.Verb {
	case Requeue, Move, Delete, Edit:
		err = m.planMessages(ctx, p)
	case Purge, DeleteQueue, Pause, Resume, Configure, CreateQueue:
		err = m.planQueue(ctx, p)
	case Bind, Unbind:
		err = m.planBinding(ctx, p)
	case Publish:
		err = m.planPublish(ctx, p)
	case Undo:
		return m.PlanUndo(ctx, request.Undoes)
	default:
		err = fmt.Errorf("there is no verb %q", request.Verb)
	}
	if err != nil {
		return nil, err
	}
	if p.Confirm == "" && p.Total > confirmAbove && p.Verb != Publish {
		p.Confirm = strconv.FormatInt(p.Total, 10)
	}
	p.Command = command(p)
	return p, nil
}

// planMessages plans what is done to chosen messages.
func (m *Manager) planMessages(ctx context.Context, p *Plan) error {
	if p.Verb == Move && p.To == "" {
		return fmt.Errorf("%w: it is not said where to move", engine.ErrInvalid)
	}
	if p.Verb == Edit && len(p.Select.Refs) != 1 {
		return fmt.Errorf("%w: one message is edited at a time", engine.ErrInvalid)
	}
	if p.Select.State == "" {
		p.Select.State = engine.Dead
	}
	c, err := m.choose(ctx, p.Select)
	if err != nil {
		return err
	}
	p.Total, p.Of, p.Capped, p.Groups = c.total(), c.of, c.capped, len(c.groups)
	p.States, p.Origins = counts(c.states), counts(c.origins)
	for _, name := range c.names() {
		q := c.queues[name]
		p.Sources = append(p.Sources, Count{name, int64(len(q.ids))})
		p.sets = append(p.sets, messageSet(p, name, q))
	}
	if p.Verb == Edit {
		p.Changes = editChanges(c.queues[p.Sources[0].Name].last, p.Replacement)
	}
	if err := m.lookAhead(ctx, p, c); err != nil {
		return err
	}
	p.Warnings = append(p.Warnings, m.warnings(p, c)...)
	return nil
}

func messageSet(p *Plan, queue string, q *chosen) set {
	s := set{Queue: queue, State: q.state(), N: int64(len(q.ids)), IDs: q.ids}
	switch p.Verb {
	case Delete:
		s.Op = opDelete
	case Edit:
		s.Op, s.To = opEdit, p.To
	default:
		s.Op, s.To = opMove, p.To
	}
	return s
}

// lookAhead sees how it stands with the queues that the messages go to.
func (m *Manager) lookAhead(ctx context.Context, p *Plan, c *chooser) error {
	if p.Verb == Delete {
		return nil
	}
	arriving := map[string]int64{}
	switch {
	case p.To != "":
		arriving[p.To] = p.Total
	default:
		var dead int64
		for name, n := range c.origins {
			arriving[name] += n
			dead += n
		}
		for name, q := range c.queues { // live ones stay in their queue
			if n := int64(len(q.ids)) - q.states[engine.Dead]; n > 0 {
				arriving[name] += n
			}
		}
	}
	for _, a := range counts(arriving) {
		info, err := m.engine.Queue(ctx, a.Name)
		d := Destination{Queue: a.Name, N: a.N}
		switch {
		case errors.Is(err, engine.ErrQueueNotFound):
			d.Missing = true
		case err != nil:
			return err
		default:
			d.Ready, d.Paused, d.Consumers, d.Ordered = info.Ready, info.Paused, info.Consumers, info.Policy.Ordered
			if room := info.Policy.MaxDepth - info.Depth(); info.Policy.MaxDepth > 0 && room < a.N {
				p.warn("%s takes %s more at most: it is bounded to %s", a.Name, number(max(room, 0)), number(info.Policy.MaxDepth))
			}
		}
		p.Destinations = append(p.Destinations, d)
	}
	if p.To != "" && p.Destinations[0].Missing {
		return &engine.Error{Op: string(p.Verb), Queue: p.To, Err: engine.ErrQueueNotFound}
	}
	return nil
}

func (p *Plan) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

// warnings are what to know about the messages before going on.
func (m *Manager) warnings(p *Plan, c *chooser) []string {
	w := Plan{}
	if c.capped {
		w.warn("only the first %s were searched", number(maxChosen))
	}
	if gone := int64(len(c.selection.Refs)) - p.Total; c.selection.Refs != nil && gone > 0 && c.of > p.Total {
		w.warn("of the %s chosen, %s no longer there", number(c.of), are(c.of-p.Total))
	}
	for _, d := range p.Destinations {
		switch {
		case d.Missing:
			w.warn("%s no longer exists: %s will be refused; move instead", d.Queue, number(d.N))
		case d.Paused:
			w.warn("%s is paused: what comes will wait there", d.Queue)
		case d.Consumers == 0 && !p.Attended:
			w.warn("%s has no consumers: what comes will wait there", d.Queue)
		}
	}
	if p.Verb == Requeue || p.Verb == Move {
		m.warnOfReturn(&w, p, c)
	}
	switch {
	case c.inFlight == 0:
	case p.Verb == Delete:
		w.warn("%s in flight: consumers lose the lease", are(c.inFlight))
	default:
		w.warn("%s in flight and will be refused", are(c.inFlight))
	}
	if (p.Verb == Delete || p.Verb == Edit) && !m.engine.Capabilities().Trash {
		w.warn("this engine has no trash: it cannot be taken back")
	}
	return w.Warnings
}

// warnOfReturn tells what became of those that were requeued before.
func (m *Manager) warnOfReturn(w, p *Plan, c *chooser) {
	if c.again > 0 {
		w.warn("of these, %s came back after an earlier requeue", number(c.again))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var sum back
	for key := range c.causes {
		if n := m.causes[key]; n != nil {
			sum.Requeued += n.back.Requeued
			sum.CameBack += n.back.CameBack
		}
	}
	if returned := sum.CameBack + c.again; sum.Requeued > 0 && returned > 0 {
		w.warn("of %s requeued so far with the same cause, %s came back", number(max(sum.Requeued, returned)), number(returned))
	}
}

// planQueue plans what is done to a queue.
func (m *Manager) planQueue(ctx context.Context, p *Plan) error {
	if p.Verb == CreateQueue {
		return m.planCreate(ctx, p)
	}
	info, err := m.engine.Queue(ctx, p.Queue)
	if err != nil {
		return err
	}
	p.Total, p.Of = 1, 1
	s := set{Queue: p.Queue, N: 1}
	switch p.Verb {
	case Purge:
		if p.Area == "" {
			p.Area = engine.LiveArea
		}
		s.Op, s.Area = opPurge, p.Area
		p.Total, p.Confirm = info.Depth(), p.Queue
		if p.Area == engine.DeadArea {
			p.Total = info.Dead
		}
		if p.Total == 0 {
			return ErrNothing
		}
		p.Of = p.Total
		if n := info.InFlight; n > 0 && p.Area == engine.LiveArea {
			p.warn("%s in flight: consumers lose the lease", are(n))
		}
	case DeleteQueue:
		s.Op = opDeleteQueue
		p.Total, p.Confirm = info.Depth()+info.Dead, p.Queue
		p.Of = p.Total
		if info.Consumers > 0 {
			p.warn("the %s of %s will get errors", plural(int64(info.Consumers), "consumer"), p.Queue)
		}
	case Pause, Resume:
		s.Op, s.Paused = opPause, p.Verb == Pause
		if info.Paused == s.Paused {
			return fmt.Errorf("%w: %s is %s already", ErrNotNow, p.Queue, map[bool]string{true: "paused", false: "delivering"}[info.Paused])
		}
	case Configure:
		s.Op, s.Policy = opConfigure, &p.Policy
		if err := m.checkPolicy(ctx, p.Policy); err != nil {
			return err
		}
		if p.Changes = policyChanges(info.Policy, p.Policy); len(p.Changes) == 0 {
			return ErrNothing
		}
	}
	p.Sources = []Count{{p.Queue, p.Total}}
	p.States = counts(map[string]int64{"ready": info.Ready, "in_flight": info.InFlight, "delayed": info.Delayed, "dead": info.Dead})
	if (p.Verb == Purge || p.Verb == DeleteQueue) && !m.engine.Capabilities().Trash {
		p.warn("this engine has no trash: it cannot be taken back")
	}
	p.sets = []set{s}
	return nil
}

func (m *Manager) planCreate(ctx context.Context, p *Plan) error {
	if err := engine.ValidateName(p.Queue); err != nil {
		return err
	}
	if err := m.checkPolicy(ctx, p.Policy); err != nil {
		return err
	}
	if _, err := m.engine.Queue(ctx, p.Queue); err == nil {
		return &engine.Error{Op: "create", Queue: p.Queue, Err: engine.ErrQueueExists}
	}
	p.Total, p.Of = 1, 1
	p.Changes = policyChanges(engine.DefaultPolicy(), p.Policy)
	p.sets = []set{{Op: opCreate, Queue: p.Queue, N: 1, Policy: &p.Policy}}
	return nil
}

// checkPolicy says what is wrong with a policy, and whether the queue that it
// names is there.
func (m *Manager) checkPolicy(ctx context.Context, p engine.Policy) error {
	if err := p.Validate(); err != nil || p.DeadLetter == engine.OwnDeadLetters || p.DeadLetter == engine.NoDeadLetters {
		return err
	}
	_, err := m.engine.Queue(ctx, p.DeadLetter)
	if errors.Is(err, engine.ErrQueueNotFound) {
		return fmt.Errorf("%w: the dead-letter queue %q does not exist", engine.ErrInvalid, p.DeadLetter)
	}
	return err
}

// backTo are the queues that messages of the plan may go to.
func (p *Plan) backTo() []string {
	if p.Verb == Delete || p.Verb == Undo {
		return nil
	}
	queues := make([]string, 0, len(p.Destinations))
	for _, d := range p.Destinations {
		queues = append(queues, d.Queue)
	}
	return queues
}
