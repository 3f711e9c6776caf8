package bolt

import (
	"container/heap"
	"errors"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// sceneKind is how the queue "jobs" of a scene is.
type sceneKind struct {
	name    string
	options Options
	policy  engine.Policy
	ids     map[string]engine.ID // by body
	closes  bool                 // the engine is closed while the acts are under way
	meddle  func(*scene)         // is done while the commit is under way, and changes nothing
}

var sceneKinds = []*sceneKind{
	{name: "plain"},
	{name: "ordered", policy: engine.Policy{Ordered: true}},
	{name: "out of memory", policy: engine.Policy{Ordered: true}, options: Options{Window: 1}},
	{name: "read meanwhile", policy: engine.Policy{Ordered: true}, meddle: (*scene).readAnew},
	{name: "received meanwhile", policy: engine.Policy{Ordered: true}, meddle: (*scene).receiveAll},
	{name: "closed", policy: engine.Policy{Durability: engine.Relaxed}, closes: true},
	{name: "full", policy: engine.Policy{MaxDepth: 14, Overflow: engine.DropOldest, DeadLetter: engine.NoDeadLetters}},
	{name: "relaxed", policy: engine.Policy{Ordered: true, Durability: engine.Relaxed, DeadLetter: "dead"}},
}

const (
	long    = 24 * time.Hour
	shortly = 8 * relaxedDelay
)

// scene is an engine with some of everything.
type scene struct {
	t        *testing.T
	e        *Engine
	ids      map[string]engine.ID // by body
	receipts map[string]engine.Receipt
	policy   engine.Policy // of the queue "jobs"
	trash    map[engine.TrashKind]string
	gate     chan struct{}          // closed when the writer goes on
	hook     atomic.Pointer[func()] // called between commits and their effects
	taken    []*lease               // by receiveAll
	keeps    bool                   // which gives them back later
}

func (k *sceneKind) open(t *testing.T, path string) *scene {
	t.Helper()
	s := &scene{t: t, ids: maps.Clone(k.ids), receipts: map[string]engine.Receipt{}}
	o := k.options
	o.committed = func() {
		if hook := s.hook.Load(); hook != nil {
			(*hook)()
		}
	}
	e, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	s.e = e
	t.Cleanup(s.close)
	s.do(e.write(func(*tx) error { e.db.NoSync = true; return nil }))
	return s
}

func (s *scene) close() { s.do(s.e.Close()) }

func (s *scene) reopen() {
	s.close() // once more does nothing
	e, err := Open(s.e.Path(), s.e.options)
	s.do(err)
	s.e = e
	s.settle()
}

func (s *scene) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// pass lets time pass, and all happen that is due.
func (s *scene) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// settle waits until nothing goes on any more.
func (s *scene) settle() { s.pass(2 * shortly) }

// settleWriter waits until nothing is to be committed.
func (s *scene) settleWriter() { s.pass(relaxedDelay) }

// publish publishes a message whose body begins with its name.
func (s *scene) publish(queue string, messages ...engine.Outgoing) error {
	w := s.e.writer
	w.mu.Lock()
	next := w.nextID // others may want it before the publish returns
	w.mu.Unlock()
	for i, m := range messages {
		s.ids[nameOf(m.Body)] = formatID(next + uint64(i))
	}
	_, err := s.e.Publish(s.t.Context(), queue, messages...)
	return err
}

func message(name, group string, delay time.Duration) engine.Outgoing {
	return engine.Outgoing{Body: []byte(name), Group: group, Delay: delay}
}

func nameOf(body []byte) string {
	name, _, _ := strings.Cut(string(body), " ")
	return name
}

// receive leases messages, which must be these.
func (s *scene) receive(lease time.Duration, names ...string) {
	s.t.Helper()
	got, err := s.e.Receive(s.t.Context(), "jobs", engine.ReceiveOptions{Max: len(names), Lease: lease, Consumer: "worker"})
	s.do(err)
	for i, d := range got {
		s.receipts[nameOf(d.Body)] = d.Receipt
		if nameOf(d.Body) != names[i] {
			s.t.Fatalf("received %s, want %s", d.Body, names[i])
		}
	}
	if len(got) != len(names) {
		s.t.Fatalf("received %d messages, want %s", len(got), names)
	}
}

func (s *scene) nack(name string, f engine.Failure) {
	s.t.Helper()
	s.do(s.e.Nack(s.t.Context(), s.receipts[name], f))
}

// template returns a file with a scene in it, but for what is in flight.
func (k *sceneKind) template(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "template.db")
	synctest.Test(t, func(t *testing.T) {
		k.ids = map[string]engine.ID{}
		s := k.open(t, path)
		policy := engine.Policy{VisibilityTimeout: long, MaxTries: 4}
		for _, name := range []string{"other", "dead"} {
			s.do(s.e.CreateQueue(t.Context(), name, policy))
		}
		ordered := policy
		ordered.Ordered = true
		s.do(s.e.CreateQueue(t.Context(), "gone", ordered))
		p := k.policy
		p.VisibilityTimeout, p.MaxTries = policy.VisibilityTimeout, policy.MaxTries
		s.do(s.e.CreateQueue(t.Context(), "jobs", p))
		s.fill()
		k.ids = s.ids
		s.close()
	})
	return image(t, path)
}

