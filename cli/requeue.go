package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type requeueCommand struct {
	Queue  string   `arg:"" help:"The queue whose dead letters are meant: QUEUE or QUEUE.dead."`
	More   []string `arg:"" name:"id" optional:"" help:"Behind --id: more ids."`
	ID     []string `placeholder:"ID" help:"Those with these ids."`
	All    bool     `help:"All of them."`
	Filter string   `short:"f" placeholder:"F" help:"Those that match: words, tries>3, age>10m, reason:timeout, header.tenant:acme, .order.total > 100."`
	Canary bool     `xor:"pace" help:"1, then 10, then 100, then the rest; stop when more than a fifth of these come back. Goes with --exec."`
	Rate   float64  `xor:"pace" placeholder:"N" help:"At most so many a second."`
	Follow bool     `xor:"pace" help:"Slow down while the destination's backlog or its failures rise. Goes with --exec."`

	Exec        string    `short:"x" placeholder:"CMD" help:"Meanwhile, run this shell command for each message of the queues that they go to, as receive --exec does."`
	Concurrency int       `short:"c" default:"1" placeholder:"N" help:"Run so many commands at once."`
	Wait        *patience `short:"w" placeholder:"D" help:"After the last one, end when no message came for so long. Default: 10s."`

	DryRun bool `help:"Say what would be done, and change nothing."`
	JSON   bool `name:"json" help:"Print what became of them as one object."`
}

