package enginetest

import (
	"fmt"
	"slices"
	"time"

	"nixie/engine"
)

// pages reads a listing page by page and returns the ids.
func (f *fixture) pages(queue string, o engine.ListOptions) (all []engine.ID) {
	f.Helper()
	for {
		page, err := f.List(f.ctx, queue, o)
		f.do(err)
		if len(page.Messages) > o.Limit {
			f.Fatalf("a page of %d has %d messages", o.Limit, len(page.Messages))
		}
		all = append(all, ids(page.Messages)...)
		if page.Next == "" {
			return all
		}
		if len(page.Messages) == 0 {
			f.Fatalf("an empty page has another behind it: %q", page.Next)
		}
		o.After = page.Next
	}
}

// menagerie makes a queue with some dozens of messages in each state,
// published, returned and delayed in a mixed order. Time must not pass for an
// hour.
func (f *fixture) menagerie(name string) {
	f.Helper()
	f.create(name, func(p *engine.Policy) { p.VisibilityTimeout, p.Backoff.Base = 24*time.Hour, 24*time.Hour })
	for i := range 120 {
		o := engine.Outgoing{Body: fmt.Append(nil, "message ", i)}
		if i%5 == 4 {
			o.Delay = time.Hour + time.Duration(i*37%11)*time.Minute
		}
		f.send(name, o)
	}
	for i, d := range f.receive(name, 72) {
		switch i % 6 {
		case 0:
			f.do(f.Release(f.ctx, d.Receipt, 0))
		case 1, 2:
			f.fail(d, engine.Failure{Reason: "boom", Reject: true})
		case 3:
			f.nack(d)
		case 4:
			f.ack(d)
		}
	}
	f.counts(name, 36, 12, 36, 24)
}

