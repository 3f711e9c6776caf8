package bolt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"nixie/engine"
)

// act is an operation in a scene, and says how it ended.
type act struct {
	name  string
	do    func(s *scene) string
	takes time.Duration // before it is called for
}

func outcome(err error) string {
	if err == nil {
		return "done"
	}
	var e *engine.Error
	if errors.As(err, &e) {
		err = e.Err // without the ids, which may differ
	}
	return err.Error()
}

func outcomes(all []engine.Outcome, err error) string {
	if err != nil {
		return outcome(err)
	}
	text := ""
	for _, o := range all {
		text += fmt.Sprintf("(%s %v)", o.Queue, o.Err)
	}
	return text
}

var acts = slices.Concat(
	[]act{
		publishing("jobs", message("n1", "", 0), message("n2", "g", 0)),
		publishing("jobs", message("nd", "", long)),
		publishing("jobs", engine.Outgoing{Body: []byte("nu"), DedupID: "u", Group: "h"}),
		publishing("other", message("no", "", 0)),
		{name: "publish to the topic", do: func(s *scene) string {
			queues, err := s.e.PublishTopic(s.t.Context(), "topic", "jobs.new", message("nt", "", 0))
			return fmt.Sprint(queues, outcome(err))
		}},
		acking("l1"), acking("l2"), acking("g1"), acking("rec2"), acking("x1"),
		acking("l1", "l2"),
		nacking("l1", "to wait", engine.Failure{Delay: 7 * long}),
		nacking("l2", "at once", engine.Failure{Delay: -1}),
		nacking("l2", "for good", engine.Failure{Reject: true}),
		nacking("g1", "to wait", engine.Failure{Delay: 8 * long}),
		nacking("g1", "at once", engine.Failure{Delay: -1}),
		nacking("g1", "for good", engine.Failure{Reject: true}),
		nacking("rec2", "at once", engine.Failure{Delay: -1}),
		nacking("rec2", "to wait", engine.Failure{Delay: 7 * long}),
		releasing("l1", 0), releasing("l2", 0), releasing("g1", 0), releasing("rec2", 0),
		releasing("l1", 9*long), releasing("g1", 9*long),
	},
	moving("r1", "l1", "g1", "g2", "h1", "rec1", "rec2", "d1", "d2", "dead1", "n2", "nd", "p3", "c1"),
	editing("r1", "l2", "g2", "h1", "rec1", "d1", "dead1", "n1"),
	deleting("r1", "l1", "l2", "g1", "g2", "h1", "rec1", "rec2", "d1", "d2", "dead1", "n1", "n2", "p2", "p3", "p4", "c1"),
	[]act{
		{name: "move many", do: func(s *scene) string {
			return outcomes(s.e.Move(s.t.Context(), engine.MoveRequest{Queue: "jobs", IDs: s.named("r1", "g2", "d1", "dead1", "l1", "h1"), KeepTries: true, To: "other"}))
		}},
		{name: "bury r1", do: func(s *scene) string {
			return outcomes(s.e.Move(s.t.Context(), engine.MoveRequest{Queue: "jobs", IDs: s.named("r1", "h1", "rec1"), Into: engine.Dead}))
		}},
		{name: "move from other", do: func(s *scene) string {
			return outcomes(s.e.Move(s.t.Context(), engine.MoveRequest{Queue: "other", IDs: s.named("o1", "o2"), To: "jobs"}))
		}},
		{name: "move dead1 to other", do: func(s *scene) string {
			return outcomes(s.e.Move(s.t.Context(), engine.MoveRequest{Queue: "jobs", IDs: s.named("dead1"), To: "other"}))
		}},
		{name: "delete all ready", do: func(s *scene) string {
			_, all, err := s.e.Delete(s.t.Context(), "jobs", s.named("r1", "r2", "rec1", "g2", "h2")...)
			return outcomes(all, err)
		}},
		purging("jobs", engine.LiveArea), purging("jobs", engine.DeadArea), purging("other", engine.LiveArea),
		{name: "delete jobs", do: func(s *scene) string {
			entry, err := s.e.DeleteQueue(s.t.Context(), "jobs")
			return fmt.Sprint(entry.Count, outcome(err))
		}},
		{name: "delete other", do: func(s *scene) string {
			entry, err := s.e.DeleteQueue(s.t.Context(), "other")
			return fmt.Sprint(entry.Count, outcome(err))
		}},
		{name: "create jobs", do: func(s *scene) string {
			return outcome(s.e.CreateQueue(s.t.Context(), "jobs", engine.Policy{VisibilityTimeout: long}))
		}},
		{name: "create gone", do: func(s *scene) string {
			return outcome(s.e.CreateQueue(s.t.Context(), "gone", engine.Policy{VisibilityTimeout: long, DeadLetter: "jobs"}))
		}},
		restoring(engine.TrashQueue), restoring(engine.TrashPurge), restoring(engine.TrashMessages), restoring(engine.TrashDead),
		discarding(engine.TrashQueue), discarding(engine.TrashPurge), discarding(engine.TrashMessages), discarding(engine.TrashDead),
		configuring("ordered", func(p *engine.Policy) { p.Ordered = true }),
		configuring("not ordered", func(p *engine.Policy) { p.Ordered = false }),
		configuring("bounded", func(p *engine.Policy) { p.MaxDepth, p.Overflow = 5, engine.DropOldest }),
		configuring("full", func(p *engine.Policy) { p.MaxDepth, p.Overflow = 5, engine.RejectNew }),
		configuring("not bounded", func(p *engine.Policy) { p.MaxDepth = 0 }),
		configuring("keeping dead letters", func(p *engine.Policy) { p.DeadLetter = "" }),
		configuring("dropping dead letters", func(p *engine.Policy) { p.DeadLetter = "-" }),
		configuring("burying elsewhere", func(p *engine.Policy) { p.DeadLetter = "other" }),
		configuring("with a TTL", func(p *engine.Policy) { p.TTL = 5 * time.Millisecond }),
		configuring("delaying", func(p *engine.Policy) { p.Delay = long }),
		configuring("relaxed", func(p *engine.Policy) { p.Durability = engine.Relaxed }),
		{name: "extend x1", do: func(s *scene) string {
			_, err := s.e.Extend(s.t.Context(), s.receipts["x1"], long)
			return outcome(err)
		}},
		{name: "pause", do: func(s *scene) string { return outcome(s.e.SetPaused(s.t.Context(), "jobs", true)) }},
		{name: "bind", do: func(s *scene) string {
			return outcome(s.e.Bind(s.t.Context(), "topic", engine.Binding{Queue: "other", Pattern: "jobs.*"}))
		}},
		{name: "unbind", do: func(s *scene) string {
			return outcome(s.e.Unbind(s.t.Context(), "topic", engine.Binding{Queue: "jobs", Pattern: "jobs.#"}))
		}},
		{name: "time", takes: shortly, do: func(s *scene) string { return "passed" }},
	},
)

