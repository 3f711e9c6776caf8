package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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
}

var sceneKinds = []*sceneKind{
	{name: "plain"},
	{name: "ordered", policy: engine.Policy{Ordered: true}},
	{name: "out of memory", policy: engine.Policy{Ordered: true}, options: Options{Window: 1}},
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
	gate     chan struct{} // closed when the writer goes on
}

func openScene(t *testing.T, path string, o Options) *scene {
	t.Helper()
	e, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, e: e, ids: map[string]engine.ID{}, receipts: map[string]engine.Receipt{}}
	t.Cleanup(s.close)
	s.do(e.write(func(*tx) error { e.db.NoSync = true; return nil }))
	return s
}

func (s *scene) close() { s.do(s.e.Close()) }

func (s *scene) reopen() {
	s.close()
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
		s.ids[nameOf(d.Body)] = d.ID
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
		s := openScene(t, path, Options{})
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
	s.find()
	info, err := s.e.Queue(s.t.Context(), "jobs")
	s.do(err)
	s.policy = info.Policy
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

// letGo has the writer go on.
func (s *scene) letGo() {
	close(s.gate)
	synctest.Wait()
}

// find finds out which id everything has.
func (s *scene) find() {
	infos, err := s.e.Queues(s.t.Context())
	s.do(err)
	for _, info := range infos {
		for _, state := range engine.States() {
			page, err := s.e.List(s.t.Context(), info.Name, engine.ListOptions{State: state})
			s.do(err)
			for _, m := range page.Messages {
				s.ids[nameOf(m.Body)] = m.ID
			}
		}
	}
}

// look writes all that can be seen.
func (s *scene) look(b *strings.Builder, heading string) {
	ctx := s.t.Context()
	fmt.Fprintf(b, "== %s\n", heading)
	infos, err := s.e.Queues(ctx)
	s.do(err)
	for _, info := range infos {
		fmt.Fprintf(b, "%s: ready %d, in flight %d, delayed %d, dead %d, %d bytes, paused %t, totals %+v, consumers %d, oldest %t\n", info.Name,
			info.Ready, info.InFlight, info.Delayed, info.Dead, info.Bytes, info.Paused, info.Totals, info.Consumers, info.OldestAt.IsZero())
		fmt.Fprintf(b, "%s: %+v\n", info.Name, info.Policy)
		for _, state := range engine.States() {
			page, err := s.e.List(ctx, info.Name, engine.ListOptions{State: state})
			s.do(err)
			if int64(len(page.Messages)) != info.Count(state) {
				fmt.Fprintf(b, "%s: %d are %s, but %d are listed\n", info.Name, info.Count(state), state, len(page.Messages))
			}
			fmt.Fprintf(b, "%s: %s:", info.Name, state)
			for _, m := range page.Messages {
				fmt.Fprintf(b, " %s", describe(&m))
				one, err := s.e.Message(ctx, info.Name, m.ID)
				if err != nil || describe(&one) != describe(&m) {
					fmt.Fprintf(b, " (alone it is %s, %v)", describe(&one), err)
				}
			}
			fmt.Fprintln(b)
		}
		consumers, err := s.e.Consumers(ctx, info.Name)
		s.do(err)
		for _, c := range consumers {
			fmt.Fprintf(b, "%s: consumer %q: in flight %d, %+v\n", info.Name, c.Name, c.InFlight, c.Totals)
		}
	}
	topics, err := s.e.Topics(ctx)
	s.do(err)
	fmt.Fprintf(b, "topics: %v\n", topics)
	entries, err := s.e.Trash(ctx)
	s.do(err)
	for _, entry := range entries {
		fmt.Fprintf(b, "trash: %s of %s, %d\n", entry.What, entry.Queue, entry.Count)
	}
	report, err := s.e.Check(ctx)
	s.do(err)
	for _, p := range report.Problems {
		fmt.Fprintf(b, "check: %s\n", p)
	}
}

func describe(m *engine.Message) string {
	text := fmt.Sprintf("%s[%s %d/%d", nameOf(m.Body), m.State, m.Tries, len(m.Attempts))
	if m.Requeues > 0 {
		text += fmt.Sprintf(" requeued %d", m.Requeues)
	}
	if m.Death != nil {
		text += fmt.Sprintf(" %s in %s", m.Death.Reason, m.Death.Origin)
	}
	if m.Consumer != "" {
		text += " by " + m.Consumer
	}
	return text + "]"
}

// drain receives from every queue until nothing comes any more, one by one; what
// has a group is acked, so that the next one of it comes.
func (s *scene) drain(b *strings.Builder) {
	ctx := s.t.Context()
	infos, err := s.e.Queues(ctx)
	s.do(err)
	for _, info := range infos {
		s.do(s.e.SetPaused(ctx, info.Name, false))
		fmt.Fprintf(b, "received from %s:", info.Name)
		for range 50 {
			got, err := s.e.Receive(ctx, info.Name, engine.ReceiveOptions{})
			s.do(err)
			if len(got) == 0 {
				break
			}
			fmt.Fprintf(b, " %s", describe(&got[0].Message))
			if got[0].Group != "" {
				s.do(s.e.Ack(ctx, got[0].Receipt))
				s.settleWriter()
			}
		}
		fmt.Fprintln(b)
	}
}

// restoreAll restores the whole trash, the oldest first.
func (s *scene) restoreAll(b *strings.Builder) {
	entries, err := s.e.Trash(s.t.Context())
	s.do(err)
	for i := len(entries) - 1; i >= 0; i-- {
		n, err := s.e.Restore(s.t.Context(), entries[i].ID)
		s.settle()
		fmt.Fprintf(b, "restored %s of %s: %d, %v\n", entries[i].What, entries[i].Queue, n, err)
	}
}
