package views

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"nixie/engine"
)

// stored is an engine that has a file.
type stored struct {
	engine.Engine
	storage engine.Storage
}

func (e stored) Storage(context.Context) (engine.Storage, error) { return e.storage, nil }

// TestStorageGolden: the table of queues says how large the file is, and what
// to do if most of it is free.
func TestStorageGolden(t *testing.T) {
	var b strings.Builder
	for _, storage := range []engine.Storage{{}, {Size: 3 << 20, Free: 2 << 20}, {Size: 412 << 20, Free: 380 << 20}, {Size: 900 << 20, Free: 100 << 20}} {
		for _, width := range []int{60, 80, 120, 160} {
			onStage(t, func(s *stage) {
				s.env.Engine = stored{s.model, storage}
				s.show(NewQueues(s.env, OpenMsg{}), width, 20)
				lines := strings.Split(s.plain(), "\n")
				fmt.Fprintf(&b, "%3d MiB at %3d: %s▏\n", storage.Size>>20, width, lines[len(lines)-1])
			})
		}
	}
	golden.RequireEqual(t, b.String())
}
