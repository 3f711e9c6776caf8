package bolt_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest/audit"
)

var (
	auditSeconds = flag.Int("audit.seconds", 4, "how long TestAudit goes on")
	auditSeed    = flag.Uint64("audit.seed", 0, "what TestAudit chooses by; 0: by chance")
)

// auditKills is how many processes make one history.
const auditKills = 6

// TestAudit records what many clients of the engine do and see while it is
// killed, closed under them, slowed down and out of space, and holds that
// against the contract.
func TestAudit(t *testing.T) {
	seed := *auditSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-audit.seed %d", seed)
	end := time.Now().Add(time.Duration(*auditSeconds) * time.Second)
	for n := 0; n == 0 || time.Now().Before(end) && !testing.Short(); n++ {
		a := &auditor{T: t, random: rand.New(rand.NewPCG(seed, uint64(n)))}
		a.dir = filepath.Join(t.ArtifactDir(), fmt.Sprint(n))
		if err := os.Mkdir(a.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		a.prepare()
		for range auditKills {
			a.killChild()
		}
		a.judge()
		if t.Failed() {
			t.Logf("see %s", a.dir)
			return
		}
		_ = os.RemoveAll(a.dir)
	}
}

// auditor makes one history.
type auditor struct {
	*testing.T
	random *rand.Rand
	dir    string
}

func auditDatabase(dir string) string { return filepath.Join(dir, "nixie.db") }

// auditHistory opens the file that the processes write to in turn.
func auditHistory(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "history"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
}

// record opens the engine, and records what do does with it.
func (a *auditor) record(do func(r *audit.Recorder, s *audit.Session, e *bolt.Engine)) {
	a.Helper()
	f, err := auditHistory(a.dir)
	if err != nil {
		a.Fatal(err)
	}
	defer f.Close()
	r := audit.NewRecorder(f)
	e := open(a.T, auditDatabase(a.dir), bolt.Options{})
	s := r.Open(e)
	do(r, s, e)
	if err := errors.Join(s.Close(), r.Err()); err != nil {
		a.Fatal(err)
	}
	r.Killed() // the next process counts from the beginning again
}

func (a *auditor) prepare() {
	a.record(func(r *audit.Recorder, s *audit.Session, e *bolt.Engine) {
		names := slices.Sorted(maps.Keys(auditQueues))
		slices.SortStableFunc(names, func(a, b string) int { // those that others need come first
			return cmp.Compare(len(auditQueues[a].DeadLetter), len(auditQueues[b].DeadLetter))
		})
		for _, name := range names {
			policy := auditQueues[name]
			if err := e.CreateQueue(a.Context(), name, policy); err != nil {
				a.Fatal(err)
			}
			r.Queue(name, policy)
		}
		for _, b := range auditBindings {
			if err := s.Bind(a.Context(), 0, auditTopic, b); err != nil {
				a.Fatal(err)
			}
		}
	})
}

// killChild lets a child work for a moment, unless it dies before.
func (a *auditor) killChild() {
	a.Helper()
	moment := time.Duration(100+a.random.IntN(500)) * time.Millisecond
	ctx, cancel := context.WithTimeout(a.Context(), moment)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), auditChild+"="+a.dir, fmt.Sprintf("%s=%d", auditChildSeed, a.random.Uint64()))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		a.Fatal(err)
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		a.Fatalf("the child ended by itself: %v", cmd.ProcessState)
	}
	f, err := auditHistory(a.dir)
	if err != nil {
		a.Fatal(err)
	}
	defer f.Close()
	written, err := os.ReadFile(f.Name())
	if err != nil {
		a.Fatal(err)
	}
	if err := f.Truncate(int64(bytes.LastIndexByte(written, '\n') + 1)); err != nil { // half a line
		a.Fatal(err)
	}
	audit.NewRecorder(f).Killed()
}

// judge restores and drains all, and checks the history and the file.
func (a *auditor) judge() {
	a.Helper()
	a.record(func(_ *audit.Recorder, s *audit.Session, e *bolt.Engine) {
		for a.restore(s, e) > 0 { // what dies meanwhile may go to the trash
			for queue := range auditQueues {
				a.drain(s, e, queue)
			}
		}
		for queue := range auditQueues {
			if err := s.Census(a.Context(), queue); err != nil {
				a.Error(err)
			}
		}
		checkClean(a.T, e)
	})
	f, err := auditHistory(a.dir)
	if err != nil {
		a.Fatal(err)
	}
	defer f.Close()
	h, err := audit.Read(f)
	if err != nil {
		a.Fatal(err)
	}
	for _, v := range audit.Check(h) {
		a.Error(v)
	}
	a.Logf("%d lives, %s", len(h.Lives), h.Summary())
}

// restore starts what was paused, puts back all that is in the trash, and
// reports how many messages there are.
func (a *auditor) restore(s *audit.Session, e *bolt.Engine) (left int64) {
	a.Helper()
	entries, err := e.Trash(a.Context())
	if err != nil {
		a.Fatal(err)
	}
	slices.SortStableFunc(entries, func(x, y engine.TrashEntry) int { // queues first
		return cmp.Compare(strings.Index(string(y.What), "queue"), strings.Index(string(x.What), "queue"))
	})
	for _, entry := range entries {
		if err := s.Restore(a.Context(), 0, entry); err != nil {
			a.Fatal(err)
		}
	}
	for queue := range auditQueues {
		if err := s.SetPaused(a.Context(), 0, queue, false); err != nil {
			a.Fatal(err)
		}
		info, err := e.Queue(a.Context(), queue)
		if err != nil {
			a.Fatal(err)
		}
		left += info.Depth()
	}
	return left
}

// drain acks all that is left in a queue.
func (a *auditor) drain(s *audit.Session, e *bolt.Engine, queue string) {
	a.Helper()
	for idle := 0; idle < 100; idle++ {
		got, err := s.Receive(a.Context(), 0, queue, engine.ReceiveOptions{Max: 100, Wait: 100 * time.Millisecond, Lease: time.Minute})
		if err != nil {
			a.Fatal(err)
		}
		if len(got) > 0 {
			idle = 0
			var receipts []engine.Receipt
			for _, d := range got {
				receipts = append(receipts, d.Receipt)
			}
			if err := s.Ack(a.Context(), 0, receipts...); err != nil {
				a.Fatal(err)
			}
		}
		info, err := e.Queue(a.Context(), queue)
		if err != nil {
			a.Fatal(err)
		}
		if info.Depth() == 0 {
			return
		}
	}
	info, _ := e.Queue(a.Context(), queue)
	a.Errorf("what is left in %s is not delivered: %+v", queue, info)
}