// fill puts some of everything into the file.
func (s *scene) fill() {
	ctx := s.t.Context()
	e := s.e
	soon := func() { s.pass(2 * relaxedDelay) } // what is relaxed is committed

	s.do(e.Bind(ctx, "topic", engine.Binding{Queue: "gone", Pattern: "#"}))
	s.do(e.Bind(ctx, "topic", engine.Binding{Queue: "jobs", Pattern: "jobs.#"}))
	s.do(s.publish("gone", message("q1", "g", 0), message("q2", "g", 0), message("q3", "", 0)))
	got, err := e.Receive(ctx, "gone", engine.ReceiveOptions{})
	s.do(err)
	s.do(e.Nack(ctx, got[0].Receipt, engine.Failure{Delay: 2 * long}))
	_, err = e.DeleteQueue(ctx, "gone")
	s.do(err)

	s.do(s.publish("jobs", message("p1", "", 0), message("p2", "h", 0), message("p3", "g", 0), message("p4", "", 0)))
	soon()
	s.receive(0, "p1", "p2")
	s.do(e.Ack(ctx, s.receipts["p1"]))
	s.nack("p2", engine.Failure{Delay: 3 * long})
	s.do(s.publish("jobs", message("p5", "", long)))
	soon()
	_, err = e.Purge(ctx, "jobs", engine.LiveArea)
	s.do(err)

	s.do(s.publish("jobs", message("c1", "g", 0), message("c2", "", 0)))
	soon()
	s.receive(0, "c1")
	s.nack("c1", engine.Failure{Delay: 4 * long})
	soon()
	_, _, err = e.Delete(ctx, "jobs", s.ids["c1"], s.ids["c2"])
	s.do(err)

	s.do(s.publish("jobs", message("b1", "g", 0)))
	soon()
	s.receive(0, "b1")
	s.nack("b1", engine.Failure{Reject: true})
	soon()
	for _, name := range []string{"jobs", "dead"} { // where it is in some scenes
		_, err = e.Purge(ctx, name, engine.DeadArea)
		s.do(err)
	}

	s.do(s.publish("jobs", message("rec2", "", 0), message("h1", "h", 0), message("dead1", "", 0)))
	soon()
	s.receive(0, "rec2", "h1", "dead1")
	s.nack("rec2", engine.Failure{Delay: -1, Reason: "once"})
	s.nack("h1", engine.Failure{Delay: 5 * long})
	s.nack("dead1", engine.Failure{Reject: true})
	s.do(s.publish("jobs", message("a", "", 0), message("l1", "", 0), message("l2", "", 0), message("g1", "g", 0), message("x1", "", 0)))
	soon()
	s.receive(0, "rec2", "a")
	s.do(e.Ack(ctx, s.receipts["a"]))
	s.do(e.Release(ctx, s.receipts["rec2"], 0))
	s.do(s.publish("jobs", message("g2", "g", 0), message("h2", "h", 0), message("r1", "", 0), message("rec1", "", 0)))
	s.do(s.publish("jobs", message("d1", "", 6*long), message("r2 "+strings.Repeat("x", 3000), "", 0), message("g3", "g", 0)))
	soon()
	_, err = e.Move(ctx, engine.MoveRequest{Queue: "jobs", IDs: []engine.ID{s.ids["rec1"]}})
	s.do(err)
	s.do(s.publish("other", message("o1", "", 0), message("o2", "g", 0)))
}

