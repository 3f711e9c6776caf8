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
	names := slices.Sorted(maps.Keys(auditQueues))
	graves := []string{"morgue", "lapsed"}
	names = append(slices.DeleteFunc(names, func(name string) bool { return slices.Contains(graves, name) }), auditTopic)
	w.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:2+w.random.IntN(len(names)-1)]
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
	for n := range w.random.IntN(3) {
		all = append(all, &auditOperator{number: most + n, random: rand.New(rand.NewPCG(seed, uint64(most+n+1)))})
	}
	return all
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
	for _, p := range people {
		wg.Go(func() { goOn(p, s, e) })
	}
	time.Sleep(time.Duration(20+w.random.IntN(250)) * time.Millisecond) // not a wait: the moment of the end
	if w.random.IntN(3) == 0 {
		inspect(e)
	}
	if err := s.Close(); err != nil && !full {
		fail(err)
	}
	wg.Wait()
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

// goOn works until the engine is closed.
func goOn(p worker, s *audit.Session, e *bolt.Engine) {
	for {
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
