package enginetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

// queueNames are those that a sequence plays with; the first two are there
// from the beginning.
var queueNames = []string{"a", "b", "c"}

// consumerSays begins the reasons that a sequence gives.
const consumerSays = "it says "

// step is one operation. What it works on is chosen by numbers among what
// there is then, so that every sequence makes sense.
type step struct {
	Do      int // an action
	A, B, N int
	Wait    time.Duration
	Policy  engine.Policy
}

func (s step) String() string {
	line := fmt.Sprintf("%s A=%d B=%d N=%d %v", actions[s.Do].name, s.A, s.B, s.N, s.Wait)
	if s.Policy != (engine.Policy{}) {
		line += fmt.Sprintf(" %+v", s.Policy)
	}
	return line
}

// policies leave the durability alone: in a relaxed queue things happen a
// little after their call.
func policies() *rapid.Generator[engine.Policy] {
	return rapid.Custom(func(r *rapid.T) engine.Policy {
		durations := func(name string, d ...time.Duration) time.Duration { return rapid.SampledFrom(d).Draw(r, name) }
		const s = time.Second
		return engine.Policy{
			VisibilityTimeout: durations("lease", 30*s, 5*s),
			MaxTries:          rapid.SampledFrom([]int{0, 1, 2, 3}).Draw(r, "tries"),
			Backoff:           engine.Backoff{Base: durations("backoff", 0, 10*s, 3*s), Factor: 2},
			DeadLetter:        rapid.SampledFrom([]string{"", "", engine.NoDeadLetters, "a", "b", "c"}).Draw(r, "dead"),
			Delay:             durations("delay", 0, 0, 7*s),
			TTL:               durations("ttl", 0, 0, 20*s, 60*s),
			MaxDepth:          rapid.SampledFrom([]int64{0, 0, 4}).Draw(r, "depth"),
			MaxBytes:          rapid.SampledFrom([]int64{0, 0, 12}).Draw(r, "bytes"),
			Overflow:          rapid.SampledFrom([]engine.FullRule{engine.RejectNew, engine.DropOldest}).Draw(r, "overflow"),
			Ordered:           rapid.Bool().Draw(r, "ordered"),
			DedupWindow:       durations("dedup", 0, 10*s),
		}
	})
}

func steps() *rapid.Generator[step] {
	var weighted []int
	for i, a := range actions {
		for range a.weight {
			weighted = append(weighted, i)
		}
	}
	return rapid.Custom(func(r *rapid.T) step {
		s := step{
			Do: rapid.SampledFrom(weighted).Draw(r, "do"),
			A:  rapid.IntRange(0, 50).Draw(r, "a"),
			B:  rapid.IntRange(0, 50).Draw(r, "b"),
			N:  rapid.IntRange(0, 5).Draw(r, "n"),
			Wait: rapid.SampledFrom([]time.Duration{
				0, 1001 * time.Millisecond, 5003 * time.Millisecond, 11 * time.Second, 31 * time.Second,
				61 * time.Second, 301 * time.Second,
			}).Draw(r, "wait"),
		}
		if a := actions[s.Do]; a.name == "create" || a.name == "configure" {
			s.Policy = policies().Draw(r, "policy")
		}
		return s
	})
}

// action is an operation on both sides.
type action struct {
	name   string
	weight int // how often it comes
	do     func(*duel, step)
}

// actions is filled by init, as its functions refer to it.
var actions []action

