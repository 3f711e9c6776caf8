package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
)

// The files live where the XDG base directory specification puts them. What
// nixie creates, its owner alone can read.
const (
	dirMode  = 0o700
	appName  = "nixie"
	fileName = "nixie.db"
)

var errNoHome = errors.New("no home directory is known: set HOME, or use --db FILE")

// xdg returns nixie's directory of one kind: below the variable, if that is an
// absolute path, else below the fallback in the home directory.
func xdg(variable, fallback string) (string, error) {
	base := os.Getenv(variable)
	if !filepath.IsAbs(base) { // the specification says to ignore these
		home, err := os.UserHomeDir()
		if err != nil || home == "" {
			return "", errNoHome
		}
		base = filepath.Join(home, fallback)
	}
	return filepath.Join(base, appName), nil
}

// DatabasePath is where the database is unless somebody says otherwise.
func DatabasePath() (string, error) {
	dir, err := xdg("XDG_DATA_HOME", ".local/share")
	return filepath.Join(dir, fileName), err
}

// ConfigPath is where the config file is, if there is one.
func ConfigPath() (string, error) {
	dir, err := xdg("XDG_CONFIG_HOME", ".config")
	return filepath.Join(dir, "config.toml"), err
}

// StateDir is where nixie keeps what it knows about the operations on a
// database: one directory for each database.
func StateDir(database string) (string, error) {
	dir, err := xdg("XDG_STATE_HOME", ".local/state")
	if err != nil {
		return "", err
	}
	path, err := filepath.Abs(database)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(dir, filepath.Base(path)+"-"+hex.EncodeToString(sum[:6])), nil
}
