package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

// lockWait is how long a command waits for another one to be done with the
// database: longer than most take, too short to hang behind a console.
const lockWait = time.Second

// path is the database file that was asked for.
func (c *command) path() (string, error) {
	if c.db != "" {
		return c.db, nil
	}
	return DatabasePath()
}

// open opens the database, and makes it if it is not there.
func (c *command) open() (*bolt.Engine, error) {
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	return openDatabase(path)
}

// existing is path for a command that has nothing to do in an empty database.
func (c *command) existing() (string, error) {
	path, err := c.path()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nothingf("there is no database %s yet: nixie publish QUEUE BODY makes one", path)
	}
	return path, nil
}

// openExisting opens the database, if there is one.
func (c *command) openExisting() (*bolt.Engine, error) {
	path, err := c.existing()
	if err != nil {
		return nil, err
	}
	return openDatabase(path)
}

func openDatabase(path string) (*bolt.Engine, error) {
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return nil, fmt.Errorf("cannot make the directory of the database: %w (use --db FILE to put it elsewhere)", err)
	}
	e, err := bolt.Open(path, bolt.Options{LockWait: lockWait})
	if err != nil {
		return nil, openError(path, err)
	}
	return e, nil
}

// openError says what to do about a database that does not open.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, engine.ErrDatabaseInUse):
		return &inUseError{path: path, holder: holder(path)}
	case errors.Is(err, engine.ErrNewerVersion):
		return fmt.Errorf("%w: update nixie, or use --db FILE", err)
	case errors.Is(err, engine.ErrNotADatabase):
		return fmt.Errorf("%w; nothing was changed: use --db FILE for another one", err)
	case errors.Is(err, engine.ErrDamaged):
		return fmt.Errorf("%w; nothing was changed: nixie check --salvage FILE writes what can still be read of it", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the database %s: %w: use --db FILE for one of your own", path, fs.ErrPermission)
	}
	return err
}

// inUseError says who has the database, as far as that can be known.
type inUseError struct{ path, holder string }

func (e *inUseError) Error() string {
	who := e.holder
	if who == "" {
		who = "another process"
	}
	return fmt.Sprintf("the database %s is in use by %s: close the other nixie, or use --db FILE", e.path, who)
}

func (e *inUseError) Unwrap() error { return engine.ErrDatabaseInUse }
