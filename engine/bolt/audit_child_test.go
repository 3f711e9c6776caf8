package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

// auditChild and auditChildSeed are the variables that make the test binary a
// process that TestAudit kills: its directory, and what it chooses by.
const (
	auditChild     = "NIXIE_AUDIT_CHILD"
	auditChildSeed = "NIXIE_AUDIT_SEED"
)

// auditWorker is the child: clients of an engine that is closed and opened
// again under them, each time with another fault.
type auditWorker struct {
	dir    string
	random *rand.Rand
	r      *audit.Recorder
}

// workAudited works until it is killed.
func workAudited(dir string) {
	seed, err := strconv.ParseUint(os.Getenv(auditChildSeed), 10, 64)
	f, err2 := auditHistory(dir)
	if err := errors.Join(err, err2); err != nil {
		fail(err)
	}
	w := &auditWorker{dir: dir, random: rand.New(rand.NewPCG(seed, 0)), r: audit.NewRecorder(f)}
	people := w.people(seed)
	for {
		w.live(people)
		if err := w.r.Err(); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "audit:", err)
	os.Exit(1)
}

// worker does something with the engine, once, and again.
type worker interface {
	work(ctx context.Context, s *audit.Session, e *bolt.Engine) error
}

// people are those who work in this process: clients of some queues, and
// operators.
func (w *auditWorker) people(seed uint64) (all []worker) {
	names, operators := w.queues()
	// Of few clients it is known better what each was given.
	most, backlog := 2+2*w.random.IntN(6), int64(20+w.random.IntN(300))
	for n := range most {
		random := rand.New(rand.NewPCG(seed, uint64(n+1)))
		c := &auditClient{number: n, queue: names[n%len(names)], backlog: backlog, random: random}
		if c.queue == auditTopic {
			all = append(all, &auditEmitter{auditClient: c})
			continue
		}
		all = append(all, c)
	}
	desks := slices.DeleteFunc(slices.Sorted(maps.Keys(auditDesks)), func(name string) bool {
		return name != "morgue" && !slices.Contains(names[:min(most, len(names))], name)
	})
	discards := w.random.IntN(3) == 0
	for n := range operators {
		random := rand.New(rand.NewPCG(seed, uint64(most+n+1)))
		all = append(all, &auditOperator{number: most + n, random: random, desks: desks, discards: discards})
	}
	return all
}

// queues are those that clients work with: a few of all, or of those that
// operators work on, and then there are some.
func (w *auditWorker) queues() (names []string, operators int) {
	names, operators = append(slices.Sorted(maps.Keys(auditQueues)), auditTopic), w.random.IntN(2)
	if w.random.IntN(2) == 0 {
		names, operators = slices.Sorted(maps.Keys(auditDesks)), 1+w.random.IntN(3)
	}
	graves := []string{"morgue", "lapsed"}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(graves, name) })
	w.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:2+w.random.IntN(len(names)-1)], operators
}

// live opens the engine, lets all work, and closes it under them.
func (w *auditWorker) live(people []worker) {
	full := w.random.IntN(4) == 0
	e, err := bolt.Open(auditDatabase(w.dir), w.options(full))
	if err != nil {
		fail(err)
	}
	s := w.r.Open(e)
	if full {
		s.Full()
		fillUp(e)
	}
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for _, p := range people {
		wg.Go(func() { goOn(ctx, p, s, e) })
	}
	time.Sleep(time.Duration(20+w.random.IntN(250)) * time.Millisecond) // not a wait: the moment of the end
	if w.random.IntN(4) == 0 {
		stop()
		wg.Wait()
		w.die()
	}
	if w.random.IntN(3) == 0 {
		inspect(e)
	}
	if err := s.Close(); err != nil && !full {
		fail(err)
	}
	wg.Wait()
}

// die kills the process, soon. Nobody is in a call: all that was done is known.
func (w *auditWorker) die() {
	time.Sleep(time.Duration(w.random.IntN(int(60 * time.Millisecond)))) // not a wait: the moment of the kill
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		fail(err)
	}
	select {}
}

// inspect checks the file under the traffic.
func inspect(e *bolt.Engine) {
	report, err := e.Check(context.Background())
	if err != nil && !errors.Is(err, engine.ErrNoSpace) {
		fail(err)
	}
	if len(report.Problems) > 0 {
		fail(errors.New(strings.Join(report.Problems, "\n")))
	}
}

// goOn works until the engine is closed, or all are to stop.
func goOn(ctx context.Context, p worker, s *audit.Session, e *bolt.Engine) {
	for ctx.Err() == nil {
		err := p.work(context.Background(), s, e)
		if errors.Is(err, engine.ErrClosed) {
			return
		}
		if err != nil && !slices.ContainsFunc(auditRefusals, func(r error) bool { return errors.Is(err, r) }) {
			fail(err)
		}
	}
}

// auditRefusals are what may happen to anybody.
var auditRefusals = []error{
	engine.ErrNoSpace, engine.ErrLeaseLost, engine.ErrQueueFull, engine.ErrQueueNotFound, engine.ErrNoRoute,
	engine.ErrTrashNotFound, engine.ErrQueueExists, engine.ErrMessageNotFound, engine.ErrInFlight,
}

// options are those of an engine that is slow, short of memory or of space.
func (w *auditWorker) options(full bool) bolt.Options {
	o := bolt.Options{Window: int64(w.random.IntN(2))}
	if w.random.IntN(3) == 0 {
		o.SyncDelay = time.Duration(w.random.IntN(int(10 * time.Millisecond)))
	}
	if info, err := os.Stat(auditDatabase(w.dir)); full && err == nil {
		o.MaxSize = info.Size()
	}
	return o
}

// fillUp leaves so little space that publishing fails now and then.
func fillUp(e *bolt.Engine) {
	ctx := context.Background()
	_ = e.CreateQueue(ctx, "ballast", engine.DefaultPolicy())
	for _, size := range []int{256 << 10, 16 << 10, 1 << 10} {
		for {
			_, err := e.Publish(ctx, "ballast", engine.Outgoing{Body: make([]byte, size)})
			if errors.Is(err, engine.ErrNoSpace) {
				break
			}
			if err != nil {
				fail(err)
			}
		}
	}
}
