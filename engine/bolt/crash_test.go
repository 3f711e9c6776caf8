package bolt_test

import (
	"bufio"
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

var crashRounds = flag.Int("crash.rounds", 20, "how often TestCrash kills its child")

// fate is what the child said of one message.
type fate struct {
	batch                    int // of its publish
	published, acked, acking bool
	nacks                    int // confirmed
}

// witness is what the parent knows of all messages, over all rounds.
type witness struct {
	fates   map[string]*fate
	batches int
}

// hear takes in what the child said.
func (w *witness) hear(t *testing.T, r io.Reader, ready chan<- struct{}) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch what := words[0]; what {
		case "ready":
			close(ready)
		case saysPublish:
			w.batches++
			for _, name := range words[1:] {
				w.fates[name] = &fate{batch: w.batches}
			}
		default:
			for _, name := range words[1:] {
				f := w.fates[name]
				switch {
				case f == nil:
					t.Errorf("the child says %q", lines.Text())
					return
				case what == strings.ToUpper(saysPublish):
					f.published = true
				case what == saysAck:
					f.acking = true
				case what == strings.ToUpper(saysAck):
					f.acked = true
				case what == strings.ToUpper(saysNack):
					f.nacks++
				}
			}
		}
	}
}

// TestCrash kills a process that publishes, receives, settles, moves, deletes
// and restores, at random moments, and holds what is found then against what
// it said before.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nixie.db")
	w := &witness{fates: map[string]*fate{}}
	for range *crashRounds {
		killChild(t, path, w)
		w.examine(t, path)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d messages in %d publishes", len(w.fates), w.batches)
}

// killChild lets the child work for a moment.
func killChild(t *testing.T, path string, w *witness) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashChild+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, heard := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(heard)
		w.hear(t, out, ready)
	}()
	select {
	case <-ready:
		time.Sleep(time.Duration(rand.IntN(int(150 * time.Millisecond)))) // not a wait: the moment of the kill
	case <-heard:
	}
	_ = cmd.Process.Kill()
	<-heard
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v", cmd.ProcessState)
	}
}

// examine opens what the child left.
func (w *witness) examine(t *testing.T, path string) {
	t.Helper()
	e := open(t, path, bolt.Options{})
	defer func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	checkClean(t, e)
	settleDown(t, e)
	found := map[string]engine.Message{}
	for queue := range crashQueues {
		for _, state := range engine.States() {
			for _, m := range listAll(t, e, queue, state) {
				name := m.Headers["name"]
				if _, twice := found[name]; twice {
					t.Errorf("%s is there twice", name)
				}
				found[name] = m
				if !bytes.Equal(m.Body, crashBody(name)) {
					t.Errorf("%s has a body of %d bytes that is not its own", name, len(m.Body))
				}
			}
		}
	}
	w.judge(t, found)
	checkClean(t, e)
}

// settleDown waits until what was in flight is counted as failed, and brings
// back what is in the trash.
func settleDown(t *testing.T, e *bolt.Engine) {
	t.Helper()
	changes := e.Watch()
	defer changes.Close()
	for queue := range crashQueues {
		for {
			info, err := e.Queue(t.Context(), queue)
			if err != nil {
				t.Fatal(err)
			}
			if info.InFlight+info.Delayed == 0 {
				break
			}
			<-changes.C()
		}
	}
	entries, err := e.Trash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if n, err := e.Restore(t.Context(), entry.ID); err != nil || n != entry.Count {
			t.Errorf("restoring %+v: %d, %v", entry, n, err)
		}
	}
}

// listAll returns all messages in a state.
func listAll(t *testing.T, e engine.Inspector, queue string, state engine.State) (all []engine.Message) {
	t.Helper()
	o := engine.ListOptions{State: state, Limit: 1000}
	for {
		page, err := e.List(t.Context(), queue, o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Messages...)
		if o.After = page.Next; o.After == "" {
			return all
		}
	}
}

// judge holds what is found against what was said. Afterwards nothing is in
// doubt any more.
func (w *witness) judge(t *testing.T, found map[string]engine.Message) {
	t.Helper()
	for name := range found {
		if w.fates[name] == nil {
			t.Errorf("%s was never published", name)
		}
	}
	all, some := map[int]bool{}, map[int]bool{} // batches that are there
	for name, f := range w.fates {
		m, there := found[name]
		relaxed := strings.HasPrefix(name, "relaxed")
		switch {
		case f.acked && there && !relaxed:
			t.Errorf("%s was acked, and is %s again", name, m.State)
		case f.published && !f.acking && !there && !relaxed:
			t.Errorf("%s was published, and is lost", name)
		case there && len(m.Attempts) < min(f.nacks, 20) && !relaxed:
			t.Errorf("%s failed %d times, and has the attempts %+v", name, f.nacks, m.Attempts)
		}
		if there || f.acking {
			some[f.batch] = true
		} else if !f.published {
			all[f.batch] = true
		}
	}
	for batch := range all {
		if some[batch] {
			t.Errorf("publish %d was done by halves", batch)
		}
	}
	for name, f := range w.fates {
		_, there := found[name]
		f.published, f.acking, f.acked = true, !there, !there // what is gone may not come back
	}
}
