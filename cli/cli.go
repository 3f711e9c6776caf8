// Package cli is nixie without a screen: the commands for shells and scripts,
// the config file, and where files live. The names of commands, their flags,
// the fields of their JSON and their exit codes are an interface; what people
// read is not.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"nixie/engine"
)

// The exit codes.
const (
	ExitDone    = 0
	ExitFailed  = 1
	ExitUsage   = 2 // a command, flag or name that cannot be meant
	ExitNothing = 3 // what was asked for is not there
	ExitInUse   = 4 // another process has the database
)

// Program is what a command line works with.
type Program struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Scenarios      []string // that a demo can play
	// Console and Demo open the console, on a database and on a demo.
	Console func(context.Context, Session) error
	Demo    func(context.Context, DemoSession) error
}

// Session is what the console needs to begin.
type Session struct {
	Engine   engine.Engine
	StateDir string // of operations on this database
	Config   Config
}

// DemoSession is a Session for a demo.
type DemoSession struct {
	Session
	Scenario string
	Seed     uint64
}

// grammar is the command line.
type grammar struct {
	DB string `name:"db" env:"NIXIE_DB" placeholder:"FILE" help:"The database. Default: ${database}; of demo and bench, one that is thrown away."`

	Console   consoleCommand   `cmd:"" default:"1" help:"Open the console (as without any command)."`
	Demo      demoCommand      `cmd:"" help:"Open the console on a living system to try things out, in a throw-away database unless --db is given."`
	Publish   publishCommand   `cmd:"" help:"Publish a message, or one for each line of a file; print the ids."`
	Receive   receiveCommand   `cmd:"" help:"Receive messages: print and ack them, or hand each to a command."`
	Create    createCommand    `cmd:"" help:"Create a queue."`
	Configure configureCommand `cmd:"" help:"Change how a queue behaves."`
	Bind      bindCommand      `cmd:"" help:"Let a queue have what is published to a topic."`
	Queues    queuesCommand    `cmd:"" help:"List the queues."`
	Peek      peekCommand      `cmd:"" help:"Look at messages without touching them."`
	Dead      deadCommand      `cmd:"" help:"List the causes of death of dead letters."`
	Requeue   requeueCommand   `cmd:"" help:"Send dead letters back to the queues they died in."`
	Check     checkCommand     `cmd:"" help:"Verify the database."`
	Compact   compactCommand   `cmd:"" help:"Give the space that is free in the database back to the disk; nobody may have it open."`
	Bench     benchCommand     `cmd:"" help:"Measure the engine on this machine."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

const description = `A terminal console for message queues, with a durable queue engine in the box.

Without a command the console opens. QUEUE.dead stands for the dead letters of QUEUE. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing found, 4 the database is in use.`

// command is what a command runs with.
type command struct {
	Program
	ctx context.Context
	db  string // as given; "": the default
}

// Main runs a command line and returns its exit code. Errors go to standard
// error, in one line each that says what to do.
func (p Program) Main(args []string) int {
	// A reader that goes away (nixie peek q | head) is an error of the write,
	// so that what was not printed can be given back.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // the second one ends it at once
	err := p.run(ctx, args)
	if err == nil {
		return ExitDone
	}
	if text := explain(err); text != "" {
		fmt.Fprintln(p.Stderr, "nixie: "+text)
	}
	return exitCode(err)
}

func (p Program) run(ctx context.Context, args []string) (err error) {
	var g grammar
	database, err := DatabasePath()
	if err != nil {
		return err
	}
	parser, err := kong.New(&g,
		kong.Name("nixie"),
		kong.Description(description),
		kong.Vars{"database": database, "scenarios": strings.Join(p.Scenarios, ", ")},
		kong.Writers(p.Stdout, p.Stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.WithHyphenPrefixedParameters(true), // --filter -reason:timeout
		kong.KindMapper(reflect.String, kong.MapperFunc(text)),
		kong.Exit(func(code int) { panic(helped{}) }),
	)
	if err != nil {
		return err
	}
	defer func() {
		// kong ends the program after --help; here that ends the function.
		if r := recover(); r != nil {
			if _, ok := r.(helped); !ok {
				panic(r)
			}
			err = nil
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		return &usageError{text: err.Error()}
	}
	return parsed.Run(&command{Program: p, ctx: ctx, db: g.DB})
}

// text takes the value of a flag or argument. A flag at the end of the line has
// none: with hyphens allowed in values, kong itself would take it for empty.
func text(c *kong.DecodeContext, target reflect.Value) error {
	token, err := c.Scan.PopValue("string")
	if err != nil {
		return err
	}
	if token.IsEOL() {
		return errors.New("missing value")
	}
	target.SetString(token.String())
	return nil
}

// helped is thrown when help was printed and there is nothing else to do.
type helped struct{}

// usageError is a command line that cannot be meant.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// nothingError is that what was asked for is not there.
type nothingError struct{ text string }

func (e *nothingError) Error() string { return e.text }

func nothingf(format string, args ...any) error {
	return &nothingError{text: fmt.Sprintf(format, args...)}
}

func exitCode(err error) int {
	var usage *usageError
	var nothing *nothingError
	switch {
	case errors.As(err, &usage), errors.Is(err, engine.ErrInvalid):
		return ExitUsage
	case errors.As(err, &nothing), errors.Is(err, engine.ErrQueueNotFound), errors.Is(err, engine.ErrMessageNotFound), errors.Is(err, engine.ErrNoRoute):
		return ExitNothing
	case errors.Is(err, engine.ErrDatabaseInUse):
		return ExitInUse
	default:
		return ExitFailed
	}
}

// explain makes one line of an error that says what to do; "" if there is
// nothing to say.
func explain(err error) string {
	var usage *usageError
	switch {
	case errors.Is(err, syscall.EPIPE):
		return "" // the reader knows
	case errors.As(err, &usage):
		return oneLine(err.Error()) + " (nixie --help shows how)"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, engine.ErrQueueNotFound):
		return oneLine(err.Error()) + " (nixie queues lists them)"
	case errors.Is(err, engine.ErrNoRoute):
		return oneLine(err.Error()) + " (nixie bind QUEUE TOPIC binds one)"
	case errors.Is(err, engine.ErrNoSpace):
		return oneLine(err.Error()) + ": nothing was changed; make room and try again"
	}
	return oneLine(err.Error())
}
