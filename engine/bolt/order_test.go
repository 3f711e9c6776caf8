package bolt

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

// orderTest is an engine with a queue in which very many messages are delayed,
// among them retries of which each has a younger message of its group behind it.
type orderTest struct {
	*testing.T
	*Engine
	policy engine.Policy
}

const orderGroups = 3

func newOrderTest(t *testing.T, ordered bool) *orderTest {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := &orderTest{t, e, engine.DefaultPolicy()}
	t.Cleanup(func() { o.must(e.Close()) })
	o.policy.Ordered = ordered
	o.must(e.CreateQueue(t.Context(), "q", o.policy))
	later := make([]engine.Outgoing, 4*retriesStep)
	for i := range later {
		later[i].Delay = time.Duration(i+1) * time.Hour
	}
	o.publish(later...)
	for i := range orderGroups { // at the beginning of them, in the middle and at the end
		o.publish(engine.Outgoing{Group: groupName(i)})
		o.fail(time.Duration(1+i*len(later)/(orderGroups-1)) * time.Hour)
		o.publish(engine.Outgoing{Group: groupName(i)})
	}
	return o
}

func groupName(i int) string { return fmt.Sprintf("g%d", i) }

func (o *orderTest) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *orderTest) publish(messages ...engine.Outgoing) {
	o.Helper()
	_, err := o.Publish(o.Context(), "q", messages...)
	o.must(err)
}

func (o *orderTest) receive() []engine.Delivery {
	o.Helper()
	got, err := o.Receive(o.Context(), "q", engine.ReceiveOptions{Max: 100, Lease: time.Hour})
	o.must(err)
	return got
}

// fail receives the newest message, and has it come back after a delay.
func (o *orderTest) fail(delay time.Duration) {
	o.Helper()
	got := o.receive()
	for i, d := range got {
		if i < len(got)-1 {
			o.must(o.Release(o.Context(), d.Receipt, 0))
			continue
		}
		o.must(o.Nack(o.Context(), d.Receipt, engine.Failure{Delay: delay}))
	}
}

func (o *orderTest) configure(ordered bool) {
	o.Helper()
	o.policy.Ordered = ordered
	_, err := o.Configure(o.Context(), "q", o.policy)
	o.must(err)
}

// waiting finds that all groups wait for their retries.
func (o *orderTest) waiting() {
	o.Helper()
	if got := o.receive(); len(got) != 0 {
		o.Fatalf("%d messages came that have to wait for older ones of their group", len(got))
	}
}

// cursors is how many times a transaction looked something up.
func cursors(t *tx) int64 {
	stats := t.Stats()
	return stats.GetCursorCount()
}

// TestConfigureLooksAtTheDelayedInSteps: and the groups wait for their retries
// all the same.
func TestConfigureLooksAtTheDelayedInSteps(t *testing.T) {
	o := newOrderTest(t, false)
	var after []byte
	for more := true; more; {
		o.must(o.write(func(t *tx) (err error) {
			qt := t.queue(o.lookup("q"))
			before := cursors(t)
			_, after, err = qt.order(after)
			if n := cursors(t) - before; n > 2*retriesStep {
				o.Errorf("in one step %d things were looked up", n)
			}
			more = after != nil
			return err
		}))
	}
	o.configure(true)
	o.waiting()
}

// TestRetryWhileAQueueBecomesOrdered has messages become retries, and be no
// more, after the place where they stand was looked at.
func TestRetryWhileAQueueBecomesOrdered(t *testing.T) {
	o := newOrderTest(t, false)
	ctx := t.Context()
	o.publish(engine.Outgoing{Group: "late"}, engine.Outgoing{Group: "late"})
	page, err := o.List(ctx, "q", engine.ListOptions{State: engine.Delayed, Limit: 10})
	o.must(err)
	var first engine.Message // of the groups
	for _, m := range page.Messages {
		if m.Group == groupName(0) {
			first = m
		}
	}
	got := o.receive()
	late := got[len(got)-2]
	for i, d := range got {
		if i != len(got)-2 {
			o.must(o.Release(ctx, d.Receipt, 0))
		}
	}
	var ordering uint64
	o.must(o.write(func(t *tx) (err error) {
		ordering, _, err = t.queue(o.lookup("q")).order(nil)
		return err
	}))
	o.must(o.Nack(ctx, late.Receipt, engine.Failure{Delay: time.Minute}))
	_, _, err = o.Delete(ctx, "q", first.ID)
	o.must(err)
	last := dueKey(1<<62, 0)
	o.must(o.write(func(t *tx) (err error) { // the other steps would find what this one does not
		_, _, err = t.queue(o.lookup("q")).order(last)
		return err
	}))
	o.must(o.write(func(t *tx) error {
		o.policy.Ordered = true
		_, done, err := t.configure("q", o.policy, ordering)
		if !done {
			o.Error("the work was for nothing")
		}
		return err
	}))
	got = o.receive()
	groups := map[string]bool{}
	for _, d := range got {
		groups[d.Group] = true
	}
	if !groups[groupName(0)] || groups["late"] {
		t.Errorf("received were messages of %v", groups)
	}
}

