package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nixie/engine/bolt"
)

// TestSweepDemos: a demo removes what killed ones left, and nothing else.
func TestSweepDemos(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	now := time.Now()
	create := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, dirMode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(dir string) *bolt.Engine {
		e, err := bolt.Open(filepath.Join(dir, demoFile), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	write := func(path string) {
		if err := os.WriteFile(path, []byte("?"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	killed := database(create("nixie-demo-1"))
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(create("nixie-demo-2"), demoFile)) // cut short
	create("nixie-demo-3")                                 // before it had a database

	kept := []string{"nixie-demo-4", "nixie-demo-5", "nixie-demo-6", "nixie-demo-7", "nixie-demo-", "nixie-demo-8x", "nixie-test-9"}
	alive := database(create("nixie-demo-4"))
	defer alive.Close()
	write(filepath.Join(dir, "nixie-demo-5"))
	write(filepath.Join(elsewhere, demoFile))
	if err := os.Symlink(elsewhere, filepath.Join(dir, "nixie-demo-6")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(elsewhere, demoFile), filepath.Join(create("nixie-demo-7"), demoFile)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nixie-demo-", "nixie-demo-8x", "nixie-test-9"} {
		create(name)
	}

	check := func(want ...string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, entry := range entries {
			left = append(left, entry.Name())
		}
		slices.Sort(want)
		if !slices.Equal(left, want) {
			t.Errorf("left %q, want %q", left, want)
		}
	}
	sweepDemos(dir, now) // any of them may just be beginning
	check(append([]string{"nixie-demo-1", "nixie-demo-2", "nixie-demo-3"}, kept...)...)
	sweepDemos(dir, now.Add(time.Hour))
	check(kept...)
	if _, err := os.Stat(filepath.Join(elsewhere, demoFile)); err != nil {
		t.Error(err)
	}
}
