package bolt

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"nixie/engine"
)

// TestConfirmedNotTaken: a relaxed queue confirms nothing of what is being taken
// away: who comes while that is committed waits, and is told.
func TestConfirmedNotTaken(t *testing.T) {
	for what, take := range map[string]func(ctx context.Context, e *Engine, id engine.ID) error{
		"purged": func(ctx context.Context, e *Engine, _ engine.ID) error {
			_, err := e.Purge(ctx, "jobs", engine.LiveArea)
			return err
		},
		"deleted": func(ctx context.Context, e *Engine, id engine.ID) error {
			_, _, err := e.Delete(ctx, "jobs", id)
			return err
		},
		"deleted with its queue": func(ctx context.Context, e *Engine, _ engine.ID) error {
			_, err := e.DeleteQueue(ctx, "jobs")
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				e, hook := relaxedEngine(t, Options{})
				_, err := e.Publish(ctx, "jobs", make([]engine.Outgoing, 3)...)
				got, err2 := e.Receive(ctx, "jobs", engine.ReceiveOptions{Max: 3, Wait: 1 << 30})
				if err := errors.Join(err, err2); err != nil || len(got) != 3 {
					t.Fatalf("received are %v (%v)", got, err)
				}
				errs := make(chan error, 2)
				*hook = func() {
					go func() { errs <- e.Ack(ctx, got[0].Receipt) }()
					go func() { errs <- e.Nack(ctx, got[0].Receipt, engine.Failure{}) }()
					synctest.Wait()
				}
				if err := take(ctx, e, got[0].ID); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := <-errs; !errors.Is(err, engine.ErrLeaseLost) {
						t.Errorf("it lies in the trash, and its settling says %v", err)
					}
				}
			})
		})
	}
}

// TestNotConfirmed: nor does a queue confirm a publish that is being deleted, or
// gets a bound.
func TestNotConfirmed(t *testing.T) {
	for what, c := range map[string]struct {
		revoke func(ctx context.Context, e *Engine) error
		want   error
	}{
		"deleted": {func(ctx context.Context, e *Engine) error {
			_, err := e.DeleteQueue(ctx, "jobs")
			return err
		}, engine.ErrQueueNotFound},
		"bounded": {func(ctx context.Context, e *Engine) error {
			_, err := e.Configure(ctx, "jobs", engine.Policy{VisibilityTimeout: 1, MaxDepth: 1, Durability: engine.Relaxed})
			return err
		}, engine.ErrQueueFull},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, hook := relaxedEngine(t, Options{})
				published := make(chan error, 1)
				*hook = func() {
					go func() {
						_, err := e.Publish(t.Context(), "jobs", make([]engine.Outgoing, 2)...)
						published <- err
					}()
					synctest.Wait()
				}
				if err := c.revoke(t.Context(), e); err != nil {
					t.Fatal(err)
				}
				if err := <-published; !errors.Is(err, c.want) {
					t.Errorf("a publish says %v", err)
				}
			})
		})
	}
}
