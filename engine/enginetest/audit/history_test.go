package audit

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
	"nixie/engine/enginetest"
)

// The queues of the histories that are made here.
var policies = map[string]engine.Policy{
	"jobs":    {VisibilityTimeout: 3 * time.Second, MaxTries: 3, DedupWindow: 4 * time.Second},
	"ordered": {VisibilityTimeout: 3 * time.Second, MaxTries: 3, Ordered: true},
}

// record writes down what some clients of the model do, with all that the
// rules speak of.
func record(t testing.TB, seed uint64) []byte {
	t.Helper()
	var lines bytes.Buffer
	r := NewRecorder(&lines)
	e := enginetest.NewModel()
	s := r.Open(e)
	for name, policy := range policies {
		if err := e.CreateQueue(t.Context(), name, policy); err != nil {
			t.Fatal(err)
		}
		r.Queue(name, policy)
	}
	var wg sync.WaitGroup
	for client := range 4 {
		queue := []string{"jobs", "ordered"}[client%2]
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() { clientOf(t, s, queue, client, random) })
	}
	wg.Wait()
	for name := range policies {
		drain(t, s, name)
		if err := s.Census(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Close(), r.Err()); err != nil {
		t.Fatal(err)
	}
	return lines.Bytes()
}

// clientOf publishes, receives and settles, with some time between.
func clientOf(t testing.TB, s *Session, queue string, client int, random *rand.Rand) {
	ctx := t.Context()
	pause := func(most time.Duration) { time.Sleep(1 + time.Duration(random.Int64N(int64(most)))) }
	for n := range 12 {
		var names []string
		var batch []engine.Outgoing
		for i := range 1 + random.IntN(3) {
			o := engine.Outgoing{Body: fmt.Appendf(nil, "%d/%d/%d", client, n, i), Group: fmt.Sprint(random.IntN(3))}
			if random.IntN(3) == 0 && queue == "jobs" {
				o.DedupID = fmt.Sprint("d", random.IntN(3))
			}
			if random.IntN(4) == 0 {
				o.Delay = time.Duration(random.Int64N(int64(5 * time.Second)))
			}
			names, batch = append(names, string(o.Body)), append(batch, o)
		}
		if err := s.Publish(ctx, client, queue, names, batch); err != nil {
			t.Error(err)
		}
		pause(time.Second)
		got, err := s.Receive(ctx, client, queue, engine.ReceiveOptions{Max: 1 + random.IntN(3), Wait: time.Second})
		if err != nil {
			t.Error(err)
		}
		for _, d := range got {
			pause(time.Second)
			settle(t, s, client, d.Receipt, random)
		}
	}
}

// settle does with a delivery one of all that can be done.
func settle(t testing.TB, s *Session, client int, r engine.Receipt, random *rand.Rand) {
	ctx := t.Context()
	var err error
	switch random.IntN(8) {
	case 0:
		err = s.Nack(ctx, client, r, engine.Failure{Delay: time.Duration(random.Int64N(int64(3 * time.Second)))})
	case 1:
		err = s.Nack(ctx, client, r, engine.Failure{Reject: true})
	case 2:
		err = s.Release(ctx, client, r, time.Duration(random.Int64N(2))*time.Second)
	case 3: // the lease runs out
	case 4:
		err = s.Extend(ctx, client, r, 4*time.Second)
	default:
		if err = s.Ack(ctx, client, r); err == nil && random.IntN(2) == 0 {
			err = s.Ack(ctx, client, r)
		}
	}
	if err != nil && !errors.Is(err, engine.ErrLeaseLost) {
		t.Error(err)
	}
}

// drain acks all but a few until nothing comes for long.
func drain(t testing.TB, s *Session, queue string) {
	for {
		got, err := s.Receive(t.Context(), 99, queue, engine.ReceiveOptions{Max: 3, Wait: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			return
		}
		for _, d := range got {
			time.Sleep(time.Millisecond)
			if err := s.Ack(t.Context(), 99, d.Receipt); err != nil && !errors.Is(err, engine.ErrLeaseLost) {
				t.Error(err)
			}
		}
	}
}

// recorded is record in a bubble, where time costs nothing.
func recorded(t *testing.T, seed uint64) (lines []byte) {
	synctest.Test(t, func(t *testing.T) { lines = record(t, seed) })
	return lines
}

func read(t testing.TB, lines []byte) *History {
	t.Helper()
	h, err := Read(bytes.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestGoodHistories: what the model does breaks no rule.
func TestGoodHistories(t *testing.T) {
	for seed := range uint64(30) {
		h := read(t, recorded(t, seed))
		for _, v := range Check(h) {
			t.Errorf("seed %d: %s", seed, v)
		}
		if len(h.Calls) < 100 {
			t.Errorf("seed %d: only %d calls", seed, len(h.Calls))
		}
	}
}

// TestReadEndsWhatWasCut: calls that a dead process was in are unknown, a line
// that is not whole was not written, and lives follow each other.
func TestReadEndsWhatWasCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		for range 2 {
			r := NewRecorder(&lines)
			e := enginetest.NewModel()
			s := r.Open(e)
			r.Queue("jobs", policies["jobs"])
			if err := e.CreateQueue(t.Context(), "jobs", policies["jobs"]); err != nil {
				t.Fatal(err)
			}
			if err := s.Publish(t.Context(), 1, "jobs", []string{"a"}, []engine.Outgoing{{}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			text := strings.TrimSuffix(lines.String(), "\n")
			lines.Reset()
			lines.WriteString(text[:strings.LastIndex(text, "\n")+1]) // without the end of the publish
			NewRecorder(&lines).Killed()
			_ = e.Close()
		}
		cut := lines.String() + `{"what":"opened"`
		h, err := Read(strings.NewReader(cut))
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Lives) != 2 || len(h.Calls) != 2 || h.Calls[1].Life != 1 {
			t.Fatalf("read as %+v", h)
		}
		for i, c := range h.Calls {
			if c.Result != Unknown || c.End != h.Lives[i].Ended || c.End-c.Begin != int64(time.Second) {
				t.Errorf("call %d is %+v, its life %+v", i, c, h.Lives[i])
			}
		}
	})
}
