package enginetest

import (
	"slices"

	"nixie/engine"
)

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
