package enginetest

import (
	"testing/synctest"
	"time"

	"nixie/engine"
)

// changes are all that a watcher is told of.
var changes = []struct {
	what   string
	change func(f *fixture, ready, held, dead engine.ID, r engine.Receipt)
	queues []string
}{
	{"publish", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) { f.publish("jobs", "x") }, []string{"jobs"}},
	{"receive", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) { f.take("jobs") }, []string{"jobs"}},
	{"ack", func(f *fixture, _, _, _ engine.ID, r engine.Receipt) { f.do(f.Ack(f.ctx, r)) }, []string{"jobs"}},
	{"nack", func(f *fixture, _, _, _ engine.ID, r engine.Receipt) {
		f.do(f.Nack(f.ctx, r, engine.Failure{}))
	}, []string{"jobs"}},
	{"release", func(f *fixture, _, _, _ engine.ID, r engine.Receipt) { f.do(f.Release(f.ctx, r, 0)) }, []string{"jobs"}},
	{"move", func(f *fixture, ready, _, _ engine.ID, _ engine.Receipt) {
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{ready}, To: "other"})
	}, []string{"jobs", "other"}},
	{"requeue", func(f *fixture, _, _, dead engine.ID, _ engine.Receipt) {
		f.moved(engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{dead}})
	}, []string{"jobs"}},
	{"edit", func(f *fixture, ready, _, _ engine.ID, _ engine.Receipt) {
		_, _, err := f.Edit(f.ctx, engine.EditRequest{Queue: "jobs", ID: ready, To: "other"})
		f.do(err)
	}, []string{"jobs", "other"}},
	{"delete", func(f *fixture, _, held, _ engine.ID, _ engine.Receipt) {
		_, _, err := f.Delete(f.ctx, "jobs", held)
		f.do(err)
	}, []string{"jobs"}},
	{"purge and restore", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) {
		entry := f.purge("jobs", engine.DeadArea)
		f.restore(entry, 1)
	}, []string{"jobs"}},
	{"pause", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) {
		f.do(f.SetPaused(f.ctx, "jobs", true))
	}, []string{"jobs"}},
	{"configure", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) {
		f.configure("jobs", func(p *engine.Policy) { p.MaxTries = 9 })
	}, []string{"jobs"}},
	{"create", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) { f.create("new") }, []string{"new"}},
	{"delete queue", func(f *fixture, _, _, _ engine.ID, _ engine.Receipt) {
		_, err := f.DeleteQueue(f.ctx, "jobs")
		f.do(err)
	}, []string{"jobs"}},
	{"nothing", func(*fixture, engine.ID, engine.ID, engine.ID, engine.Receipt) {}, nil},
}

// told returns what a watcher is told of by now.
func told(s *engine.Subscription) (queues []string) {
	synctest.Wait()
	select {
	case <-s.C():
		queues = s.Take()
	default:
	}
	return queues
}

var watchTests = []test{
	{"each change is told, with its queues", func(f *fixture) {
		for _, c := range changes {
			f.create("jobs")
			f.create("other")
			f.publish("jobs", "dead", "in flight", "ready")
			dead := f.kill("jobs")
			d := f.take("jobs")
			ready := f.list("jobs", engine.Ready)[0].ID
			f.pass(2 * time.Second)
			s := f.Watch()
			c.change(f, ready, d.ID, dead, d.Receipt)
			f.pass(time.Second)
			equal(f, "changed by "+c.what, told(s), c.queues)
			s.Close()
			for _, queue := range []string{"jobs", "other", "new"} {
				_, _ = f.DeleteQueue(f.ctx, queue)
			}
		}
	}},
	{"a new message is told at once", func(f *fixture) {
		f.create("jobs")
		f.pass(2 * time.Second)
		s := f.Watch()
		defer s.Close()
		f.publish("jobs", "a")
		equal(f, "changed", told(s), []string{"jobs"})
		f.nack(f.take("jobs"))
		equal(f, "changed", told(s), []string{"jobs"})
	}},
	{"what time changes is told too", func(f *fixture) {
		f.create("jobs", withTTL)
		f.send("jobs", engine.Outgoing{Delay: time.Second})
		synctest.Wait()
		s := f.Watch()
		defer s.Close()
		f.pass(time.Second + time.Millisecond)
		equal(f, "due", told(s), []string{"jobs"})
		f.take("jobs")
		told(s)
		f.pass(testLease + time.Millisecond)
		equal(f, "lease ran out", told(s), []string{"jobs"})
		f.pass(testTTL)
		equal(f, "expired", told(s), []string{"jobs"})
	}},
	{"a change is told after it is done", func(f *fixture) {
		f.create("jobs")
		s := f.Watch()
		defer s.Close()
		go func() { _, _ = f.Publish(f.ctx, "jobs", engine.Outgoing{}) }()
		<-s.C()
		equal(f, "ready when told", f.info("jobs").Ready, 1)
	}},
	{"each watcher is told, once for many changes", func(f *fixture) {
		f.create("a")
		f.create("b")
		synctest.Wait()
		first, second := f.Watch(), f.Watch()
		defer first.Close()
		defer second.Close()
		for range 100 {
			f.publish("b", "x")
			f.publish("a", "x")
		}
		equal(f, "first", told(first), []string{"a", "b"})
		equal(f, "second", told(second), []string{"a", "b"})
		equal(f, "first, later", told(first), nil)
	}},
	{"closing the engine ends it", func(f *fixture) {
		s := f.Watch()
		f.do(f.Close())
		f.closed = true
		select {
		case _, ok := <-s.C():
			equal(f, "open", ok, false)
		default:
			f.Error("the subscription is not closed")
		}
		s.Close()
		if _, ok := <-f.Watch().C(); ok {
			f.Error("a watcher of a closed engine is told something")
		}
	}},
}
