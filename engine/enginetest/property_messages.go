package enginetest

import (
	"fmt"
	"time"

	"nixie/engine"
)

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
