package bolt_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"go.etcd.io/bbolt"

	"nixie/engine"
	"nixie/engine/bolt"
)

// A commit writes its pages, syncs, writes a header, syncs. Each of these can
// fail.
type fault struct {
	name   string
	header bool // of the header, else of a page
	nth    int  // page
	whole  bool // all is written nevertheless
	part   int  // so much is written
	sync   bool // not the write fails, but the sync after it
	skip   int  // headers that are written before
	stops  bool // what must become of the engine
}

var faults = []fault{
	{name: "first page", nth: 0},
	{name: "a page, torn", nth: 1, part: 1000},
	{name: "third page, although it is written", nth: 2, whole: true},
	{name: "sync of the pages", sync: true, whole: true},
	{name: "header", header: true},
	{name: "header, torn", header: true, part: 50},
	{name: "header, although it is written", header: true, whole: true, stops: true},
	{name: "sync of the header", header: true, sync: true, whole: true, stops: true},
}

// brokenDisk stands between bbolt and its file, for which bbolt has no seam:
// writes go through a variable of its own, and a sync fails while a pipe has the
// number of the file.
type brokenDisk struct {
	t     *testing.T
	file  *os.File // bbolt's
	real  int      // the same, by another number
	pipe  int
	fault *fault // the next one; nil: none
	page  int    // pages written in this commit
	met   bool
}

// breakable returns the disk of an engine.
func breakable(t *testing.T, e *bolt.Engine) *brokenDisk {
	t.Helper()
	field := func(of any, names ...string) unsafe.Pointer {
		v := reflect.ValueOf(of).Elem()
		for _, name := range names {
			v = v.FieldByName(name)
		}
		return unsafe.Pointer(v.UnsafeAddr())
	}
	db := *(**bbolt.DB)(field(e, "db"))
	d := &brokenDisk{t: t, file: *(**os.File)(field(db, "file"))}
	var pipe [2]int
	var err error
	if d.real, err = syscall.Dup(int(d.file.Fd())); err == nil {
		err = syscall.Pipe2(pipe[:], syscall.O_CLOEXEC)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.pipe = pipe[0]
	t.Cleanup(func() {
		for _, fd := range []int{d.real, pipe[0], pipe[1]} {
			_ = syscall.Close(fd)
		}
	})
	*(*func([]byte, int64) (int, error))(field(db, "ops", "writeAt")) = d.write
	return d
}

// write is what bbolt writes with.
func (d *brokenDisk) write(b []byte, at int64) (int, error) {
	f, header := d.fault, at < int64(2*os.Getpagesize())
	if !header {
		d.page++
	}
	if f == nil || f.header != header || !header && !f.sync && d.page-1 != f.nth {
		return syscall.Pwrite(d.real, b, at)
	}
	if f.skip > 0 {
		f.skip--
		return syscall.Pwrite(d.real, b, at)
	}
	d.met = true
	n := f.part
	if f.whole {
		n = len(b)
	}
	n, err := syscall.Pwrite(d.real, b[:n], at)
	if err != nil {
		d.t.Error(err)
	}
	if f.sync {
		d.give(d.pipe)
		return n, nil
	}
	d.fault = nil
	return n, &os.PathError{Op: "write", Path: "disk", Err: syscall.EIO}
}

// give gives the number of the file to another.
func (d *brokenDisk) give(fd int) {
	if err := syscall.Dup3(fd, int(d.file.Fd()), syscall.O_CLOEXEC); err != nil {
		d.t.Error(err)
	}
}

// fail does something while a fault awaits it, and reports whether it met it.
func (d *brokenDisk) fail(f fault, do func() error) (met bool, err error) {
	d.fault, d.met, d.page = &f, false, 0
	err = do()
	d.fault = nil
	d.give(d.real)
	return d.met, err
}

// TestBrokenDisk plays the script up to each of its steps, and that one with each
// fault. Either nothing happened and all goes on; or the engine stops, as nobody
// knows what is on the disk. Memory and file say the same in both cases, and the
// file is good whatever a power cut leaves of the header.
func TestBrokenDisk(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			for i := range script {
				if testing.Short() && i%3 != 0 {
					continue
				}
				// In a bubble nothing but the script commits anything.
				synctest.Test(t, func(t *testing.T) { breakStep(t, f, i) })
			}
		})
	}
}

