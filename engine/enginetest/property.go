package enginetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

// Property plays random sequences of operations on an engine and on the model
// in lockstep, with time passing and the engine reopened in between, and
// compares each result, and after each step all that can be seen.
func Property(t *testing.T, h Harness) {
	rapid.Check(t, func(r *rapid.T) {
		policies := rapid.SliceOfN(policies(), 2, 2).Draw(r, "policies")
		// Slices of slices, as those of rapid are short by themselves.
		steps := rapid.SliceOfN(rapid.SliceOfN(steps(), 1, 50), 1, 50).Draw(r, "steps")
		var err error
		synctest.Test(t, func(t *testing.T) { err = play(t, h, policies, slices.Concat(steps...)) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

// duel is an engine and the model, with what is known of both.
type duel struct {
	t       *testing.T
	ctx     context.Context
	harness Harness
	start   time.Time
	deleted bool // a queue: what it did last may be missing from the history

	real  engine.Engine
	model *Model

	ids      map[engine.ID]engine.ID // of the engine, to those of the model
	taken    map[engine.ID]bool      // ids of the model in ids
	receipts []receipts              // all there ever were
	played   []string                // the steps, for the report
	diff     error                   // the first difference
}

// receipts prove the same delivery, on either side.
type receipts struct{ real, model engine.Receipt }

// play runs a sequence and returns the first difference.
func play(t *testing.T, h Harness, policies []engine.Policy, steps []step) (diff error) {
	d := &duel{
		t: t, ctx: t.Context(), harness: h, start: time.Now(),
		real: h.Open(t), model: NewModel(),
		ids: map[engine.ID]engine.ID{"": ""}, taken: map[engine.ID]bool{},
	}
	defer func() {
		for _, e := range []engine.Engine{d.real, d.model} {
			if err := e.Close(); err != nil {
				d.differ("close: %v", err)
			}
		}
		if diff = d.diff; diff != nil {
			diff = fmt.Errorf("%w\nafter\n  %s", diff, strings.Join(d.played, "\n  "))
		}
	}()
	for i, policy := range policies {
		d.create(queueNames[i], policy)
		d.played = append(d.played, fmt.Sprintf("queue %s %+v", queueNames[i], policy))
	}
	for _, s := range steps {
		d.played = append(d.played, s.String())
		actions[s.Do].do(d, s)
		synctest.Wait()
		d.compare()
		if d.diff != nil {
			return
		}
	}
	time.Sleep(time.Second) // the second under way need not be in the history
	synctest.Wait()
	d.compareHistory()
	if d.diff == nil && h.Check != nil {
		h.Check(t, d.real)
	}
	return
}

// differ notes a difference, unless there is one already.
func (d *duel) differ(format string, args ...any) {
	if d.diff == nil {
		d.diff = fmt.Errorf(format, args...)
	}
}

// same notes a difference between what the engine and the model say.
func (d *duel) same(what string, got, want any) {
	if g, w := reflect.ValueOf(got), reflect.ValueOf(want); g.Kind() == reflect.Slice && g.Len()+w.Len() == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		d.differ("%s:\n  engine: %+v\n   model: %+v", what, got, want)
	}
}

// kinds are the errors that may be told apart.
var kinds = []error{
	engine.ErrQueueNotFound, engine.ErrQueueExists, engine.ErrMessageNotFound, engine.ErrLeaseLost,
	engine.ErrQueueFull, engine.ErrInFlight, engine.ErrNoRoute, engine.ErrTrashNotFound, engine.ErrInvalid,
	engine.ErrTooLarge, engine.ErrNoSpace, engine.ErrDamaged, engine.ErrStopped, engine.ErrClosed,
	engine.ErrUnsupported,
}

// kind returns which error of the contract an error is.
func kind(err error) error {
	for _, k := range kinds {
		if errors.Is(err, k) {
			return k
		}
	}
	return err
}

// agree notes a difference between two errors, and reports whether both calls
// succeeded.
func (d *duel) agree(what string, got, want error) bool {
	if kind(got) != kind(want) {
		d.differ("%s:\n  engine: error %v\n   model: error %v", what, got, want)
	}
	return got == nil && want == nil
}

// pair notes that two ids mean the same message, or that they cannot.
func (d *duel) pair(what string, got, want engine.ID) {
	known, ok := d.ids[got]
	switch {
	case ok && known == want:
	case ok || d.taken[want]:
		d.differ("%s: the engine has message %s where the model has %s", what, got, want)
	default:
		d.ids[got] = want
		d.taken[want] = true
	}
}

// realID is the engine's id of one of the model's messages.
func (d *duel) realID(want engine.ID) engine.ID {
	for got, known := range d.ids {
		if known == want {
			return got
		}
	}
	return "999999999"
}

// compare notes a difference in what can be seen of both.
func (d *duel) compare() {
	got, err1 := d.real.Queues(d.ctx)
	want, err2 := d.model.Queues(d.ctx)
	if !d.agree("queues", err1, err2) {
		return
	}
	d.same("queues", describeInfos(got), describeInfos(want))
	for i, info := range want {
		if d.diff != nil {
			return
		}
		d.same("policy of "+info.Name, got[i].Policy, info.Policy)
		for _, state := range engine.States() {
			d.compareList(info.Name, state)
		}
		d.checkOldest(got[i])
		d.compareConsumers(info.Name)
	}
	topics1, err1 := d.real.Topics(d.ctx)
	topics2, err2 := d.model.Topics(d.ctx)
	if d.agree("topics", err1, err2) {
		d.same("topics", topicNames(topics1), topicNames(topics2))
	}
	d.compareTrash()
}

// describeInfos prints queues, but for their policies and what an engine may
// estimate.
func describeInfos(infos []engine.QueueInfo) (lines []string) {
	for _, info := range infos {
		info = plainInfo(info)
		lines = append(lines, fmt.Sprintf(
			"\n    %s: %d ready, %d in flight, %d delayed, %d dead, %d bytes, %+v, paused %v, created %v, consumers %d",
			info.Name, info.Ready, info.InFlight, info.Delayed, info.Dead, info.Bytes,
			info.Totals, info.Paused, info.CreatedAt, info.Consumers))
	}
	return lines
}

func (d *duel) compareList(queue string, state engine.State) {
	o := engine.ListOptions{State: state, Limit: 10_000}
	got, err1 := d.real.List(d.ctx, queue, o)
	want, err2 := d.model.List(d.ctx, queue, o)
	what := fmt.Sprintf("%s messages of %s", state, queue)
	if !d.agree(what, err1, err2) {
		return
	}
	if len(got.Messages) != len(want.Messages) {
		d.differ("%s:\n  engine: %v\n   model: %v", what, ids(got.Messages), ids(want.Messages))
		return
	}
	for i := range got.Messages {
		g, w := ownWords(plain(got.Messages[i])), ownWords(plain(want.Messages[i]))
		d.pair(what, g.ID, w.ID)
		g.ID, g.EditedFrom = w.ID, d.ids[g.EditedFrom]
		d.same(what, describe(g), describe(w))
	}
}

// checkOldest notes if the age of a queue is not that of a ready message. Which
// one is the oldest after a requeue, an engine may see in its own way.
func (d *duel) checkOldest(info engine.QueueInfo) {
	page, err := d.real.List(d.ctx, info.Name, engine.ListOptions{Limit: 10_000, BodyLimit: -1})
	if err != nil {
		d.differ("list %s: %v", info.Name, err)
	}
	entered := func(m engine.Message) bool { return m.EnteredAt.Equal(info.OldestAt) }
	if len(page.Messages) == 0 && info.OldestAt.IsZero() || slices.ContainsFunc(page.Messages, entered) {
		return
	}
	d.differ("oldest of %s: at %v, when no ready message entered", info.Name, info.OldestAt)
}

// ownWords replaces the reasons that an engine may put in its own words.
func ownWords(m engine.Message) engine.Message {
	own := func(reason string) string {
		if strings.HasPrefix(reason, consumerSays) {
			return reason
		}
		return "(the engine's words)"
	}
	for i := range m.Attempts {
		m.Attempts[i].Reason = own(m.Attempts[i].Reason)
	}
	if m.Death != nil {
		m.Death.Cause = own(m.Death.Cause)
	}
	return m
}

// describe prints a message with its death.
func describe(m engine.Message) string {
	death := m.Death
	m.Death = nil
	return fmt.Sprintf("%+v died %+v", m, death)
}

func (d *duel) compareConsumers(queue string) {
	got, err1 := d.real.Consumers(d.ctx, queue)
	want, err2 := d.model.Consumers(d.ctx, queue)
	if !d.agree("consumers of "+queue, err1, err2) {
		return
	}
	for _, infos := range [][]engine.ConsumerInfo{got, want} {
		for i := range infos {
			infos[i].LastSeen = infos[i].LastSeen.UTC().Round(0)
		}
	}
	d.same("consumers of "+queue, got, want)
}

// entries are the trash: all deletions in order, and per queue how many were
// not kept, which an engine may put into one entry or many.
func (d *duel) entries(e engine.Engine) (list []engine.TrashEntry, notKept map[string]int64, err error) {
	all, err := e.Trash(d.ctx)
	notKept = map[string]int64{}
	for _, entry := range all {
		if entry.What == engine.TrashNoDead {
			notKept[entry.Queue] += entry.Count
			continue
		}
		list = append(list, entry)
	}
	return list, notKept, err
}

func (d *duel) compareTrash() {
	got, gotNot, err1 := d.entries(d.real)
	want, wantNot, err2 := d.entries(d.model)
	if !d.agree("trash", err1, err2) {
		return
	}
	d.same("not kept", gotNot, wantNot)
	list := func(entries []engine.TrashEntry) (lines []string) {
		for _, e := range entries {
			lines = append(lines, fmt.Sprintf("%s of %s: %d at %s", e.What, e.Queue, e.Count, e.At.UTC().Round(0)))
		}
		return lines
	}
	d.same("trash", list(got), list(want))
}

// compareHistory notes a difference in the sums of the history.
func (d *duel) compareHistory() {
	infos, err := d.model.Queues(d.ctx)
	if err != nil {
		d.differ("queues: %v", err)
	}
	names := []string{}
	for _, info := range infos {
		names = append(names, info.Name)
	}
	if d.deleted {
		return
	}
	for _, name := range names {
		sum := func(e engine.Engine) (string, error) {
			series, err := e.History(d.ctx, name, engine.Span{From: d.start})
			var s engine.Sample
			for _, sample := range series.Samples {
				s.Add(sample)
			}
			return fmt.Sprintf("%d published, %d delivered, %d acked, %d failed, %d dead, %d expired, %d bytes, %d waits, %d works, depth %d",
				s.Published, s.Delivered, s.Acked, s.Failed, s.Dead, s.Expired, s.Bytes, s.Wait.Total(), s.Work.Total(), s.Depth), err
		}
		got, err1 := sum(d.real)
		want, err2 := sum(d.model)
		if d.agree("history of "+name, err1, err2) {
			d.same("history of "+name, got, want)
		}
	}
}
