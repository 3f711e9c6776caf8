package bolt

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
)

// FuzzCursor: a cursor comes back from whoever was given one. None makes List
// panic, or anything but a page or ErrInvalid.
func FuzzCursor(f *testing.F) {
	e, err := Open(filepath.Join(f.TempDir(), "nixie.db"), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { e.Close() })
	ctx := f.Context()
	if err := e.CreateQueue(ctx, "jobs", engine.DefaultPolicy()); err != nil {
		f.Fatal(err)
	}
	for i := range 6 {
		m := engine.Outgoing{Body: []byte("x")}
		if i%2 == 0 {
			m.Delay = time.Hour
		}
		if _, err := e.Publish(ctx, "jobs", m); err != nil {
			f.Fatal(err)
		}
	}
	got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{Max: 2})
	if err != nil || len(got) != 2 {
		f.Fatal(got, err)
	}
	if err := e.Nack(ctx, got[0].Receipt, engine.Failure{Reject: true}); err != nil {
		f.Fatal(err)
	}
	for _, state := range engine.States() {
		page, err := e.List(ctx, "jobs", engine.ListOptions{State: state, Limit: 1})
		if err != nil || len(page.Messages) != 1 {
			f.Fatal(state, page, err)
		}
		f.Add(page.Next, false)
		f.Add(string(page.Messages[0].ID), true)
	}
	f.Fuzz(func(t *testing.T, cursor string, backward bool) {
		for _, state := range engine.States() {
			o := engine.ListOptions{State: state, After: cursor, Backward: backward, Limit: 10}
			if page, err := e.List(t.Context(), "jobs", o); err != nil && !errors.Is(err, engine.ErrInvalid) || len(page.Messages) > 3 {
				t.Fatalf("%s behind %q: %v, %v", state, cursor, page, err)
			}
		}
	})
}
