// Package tui is the console's root: it keeps the stack of screens and the
// dialogs over them, resolves keys to actions, delivers messages to the view
// that asked, and draws the frame around it all. It knows screens only as
// views.View.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/themes"
	"nixie/views"
)

// Options say what the console works on. Engine, Operations and Keys are
// needed.
type Options struct {
	Engine     engine.Engine
	Operations *operation.Manager
	Keys       *keymap.Map
	Theme      string             // of themes.Names; "" or themes.Auto: as the terminal is
	Terminal   themes.Terminal    // what it can show; TERM=dumb and linux imply ASCII
	NoMouse    bool               // begin with the mouse off
	Demo       views.DemoControls // nil outside the demo
	Place      string             // what the header says; "": as the engine says
	Open       *views.OpenMsg     // the screen to begin with; nil: the queues
	Input      io.Reader          // nil: the terminal
	Output     io.Writer          // nil: the terminal
}

// Run shows the console until the operator quits, the terminal goes away or
// the context ends; none of these is an error. It leaves the engine and the
// operations open.
func Run(ctx context.Context, options Options) error {
	if options.Theme != "" && options.Theme != themes.Auto {
		if _, ok := themes.Lookup(options.Theme); !ok {
			return fmt.Errorf("no theme is called %q; there are %s", options.Theme, strings.Join(themes.Names(), ", "))
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGHUP, syscall.SIGTERM)
	defer stop()
	options.Terminal.ASCII = options.Terminal.ASCII || poorTerminal(os.Getenv("TERM"))
	model := newModel(ctx, options, time.Now)
	defer model.close()

	// Signals are ours: one ends the console as its quit key does. Bubble Tea's
	// own ways, its handler and a context, close the input while it is read.
	settings := []tea.ProgramOption{tea.WithoutSignalHandler()}
	if options.Input != nil {
		settings = append(settings, tea.WithInput(options.Input))
	}
	if options.Output != nil {
		settings = append(settings, tea.WithOutput(options.Output))
	}
	program := tea.NewProgram(model, settings...)
	ended := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() { endWith(ctx, program, ended) })
	_, err := program.Run()
	close(ended)
	wait.Wait()
	if err == nil || ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) || lostTerminal(err) {
		return nil
	}
	return fmt.Errorf("the console ended: %w", err)
}

// quitTime is how long a console may take to draw its end: a terminal that
// takes no more output would hold it for ever.
const quitTime = 2 * time.Second

// endWith ends the program with the context.
func endWith(ctx context.Context, program *tea.Program, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
		program.Quit()
	}
	select {
	case <-ended:
	case <-time.After(quitTime):
		program.Kill()
	}
}

// poorTerminal reports whether a terminal cannot be trusted with more than
// ASCII.
func poorTerminal(term string) bool { return term == "dumb" || term == "linux" || term == "" }

// lostTerminal reports whether the terminal was closed under the console.
func lostTerminal(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, syscall.ENXIO) || errors.Is(err, os.ErrClosed)
}