var listTests = []test{
	{"each state by its order", func(f *fixture) {
		f.menagerie("jobs")
		for _, state := range engine.States() {
			all := f.list("jobs", state)
			var sorted bool
			if state == engine.Delayed {
				sorted = slices.IsSortedFunc(all, func(a, b engine.Message) int { return a.DueAt.Compare(b.DueAt) })
			} else {
				sorted = ascend(ids(all))
			}
			if !sorted {
				f.Errorf("%s messages are not in order: %v", state, ids(all))
			}
		}
	}},
	{"ready, unless another state is asked for", func(f *fixture) {
		f.menagerie("jobs")
		page, err := f.List(f.ctx, "jobs", engine.ListOptions{})
		f.do(err)
		equal(f, "messages", ids(page.Messages), ids(f.list("jobs", engine.Ready)))
	}},
	{"a listed message is the whole message", func(f *fixture) {
		f.zoo("jobs")
		f.take("jobs")
		for _, m := range f.all("jobs") {
			equal(f, "message", m, f.message("jobs", m.ID))
		}
	}},
	{"pages, forwards and backwards, are the whole", func(f *fixture) {
		f.menagerie("jobs")
		for _, state := range engine.States() {
			whole := ids(f.list("jobs", state))
			for _, limit := range []int{1, 2, 5, len(whole) - 1, len(whole), len(whole) + 1} {
				o := engine.ListOptions{State: state, Limit: limit}
				equal(f, fmt.Sprint(state, " by ", limit), f.pages("jobs", o), whole)
				o.Backward = true
				equal(f, fmt.Sprint(state, " backwards by ", limit), f.pages("jobs", o), reversed(whole))
			}
		}
	}},
	{"a page may begin behind a message, either way", func(f *fixture) {
		f.menagerie("jobs")
		for _, state := range engine.States() {
			whole := ids(f.list("jobs", state))
			for i, id := range whole {
				o := engine.ListOptions{State: state, After: string(id), Limit: 1000}
				equal(f, fmt.Sprint(state, " behind ", id), f.pages("jobs", o), whole[i+1:])
				o.Backward = true
				equal(f, fmt.Sprint(state, " before ", id), f.pages("jobs", o), reversed(whole[:i]))
			}
		}
	}},
	{"a page may turn round", func(f *fixture) {
		f.menagerie("jobs")
		whole := ids(f.list("jobs", engine.Ready))
		page, err := f.List(f.ctx, "jobs", engine.ListOptions{Limit: 10})
		f.do(err)
		page, err = f.List(f.ctx, "jobs", engine.ListOptions{Limit: 10, After: page.Next, Backward: true})
		f.do(err)
		equal(f, "back", ids(page.Messages), reversed(whole[:9]))
	}},
	{"what is consumed meanwhile makes no page skip", func(f *fixture) {
		f.create("jobs")
		all := f.publish("jobs", "a", "b", "c", "d", "e", "f")
		page, err := f.List(f.ctx, "jobs", engine.ListOptions{Limit: 2})
		f.do(err)
		equal(f, "first page", ids(page.Messages), all[:2])
		for range 3 {
			f.ack(f.take("jobs"))
		}
		page, err = f.List(f.ctx, "jobs", engine.ListOptions{Limit: 2, After: page.Next})
		f.do(err)
		equal(f, "second page", ids(page.Messages), all[3:5])
	}},
	{"a hundred, unless more are asked for", func(f *fixture) {
		f.create("jobs")
		_, err := f.Publish(f.ctx, "jobs", make([]engine.Outgoing, 150)...)
		f.do(err)
		page, err := f.List(f.ctx, "jobs", engine.ListOptions{})
		f.do(err)
		equal(f, "messages", len(page.Messages), 100)
		page, err = f.List(f.ctx, "jobs", engine.ListOptions{After: page.Next})
		f.do(err)
		equal(f, "messages", len(page.Messages), 50)
		equal(f, "next", page.Next, "")
	}},
	{"bodies may be cut or left out", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "0123456789", "abc")
		list := func(limit int) string {
			page, err := f.List(f.ctx, "jobs", engine.ListOptions{BodyLimit: limit})
			f.do(err)
			equal(f, "size", page.Messages[0].Size, 10)
			return string(page.Messages[0].Body) + "|" + string(page.Messages[1].Body)
		}
		equal(f, "whole", list(0), "0123456789|abc")
		equal(f, "cut", list(4), "0123|abc")
		equal(f, "none", list(-1), "|")
	}},
	{"what cannot be listed is refused", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		for _, o := range []engine.ListOptions{
			{State: "limbo"}, {Limit: -1}, {After: "not a place"}, {State: engine.Delayed, After: "\x00"},
		} {
			_, err := f.List(f.ctx, "jobs", o)
			f.refused(fmt.Sprintf("%+v", o), err, engine.ErrInvalid)
		}
	}},
	{"an empty listing", func(f *fixture) {
		f.create("jobs")
		for _, state := range engine.States() {
			for _, backward := range []bool{false, true} {
				page, err := f.List(f.ctx, "jobs", engine.ListOptions{State: state, Backward: backward})
				f.do(err)
				equal(f, "messages", len(page.Messages), 0)
				equal(f, "next", page.Next, "")
			}
		}
	}},
	{"looking touches nothing", lookingTouchesNothing},
}

func lookingTouchesNothing(f *fixture) {
	f.menagerie("jobs")
	infos, messages := f.infos(), f.all("jobs")
	changes := f.Watch()
	defer changes.Close()
	for range 3 {
		for _, m := range messages {
			f.message("jobs", m.ID)
		}
		for _, state := range engine.States() {
			f.pages("jobs", engine.ListOptions{State: state, Limit: 7, Backward: true})
		}
		_, err := f.Consumers(f.ctx, "jobs")
		f.do(err)
		_, err = f.History(f.ctx, "", engine.Span{})
		f.do(err)
		_, err = f.Trash(f.ctx)
		f.do(err)
		_, err = f.Topics(f.ctx)
		f.do(err)
	}
	equal(f, "queues", f.infos(), infos)
	equal(f, "messages", f.all("jobs"), messages)
	equal(f, "changes", len(changes.Take()), 0)
}
