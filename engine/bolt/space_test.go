package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// script is a life of a queue in steps, each of which writes.
var script = []struct {
	name string
	do   func(ctx context.Context, e *bolt.Engine) error
}{
	{"create", func(ctx context.Context, e *bolt.Engine) error {
		return e.CreateQueue(ctx, "jobs", engine.Policy{VisibilityTimeout: time.Hour, MaxTries: 2})
	}},
	{"create another", func(ctx context.Context, e *bolt.Engine) error {
		return e.CreateQueue(ctx, "other", engine.DefaultPolicy())
	}},
	{"publish", publishSome(5, 100)},
	{"publish large ones", publishSome(3, 20_000)},
	{"publish delayed ones", func(ctx context.Context, e *bolt.Engine) error {
		_, err := e.Publish(ctx, "jobs", engine.Outgoing{Body: make([]byte, 3000), Delay: time.Hour})
		return err
	}},
	{"bind", func(ctx context.Context, e *bolt.Engine) error {
		return e.Bind(ctx, "events", engine.Binding{Queue: "other", Pattern: "#"})
	}},
	{"publish to a topic", func(ctx context.Context, e *bolt.Engine) error {
		_, err := e.PublishTopic(ctx, "events", "a", engine.Outgoing{Body: make([]byte, 5000)})
		return err
	}},
	{"ack", withDelivery(func(ctx context.Context, e *bolt.Engine, r engine.Receipt) error { return e.Ack(ctx, r) })},
	{"nack", withDelivery(func(ctx context.Context, e *bolt.Engine, r engine.Receipt) error {
		return e.Nack(ctx, r, engine.Failure{Reason: "boom"})
	})},
	{"reject", withDelivery(func(ctx context.Context, e *bolt.Engine, r engine.Receipt) error {
		return e.Nack(ctx, r, engine.Failure{Reason: "useless", Reject: true})
	})},
	{"release", withDelivery(func(ctx context.Context, e *bolt.Engine, r engine.Receipt) error {
		return e.Release(ctx, r, time.Hour)
	})},
	{"move", func(ctx context.Context, e *bolt.Engine) error {
		page, err := e.List(ctx, "jobs", engine.ListOptions{Limit: 2})
		if err != nil {
			return err
		}
		var ids []engine.ID
		for _, m := range page.Messages {
			ids = append(ids, m.ID)
		}
		_, err = e.Move(ctx, engine.MoveRequest{Queue: "jobs", IDs: ids, To: "other"})
		return err
	}},
	{"edit", func(ctx context.Context, e *bolt.Engine) error {
		page, err := e.List(ctx, "other", engine.ListOptions{Limit: 1})
		if err != nil {
			return err
		}
		_, _, err = e.Edit(ctx, engine.EditRequest{
			Queue: "other", ID: page.Messages[0].ID, Replacement: engine.Outgoing{Body: make([]byte, 9000)},
		})
		return err
	}},
	{"purge", func(ctx context.Context, e *bolt.Engine) error {
		_, err := e.Purge(ctx, "jobs", engine.LiveArea)
		return err
	}},
	{"restore", func(ctx context.Context, e *bolt.Engine) error {
		entries, err := e.Trash(ctx)
		if err != nil {
			return err
		}
		_, err = e.Restore(ctx, entries[0].ID)
		return err
	}},
	{"configure", func(ctx context.Context, e *bolt.Engine) error {
		_, err := e.Configure(ctx, "jobs", engine.DefaultPolicy())
		return err
	}},
	{"delete queue", func(ctx context.Context, e *bolt.Engine) error {
		_, err := e.DeleteQueue(ctx, "other")
		return err
	}},
}

func publishSome(n, size int) func(context.Context, *bolt.Engine) error {
	return func(ctx context.Context, e *bolt.Engine) error {
		batch := make([]engine.Outgoing, n)
		for i := range batch {
			batch[i].Body = make([]byte, size)
		}
		_, err := e.Publish(ctx, "jobs", batch...)
		return err
	}
}