func breakStep(t *testing.T, f fault, i int) {
	step := script[i]
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	for _, s := range script[:i] {
		if err := s.do(t.Context(), e); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	before, header := view(t, e), headerOf(t, path)
	met, err := breakable(t, e).fail(f, func() error { return step.do(t.Context(), e) })
	after := view(t, e)
	switch {
	case !met: // it writes less
		if err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
	case f.stops:
		hasStopped(t, e, step.name, err)
		if err := e.Close(); !errors.Is(err, engine.ErrStopped) {
			t.Errorf("%s, closed: %v", step.name, err)
		}
		lost := filepath.Join(t.TempDir(), "lost.db")
		withHeader(t, path, lost, header)
		reopened(t, lost, step.name+", without the header", before)
		reopened(t, path, step.name, after)
		return
	default:
		if err == nil || errors.Is(err, engine.ErrStopped) || !maps.Equal(before, after) {
			t.Errorf("%s failed with %v, and changed\n%v\nto\n%v", step.name, err, before, after)
		}
		if err := step.do(t.Context(), e); err != nil {
			t.Errorf("%s, when the disk is good again: %v", step.name, err)
		}
	}
	checkClean(t, e)
	after = view(t, e)
	shut(t, e)
	reopened(t, path, step.name, after)
}

// hasStopped fails the test if the engine does anything but be read.
func hasStopped(t *testing.T, e *bolt.Engine, step string, err error) {
	t.Helper()
	ctx := t.Context()
	_, publish := e.Publish(ctx, "jobs", engine.Outgoing{})
	_, receive := e.Receive(ctx, "jobs", engine.ReceiveOptions{})
	for what, err := range map[string]error{
		step: err, "publish": publish, "receive": receive, "create": e.CreateQueue(ctx, "new", engine.DefaultPolicy()),
	} {
		if !errors.Is(err, engine.ErrStopped) {
			t.Errorf("%s, whose header may not be on the disk, then %s: %v", step, what, err)
		}
	}
}

// reopened opens a file, looks whether all is in it, and checks it.
func reopened(t *testing.T, path, what string, want map[string]string) {
	t.Helper()
	e := open(t, path, bolt.Options{})
	if found := view(t, e); !maps.Equal(found, want) {
		t.Errorf("%s, opened again: there are\n%v\nnot\n%v", what, found, want)
	}
	checkClean(t, e)
	shut(t, e)
}

func headerOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b[:2*os.Getpagesize()]
}

// withHeader copies a file, but for its header.
func withHeader(t *testing.T, from, to string, header []byte) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, header)
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFileThatCannotGrow: what needs a larger file is refused, until that can be
// had.
func TestFileThatCannotGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	before, publish := view(t, e), publishSome(20, 1<<20)
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	d := breakable(t, e)
	d.give(int(readOnly.Fd()))
	err = publish(t.Context(), e)
	d.give(d.real)
	if after := view(t, e); err == nil || errors.Is(err, engine.ErrStopped) || !maps.Equal(before, after) {
		t.Errorf("publish failed with %v, and changed\n%v\nto\n%v", err, before, after)
	}
	if err := publish(t.Context(), e); err != nil {
		t.Error(err)
	}
	after := view(t, e)
	shut(t, e)
	reopened(t, path, "grown", after)
}

// TestTogetherOnABrokenDisk: whose commit is not sure to be on the disk is told,
// also if he shares it; what was confirmed before is there.
func TestTogetherOnABrokenDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	f := faults[len(faults)-1]
	f.skip = 5
	var mu sync.Mutex
	var confirmed []engine.ID
	_, _ = breakable(t, e).fail(f, func() error {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for {
					ids, err := e.Publish(t.Context(), "jobs", engine.Outgoing{})
					if err != nil {
						if !errors.Is(err, engine.ErrStopped) {
							t.Error(err)
						}
						return
					}
					mu.Lock()
					confirmed = append(confirmed, ids...)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		return nil
	})
	there := view(t, e)
	for _, id := range confirmed {
		if there[string(id)] == "" {
			t.Errorf("message %s was confirmed and is not there", id)
		}
	}
	if err := e.Close(); !errors.Is(err, engine.ErrStopped) {
		t.Error(err)
	}
	reopened(t, path, "published together", there)
}

// TestNobodyWaitsForAStoppedEngine: who waits for a message is told, and nobody is
// promised anything any more.
func TestNobodyWaitsForAStoppedEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		e := open(t, filepath.Join(t.TempDir(), "nixie.db"), bolt.Options{})
		policy := engine.DefaultPolicy()
		policy.Durability = engine.Relaxed
		if err := e.CreateQueue(ctx, "relaxed", policy); err != nil {
			t.Fatal(err)
		}
		received := make(chan error, 1)
		go func() {
			_, err := e.Receive(ctx, "relaxed", engine.ReceiveOptions{Wait: time.Hour})
			received <- err
		}()
		synctest.Wait()
		_, _ = breakable(t, e).fail(faults[len(faults)-1], func() error {
			return e.CreateQueue(ctx, "new", engine.DefaultPolicy())
		})
		if err := <-received; !errors.Is(err, engine.ErrStopped) {
			t.Errorf("who waited got %v", err)
		}
		if _, err := e.Publish(ctx, "relaxed", engine.Outgoing{}); !errors.Is(err, engine.ErrStopped) {
			t.Errorf("publish to a relaxed queue: %v", err)
		}
		if err := e.Close(); !errors.Is(err, engine.ErrStopped) {
			t.Errorf("close: %v", err)
		}
	})
}