func init() {
	actions = []action{
		{"publish", 10, (*duel).publish},
		{"publish to topic", 2, (*duel).publishTopic},
		{"receive", 10, (*duel).receive},
		{"ack", 5, (*duel).ack},
		{"nack", 6, (*duel).nack},
		{"release", 2, (*duel).release},
		{"extend", 2, (*duel).extend},
		{"wait", 6, (*duel).wait},
		{"move", 5, (*duel).move},
		{"edit", 2, (*duel).edit},
		{"delete", 2, (*duel).delete},
		{"purge", 2, (*duel).purge},
		{"restore", 3, (*duel).restore},
		{"discard", 1, (*duel).discard},
		{"create", 1, func(d *duel, s step) { d.create(d.queue(s.A), s.Policy) }},
		{"configure", 2, (*duel).configure},
		{"pause", 1, (*duel).pause},
		{"delete queue", 1, (*duel).deleteQueue},
		{"bind", 1, (*duel).bind},
		{"unbind", 1, (*duel).unbind},
		{"reopen", 3, (*duel).reopen},
	}
}

func (d *duel) queue(n int) string { return queueNames[n%len(queueNames)] }

func (d *duel) create(name string, policy engine.Policy) {
	d.agree("create", d.real.CreateQueue(d.ctx, name, policy), d.model.CreateQueue(d.ctx, name, policy))
}

func (d *duel) configure(s step) {
	got, err1 := d.real.Configure(d.ctx, d.queue(s.A), s.Policy)
	want, err2 := d.model.Configure(d.ctx, d.queue(s.A), s.Policy)
	if d.agree("configure", err1, err2) {
		d.same("policy before", got, want)
	}
}

func (d *duel) pause(s step) {
	paused := s.B%3 == 0
	d.agree("pause", d.real.SetPaused(d.ctx, d.queue(s.A), paused), d.model.SetPaused(d.ctx, d.queue(s.A), paused))
}

// outgoing makes messages; some have a group, a deduplication id or a delay.
func (s step) outgoing() (messages []engine.Outgoing) {
	for i := range s.N {
		n := s.B + i
		o := engine.Outgoing{Body: []byte("0123456789")[:n%6], Headers: engine.Headers{"n": fmt.Sprint(n)}}
		if n%3 > 0 {
			o.Group = fmt.Sprint("group ", n%3)
		}
		if n%5 == 0 {
			o.DedupID = fmt.Sprint("dedup ", n%15)
		}
		if n%7 == 0 {
			o.Delay = s.Wait
		}
		if n%11 == 0 {
			o.Delay = -1
		}
		messages = append(messages, o)
	}
	return messages
}

func (d *duel) publish(s step) {
	got, err1 := d.real.Publish(d.ctx, d.queue(s.A), s.outgoing()...)
	want, err2 := d.model.Publish(d.ctx, d.queue(s.A), s.outgoing()...)
	if !d.agree("publish", err1, err2) {
		return
	}
	if len(got) != len(want) {
		d.differ("publish: the engine returns %v, the model %v", got, want)
		return
	}
	for i := range got {
		d.pair("publish", got[i], want[i])
	}
}

func (d *duel) publishTopic(s step) {
	key := []string{"x", "x.y", "z"}[s.A%3]
	got, err1 := d.real.PublishTopic(d.ctx, "events", key, s.outgoing()...)
	want, err2 := d.model.PublishTopic(d.ctx, "events", key, s.outgoing()...)
	if d.agree("publish to topic", err1, err2) {
		d.same("queues of the topic", got, want)
	}
}

func (d *duel) binding(s step) engine.Binding {
	return engine.Binding{Queue: d.queue(s.A), Pattern: []string{"#", "x.#", "*", "x..y"}[s.B%4]}
}

func (d *duel) bind(s step) {
	b := d.binding(s)
	d.agree("bind", d.real.Bind(d.ctx, "events", b), d.model.Bind(d.ctx, "events", b))
}

func (d *duel) unbind(s step) {
	b := d.binding(s)
	d.agree("unbind", d.real.Unbind(d.ctx, "events", b), d.model.Unbind(d.ctx, "events", b))
}