// withDelivery settles the next message; if it cannot, it gives it back.
func withDelivery(settle func(context.Context, *bolt.Engine, engine.Receipt) error) func(context.Context, *bolt.Engine) error {
	return func(ctx context.Context, e *bolt.Engine) error {
		got, err := e.Receive(ctx, "jobs", engine.ReceiveOptions{})
		if err != nil || len(got) != 1 {
			return errors.Join(err, fmt.Errorf("received %d messages", len(got)))
		}
		return settle(ctx, e, got[0].Receipt)
	}
}

// view is all that can be seen of the messages and the trash; what is in
// flight counts as ready, as it will be after an opening.
func view(t *testing.T, e *bolt.Engine) map[string]string {
	t.Helper()
	infos, err := e.Queues(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, info := range infos {
		seen[info.Name] = fmt.Sprint(info.Policy, info.Ready+info.InFlight, info.Delayed, info.Dead, info.Bytes)
		for _, state := range engine.States() {
			for _, m := range listAll(t, e, info.Name, state) {
				if state == engine.InFlight {
					state = engine.Ready
				}
				seen[string(m.ID)] = fmt.Sprint(info.Name, state, m.Size, len(m.Body), len(m.Attempts))
			}
		}
	}
	entries, err := e.Trash(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		seen["trash "+entry.ID] = fmt.Sprint(entry.What, entry.Queue, entry.Count)
	}
	return seen
}

// fillDisk publishes to a queue of its own until not even one byte finds space.
func fillDisk(t *testing.T, e *bolt.Engine) {
	t.Helper()
	err := e.CreateQueue(t.Context(), "ballast", engine.DefaultPolicy())
	for _, size := range []int{16 << 10, 1 << 10, 1} {
		for err == nil || errors.Is(err, engine.ErrQueueExists) {
			_, err = e.Publish(t.Context(), "ballast", engine.Outgoing{Body: make([]byte, size)})
		}
		if !errors.Is(err, engine.ErrNoSpace) {
			t.Fatalf("fill: %v", err)
		}
		err = nil
	}
}

// TestFullDisk plays the script up to each of its steps, and that one on a full
// disk. What is refused is refused clearly, changes nothing, and works when
// there is space.
func TestFullDisk(t *testing.T) {
	var refused []string
	for i, step := range script {
		path := filepath.Join(t.TempDir(), "nixie.db")
		e := open(t, path, bolt.Options{MaxSize: 1 << 30})
		for _, s := range script[:i] {
			if err := s.do(t.Context(), e); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		shut(t, e)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		e = open(t, path, bolt.Options{MaxSize: info.Size()})
		fillDisk(t, e)
		before := view(t, e)
		if err = step.do(t.Context(), e); err != nil {
			refused = append(refused, step.name)
			if !errors.Is(err, engine.ErrNoSpace) {
				t.Errorf("%s: %v", step.name, err)
			}
			if after := view(t, e); !maps.Equal(before, after) {
				t.Errorf("%s was refused, and changed\n%v\nto\n%v", step.name, before, after)
			}
		}
		checkClean(t, e)
		before = view(t, e)
		_ = e.Close() // without space it need not end in order, but lose nothing

		e = open(t, path, bolt.Options{MaxSize: 1 << 30})
		if after := view(t, e); len(before) != len(after) {
			t.Errorf("%s: before the reopening\n%v\nafter\n%v", step.name, before, after)
		}
		if err != nil {
			if err := step.do(t.Context(), e); err != nil {
				t.Errorf("%s, when there is space: %v", step.name, err)
			}
		}
		checkClean(t, e)
		shut(t, e)
	}
	// What settles and deletes needs no more space than it frees, and may work
	// on a full disk. What adds does not.
	for _, name := range []string{"publish large ones", "publish to a topic", "edit"} {
		if !slices.Contains(refused, name) {
			t.Errorf("%q is not among those refused on a full disk: %q", name, refused)
		}
	}
}

func shut(t *testing.T, e *bolt.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
