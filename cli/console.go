package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type consoleCommand struct{}

func (*consoleCommand) Run(c *command) error {
	config, err := c.console()
	if err != nil {
		return err
	}
	path, err := c.path()
	if err != nil {
		return err
	}
	state, err := StateDir(path)
	if err != nil {
		return err
	}
	e, err := openDatabase(path)
	if err != nil {
		return err
	}
	err = c.Console(c.ctx, Session{Engine: e, StateDir: state, Config: config})
	return errors.Join(err, e.Close())
}

type demoCommand struct {
	Scenario string  `short:"s" placeholder:"NAME" help:"One of ${scenarios}. Default: shop."`
	Seed     *uint64 `placeholder:"N" help:"Play the same messages and failures again. Default: a random one."`
}

func (d *demoCommand) Run(c *command) (err error) {
	if d.Scenario != "" && !slices.Contains(c.Scenarios, d.Scenario) {
		return usagef("there is no scenario %q; there are %s", d.Scenario, strings.Join(c.Scenarios, ", "))
	}
	config, err := c.console()
	if err != nil {
		return err
	}
	seed := rand.Uint64N(10_000)
	if d.Seed != nil {
		seed = *d.Seed
	}
	path, state, remove, err := c.demoPlace()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	e, err := openDatabase(path)
	if err != nil {
		return err
	}
	err = c.Demo(c.ctx, DemoSession{
		Session:  Session{Engine: e, StateDir: state, Config: config},
		Scenario: d.Scenario, Seed: seed,
	})
	return errors.Join(err, e.Close())
}

// demoPlace is where a demo's files are: in a directory that remove removes,
// unless a database was named.
func (c *command) demoPlace() (database, state string, remove func() error, err error) {
	if c.db != "" {
		state, err = StateDir(c.db)
		return c.db, state, func() error { return nil }, err
	}
	sweepDemos(os.TempDir(), time.Now())
	dir, err := os.MkdirTemp("", demoPrefix)
	if err != nil {
		return "", "", nil, fmt.Errorf("no room for a throw-away database: %w (use --db FILE)", err)
	}
	return filepath.Join(dir, demoFile), filepath.Join(dir, "state"), func() error { return os.RemoveAll(dir) }, nil
}

// console checks what both kinds of console need before anything is opened.
func (c *command) console() (Config, error) {
	if !isTerminal(c.Stdin) || !isTerminal(c.Stdout) {
		return Config{}, usagef("the console needs a terminal; in scripts use a command")
	}
	path, err := ConfigPath()
	if err != nil {
		return Config{}, err
	}
	return LoadConfig(path)
}