func (d *duel) receive(s step) {
	o := engine.ReceiveOptions{Max: s.N, Consumer: []string{"ann", "bob", ""}[s.B%3]}
	if s.B%4 == 0 {
		o.Lease = s.Wait
	}
	got, err1 := d.real.Receive(d.ctx, d.queue(s.A), o)
	if len(got) > 0 {
		o.Max = len(got) // an engine may deliver less than there is, but not nothing
	}
	want, err2 := d.model.Receive(d.ctx, d.queue(s.A), o)
	if !d.agree("receive", err1, err2) {
		return
	}
	if len(got) != len(want) {
		d.differ("receive: the engine delivers %v, the model %v", ids(got), ids(want))
		return
	}
	for i := range got {
		d.pair("receive", got[i].ID, want[i].ID)
		d.receipts = append(d.receipts, receipts{got[i].Receipt, want[i].Receipt})
		g, w := ownWords(plain(got[i].Message)), ownWords(plain(want[i].Message))
		g.ID, g.EditedFrom = w.ID, d.ids[g.EditedFrom]
		d.same("delivery", describe(g), describe(w))
		d.same("deadline", got[i].Deadline.UTC().Round(0), want[i].Deadline.UTC().Round(0))
	}
}

// receipt chooses one that there ever was, rather one of the latest.
func (d *duel) receipt(n int) receipts {
	if len(d.receipts) == 0 {
		return receipts{}
	}
	recent := min(len(d.receipts), 6)
	if n%5 == 0 {
		recent = len(d.receipts)
	}
	return d.receipts[len(d.receipts)-1-n%recent]
}

func (d *duel) ack(s step) {
	var got, want []engine.Receipt
	for i := range max(s.N, 1) {
		r := d.receipt(s.A + i)
		got, want = append(got, r.real), append(want, r.model)
	}
	d.agree("ack", d.real.Ack(d.ctx, got...), d.model.Ack(d.ctx, want...))
}

func (d *duel) nack(s step) {
	r := d.receipt(s.A)
	failure := engine.Failure{Reason: fmt.Sprint(consumerSays, s.B), Reject: s.B%7 == 0}
	switch s.B % 3 {
	case 0:
		failure.Delay = -1
	case 1:
		failure.Delay = s.Wait
	}
	d.agree("nack", d.real.Nack(d.ctx, r.real, failure), d.model.Nack(d.ctx, r.model, failure))
}

func (d *duel) release(s step) {
	r := d.receipt(s.A)
	d.agree("release", d.real.Release(d.ctx, r.real, s.Wait), d.model.Release(d.ctx, r.model, s.Wait))
}

func (d *duel) extend(s step) {
	r := d.receipt(s.A)
	got, err1 := d.real.Extend(d.ctx, r.real, s.Wait)
	want, err2 := d.model.Extend(d.ctx, r.model, s.Wait)
	if d.agree("extend", err1, err2) {
		d.same("deadline", got.UTC().Round(0), want.UTC().Round(0))
	}
}

func (d *duel) wait(s step) { time.Sleep(s.Wait) }

// some chooses messages of a queue, in any state, and one that is not there.
func (d *duel) some(queue string, s step) (got, want []engine.ID) {
	var all []engine.ID
	for _, state := range engine.States() {
		page, _ := d.model.List(d.ctx, queue, engine.ListOptions{State: state})
		all = append(all, ids(page.Messages)...)
	}
	all = append(all, "999999999")
	for i := range max(s.N, 1) {
		id := all[(s.B*7+i*3)%len(all)]
		got, want = append(got, d.realID(id)), append(want, id)
	}
	return got, want
}

// outcomes notes a difference between what became of messages. Of several
// reasons to refuse one, either may be told.
func (d *duel) outcomes(what string, got, want []engine.Outcome) {
	line := func(o engine.Outcome, id engine.ID) string {
		if o.Err != nil {
			return fmt.Sprintf("%s: refused", id)
		}
		return fmt.Sprintf("%s in %s", id, o.Queue)
	}
	var g, w []string
	for _, o := range got {
		id, ok := d.ids[o.ID]
		if !ok {
			id = o.ID
		}
		g = append(g, line(o, id))
	}
	for _, o := range want {
		w = append(w, line(o, o.ID))
	}
	d.same(what, g, w)
}

