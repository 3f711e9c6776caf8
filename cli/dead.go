package cli

import (
	"fmt"
	"strings"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type deadCommand struct {
	Queue  string `arg:"" optional:"" help:"Only in this queue."`
	Filter string `short:"f" placeholder:"F" help:"Only dead letters that match (as in requeue)."`
	JSON   bool   `name:"json" help:"Print one object a line."`
}

// causeJSON is a cause on a line. Its fields are an interface.
type causeJSON struct {
	Cause  string           `json:"cause"`
	Count  int64            `json:"count"`
	Queues map[string]int64 `json:"queues"` // where they are
	First  time.Time        `json:"first"`  // death
	Last   time.Time        `json:"last"`
}

func (d *deadCommand) Run(c *command) error {
	filter, err := operation.ParseFilter(d.Filter)
	if err != nil {
		return usagef("--filter: %s", err)
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	options := operation.CauseOptions{Filter: filter}
	if d.Queue != "" {
		queue, _ := engine.SplitDead(d.Queue)
		if _, err := e.Queue(c.ctx, queue); err != nil {
			return err
		}
		options.Queues = []string{queue}
	}
	operations, err := c.operations(e)
	if err != nil {
		return err
	}
	defer operations.Close()
	report, err := operations.Causes(c.ctx, options)
	if err != nil {
		return err
	}
	if len(report.Causes) == 0 {
		return nothingf("no dead letters%s", map[bool]string{true: " match"}[d.Filter != ""])
	}
	if d.JSON {
		return d.lines(c, report)
	}
	return d.table(c, report)
}

func (d *deadCommand) lines(c *command, report operation.CauseReport) error {
	lines := operation.JSONLines(c.Stdout)
	for _, cause := range report.Causes {
		j := causeJSON{Cause: cause.Key, Count: cause.Count, Queues: map[string]int64{}, First: cause.First.UTC(), Last: cause.Last.UTC()}
		for _, q := range cause.Queues {
			j.Queues[q.Name] = q.N
		}
		if err := lines.Encode(j); err != nil {
			return err
		}
	}
	return nil
}

func (d *deadCommand) table(c *command, report operation.CauseReport) error {
	t := table{columns: []column{
		{"COUNT", widget.Right},
		{"LAST", widget.Right},
		{"QUEUES", widget.Left},
		{"CAUSE", widget.Left},
	}}
	for _, cause := range report.Causes {
		names := make([]string, len(cause.Queues))
		for i, q := range cause.Queues {
			names[i] = q.Name
		}
		t.add(widget.Count(cause.Count), widget.Age(report.At.Sub(cause.Last)), widget.SafeFit(strings.Join(names, " "), 40), cause.Key)
	}
	if err := t.write(c.Stdout, width(c.Stdout)); err != nil {
		return err
	}
	if report.Capped {
		_, err := fmt.Fprintf(c.Stdout, "first %s of %s\n", widget.Count(report.Seen), widget.Plural(report.Total, "dead letter"))
		return err
	}
	return nil
}
