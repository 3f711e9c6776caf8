package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// leased opens an engine in which each of some queues has some messages in
// flight.
func leased(t *testing.T, o Options, queues, messages int) (*Engine, []engine.Delivery) {
	t.Helper()
	e, err := Open(filepath.Join(t.TempDir(), "nixie.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	var all []engine.Delivery
	for i := range queues {
		name := fmt.Sprintf("q%d", i)
		if err := e.CreateQueue(t.Context(), name, engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Publish(t.Context(), name, make([]engine.Outgoing, messages)...); err != nil {
			t.Fatal(err)
		}
		got, err := e.Receive(t.Context(), name, engine.ReceiveOptions{Max: messages, Lease: time.Hour})
		if err != nil || len(got) != messages {
			t.Fatal(len(got), err)
		}
		all = append(all, got...)
	}
	return e, all
}

// keepLate does what the keeper would in two hours, in a commit that fails, and
// returns how many deliveries were to end with it.
func keepLate(t *testing.T, e *Engine) (ended int) {
	t.Helper()
	full := errors.New("the disk is full")
	err := e.write(func(tx *tx) error {
		tx.at += int64(2 * time.Hour)
		turn := tx.turn()
		turn.until = time.Now().Add(time.Hour) // the rest is for the test to see
		for _, q := range e.all() {
			qt := tx.queue(q)
			qt.keep(turn)
			ended += int(qt.tally.failed)
		}
		return tx.fail(full)
	})
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	return ended
}

func TestKeeperTurnIsOfAllQueuesTogether(t *testing.T) {
	e, _ := leased(t, Options{}, 10, turnMessages/5)
	if got := keepLate(t, e); got < turnStep || got > turnMessages+turnStep {
		t.Errorf("%d leases ended in one commit, want at most about %d", got, turnMessages)
	}
}

func TestLeasesOutliveACommitThatFails(t *testing.T) {
	e, got := leased(t, Options{}, 1, turnMessages+1)
	if ended := keepLate(t, e); ended == 0 || ended > turnMessages {
		t.Fatalf("%d leases were to end, of %d", ended, len(got))
	}
	for _, d := range got {
		if err := e.Ack(t.Context(), d.Receipt); err != nil {
			t.Fatal(err)
		}
	}
	if q := e.lookup("q0"); len(q.leases) != 0 {
		t.Errorf("%d leases are left", len(q.leases))
	}
}

func TestHistoryOfManyQueuesIsWrittenInParts(t *testing.T) {
	synctest.Test(t, historyInParts) // so that the engine's own clock writes none of it
}

func historyInParts(t *testing.T) {
	const queues = 2*maxFlush + 1
	var commits atomic.Int64
	e, _ := leased(t, Options{committed: func() { commits.Add(1) }}, queues, 1)
	time.Sleep(time.Millisecond) // of the bubble: history is of when it was up
	e.closeSecond(time.Now())
	before := commits.Load()
	if !e.flushHistory() {
		t.Fatal("there was nothing to write")
	}
	if got := commits.Load() - before; got < queues/maxFlush {
		t.Errorf("%d queues were written in %d commits", queues, got)
	}
	for i := range queues {
		series, err := e.History(t.Context(), fmt.Sprintf("q%d", i), engine.Span{From: time.Now().Add(-time.Minute), To: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		published := int64(0)
		for _, s := range series.Samples {
			published += s.Published
		}
		if published != 1 {
			t.Errorf("queue %d: %d were published", i, published)
		}
	}
}

// TestHistoryForgetsDeletedQueues: while a queue can be restored its history
// stays, and then goes, not all at once.
func TestHistoryForgetsDeletedQueues(t *testing.T) {
	synctest.Test(t, historyForgets) // so that it is known when the sweeper is done
}

func historyForgets(t *testing.T) {
	var commits atomic.Int64
	e, _ := leased(t, Options{committed: func() { commits.Add(1) }}, 2, 1)
	const many = 10 * turnMessages
	gone, stays := e.lookup("q0"), e.lookup("q1")
	if err := e.db.Update(func(btx *bbolt.Tx) (err error) {
		for i := range many {
			err = errors.Join(err, btx.Bucket(bucketHistory).Put(historyKey(gone.number, 0, time.Unix(int64(i), 0)), []byte{1}))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	e.closeSecond(time.Now())
	e.flushHistory()
	known := func(q *queue) (rates bool, values int) {
		e.recorder.mu.Lock()
		defer e.recorder.mu.Unlock()
		if err := e.view(func(btx *bbolt.Tx) error {
			c := btx.Bucket(bucketHistory).Cursor()
			for k, _ := c.Seek(key32(q.number)); bytes.HasPrefix(k, key32(q.number)); k, _ = c.Next() {
				values++
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return e.recorder.recent[q.number] != nil, values
	}
	entry, err := e.DeleteQueue(t.Context(), "q0")
	if err != nil {
		t.Fatal(err)
	}
	if rates, values := known(gone); rates || values == 0 {
		t.Errorf("of a queue that can be restored, rates are known: %v, and %d values of its history", rates, values)
	}
	before := commits.Load()
	if err := e.Discard(t.Context(), entry.ID); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if _, values := known(gone); values != 0 {
		t.Errorf("of a queue that is gone for good there are %d values of history", values)
	}
	if took := commits.Load() - before; took < many/turnMessages {
		t.Errorf("%d values were deleted in %d commits", many, took)
	}
	if rates, values := known(stays); !rates || values == 0 {
		t.Errorf("of the other queue, rates are known: %v, and %d values of its history", rates, values)
	}
}
