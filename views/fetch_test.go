package views

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
)

func testEnv(t *testing.T) *Env {
	t.Helper()
	return &Env{Context: t.Context()}
}

// pump runs commands, and what follows from them, until there are none.
func pump[T any](f *fetcher[T], cmd tea.Cmd) (fresh int) {
	for cmd != nil {
		next, ok := f.Update(cmd())
		if ok {
			fresh++
		}
		cmd = next
	}
	return fresh
}

func TestFetcherCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		f := newFetcher(testEnv(t), func(context.Context) (int, error) { reads++; return reads, nil })
		cmd := f.Load()
		for range 1000 {
			if f.Load() != nil {
				t.Fatal("a second read while one is out")
			}
		}
		pump(f, cmd)
		if reads != 2 || f.value != 2 {
			t.Errorf("1001 requests gave %d reads, value %d; want 2", reads, f.value)
		}
		f.Close()
	})
}

func TestFetcherDropsOldAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen context.Context
		f := newFetcher(testEnv(t), func(ctx context.Context) (string, error) { seen = ctx; return "old", nil })
		cmd := f.Load()
		answer := cmd() // the old answer is on its way
		if f.Restart(func(context.Context) (string, error) { return "new", nil }) != nil {
			t.Fatal("a second read while one is out")
		}
		if seen.Err() == nil {
			t.Error("the old read was not cancelled")
		}
		next, fresh := f.Update(answer)
		if fresh || f.loaded {
			t.Error("the old answer was taken")
		}
		pump(f, next)
		if f.value != "new" {
			t.Errorf("value %q", f.value)
		}
		f.Close()
	})
}

func TestFetcherKeepsTheOldValueWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fail error
		f := newFetcher(testEnv(t), func(context.Context) (int, error) { return 7, fail })
		pump(f, f.Load())
		fail = errors.New("gone")
		pump(f, f.Load())
		if f.value != 7 || f.err == nil {
			t.Errorf("value %d, error %v", f.value, f.err)
		}
		f.Close()
	})
}

func TestFetcherEndsWithItsView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFetcher(testEnv(t), func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() })
		cmd := f.Load()
		f.Close()
		if next, fresh := f.Update(cmd()); next != nil || fresh {
			t.Error("a closed fetcher went on")
		}
	})
}
