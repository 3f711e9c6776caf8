package cli

import (
	"errors"
	"fmt"

	"nixie/engine"
	"nixie/engine/operation"
)

type createCommand struct {
	Queue  string      `arg:"" help:"Its name."`
	Policy policyFlags `embed:""`
}

func (k *createCommand) Run(c *command) error {
	e, err := c.open()
	if err != nil {
		return err
	}
	defer e.Close()
	policy := engine.DefaultPolicy()
	k.Policy.apply(&policy)
	return c.change(e, operation.Request{Verb: operation.CreateQueue, Queue: k.Queue, Policy: policy})
}

type configureCommand struct {
	Queue  string      `arg:"" help:"The queue."`
	Policy policyFlags `embed:""`
}

func (k *configureCommand) Run(c *command) error {
	if !k.Policy.given() {
		return usagef("say what to change: --max-tries N, --lease D, …")
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	info, err := e.Queue(c.ctx, k.Queue)
	if err != nil {
		return err
	}
	policy := info.Policy
	k.Policy.apply(&policy)
	return c.change(e, operation.Request{Verb: operation.Configure, Queue: k.Queue, Policy: policy})
}

type bindCommand struct {
	Queue   string `arg:"" help:"The queue."`
	Topic   string `arg:"" help:"The topic; it is there while a queue is bound to it."`
	Pattern string `arg:"" optional:"" default:"#" help:"Words with dots between them; *: any one, #: any number of words. Default: all."`
	Remove  bool   `help:"Take this binding away."`
}

func (k *bindCommand) Run(c *command) error {
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	request := operation.Request{Verb: operation.Bind, Queue: k.Queue, Topic: k.Topic, Pattern: k.Pattern}
	if k.Remove {
		request.Verb = operation.Unbind
	}
	return c.change(e, request)
}

// change does something to a queue, so that the console can take it back, and
// prints what is different now.
func (c *command) change(e engine.Engine, request operation.Request) error {
	err := c.withPlan(e, request, func(operations *operation.Manager, plan *operation.Plan) error {
		if _, err := finish(c.ctx, operations, plan); err != nil {
			return err
		}
		if request.Verb == operation.CreateQueue {
			fmt.Fprintf(c.Stdout, "%s: created\n", request.Queue)
		}
		for _, change := range plan.Changes {
			if _, err := fmt.Fprintf(c.Stdout, "%s: %s\n", request.Queue, oneLine(change)); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, operation.ErrNothing) {
		already := "it is so already"
		if request.Verb == operation.Unbind {
			already = "there is no such binding"
		}
		_, err = fmt.Fprintf(c.Stdout, "%s: %s\n", request.Queue, already)
	}
	return err
}