func (r *requeueCommand) Run(c *command) error {
	request, err := r.request()
	if err != nil {
		return err
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	err = c.withPlan(e, request, func(operations *operation.Manager, plan *operation.Plan) error {
		return r.do(c, e, operations, plan)
	})
	if errors.Is(err, operation.ErrNothing) {
		return nothingf("%s: no dead letter is meant by that", request.Select.Queues[0])
	}
	return err
}

// do does what is planned, and says what became of it.
func (r *requeueCommand) do(c *command, e engine.Engine, operations *operation.Manager, plan *operation.Plan) (err error) {
	for _, warning := range plan.Warnings {
		fmt.Fprintln(c.Stderr, "nixie: "+oneLine(warning))
	}
	tally := untouched(plan)
	switch {
	case r.DryRun:
	case r.Exec != "":
		tally, err = r.work(c, e, operations, plan)
	default:
		tally, err = finish(c.ctx, operations, plan)
	}
	if r.JSON {
		return errors.Join(err, operation.JSONLines(c.Stdout).Encode(tally))
	}
	if _, printed := fmt.Fprintln(c.Stdout, tallyLine(tally)); err == nil {
		err = printed
	}
	if err == nil && tally.Done == 0 && tally.Gone > 0 && tally.Refused == 0 {
		return nothingf("%s: none of these is there any more", plan.Select.Queues[0])
	}
	return err
}

// untouched is the tally of a plan of which nothing is done.
func untouched(plan *operation.Plan) operation.Tally {
	return operation.Tally{Selected: plan.Total, Left: plan.Total}
}

// work requeues while a command works on the queues that the messages go to:
// the database has one user at a time, so nobody else could.
func (r *requeueCommand) work(c *command, e engine.Engine, operations *operation.Manager, plan *operation.Plan) (operation.Tally, error) {
	ctx, fail := context.WithCancelCause(c.ctx)
	defer fail(nil)
	taking, stop := context.WithCancel(ctx)
	defer stop()
	wait := workerWait
	if r.Wait != nil {
		wait = time.Duration(*r.Wait)
	}
	w := c.worker(e, r.Exec, r.JSON)
	var working sync.WaitGroup
	var sources []*source
	for _, to := range plan.Destinations {
		if to.Paused {
			return untouched(plan), fmt.Errorf("%s is paused, so nothing could work on what comes: resume it in the console", to.Queue)
		}
		s, err := c.source(e, to.Queue, 0, wait)
		if err != nil {
			return untouched(plan), err
		}
		s.taking, s.held = taking, true
		sources = append(sources, s)
	}
	for _, s := range sources {
		working.Go(func() {
			if err := w.run(ctx, s, r.Concurrency); err != nil {
				fail(err)
			}
		})
	}
	tally, err := finish(ctx, operations, plan)
	if err != nil {
		stop() // what is worked on comes to its end
	}
	for _, s := range sources {
		s.letGo()
	}
	working.Wait()
	fmt.Fprintf(c.Stderr, "nixie: %s\n", w.tally)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return tally, err
}

// request is the change that the flags describe.
func (r *requeueCommand) request() (operation.Request, error) {
	queue, _ := engine.SplitDead(r.Queue)
	request := operation.Request{
		Verb: operation.Requeue, Attended: r.Exec != "",
		Select: operation.Selection{Queues: []string{queue}, State: engine.Dead, Filter: r.Filter},
	}
	ids := append(r.ID, r.More...)
	switch {
	case len(r.ID) == 0 && len(r.More) > 0:
		return request, usagef("unexpected argument %s", r.More[0])
	case len(ids) > 0 && (r.All || r.Filter != ""):
		return request, usagef("--id goes alone, without --all and --filter")
	case len(ids) == 0 && !r.All && r.Filter == "":
		return request, usagef("say which dead letters: --all, --filter F or --id ID")
	case r.Exec == "" && (r.Canary || r.Follow):
		return request, usagef("--canary and --follow watch how the messages fare: say by --exec CMD what works on them")
	case r.Exec == "" && (r.Concurrency != 1 || r.Wait != nil):
		return request, usagef("--concurrency and --wait go with --exec")
	case r.Concurrency < 1:
		return request, usagef("--concurrency must be at least 1")
	}
	for _, id := range ids {
		request.Select.Refs = append(request.Select.Refs, operation.Ref{Queue: queue, ID: engine.ID(id)})
	}
	if _, err := operation.ParseFilter(r.Filter); err != nil {
		return request, usagef("--filter: %s", err)
	}
	switch {
	case r.Canary:
		request.Pace.Kind = operation.Canary
	case r.Follow:
		request.Pace.Kind = operation.Follow
	case r.Rate != 0:
		request.Pace = operation.Pace{Kind: operation.PerSecond, Rate: r.Rate}
	}
	if err := request.Pace.Validate(); err != nil {
		return request, usagef("%s", err)
	}
	return request, nil
}

// withPlan plans a change of the database, and does something with the plan.
func (c *command) withPlan(e engine.Engine, request operation.Request, do func(*operation.Manager, *operation.Plan) error) error {
	operations, err := c.operations(e)
	if err != nil {
		return err
	}
	defer operations.Close()
	plan, err := operations.Plan(c.ctx, request)
	if err != nil {
		return err
	}
	return do(operations, plan)
}

// operations opens what is known about operations on the database.
func (c *command) operations(e engine.Engine) (*operation.Manager, error) {
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	dir, err := StateDir(path)
	if err != nil {
		return nil, err
	}
	return operation.Open(e, dir)
}

// finish runs a plan to its end. At an interrupt the job is cancelled: what it
// did stays done.
func finish(ctx context.Context, operations *operation.Manager, plan *operation.Plan) (operation.Tally, error) {
	job, err := operations.Start(plan)
	if err != nil {
		return operation.Tally{}, err
	}
	id := job.ID
	job, err = operations.Wait(ctx, id)
	if err != nil {
		cancelled := operations.Cancel(id)
		job, _ = operations.Job(id)
		return job.Tally, errors.Join(err, cancelled)
	}
	switch {
	case job.State != operation.Done:
		return job.Tally, fmt.Errorf("%s: %s; the console can go on with it (job %d)", job.State, job.Why, id)
	case job.Tally.Refused > 0:
		return job.Tally, fmt.Errorf("%d refused: %s", job.Tally.Refused, refusals(operations, id))
	}
	return job.Tally, nil
}

// refusals are the reasons of the first few.
func refusals(operations *operation.Manager, job int) string {
	items, err := operations.Items(job, operation.FateRefused, 0, 3)
	if err != nil {
		return err.Error()
	}
	reasons := make([]string, len(items))
	for i, item := range items {
		reasons[i] = item.Error
		if item.ID != "" { // else it is the queue
			reasons[i] = fmt.Sprintf("%s: %s", item.ID, item.Error)
		}
	}
	return strings.Join(reasons, "; ")
}

func tallyLine(t operation.Tally) string {
	line := fmt.Sprintf("%s selected = %s requeued", widget.Count(t.Selected), widget.Count(t.Done))
	for _, part := range []struct {
		n    int64
		what string
	}{{t.Gone, "already gone"}, {t.Refused, "refused"}, {t.Left, "left as they are"}} {
		if part.n > 0 {
			line += fmt.Sprintf(" + %s %s", widget.Count(part.n), part.what)
		}
	}
	return line
}