// begin receives some, makes the writer wait, and receives others, which are not
// noted yet.
func (s *scene) begin() {
	s.pass(time.Second)
	info, err := s.e.Queue(s.t.Context(), "jobs")
	s.do(err)
	s.policy = info.Policy
	entries, err := s.e.Trash(s.t.Context())
	s.do(err)
	s.trash = map[engine.TrashKind]string{}
	for _, entry := range entries {
		s.trash[entry.What] = entry.ID
	}
	s.receive(0, "rec2", "l1")
	s.settle()
	s.do(s.publish("jobs", message("d2", "", shortly)))
	s.settleWriter()
	s.gate = make(chan struct{})
	waits := make(chan struct{})
	go func() {
		_ = s.e.write(func(t *tx) error {
			close(waits)
			<-s.gate
			return t.fail(errors.New("as if it had never been"))
		})
	}()
	<-waits
	s.receive(0, "l2", "g1")
	s.receive(shortly, "x1")
}

func (k *sceneKind) meddleWith(s *scene) {
	if k.meddle != nil {
		k.meddle(s)
	}
}

// readAnew has memory forget what merely is ready, and read it from the file. It
// returns when that is done, or waits for effects.
func (s *scene) readAnew() {
	q := s.e.lookup("jobs")
	if q == nil {
		return
	}
	q.mu.Lock()
	q.resetLocked()
	q.returned.spots = slices.DeleteFunc(q.returned.spots, func(s *spot) bool { return s.run == nil })
	heap.Init(&q.returned.spots)
	maps.DeleteFunc(q.returned.byID, func(_ uint64, s *spot) bool { return s.run == nil })
	q.returned.bound = 0
	done := q.loadLocked()
	q.mu.Unlock()
	for w := s.e.writer; ; runtime.Gosched() {
		w.mu.Lock()
		awaits := w.awaiting > 0
		w.mu.Unlock()
		select {
		case <-done:
			return
		default:
			if awaits {
				return
			}
		}
	}
}

// receiveAll leases all that is ready, as if nobody counted that, and gives it
// back.
func (s *scene) receiveAll() {
	q := s.e.lookup("jobs")
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	got := q.takeLocked(time.Now(), want{max: maxReceive, consumer: "meddler"})
	q.unwritten -= int64(len(got))
	if s.taken = append(s.taken, got...); !s.keeps {
		s.giveBackLocked(q)
	}
}

// giveBack gives back what receiveAll leased and kept.
func (s *scene) giveBack() {
	if q := s.e.lookup("jobs"); q != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		s.giveBackLocked(q)
	}
}

func (s *scene) giveBackLocked(q *queue) {
	for _, l := range s.taken {
		q.giveBackLocked(l)
	}
	s.taken = nil
	delete(q.consumers, "meddler")
}

// letGo has the writer go on.
func (s *scene) letGo() {
	close(s.gate)
	synctest.Wait()
}
