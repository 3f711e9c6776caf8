package demo

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest"
	"nixie/views"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is what a scenario showed while it ran.
type seen struct {
	most   map[string]engine.QueueInfo // by queue: the highest of each count
	last   map[string]engine.QueueInfo
	books  views.DemoBooks
	tones  map[views.DemoTone]bool
	story  []string // each text and what to watch
	play   *play
	states []views.DemoState
}

// watch plays a scenario for a simulated time and looks at it every second.
func watch(t *testing.T, name string, minutes float64, meddle func(second int, d *Demo)) seen {
	t.Helper()
	s := seen{most: map[string]engine.QueueInfo{}, last: map[string]engine.QueueInfo{}, tones: map[views.DemoTone]bool{}}
	synctest.Test(t, func(t *testing.T) {
		e := enginetest.NewModel()
		defer e.Close()
		d, err := Start(t.Context(), Options{Engine: e, Scenario: name, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		s.play = d.playing()
		for second := range int(minutes * 60) {
			if meddle != nil {
				meddle(second, d)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			s.look(t, e, d)
		}
	})
	return s
}

func (s *seen) look(t *testing.T, e engine.Engine, d *Demo) {
	t.Helper()
	queues, err := e.Queues(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		most := s.most[q.Name]
		most.Ready = max(most.Ready, q.Ready)
		most.Delayed = max(most.Delayed, q.Delayed)
		most.Dead = max(most.Dead, q.Dead)
		s.most[q.Name], s.last[q.Name] = most, q
	}
	state := d.State()
	s.states = append(s.states, state)
	s.books = state.Books
	s.tones[state.Story.Tone] = true
	s.story = append(s.story, state.Story.Text+" | "+state.Story.Watch)
	if b := state.Books; b.Published != b.Done+b.Waiting+b.Dead {
		t.Fatalf("the books of %s do not balance: %+v", state.Scenario, b)
	}
}

func (s *seen) told(words string) bool {
	return slices.ContainsFunc(s.story, func(text string) bool { return strings.Contains(text, words) })
}

// TestOnBolt plays the default on the bundled engine: its books balance to the
// message, and the file is clean, also after the demo was ended in the middle.
func TestOnBolt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "demo.db")
	synctest.Test(t, func(t *testing.T) {
		e, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		d, err := Start(t.Context(), Options{Engine: e, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 60 {
			time.Sleep(time.Second)
			if b := d.State().Books; b.Yours != 0 {
				t.Fatalf("the books do not balance: %+v", b)
			}
		}
		p := d.playing()
		d.Close()
		books, _, err := p.books.count(t.Context(), e, p.mine)
		if err != nil || books.Yours != 0 || books.Done == 0 || books.Dead == 0 {
			t.Errorf("got %+v, %v", books, err)
		}
		report, err := e.Check(t.Context())
		if err != nil || len(report.Problems) > 0 || report.Messages != books.Waiting+books.Dead {
			t.Errorf("got %+v, %v", report, err)
		}
	})
}

// TestFirstImpression: within two seconds the default lives.
func TestFirstImpression(t *testing.T) {
	t.Parallel()
	s := watch(t, "", 2.0/60, nil)
	if s.books.Published < 30 || s.books.Done < 10 {
		t.Errorf("after two seconds: %+v", s.books)
	}
	failed := int64(0)
	for _, q := range s.last {
		failed += q.Totals.Failed
	}
	if failed == 0 {
		t.Error("nothing failed yet")
	}
}

// TestSeed: a seed decides what every producer publishes.
func TestSeed(t *testing.T) {
	t.Parallel()
	sequence := func(seed uint64) (bodies []string) {
		for _, s := range scenarios() {
			p := newPlay(nil, s, seed)
			for _, m := range p.makers {
				for n := range int64(20) {
					bodies = append(bodies, string(m.make(m.dice, n).Body))
				}
			}
		}
		return bodies
	}
	if !slices.Equal(sequence(1), sequence(1)) {
		t.Error("the same seed made different messages")
	}
	if slices.Equal(sequence(1), sequence(2)) {
		t.Error("different seeds made the same messages")
	}
}

// TestFate: what becomes of a try depends on the seed and the message alone.
func TestFate(t *testing.T) {
	t.Parallel()
	fates := func(seed uint64) (reasons []string) {
		p := newPlay(nil, outage(), seed)
		r := rand.New(rand.NewPCG(1, 1))
		for n := range int64(200) {
			m := makePayment(r, n)
			for _, pool := range p.pools {
				pool.then = nil
				pool.failure.set(0.5)
				reason, _ := pool.try(context.Background(), engine.Delivery{Message: engine.Message{Body: m.Body, Tries: 1}})
				reasons = append(reasons, reason)
			}
		}
		return reasons
	}
	if !slices.Equal(fates(1), fates(1)) {
		t.Error("the same seed gave messages different fates")
	}
	if slices.Equal(fates(1), fates(2)) {
		t.Error("different seeds gave the same fates")
	}
}

// TestSwitching plays one scenario after the other: the queues of the one
// before are gone.
func TestSwitching(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := enginetest.NewModel()
		defer e.Close()
		ctx := t.Context()
		if err := e.CreateQueue(ctx, "own", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		d, err := Start(ctx, Options{Engine: e, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for _, s := range scenarios() {
			if err := d.Play(ctx, s.name); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			queues, err := e.Queues(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(queues) != len(s.queues)+1 {
				t.Errorf("%s: %d queues, want its %d and the one that was there", s.name, len(queues), len(s.queues))
			}
			if got := d.State().Scenario; got != s.name {
				t.Errorf("plays %q, not %q", got, s.name)
			}
		}
		if err := d.Play(ctx, "nope"); err == nil || !strings.Contains(err.Error(), "decoupling") {
			t.Errorf("an unknown scenario: %v", err)
		}
		d.Close()
	})
}

// TestHandles: what the operator moves takes effect, and takes the lead.
func TestHandles(t *testing.T) {
	t.Parallel()
	s := watch(t, "decoupling", 1, func(second int, d *Demo) {
		if second == 3 {
			for range 4 {
				d.Adjust(consumersOf("welcome-mails"), -1)
			}
		}
		if second == 40 {
			d.Adjust(consumersOf("welcome-mails"), 20)
		}
	})
	rose(t, s, "welcome-mails", 300)
	drained(t, s, "welcome-mails")
	last := s.states[len(s.states)-1]
	if last.Auto {
		t.Error("the acts still lead")
	}
	for _, h := range last.Handles {
		if h.ID == consumersOf("welcome-mails") && (h.Value != "32" || h.Level != 1) {
			t.Errorf("got %+v, want the highest rung", h)
		}
	}
}

// TestYours: what an operator takes out or puts in is told apart from a loss.
func TestYours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := enginetest.NewModel()
		defer e.Close()
		d, err := Start(t.Context(), Options{Engine: e, Scenario: "decoupling", Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 8 {
			d.Adjust(consumersOf("welcome-mails"), -1)
		}
		time.Sleep(10 * time.Second)
		purged, err := e.Purge(t.Context(), "welcome-mails", engine.LiveArea)
		if err != nil || purged.Count == 0 {
			t.Fatal(purged, err)
		}
		time.Sleep(time.Second)
		if got := d.State().Books.Yours; got != -purged.Count {
			t.Errorf("%d are yours, want %d", got, -purged.Count)
		}
	})
}

func TestLadder(t *testing.T) {
	t.Parallel()
	h := newHandle("x", views.DemoNumber, 0.03)
	h.ladder = failureLadder
	for _, step := range []struct {
		by   int
		want float64
	}{{1, 0.05}, {-1, 0.02}, {1, 0.05}, {2, 0.2}, {-100, 0}, {-1, 0}, {100, 1}, {1, 1}} {
		if h.move(step.by); h.value() != step.want {
			t.Errorf("%+d leads to %v, want %v", step.by, h.value(), step.want)
		}
	}
}
