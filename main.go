// Command nixie is a terminal console for message queues, with a durable queue
// engine in the box. Without a screen it is a set of commands for scripts.
package main

import (
	"context"
	"errors"
	"os"

	"nixie/cli"
	"nixie/demo"
	"nixie/engine/operation"
	"nixie/tui"
	"nixie/views"
)

func main() {
	program := cli.Program{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Scenarios: demo.Names(),
		Console: func(ctx context.Context, s cli.Session) error {
			return console(ctx, s, nil)
		},
		Demo: func(ctx context.Context, s cli.DemoSession) error {
			d, err := demo.Start(ctx, demo.Options{Engine: s.Engine, Scenario: s.Scenario, Seed: s.Seed})
			if err != nil {
				return err
			}
			defer d.Close()
			return console(ctx, s.Session, d)
		},
	}
	os.Exit(program.Main(os.Args[1:]))
}

// console shows the console on an engine, until the operator leaves it.
func console(ctx context.Context, s cli.Session, controls views.DemoControls) error {
	operations, err := operation.Open(s.Engine, s.StateDir)
	if err != nil {
		return err
	}
	err = tui.Run(ctx, tui.Options{
		Engine: s.Engine, Operations: operations, Demo: controls,
		Keys: s.Config.Keys, Theme: s.Config.Theme, Terminal: s.Config.Terminal, NoMouse: s.Config.NoMouse,
	})
	return errors.Join(err, operations.Close())
}
