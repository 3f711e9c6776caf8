package enginetest

import (
	"fmt"
	"strings"
	"time"

	"nixie/engine"
)

var queueTests = []test{
	{"a new queue is empty", func(f *fixture) {
		now := time.Now()
		policy := engine.DefaultPolicy()
		f.do(f.CreateQueue(f.ctx, "jobs", policy))
		info := f.info("jobs")
		at(f, "created", info.CreatedAt, now)
		info.CreatedAt = time.Time{}
		equal(f, "queue", info, engine.QueueInfo{Name: "jobs", Policy: policy})
	}},
	{"they are listed by name", func(f *fixture) {
		for _, name := range []string{"b", "ä", "a", "B", "a/b", "10", "2"} {
			f.create(name)
		}
		var names []string
		for _, info := range f.infos() {
			names = append(names, info.Name)
			equal(f, "same as one by one", info, f.info(info.Name))
		}
		equal(f, "names", names, []string{"10", "2", "B", "a", "a/b", "b", "ä"})
	}},
	{"a name that is taken", func(f *fixture) {
		f.create("jobs")
		f.publish("jobs", "a")
		f.refused("create", f.CreateQueue(f.ctx, "jobs", engine.DefaultPolicy()), engine.ErrQueueExists)
		f.counts("jobs", 1, 0, 0, 0)
		f.create("Jobs")
	}},
	{"names that cannot be", func(f *fixture) {
		for _, name := range []string{
			"", "-", "-jobs", "a b", "jobs.dead", ".dead", "a\x00", "a\n", "\x1b[31m", "\xff", strings.Repeat("x", 201),
		} {
			f.refused(fmt.Sprintf("%q", name), f.CreateQueue(f.ctx, name, engine.DefaultPolicy()), engine.ErrInvalid)
		}
		equal(f, "queues", len(f.infos()), 0)
		f.create(strings.Repeat("x", 200))
		f.create("dead")
		f.create("日本")
	}},
	{"policies that cannot be", func(f *fixture) {
		f.create("jobs")
		for i, change := range []func(*engine.Policy){
			func(p *engine.Policy) { *p = engine.Policy{} },
			func(p *engine.Policy) { p.VisibilityTimeout = -1 },
			func(p *engine.Policy) { p.MaxTries = -1 },
			func(p *engine.Policy) { p.TTL = engine.MaxDuration + 1 },
			func(p *engine.Policy) { p.MaxDepth = -1 },
			func(p *engine.Policy) { p.Backoff.Jitter = 2 },
			func(p *engine.Policy) { p.Overflow = "explode" },
			func(p *engine.Policy) { p.Durability = "never" },
			func(p *engine.Policy) { p.DeadLetter = "nowhere" },
			func(p *engine.Policy) { p.DeadLetter = "jobs" },
			func(p *engine.Policy) { p.DeadLetter = "jobs.dead" },
		} {
			policy := testPolicy()
			change(&policy)
			_, err := f.Configure(f.ctx, "jobs", policy)
			f.refused(fmt.Sprint("configure ", i), err, engine.ErrInvalid)
			if policy.DeadLetter != "jobs" {
				f.refused(fmt.Sprint("create ", i), f.CreateQueue(f.ctx, "other", policy), engine.ErrInvalid)
			}
		}
		policy := testPolicy()
		policy.DeadLetter = "self"
		f.refused("own dead letters by name", f.CreateQueue(f.ctx, "self", policy), engine.ErrInvalid)
		equal(f, "policy", f.info("jobs").Policy, testPolicy())
		equal(f, "queues", len(f.infos()), 1)
	}},
	{"dead letters never go in a circle", func(f *fixture) {
		to := func(queue string) func(*engine.Policy) { return func(p *engine.Policy) { p.DeadLetter = queue } }
		f.create("a")
		f.create("b", to("a"))
		f.create("c", to("b"))
		for _, target := range []string{"b", "c"} {
			policy := testPolicy()
			policy.DeadLetter = target
			_, err := f.Configure(f.ctx, "a", policy)
			f.refused("a to "+target, err, engine.ErrInvalid)
		}
		f.configure("c", to("a"))
	}},
	{"configure returns what was", func(f *fixture) {
		f.create("jobs")
		policy := testPolicy()
		policy.MaxTries, policy.Ordered, policy.TTL = 7, true, time.Hour
		before, err := f.Configure(f.ctx, "jobs", policy)
		f.do(err)
		equal(f, "before", before, testPolicy())
		equal(f, "now", f.info("jobs").Policy, policy)
	}},
	{"a queue where others keep their dead letters stays", func(f *fixture) {
		f.create("morgue")
		f.create("jobs", func(p *engine.Policy) { p.DeadLetter = "morgue" })
		_, err := f.DeleteQueue(f.ctx, "morgue")
		f.refused("delete", err, engine.ErrInvalid)
		if !strings.Contains(fmt.Sprint(err), "jobs") {
			f.Errorf("the error does not say whose dead letters: %v", err)
		}
		f.configure("jobs", func(*engine.Policy) {})
		_, err = f.DeleteQueue(f.ctx, "morgue")
		f.do(err)
	}},
	{"the oldest ready message tells the age", func(f *fixture) {
		f.create("jobs")
		if oldest := f.info("jobs").OldestAt; !oldest.IsZero() {
			f.Errorf("the oldest of none is of %v", oldest)
		}
		first := time.Now()
		f.publish("jobs", "a")
		f.pass(time.Second)
		second := time.Now()
		f.publish("jobs", "b")
		f.pass(time.Second)
		at(f, "oldest", f.info("jobs").OldestAt, first)
		d := f.take("jobs")
		at(f, "oldest", f.info("jobs").OldestAt, second)
		f.do(f.Release(f.ctx, d.Receipt, 0))
		at(f, "oldest", f.info("jobs").OldestAt, first)
		f.kill("jobs")
		f.take("jobs")
		if oldest := f.info("jobs").OldestAt; !oldest.IsZero() {
			f.Errorf("the oldest of none is of %v", oldest)
		}
		f.pass(time.Second)
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{d.ID}})
		at(f, "oldest", f.info("jobs").OldestAt, time.Now())
	}},
	{"many queues", func(f *fixture) {
		for i := range 200 {
			name := fmt.Sprintf("queue-%03d", i)
			f.create(name)
			f.publish(name, "a")
		}
		infos := f.infos()
		equal(f, "queues", len(infos), 200)
		for i, info := range infos {
			equal(f, "name", info.Name, fmt.Sprintf("queue-%03d", i))
			equal(f, "ready", info.Ready, 1)
		}
	}},
}
