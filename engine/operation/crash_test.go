package operation

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest"
)

func splitLines(data []byte) iter.Seq[[]byte] { return bytes.Lines(data) }

func isOut(line []byte) bool { return bytes.Contains(line, []byte(`"t":"out"`)) }

// mortal is an engine in front of which the program is killed at a given call:
// before it, or when it is done and nobody knows.
type mortal struct {
	engine.Engine
	at    int  // the call, from 0 on; -1: none
	after bool // the call was made
	calls int
	died  func()
}

func (m *mortal) call(do func() error) error {
	n := m.calls
	m.calls++
	if n != m.at {
		return do()
	}
	var err error
	if m.after {
		err = do()
	}
	m.died()
	if err != nil {
		return err
	}
	return errKilled
}

func (m *mortal) Move(ctx context.Context, r engine.MoveRequest) (o []engine.Outcome, err error) {
	err = m.call(func() (err error) { o, err = m.Engine.Move(ctx, r); return err })
	return o, err
}

func (m *mortal) Edit(ctx context.Context, r engine.EditRequest) (id engine.ID, e engine.TrashEntry, err error) {
	err = m.call(func() (err error) { id, e, err = m.Engine.Edit(ctx, r); return err })
	return id, e, err
}

func (m *mortal) Delete(ctx context.Context, queue string, ids ...engine.ID) (e engine.TrashEntry, o []engine.Outcome, err error) {
	err = m.call(func() (err error) { e, o, err = m.Engine.Delete(ctx, queue, ids...); return err })
	return e, o, err
}

func (m *mortal) Restore(ctx context.Context, id string) (n int64, err error) {
	err = m.call(func() (err error) { n, err = m.Engine.Restore(ctx, id); return err })
	return n, err
}

func (m *mortal) Purge(ctx context.Context, name string, area engine.Area) (e engine.TrashEntry, err error) {
	err = m.call(func() (err error) { e, err = m.Engine.Purge(ctx, name, area); return err })
	return e, err
}

func (m *mortal) DeleteQueue(ctx context.Context, name string) (e engine.TrashEntry, err error) {
	err = m.call(func() (err error) { e, err = m.Engine.DeleteQueue(ctx, name); return err })
	return e, err
}

func (m *mortal) CreateQueue(ctx context.Context, name string, p engine.Policy) error {
	return m.call(func() error { return m.Engine.CreateQueue(ctx, name, p) })
}

func (m *mortal) Configure(ctx context.Context, name string, p engine.Policy) (old engine.Policy, err error) {
	err = m.call(func() (err error) { old, err = m.Engine.Configure(ctx, name, p); return err })
	return old, err
}

func (m *mortal) SetPaused(ctx context.Context, name string, paused bool) error {
	return m.call(func() error { return m.Engine.SetPaused(ctx, name, paused) })
}

func (m *mortal) Publish(ctx context.Context, queue string, out ...engine.Outgoing) (ids []engine.ID, err error) {
	err = m.call(func() (err error) { ids, err = m.Engine.Publish(ctx, queue, out...); return err })
	return ids, err
}

// killings are changes that are to survive a kill at every step. Each prepares
// an engine and says what is asked for.
var killings = map[string]func(b *bench) Request{
	"requeue": func(b *bench) Request {
		b.kill("payments", 450)
		return Request{Verb: Requeue, Select: Selection{Queues: []string{"payments"}}}
	},
	"requeue twice": func(b *bench) Request {
		b.kill("payments", 250)
		b.run(Request{Verb: Requeue})
		b.fail("payments", func(int) string { return "again" })
		return Request{Verb: Requeue}
	},
	"requeue shared": func(b *bench) Request {
		policy := b.info("orders").Policy
		policy.DeadLetter = "payments"
		_, err := b.Configure(b.ctx, "orders", policy)
		b.do(err)
		b.kill("orders", 30)
		b.kill("payments", 30)
		return Request{Verb: Requeue}
	},
	"move live": func(b *bench) Request {
		b.publish("payments", 450)
		return Request{Verb: Move, Select: Selection{State: engine.Ready}, To: "orders"}
	},
	"move dead": func(b *bench) Request {
		b.kill("payments", 250)
		return Request{Verb: Move, To: "orders"}
	},
	"delete": func(b *bench) Request {
		b.kill("payments", 450)
		return Request{Verb: Delete}
	},
	"edit": func(b *bench) Request {
		ids := b.kill("payments", 3)
		return Request{
			Verb: Edit, Select: Selection{Refs: []Ref{{"payments", ids[1]}}},
			Replacement: engine.Outgoing{Body: []byte("\xff new"), Headers: engine.Headers{"h": "\xfe"}},
		}
	},
	"purge": func(b *bench) Request {
		b.publish("payments", 10)
		return Request{Verb: Purge, Queue: "payments"}
	},
	"purge dead": func(b *bench) Request {
		b.kill("payments", 10)
		return Request{Verb: Purge, Queue: "payments", Area: engine.DeadArea}
	},
	"delete queue": func(b *bench) Request {
		b.publish("payments", 10)
		return Request{Verb: DeleteQueue, Queue: "payments"}
	},
	"create": func(b *bench) Request {
		return Request{Verb: CreateQueue, Queue: "new", Policy: engine.DefaultPolicy()}
	},
	"configure": func(b *bench) Request {
		return Request{Verb: Configure, Queue: "orders", Policy: engine.DefaultPolicy()}
	},
	"pause": func(b *bench) Request { return Request{Verb: Pause, Queue: "orders"} },
	"publish": func(b *bench) Request {
		return Request{Verb: Publish, Load: Load{
			Queue: "orders", Count: 450, Seed: 7,
			Body: []byte("\xff {{seq}} {{uuid}}"), Headers: map[string]string{"h": "\xfe{{int 1 9}}"},
		}}
	},
	"undo requeue": func(b *bench) Request {
		b.kill("payments", 250)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: Requeue}).ID}
	},
	"undo move": func(b *bench) Request {
		b.publish("payments", 250)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: Move, Select: Selection{State: engine.Ready}, To: "orders"}).ID}
	},
	"undo delete": func(b *bench) Request {
		b.kill("payments", 450)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: Delete}).ID}
	},
	"undo edit": func(b *bench) Request {
		ids := b.kill("payments", 3)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: Edit, Select: Selection{Refs: []Ref{{"payments", ids[0]}}}, Replacement: engine.Outgoing{Body: []byte("x")}}).ID}
	},
	"undo purge": func(b *bench) Request {
		b.publish("payments", 10)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: Purge, Queue: "payments"}).ID}
	},
	"undo delete queue": func(b *bench) Request {
		b.publish("payments", 10)
		return Request{Verb: Undo, Undoes: b.run(Request{Verb: DeleteQueue, Queue: "payments"}).ID}
	},
}