func (d *duel) move(s step) {
	queue := d.queue(s.A)
	r := engine.MoveRequest{
		Queue: queue,
		To:    append([]string{"", ""}, queueNames...)[s.B%5],
		Into:  []engine.State{"", engine.Ready, "", engine.Dead}[s.B%4], KeepTries: s.A%2 == 0,
	}
	got, want := d.some(queue, s)
	r.IDs = got
	outcomes1, err1 := d.real.Move(d.ctx, r)
	r.IDs = want
	outcomes2, err2 := d.model.Move(d.ctx, r)
	if d.agree("move", err1, err2) {
		d.outcomes("move", outcomes1, outcomes2)
	}
}

func (d *duel) edit(s step) {
	queue := d.queue(s.A)
	got, want := d.some(queue, s)
	s.N = 1
	r := engine.EditRequest{
		Queue: queue, ID: got[0], Replacement: s.outgoing()[0],
		To: append([]string{"", ""}, queueNames...)[s.B%5],
	}
	id1, _, err1 := d.real.Edit(d.ctx, r)
	r.ID = want[0]
	id2, _, err2 := d.model.Edit(d.ctx, r)
	if err1 != nil && err2 != nil {
		return // of several reasons, either may be told
	}
	if d.agree("edit", err1, err2) {
		d.pair("edit", id1, id2)
	}
}

func (d *duel) delete(s step) {
	queue := d.queue(s.A)
	got, want := d.some(queue, s)
	entry1, outcomes1, err1 := d.real.Delete(d.ctx, queue, got...)
	entry2, outcomes2, err2 := d.model.Delete(d.ctx, queue, want...)
	if d.agree("delete", err1, err2) {
		d.outcomes("delete", outcomes1, outcomes2)
		d.same("deleted", entry1.Count, entry2.Count)
	}
}

func (d *duel) purge(s step) {
	area := []engine.Area{engine.LiveArea, engine.DeadArea}[s.B%2]
	got, err1 := d.real.Purge(d.ctx, d.queue(s.A), area)
	want, err2 := d.model.Purge(d.ctx, d.queue(s.A), area)
	if d.agree("purge", err1, err2) {
		d.same("purged", got.Count, want.Count)
	}
}

func (d *duel) deleteQueue(s step) {
	got, err1 := d.real.DeleteQueue(d.ctx, d.queue(s.A))
	want, err2 := d.model.DeleteQueue(d.ctx, d.queue(s.A))
	if d.agree("delete queue", err1, err2) {
		d.deleted = true
		d.same("deleted", got.Count, want.Count)
	}
}

// trashed chooses an entry of the trash; the lists are the same, or that is a
// difference already.
func (d *duel) trashed(s step) (got, want string) {
	list1, _, _ := d.entries(d.real)
	list2, _, _ := d.entries(d.model)
	if len(list1) == 0 || len(list1) != len(list2) {
		return "nothing", "nothing"
	}
	i := s.A % len(list1)
	return list1[i].ID, list2[i].ID
}

func (d *duel) restore(s step) {
	got, want := d.trashed(s)
	n1, err1 := d.real.Restore(d.ctx, got)
	n2, err2 := d.model.Restore(d.ctx, want)
	if d.agree("restore", err1, err2) {
		d.same("restored", n1, n2)
	}
}

func (d *duel) discard(s step) {
	got, want := d.trashed(s)
	d.agree("discard", d.real.Discard(d.ctx, got), d.model.Discard(d.ctx, want))
}

func (d *duel) reopen(step) {
	if d.harness.Reopen == nil {
		return
	}
	d.real = d.harness.Reopen(d.t, d.real)
	d.model = d.model.reopen()
	d.receipts = slices.Clone(d.receipts) // they are worthless now, and stay to prove it
}
