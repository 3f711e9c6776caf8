package bolt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
	"nixie/engine/bolt"
)

// seed makes a database with a hundred messages and returns its path.
func seed(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixie.db")
	e := open(t, path, bolt.Options{})
	if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		body := bytes.Repeat([]byte{byte(i)}, i*30)
		if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// refuses fails the test if opening a file does anything but give that error
// and leave the file alone.
func refuses(t *testing.T, path string, want error) {
	t.Helper()
	before, _ := os.ReadFile(path)
	e, err := bolt.Open(path, bolt.Options{})
	if err == nil {
		_ = e.Close()
	}
	if !errors.Is(err, want) {
		t.Errorf("open: %v, want %v", err, want)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

// write makes a file with that content and returns its path.
func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	for name, content := range map[string][]byte{
		"text":          []byte("this is a shopping list\n"),
		"one byte":      {0},
		"zeros":         make([]byte, 1<<16),
		"SQLite":        append([]byte("SQLite format 3\x00"), make([]byte, 8000)...),
		"half a header": bytes.Repeat([]byte{0xed, 0xda, 0x0c, 0xed}, 10),
	} {
		t.Run(name, func(t *testing.T) { refuses(t, write(t, content), engine.ErrNotADatabase) })
	}
	t.Run("directory", func(t *testing.T) { refuses(t, t.TempDir(), engine.ErrNotADatabase) })
	t.Run("another program's", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "other.db")
		change(t, path, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("users"))
			return err
		})
		refuses(t, path, engine.ErrNotADatabase)
	})
	t.Run("a newer version's", func(t *testing.T) {
		path := seed(t)
		change(t, path, func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte("version"), binary.BigEndian.AppendUint32(nil, 1000))
		})
		refuses(t, path, engine.ErrNewerVersion)
	})
	t.Run("without one of its buckets", func(t *testing.T) {
		path := seed(t)
		change(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("queues")) })
		refuses(t, path, engine.ErrDamaged)
	})
	t.Run("in a directory that is not there", func(t *testing.T) {
		_, err := bolt.Open(filepath.Join(t.TempDir(), "no", "such", "nixie.db"), bolt.Options{})
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("open: %v", err)
		}
	})
}

// change edits a file as bbolt would, behind nixie's back.
func change(t *testing.T, path string, fn func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenTakesAnEmptyFile(t *testing.T) {
	e := open(t, write(t, nil), bolt.Options{})
	if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
		t.Error(err)
	}
	checkClean(t, e)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusesWhatItMayNotWrite(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	path := seed(t)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	refuses(t, path, os.ErrPermission)
}

func TestOpenRefusesWhatIsInUse(t *testing.T) {
	path := seed(t)
	first := open(t, path, bolt.Options{})
	refuses(t, path, engine.ErrDatabaseInUse)
	second := make(chan error, 1)
	go func() {
		e, err := bolt.Open(path, bolt.Options{LockWait: time.Minute})
		if err == nil {
			err = e.Close()
		}
		second <- err
	}()
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := <-second; err != nil {
		t.Errorf("who waits for the lock gets it: %v", err)
	}
}

// TestOpenCutShort: a file that lost its end is refused, or has all it had.
func TestOpenCutShort(t *testing.T) {
	whole, err := os.ReadFile(seed(t))
	if err != nil {
		t.Fatal(err)
	}
	used := len(bytes.TrimRight(whole, "\x00"))
	for length := 0; length < used; length += 1 + used/300 {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			path := write(t, whole[:length])
			e, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				defer e.Close()
				if length == 0 {
					return
				}
				if all := listAll(t, e, "jobs", engine.Ready); len(all) != 100 {
					t.Errorf("it opens with %d of 100 messages", len(all))
				}
				return
			}
			if !errors.Is(err, engine.ErrDamaged) && !errors.Is(err, engine.ErrNotADatabase) {
				t.Errorf("open: %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, whole[:length]) {
				t.Error("the file was changed")
			}
		})
	}
}
