package enginetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"nixie/engine"
)

var publishTests = []test{
	{"ids ascend over all queues", func(f *fixture) {
		f.create("a")
		f.create("b")
		all := f.publish("a", "1", "2", "3")
		all = append(all, f.publish("b", "4")...)
		all = append(all, f.publish("a", "5", "6")...)
		if !ascend(all) {
			f.Errorf("the ids do not ascend: %v", all)
		}
		for _, id := range all {
			if strings.Trim(string(id), "0123456789") != "" {
				f.Errorf("the id %q is not a decimal number", id)
			}
		}
	}},
	{"a message is stored as it was given", func(f *fixture) {
		f.create("jobs")
		o := engine.Outgoing{
			Body:    []byte("\x00\xff\x1b[31m\n{}"),
			Headers: engine.Headers{"tenant": "acme", "": "empty", "raw\x00": "\xfe\xff", "none": ""},
			Group:   "g\xff", DedupID: "d 1",
		}
		f.pass(1234567 * time.Nanosecond)
		now := time.Now()
		m := f.message("jobs", f.send("jobs", o))
		equal(f, "queue", m.Queue, "jobs")
		equal(f, "state", m.State, engine.Ready)
		equal(f, "body", string(m.Body), string(o.Body))
		equal(f, "size", m.Size, len(o.Body))
		equal(f, "headers", m.Headers, o.Headers)
		equal(f, "group", m.Group, o.Group)
		equal(f, "deduplication id", m.DedupID, o.DedupID)
		at(f, "published", m.PublishedAt, now)
		at(f, "entered", m.EnteredAt, now)
		if !m.DueAt.IsZero() || !m.LeaseUntil.IsZero() || m.Consumer != "" {
			f.Errorf("a ready message is due, leased or held: %+v", m)
		}
		if m.Tries != 0 || len(m.Attempts) != 0 || m.Death != nil || m.Requeues != 0 || m.EditedFrom != "" {
			f.Errorf("a new message has a past: %+v", m)
		}
	}},
	{"a message may be empty, or of a megabyte", func(f *fixture) {
		f.create("jobs")
		empty := f.send("jobs", engine.Outgoing{})
		large := bytes.Repeat([]byte{7}, 1<<20)
		id := f.send("jobs", engine.Outgoing{Body: large})
		m := f.message("jobs", empty)
		if len(m.Body) != 0 || m.Size != 0 || len(m.Headers) != 0 {
			f.Errorf("the empty message came back as %+v", m)
		}
		if got := f.message("jobs", id); !bytes.Equal(got.Body, large) || got.Size != len(large) {
			f.Errorf("the large message came back with %d bytes, size %d", len(got.Body), got.Size)
		}
	}},
	{"nothing is shared with the caller", func(f *fixture) {
		f.create("jobs")
		o := engine.Outgoing{Body: []byte("body"), Headers: engine.Headers{"k": "v"}}
		id := f.send("jobs", o)
		spoil := func(body []byte, headers engine.Headers) {
			body[0] = 'X'
			headers["k"] = "spoiled"
		}
		spoil(o.Body, o.Headers)
		m := f.message("jobs", id)
		spoil(m.Body, m.Headers)
		l := f.list("jobs", engine.Ready)[0]
		spoil(l.Body, l.Headers)
		d := f.take("jobs")
		equal(f, "body", string(d.Body), "body")
		equal(f, "header", d.Headers["k"], "v")
		spoil(d.Body, d.Headers)
		equal(f, "body", string(f.message("jobs", id).Body), "body")
	}},
	{"none of no messages", func(f *fixture) {
		f.create("jobs")
		ids, err := f.Publish(f.ctx, "jobs")
		f.do(err)
		equal(f, "ids", len(ids), 0)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"one message that is too large refuses all", func(f *fixture) {
		f.create("jobs")
		large := make([]byte, f.Capabilities().MaxBody+1)
		_, err := f.Publish(f.ctx, "jobs", engine.Outgoing{Body: []byte("a")}, engine.Outgoing{Body: large})
		f.refused("too large", err, engine.ErrTooLarge)
		f.counts("jobs", 0, 0, 0, 0)
		equal(f, "published", f.info("jobs").Totals.Published, 0)
	}},
	{"a delay beyond the bound refuses all", func(f *fixture) {
		f.create("jobs")
		_, err := f.Publish(f.ctx, "jobs", engine.Outgoing{}, engine.Outgoing{Delay: engine.MaxDuration + 1})
		f.refused("delay", err, engine.ErrInvalid)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"an unknown queue is named in the error", func(f *fixture) {
		_, err := f.Publish(f.ctx, "nowhere", engine.Outgoing{})
		f.refused("publish", err, engine.ErrQueueNotFound)
		var e *engine.Error
		if !errors.As(err, &e) || e.Queue != "nowhere" || e.Op == "" {
			f.Errorf("the error says neither what nor where: %v", err)
		}
	}},
	{"a cancelled context stores nothing", func(f *fixture) {
		f.create("jobs")
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		_, err := f.Publish(ctx, "jobs", engine.Outgoing{})
		f.refused("publish", err, context.Canceled)
		f.counts("jobs", 0, 0, 0, 0)
	}},
	{"a delayed message is ready when due", func(f *fixture) {
		f.create("jobs")
		now := time.Now()
		id := f.send("jobs", engine.Outgoing{Delay: time.Minute})
		f.is("jobs", id, engine.Delayed)
		at(f, "due", f.message("jobs", id).DueAt, now.Add(time.Minute))
		f.pass(time.Minute - time.Millisecond)
		f.none("jobs", "the message is not due")
		f.pass(2 * time.Millisecond)
		f.is("jobs", id, engine.Ready)
		if due := f.message("jobs", id).DueAt; !due.IsZero() {
			f.Errorf("a ready message is due at %v", due)
		}
		equal(f, "tries", f.take("jobs").Tries, 1)
	}},
	{"the queue's delay is for messages without one", func(f *fixture) {
		f.create("jobs", func(p *engine.Policy) { p.Delay = time.Minute })
		now := time.Now()
		its := f.send("jobs", engine.Outgoing{})
		own := f.send("jobs", engine.Outgoing{Delay: time.Second})
		no := f.send("jobs", engine.Outgoing{Delay: -1})
		at(f, "due by the queue", f.message("jobs", its).DueAt, now.Add(time.Minute))
		at(f, "due by itself", f.message("jobs", own).DueAt, now.Add(time.Second))
		f.is("jobs", no, engine.Ready)
		f.counts("jobs", 1, 0, 2, 0)
	}},
	{"delayed messages take the place of their age", func(f *fixture) {
		f.create("jobs")
		late := f.send("jobs", engine.Outgoing{Delay: 2 * time.Second})
		soon := f.send("jobs", engine.Outgoing{Delay: time.Second})
		now := f.publish("jobs", "now")[0]
		f.pass(3 * time.Second)
		equal(f, "order", ids(f.receive("jobs", 9)), []engine.ID{late, soon, now})
	}},
	{"what was published is counted", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "12345", "678")
		f.send("jobs", engine.Outgoing{Body: []byte("90"), Delay: time.Hour})
		info := f.info("jobs")
		equal(f, "published", info.Totals.Published, 3)
		equal(f, "bytes published", info.Totals.Bytes, 10)
		equal(f, "bytes there", info.Bytes, 10)
		equal(f, "depth", info.Depth(), 3)
		f.ack(f.take("jobs"))
		info = f.info("jobs")
		equal(f, "bytes published", info.Totals.Bytes, 10)
		equal(f, "bytes there", info.Bytes, 5)
	}},
}
