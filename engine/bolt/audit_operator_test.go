package bolt_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

// auditOperator does with some queues, under their clients, what operators do.
type auditOperator struct {
	number   int
	random   *rand.Rand
	desks    []string
	discards bool // now and then; of what was discarded less is known
	named    int
}

func (o *auditOperator) work(ctx context.Context, s *audit.Session, e *bolt.Engine) error {
	queue := oneOf(o.random, o.desks)
	switch o.random.IntN(16) {
	case 0:
		return s.SetPaused(ctx, o.number, queue, true)
	case 1, 2:
		return s.SetPaused(ctx, o.number, queue, false)
	case 3:
		return o.configure(ctx, s)
	case 4:
		return s.Purge(ctx, o.number, queue, oneOf(o.random, []engine.Area{engine.LiveArea, engine.DeadArea}))
	case 5:
		if o.random.IntN(4) == 0 && queue != "morgue" {
			return s.DeleteQueue(ctx, o.number, queue)
		}
		return o.restore(ctx, s, e)
	case 6, 7, 8:
		return o.restore(ctx, s, e)
	}
	ids, err := o.choose(ctx, e, queue)
	if err != nil || len(ids) == 0 {
		return err
	}
	switch o.random.IntN(6) {
	case 0:
		return o.edit(ctx, s, queue, ids[0])
	case 1, 2:
		return s.Delete(ctx, o.number, queue, ids...)
	}
	return s.Move(ctx, o.number, engine.MoveRequest{
		Queue: queue, IDs: ids, To: oneOf(o.random, auditDesks[queue]),
		Into:      oneOf(o.random, []engine.State{engine.Ready, engine.Ready, engine.Dead}),
		KeepTries: o.random.IntN(2) == 0,
	})
}

func oneOf[T any](random *rand.Rand, all []T) T { return all[random.IntN(len(all))] }

// choose takes some messages of any state.
func (o *auditOperator) choose(ctx context.Context, e *bolt.Engine, queue string) (ids []engine.ID, err error) {
	page, err := e.List(ctx, queue, engine.ListOptions{
		State: oneOf(o.random, engine.States()), Limit: 1 + o.random.IntN(6), BodyLimit: -1, Backward: o.random.IntN(2) == 0,
	})
	for _, m := range page.Messages {
		ids = append(ids, m.ID)
	}
	return ids, err
}

// edit replaces a message.
func (o *auditOperator) edit(ctx context.Context, s *audit.Session, queue string, id engine.ID) error {
	o.named++
	name := fmt.Sprintf("%d-%d-%d", os.Getpid(), o.number, o.named)
	m := engine.Outgoing{Body: crashBody(name), Group: strconv.Itoa(o.random.IntN(6))}
	if o.random.IntN(4) == 0 {
		m.Delay = time.Duration(1+o.random.IntN(30)) * time.Millisecond
	}
	return s.Edit(ctx, o.number, queue, id, name, m)
}

// configure changes how often messages of a queue are tried, where its dead
// letters go, and whether it is ordered.
func (o *auditOperator) configure(ctx context.Context, s *audit.Session) error {
	queue := oneOf(o.random, []string{"desk", "file"})
	policy := auditQueues[queue]
	policy.MaxTries = 2 + o.random.IntN(2)
	if queue == "file" { // the other one shows the order of all
		policy.Ordered = o.random.IntN(2) == 0
	}
	policy.DeadLetter = oneOf(o.random, []string{engine.OwnDeadLetters, engine.NoDeadLetters, "morgue"})
	return s.Configure(ctx, o.number, queue, policy)
}

// restore puts one entry of the trash back, or discards it.
func (o *auditOperator) restore(ctx context.Context, s *audit.Session, e *bolt.Engine) error {
	entries, err := e.Trash(ctx)
	if err != nil || len(entries) == 0 {
		return err
	}
	entry := oneOf(o.random, entries)
	// A queue is needed in the end, and what a queue does not keep is added to its
	// entry for long.
	if o.discards && entry.What != engine.TrashQueue && entry.What != engine.TrashNoDead && o.random.IntN(3) == 0 {
		return s.Discard(ctx, o.number, entry)
	}
	return s.Restore(ctx, o.number, entry)
}
