package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type requeueCommand struct {
	Queue  string   `arg:"" help:"The queue whose dead letters are meant: QUEUE or QUEUE.dead."`
	More   []string `arg:"" optional:"" hidden:""`
	ID     []string `placeholder:"ID,…" help:"Those with these ids."`
	All    bool     `help:"All of them."`
	Filter string   `short:"f" placeholder:"F" help:"Those that match: words, tries>3, age>10m, reason:timeout, header.tenant:acme, .order.total > 100."`
	Canary bool     `xor:"pace" help:"1, then 10, then 100, then the rest; stop when too many come back. Needs consumers at work."`
	Rate   float64  `xor:"pace" placeholder:"N" help:"At most so many a second."`
	Follow bool     `xor:"pace" help:"Slow down while the destination's backlog or its failures rise."`
	DryRun bool     `help:"Say what would be done, and change nothing."`
	JSON   bool     `name:"json" help:"Print what became of them as one object."`
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
	operations, err := c.operations(e)
	if err != nil {
		return err
	}
	defer operations.Close()
	plan, err := operations.Plan(c.ctx, request)
	if errors.Is(err, operation.ErrNothing) {
		return nothingf("%s: no dead letter is meant by that", request.Select.Queues[0])
	}
	if err != nil {
		return err
	}
	if r.Canary && !r.DryRun {
		// A canary waits for what becomes of its first messages: without
		// consumers for ever.
		for _, to := range plan.Destinations {
			if to.Consumers == 0 {
				return usagef("--canary watches what consumers do, and %s has none now: use --rate N, or a few by --id first", to.Queue)
			}
		}
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintln(c.Stderr, "nixie: "+oneLine(warning))
	}
	tally := operation.Tally{Selected: plan.Total, Left: plan.Total}
	if !r.DryRun {
		tally, err = finish(c.ctx, operations, plan)
	}
	if r.JSON {
		return errors.Join(err, operation.JSONLines(c.Stdout).Encode(tally))
	}
	if _, printed := fmt.Fprintln(c.Stdout, tallyLine(tally)); err == nil {
		err = printed
	}
	if err == nil && tally.Done == 0 && tally.Gone > 0 && tally.Refused == 0 {
		return nothingf("%s: none of these is there any more", request.Select.Queues[0])
	}
	return err
}

// request is the change that the flags describe.
func (r *requeueCommand) request() (operation.Request, error) {
	queue, _ := engine.SplitDead(r.Queue)
	request := operation.Request{
		Verb:   operation.Requeue,
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
