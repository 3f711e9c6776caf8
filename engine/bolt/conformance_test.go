package bolt_test

import (
	"path/filepath"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/enginetest"
)

// harness handles engines that are opened with these options.
func harness(o bolt.Options) enginetest.Harness {
	return enginetest.Harness{
		Open: func(t *testing.T) engine.Engine {
			return open(t, filepath.Join(t.TempDir(), "nixie.db"), o)
		},
		Reopen: func(t *testing.T, e engine.Engine) engine.Engine {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, e.(*bolt.Engine).Path(), o)
		},
		Check: func(t *testing.T, e engine.Engine) { checkClean(t, e.(*bolt.Engine)) },
	}
}

func open(t testing.TB, path string, o bolt.Options) *bolt.Engine {
	t.Helper()
	e, err := bolt.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// checkClean fails the test if the file contradicts itself.
func checkClean(t testing.TB, e *bolt.Engine) {
	t.Helper()
	report, err := e.Check(t.Context())
	if err != nil {
		t.Errorf("check: %v", err)
	}
	for _, p := range report.Problems {
		t.Errorf("check: %s", p)
	}
}

func TestConformance(t *testing.T) {
	enginetest.Run(t, harness(bolt.Options{TrashRetention: time.Hour}))
}

// TestConformanceOutOfMemory: the same with a window so small that messages
// come from the file.
func TestConformanceOutOfMemory(t *testing.T) {
	enginetest.Run(t, harness(bolt.Options{TrashRetention: time.Hour, Window: 1}))
}

func TestProperty(t *testing.T) { enginetest.Property(t, harness(bolt.Options{})) }

func TestPropertyOutOfMemory(t *testing.T) { enginetest.Property(t, harness(bolt.Options{Window: 1})) }