// named returns the ids of messages; those of unknown ones are none.
func (s *scene) named(names ...string) []engine.ID {
	out := make([]engine.ID, len(names))
	for i, name := range names {
		if out[i] = s.ids[name]; out[i] == "" {
			out[i] = "none"
		}
	}
	return out
}

func publishing(queue string, messages ...engine.Outgoing) act {
	return act{name: "publish " + string(messages[0].Body), do: func(s *scene) string {
		return outcome(s.publish(queue, messages...))
	}}
}

func acking(names ...string) act {
	return act{name: "ack " + fmt.Sprint(names), do: func(s *scene) string {
		var receipts []engine.Receipt
		for _, name := range names {
			receipts = append(receipts, s.receipts[name])
		}
		err := s.e.Ack(s.t.Context(), receipts...)
		if err != nil && !errors.Is(err, engine.ErrLeaseLost) {
			return err.Error()
		}
		return fmt.Sprint("lost: ", err != nil)
	}}
}

func nacking(name, how string, f engine.Failure) act {
	return act{name: "nack " + name + " " + how, do: func(s *scene) string {
		return outcome(s.e.Nack(s.t.Context(), s.receipts[name], f))
	}}
}

func releasing(name string, delay time.Duration) act {
	late := ""
	if delay > 0 {
		late = " late"
	}
	return act{name: "release " + name + late, do: func(s *scene) string {
		return outcome(s.e.Release(s.t.Context(), s.receipts[name], delay))
	}}
}

func moving(names ...string) (all []act) {
	for _, name := range names {
		all = append(all, act{name: "move " + name, do: func(s *scene) string {
			return outcomes(s.e.Move(s.t.Context(), engine.MoveRequest{Queue: "jobs", IDs: s.named(name)}))
		}})
	}
	return all
}

func editing(names ...string) (all []act) {
	for _, name := range names {
		all = append(all, act{name: "edit " + name, do: func(s *scene) string {
			_, _, err := s.e.Edit(s.t.Context(), engine.EditRequest{Queue: "jobs", ID: s.named(name)[0], Replacement: message("e"+name, "g", 0)})
			return outcome(err)
		}})
	}
	return all
}

func deleting(names ...string) (all []act) {
	for _, name := range names {
		all = append(all, act{name: "delete " + name, do: func(s *scene) string {
			_, all, err := s.e.Delete(s.t.Context(), "jobs", s.named(name)...)
			return outcomes(all, err)
		}})
	}
	return all
}

func purging(queue string, part engine.Area) act {
	return act{name: fmt.Sprint("purge ", queue, " ", part), do: func(s *scene) string {
		entry, err := s.e.Purge(s.t.Context(), queue, part)
		return fmt.Sprint(entry.Count, outcome(err))
	}}
}

func restoring(what engine.TrashKind) act {
	return act{name: "restore " + string(what), do: func(s *scene) string {
		n, err := s.e.Restore(s.t.Context(), s.trash[what])
		return fmt.Sprint(n, outcome(err))
	}}
}

func discarding(what engine.TrashKind) act {
	return act{name: "discard " + string(what), do: func(s *scene) string {
		return outcome(s.e.Discard(s.t.Context(), s.trash[what]))
	}}
}

func configuring(how string, change func(*engine.Policy)) act {
	return act{name: "configure " + how, do: func(s *scene) string {
		policy := s.policy
		change(&policy)
		old, err := s.e.Configure(s.t.Context(), "jobs", policy)
		return fmt.Sprint(old, outcome(err))
	}}
}