// A kill at every call of every change, before and after it, and with the
// newest lines of the journal lost: gone on with, it ends as if nothing had
// happened.
func TestKilledAtEveryStep(t *testing.T) {
	for name, open := range map[string]func(*testing.T) engine.Engine{
		"model": func(*testing.T) engine.Engine { return enginetest.NewModel() },
		"bolt":  openBolt,
	} {
		t.Run(name, func(t *testing.T) { killAtEveryStep(t, name, open) })
	}
}

func openBolt(t *testing.T) engine.Engine {
	t.Helper()
	e, err := bolt.Open(filepath.Join(t.TempDir(), "nixie.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func killAtEveryStep(t *testing.T, engineName string, open func(*testing.T) engine.Engine) {
	for name, prepare := range killings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := newBenchOn(t, open(t))
			counting := &mortal{Engine: whole.Engine, at: -1}
			request := prepare(whole)
			whole.m.engine = counting
			want := whole.run(request)
			snapshot := whole.snapshot()
			if want.State != Done || counting.calls == 0 {
				t.Fatalf("without a kill: %s after %d calls: %s", want.State, counting.calls, want.Why)
			}
			for at := range counting.calls {
				for mode := range 4 {
					if mode&1 == 0 && engineName == "bolt" {
						continue // what was not called is the same on every engine
					}
					t.Run(fmt.Sprintf("call %d, mode %d", at, mode), func(t *testing.T) {
						killed(newBenchOn(t, open(t)), prepare, at, mode&1 == 1, mode&2 == 2, want, snapshot)
					})
				}
			}
		})
	}
}

func killed(b *bench, prepare func(*bench) Request, at int, after, cut bool, want Job, snapshot string) {
	request := prepare(b)
	living := b.Engine
	var left string
	b.m.engine = &mortal{Engine: living, at: at, after: after, died: func() {
		left = copyDir(b, b.dir)
		if cut {
			cutUnsynced(b, left)
		}
	}}
	if j := b.run(request); j.State != Paused {
		b.Fatalf("the job is %s after the kill", j.State)
	}
	b.dir = left
	b.open()
	j, err := b.m.Job(want.ID)
	b.do(err)
	if j.State != Interrupted {
		b.Fatalf("after opening the job is %s", j.State)
	}
	b.do(b.m.Resume(want.ID))
	j, err = b.m.Wait(b.ctx, want.ID)
	b.do(err)
	b.tally(j, want.Tally)
	if got := b.snapshot(); got != snapshot {
		b.Errorf("the engine holds\n%.2000s\nwithout the kill\n%.2000s", got, snapshot)
	}
}

// What a relaxed queue has confirmed can be planned and moved at once.
func TestMoveRightAfterRelaxedPublish(t *testing.T) {
	b := newBenchOn(t, openBolt(t))
	policy := b.info("orders").Policy
	policy.Durability = engine.Relaxed
	_, err := b.Configure(b.ctx, "orders", policy)
	b.do(err)
	for range 20 {
		ids := b.publish("orders", 3)
		outcomes, err := b.Move(b.ctx, engine.MoveRequest{Queue: "orders", IDs: ids, To: "payments"})
		b.do(err)
		for _, o := range outcomes {
			b.do(o.Err)
		}
	}
	b.counts("payments", 60, 0)
}
