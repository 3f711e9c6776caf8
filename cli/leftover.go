package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// A demo without --db has a directory of its own among the temporary ones, with
// its database in it.
const (
	demoPrefix = "nixie-demo-"
	demoFile   = "demo.db"
	// demoBegins is more than a demo needs from making its directory to having
	// the lock on its database.
	demoBegins = time.Minute
)

// sweepDemos removes what demos that were killed left in a directory. What
// belongs to others, or cannot be removed, stays.
func sweepDemos(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		number, ok := strings.CutPrefix(entry.Name(), demoPrefix)
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" || !entry.IsDir() {
			continue
		}
		info, err := entry.Info()
		if err != nil || now.Sub(info.ModTime()) < demoBegins {
			continue
		}
		if path := filepath.Join(dir, entry.Name()); abandoned(filepath.Join(path, demoFile)) {
			_ = os.RemoveAll(path)
		}
	}
}

// abandoned reports whether no process has a demo's database, or ever will.
func abandoned(database string) bool {
	info, err := os.Lstat(database)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	e, err := bolt.Open(database, bolt.Options{})
	if err != nil { // a kill may have cut it short
		return errors.Is(err, engine.ErrDamaged) || errors.Is(err, engine.ErrNotADatabase)
	}
	return e.Close() == nil
}