// TestOrderThatWasEndedIsMadeAnew: what was found before belongs to an order
// that is over.
func TestOrderThatWasEndedIsMadeAnew(t *testing.T) {
	o := newOrderTest(t, false)
	ordering, err := o.order(t.Context(), "q")
	o.must(err)
	o.configure(true)
	o.configure(false)
	o.must(o.write(func(t *tx) error {
		policy := o.policy
		policy.Ordered = true
		if _, done, err := t.configure("q", policy, ordering); done || err != nil {
			o.Error("an order was made of what was found for another: ", err)
		}
		return nil
	}))
	o.configure(true)
	o.waiting()
}

// TestRestoreReadsADeletedQueueBeforeItsCommit: the commit itself is short.
func TestRestoreReadsADeletedQueueBeforeItsCommit(t *testing.T) {
	o := newOrderTest(t, true)
	entry, err := o.DeleteQueue(t.Context(), "q")
	o.must(err)
	id, _ := parseID(engine.ID(entry.ID))
	q, err := o.prepareRestore(t.Context(), id)
	o.must(err)
	o.must(o.write(func(t *tx) error {
		before := cursors(t)
		_, _, err := t.restore(id, q)
		if n := cursors(t) - before; n > 100 {
			o.Errorf("%d things were looked up in one commit", n)
		}
		return err
	}))
	o.waiting()
}

// TestRetriesAreFoundWithoutReadingTheOthers: and with it in files that do not
// say which of the delayed are retries.
func TestRetriesAreFoundWithoutReadingTheOthers(t *testing.T) {
	o := newOrderTest(t, false)
	find := func(t *tx) (lookedUp int64) {
		live := t.queue(o.lookup("q")).s.live
		before := cursors(t)
		retries, _, err := readRetries(t.Tx, live, nil, math.MaxInt)
		if err != nil || len(retries) != orderGroups {
			o.Errorf("%d retries were found, not %d (%v)", len(retries), orderGroups, err)
		}
		return cursors(t) - before
	}
	o.must(o.write(func(t *tx) error {
		if n := find(t); n > 100 {
			o.Errorf("%d things were looked up for %d retries", n, orderGroups)
		}
		b := t.Bucket(t.queue(o.lookup("q")).s.live.bucket(kindDue))
		var keys [][]byte
		c := b.Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			keys = append(keys, k)
		}
		for _, k := range keys {
			t.fail(b.Put(k, dueAny))
		}
		find(t)
		return nil
	}))
}

// TestDeliveredInTheCommitThatChangesTheOrder: who waits when a queue becomes
// ordered, or is so no more, gets what the new policy says.
func TestDeliveredInTheCommitThatChangesTheOrder(t *testing.T) {
	for _, ordered := range []bool{true, false} {
		e, ids := groupsTest(t)
		policy := engine.Policy{VisibilityTimeout: time.Hour, Ordered: !ordered}
		_, err := e.Configure(t.Context(), "jobs", policy)
		if err != nil {
			t.Fatal(err)
		}
		if ordered { // the second one is to come with the commit
			_, _, err = e.Delete(t.Context(), "jobs", ids[1])
		}
		if err != nil {
			t.Fatal(err)
		}
		receiveOne(t, e)
		w := waitingAt(e.lookup("jobs"))
		policy.Ordered = ordered
		err = e.write(func(tx *tx) error {
			_, _, err := tx.queue(e.lookup("jobs")).order(nil)
			if err == nil {
				_, _, err = tx.configure("jobs", policy, e.lookup("jobs").ordering)
			}
			if err == nil {
				err = tx.publishOne("jobs", engine.Outgoing{Group: "g"})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []*lease
		select {
		case got = <-w.got:
		default:
		}
		if ordered && len(got) != 0 {
			t.Errorf("%d is delivered while %s of its group is in flight", got[0].id, ids[0])
		}
		if !ordered && (len(got) != 1 || formatID(got[0].id) != ids[1]) {
			t.Errorf("delivered are %d, and %s is the oldest", len(got), ids[1])
		}
	}
}
