package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// drained makes a database that has something in every kind of place, and much
// free space.
func drained(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixie.db")
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	policy := engine.DefaultPolicy()
	policy.MaxTries, policy.DedupWindow = 1, time.Hour
	for _, q := range []string{"busy", "jobs", "mail"} {
		do(e.CreateQueue(ctx, q, policy))
	}
	do(e.Bind(ctx, "events", engine.Binding{Queue: "jobs", Pattern: "order.*"}))
	for range 20 {
		publishAndAck(t, e, 1000)
	}
	publish := func(q string, m ...engine.Outgoing) []engine.ID {
		ids, err := e.Publish(ctx, q, m...)
		do(err)
		return ids
	}
	large := bytes.Repeat([]byte("large"), 5000)
	publish("jobs", engine.Outgoing{Body: []byte("acked")}, engine.Outgoing{Body: []byte("dead")}, engine.Outgoing{Body: large})
	got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Max: 3})
	do(err)
	do(e.Ack(ctx, got[0].Receipt))
	do(e.Nack(ctx, got[1].Receipt, engine.Failure{Reason: "no"}))
	do(e.Nack(ctx, got[2].Receipt, engine.Failure{Reason: "no"}))
	for range 3 {
		publish("jobs", slices.Repeat([]engine.Outgoing{{Body: large}}, 50)...)
	}
	publish("mail", engine.Outgoing{Body: large, Delay: time.Hour}, engine.Outgoing{Body: []byte("d"), DedupID: "d"})
	_, _, err = e.Delete(ctx, "mail", publish("mail", engine.Outgoing{Body: []byte("deleted")})[0])
	do(err)
	do(e.Close())
	return path
}

// contents is all that is in the file, but for when it was open.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	var add func(in string, b *bbolt.Bucket) error
	add = func(in string, b *bbolt.Bucket) error {
		all[in] = fmt.Sprint(b.Sequence())
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return add(in+"/"+string(k), b.Bucket(k))
			}
			all[in+"/"+string(k)] = string(v)
			return nil
		})
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if bytes.Equal(name, bucketUptime) {
				return nil
			}
			return add(string(name), b)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCompact(t *testing.T) {
	path := drained(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := errors.Join(os.Chmod(path, 0o640), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	want := contents(t, path)
	var copied, all int64
	report, err := Compact(t.Context(), link, Options{}, func(n, of int64) { copied, all = n, of })
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != report.After || report.After > report.Before/2 || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v %+v", info, err, report)
	}
	if copied > all {
		t.Errorf("%d bytes of %d were copied", copied, all)
	}
	if got := contents(t, path); !maps.Equal(got, want) {
		t.Errorf("%d values became %d", len(want), len(got))
	}
	mustBeWell(t, path)
	if again, err := Compact(t.Context(), path, Options{}, nil); err != nil || again.After > report.After {
		t.Errorf("the second time: %+v %v", again, err)
	}
}

// mustBeWell opens a database and checks it.
func mustBeWell(t *testing.T, path string) {
	t.Helper()
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := e.Check(t.Context())
	if err = errors.Join(err, e.Close()); err != nil || len(report.Problems) > 0 {
		t.Errorf("%v %v", report, err)
	}
	if _, err := os.Stat(path + compactSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
}

// TestCompactKilled: the files as they are before each step, which is what a
// kill leaves, hold everything.
func TestCompactKilled(t *testing.T) {
	path := drained(t)
	want := contents(t, path)
	var images []string
	look := func(step int) error {
		dir := t.TempDir()
		images = append(images, dir)
		return os.CopyFS(dir, os.DirFS(filepath.Dir(path)))
	}
	if _, err := Compact(t.Context(), path, Options{compacting: look}, nil); err != nil {
		t.Fatal(err)
	}
	if len(images) < 4 {
		t.Fatal("there are only so many steps: ", len(images))
	}
	for step, dir := range images {
		image := filepath.Join(dir, "nixie.db")
		mustBeWell(t, image)
		if got := contents(t, image); !maps.Equal(got, want) {
			t.Errorf("killed before step %d: %d values became %d", step, len(want), len(got))
		}
	}
}

// TestCompactFails: whatever step fails, the file is as it was.
func TestCompactFails(t *testing.T) {
	path := drained(t)
	want := contents(t, path)
	before, _ := os.Stat(path)
	for failing := range 5 {
		_, err := Compact(t.Context(), path, Options{compacting: func(step int) error {
			if step == failing {
				return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
			}
			return nil
		}}, nil)
		if !errors.Is(err, engine.ErrNoSpace) || !strings.Contains(err.Error(), "compact") {
			t.Errorf("step %d: %v", failing, err)
		}
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Error("it is another file: ", err)
	}
	mustBeWell(t, path)
	if got := contents(t, path); !maps.Equal(got, want) {
		t.Errorf("%d values became %d", len(want), len(got))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Compact(ctx, path, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Error("interrupted: ", err)
	}
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := Compact(t.Context(), path, Options{}, nil); !errors.Is(err, engine.ErrDatabaseInUse) {
		t.Error("in use: ", err)
	}
}

// TestOpenWaitsForTheNewFile: who waits while the file is compacted gets the
// one that has its name then, not the one that he found.
func TestOpenWaitsForTheNewFile(t *testing.T) {
	path := drained(t)
	opened := make(chan *Engine)
	waits := func(step int) error {
		if step == 0 {
			go func() {
				e, err := Open(path, Options{LockWait: time.Minute})
				if err != nil {
					t.Error(err)
				}
				opened <- e
			}()
		}
		return nil
	}
	if _, err := Compact(t.Context(), path, Options{compacting: waits}, nil); err != nil {
		t.Fatal(err)
	}
	e := <-opened
	defer e.Close()
	if err := e.CreateQueue(t.Context(), "afterwards", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(file, []byte("afterwards")) {
		t.Error("it works in a file without a name: ", err)
	}
}
