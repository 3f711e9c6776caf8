package enginetest

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// fixture is an engine under test, with short forms of what tests do often.
// They end the test if what they do fails.
type fixture struct {
	*testing.T
	engine.Engine
	ctx     context.Context
	harness Harness
	closed  bool // by the test itself
}

func newFixture(t *testing.T, h Harness) *fixture {
	return &fixture{T: t, Engine: h.Open(t), ctx: t.Context(), harness: h}
}

// The policy of a test's queues, unless it says otherwise.
const (
	testLease   = 30 * time.Second
	testTries   = 3
	testBackoff = 10 * time.Second
)

func testPolicy() engine.Policy {
	return engine.Policy{VisibilityTimeout: testLease, MaxTries: testTries, Backoff: engine.Backoff{Base: testBackoff}}
}

// equal fails the test if got is not what was wanted. An empty list is as good
// as none.
func equal[T any](f *fixture, what string, got, want T) {
	f.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if g.Kind() == reflect.Slice && g.Len()+w.Len() == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		f.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// at fails the test if a time is not the wanted one.
func at(f *fixture, what string, got, want time.Time) {
	f.Helper()
	if !got.Equal(want) {
		f.Errorf("%s: at %v, want %v (%v off)", what, got, want, got.Sub(want))
	}
}

// refused fails the test if err is not the wanted one.
func (f *fixture) refused(what string, err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// do ends the test if there is an error.
func (f *fixture) do(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// pass lets time pass, and all that happens in it.
func (f *fixture) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// create makes a queue, with the test's policy changed.
func (f *fixture) create(name string, change ...func(*engine.Policy)) {
	f.Helper()
	policy := testPolicy()
	for _, c := range change {
		c(&policy)
	}
	f.do(f.CreateQueue(f.ctx, name, policy))
}

// configure changes the test's policy of a queue.
func (f *fixture) configure(name string, change func(*engine.Policy)) {
	f.Helper()
	policy := testPolicy()
	change(&policy)
	_, err := f.Configure(f.ctx, name, policy)
	f.do(err)
}

// send publishes one message.
func (f *fixture) send(queue string, o engine.Outgoing) engine.ID {
	f.Helper()
	ids, err := f.Publish(f.ctx, queue, o)
	f.do(err)
	if len(ids) != 1 {
		f.Fatalf("publishing one message returned the ids %v", ids)
	}
	return ids[0]
}

// publish sends one message for each body.
func (f *fixture) publish(queue string, bodies ...string) []engine.ID {
	f.Helper()
	var messages []engine.Outgoing
	for _, b := range bodies {
		messages = append(messages, engine.Outgoing{Body: []byte(b)})
	}
	ids, err := f.Publish(f.ctx, queue, messages...)
	f.do(err)
	if len(ids) != len(bodies) {
		f.Fatalf("publishing %d messages returned %d ids", len(bodies), len(ids))
	}
	return ids
}

// receive returns what is ready now, at most so many.
func (f *fixture) receive(queue string, most int) []engine.Delivery {
	f.Helper()
	deliveries, err := f.Receive(f.ctx, queue, engine.ReceiveOptions{Max: most, Consumer: "worker"})
	f.do(err)
	return deliveries
}

// take receives the one message that must be ready.
func (f *fixture) take(queue string) engine.Delivery {
	f.Helper()
	deliveries := f.receive(queue, 1)
	if len(deliveries) != 1 {
		f.Fatalf("nothing is ready in %s", queue)
	}
	return deliveries[0]
}

// none fails the test if something can be received.
func (f *fixture) none(queue, why string) {
	f.Helper()
	if got := f.receive(queue, 1); len(got) != 0 {
		f.Fatalf("%s, but %s was delivered", why, got[0].ID)
	}
}

func (f *fixture) ack(d engine.Delivery)  { f.Helper(); f.do(f.Ack(f.ctx, d.Receipt)) }
func (f *fixture) nack(d engine.Delivery) { f.Helper(); f.fail(d, engine.Failure{Reason: "boom"}) }

func (f *fixture) fail(d engine.Delivery, failure engine.Failure) {
	f.Helper()
	f.do(f.Nack(f.ctx, d.Receipt, failure))
}

// kill makes a dead letter of the next ready message and returns its id.
func (f *fixture) kill(queue string) engine.ID {
	f.Helper()
	d := f.take(queue)
	f.fail(d, engine.Failure{Reason: "useless", Reject: true})
	return d.ID
}

// move moves messages and returns what became of each.
func (f *fixture) move(r engine.MoveRequest) []engine.Outcome {
	f.Helper()
	outcomes, err := f.Move(f.ctx, r)
	f.do(err)
	if len(outcomes) != len(r.IDs) {
		f.Fatalf("moving %d messages had %d outcomes", len(r.IDs), len(outcomes))
	}
	for i, o := range outcomes {
		equal(f, "id of the outcome", o.ID, r.IDs[i])
	}
	return outcomes
}

// moved moves messages that must not be refused.
func (f *fixture) moved(r engine.MoveRequest) {
	f.Helper()
	for _, o := range f.move(r) {
		if o.Err != nil {
			f.Fatalf("moving %s: %v", o.ID, o.Err)
		}
	}
}

// info returns a queue.
func (f *fixture) info(queue string) engine.QueueInfo {
	f.Helper()
	info, err := f.Queue(f.ctx, queue)
	f.do(err)
	return plainInfo(info)
}

// message returns a message, which must be there.
func (f *fixture) message(queue string, id engine.ID) engine.Message {
	f.Helper()
	m, err := f.Message(f.ctx, queue, id)
	f.do(err)
	return plain(m)
}

// is fails the test if a message is not in that state.
func (f *fixture) is(queue string, id engine.ID, state engine.State) {
	f.Helper()
	equal(f, "state of "+string(id), f.message(queue, id).State, state)
}

// gone fails the test if a message is still in a queue.
func (f *fixture) gone(queue string, id engine.ID) {
	f.Helper()
	_, err := f.Message(f.ctx, queue, id)
	f.refused("message that should be gone", err, engine.ErrMessageNotFound)
}

// list returns all messages in a state.
func (f *fixture) list(queue string, state engine.State) []engine.Message {
	f.Helper()
	page, err := f.List(f.ctx, queue, engine.ListOptions{State: state, Limit: 10_000})
	f.do(err)
	for i, m := range page.Messages {
		page.Messages[i] = plain(m)
	}
	return page.Messages
}

// trash returns the entries of one queue, newest first.
func (f *fixture) trash(queue string) (entries []engine.TrashEntry) {
	f.Helper()
	all, err := f.Trash(f.ctx)
	f.do(err)
	for _, e := range all {
		if e.Queue == queue {
			entries = append(entries, e)
		}
	}
	return entries
}

// counts fails the test if a queue does not hold so many messages in each
// state.
func (f *fixture) counts(queue string, ready, inFlight, delayed, dead int64) {
	f.Helper()
	i := f.info(queue)
	got := [4]int64{i.Ready, i.InFlight, i.Delayed, i.Dead}
	equal(f, queue+": ready, in flight, delayed, dead", got, [4]int64{ready, inFlight, delayed, dead})
}

// reopen closes the engine and opens it again, or skips the test if it keeps
// nothing.
func (f *fixture) reopen() {
	f.Helper()
	if f.harness.Reopen == nil {
		f.Skip("the engine keeps nothing when closed")
	}
	f.Engine = f.harness.Reopen(f.T, f.Engine)
}

// plain brings a message into a form that can be compared: times without zone
// and monotonic reading, nothing as nil.
func plain(m engine.Message) engine.Message {
	for _, t := range []*time.Time{&m.PublishedAt, &m.EnteredAt, &m.DueAt, &m.LeaseUntil} {
		*t = t.UTC().Round(0)
	}
	if len(m.Body) == 0 {
		m.Body = nil
	}
	if len(m.Headers) == 0 {
		m.Headers = nil
	}
	m.Attempts = append([]engine.Attempt(nil), m.Attempts...)
	for i := range m.Attempts {
		a := &m.Attempts[i]
		a.ReceivedAt, a.EndedAt = a.ReceivedAt.UTC().Round(0), a.EndedAt.UTC().Round(0)
	}
	if m.Death != nil {
		death := *m.Death
		death.At = death.At.UTC().Round(0)
		m.Death = &death
	}
	return m
}

func plainInfo(info engine.QueueInfo) engine.QueueInfo {
	info.CreatedAt, info.OldestAt = info.CreatedAt.UTC().Round(0), info.OldestAt.UTC().Round(0)
	return info
}

// infos returns all queues.
func (f *fixture) infos() []engine.QueueInfo {
	f.Helper()
	all, err := f.Queues(f.ctx)
	f.do(err)
	for i, info := range all {
		all[i] = plainInfo(info)
	}
	return all
}

// checkSums fails the test if the counters of a queue are not the sums over
// its messages.
func (f *fixture) checkSums() {
	f.Helper()
	for _, info := range f.infos() {
		var bytes int64
		counted := map[engine.State]int64{}
		for _, state := range engine.States() {
			for _, m := range f.list(info.Name, state) {
				equal(f, "state in the list of "+string(state), m.State, state)
				equal(f, "queue in the list of "+info.Name, m.Queue, info.Name)
				counted[state]++
				if state != engine.Dead {
					bytes += int64(m.Size)
				}
			}
		}
		f.counts(info.Name, counted[engine.Ready], counted[engine.InFlight], counted[engine.Delayed], counted[engine.Dead])
		equal(f, "bytes in "+info.Name, f.info(info.Name).Bytes, bytes)
	}
}

// ids returns those of messages or deliveries.
func ids[T engine.Message | engine.Delivery](items []T) []engine.ID {
	var ids []engine.ID
	for _, item := range items {
		switch item := any(item).(type) {
		case engine.Message:
			ids = append(ids, item.ID)
		case engine.Delivery:
			ids = append(ids, item.ID)
		}
	}
	return ids
}

// compareIDs orders ids as their numbers.
func compareIDs(a, b engine.ID) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// ascend reports whether ids ascend.
func ascend(ids []engine.ID) bool {
	for i := 1; i < len(ids); i++ {
		if compareIDs(ids[i-1], ids[i]) >= 0 {
			return false
		}
	}
	return true
}

func reversed[T any](s []T) []T {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}
