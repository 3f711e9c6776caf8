package cli

import (
	"bufio"
	"errors"
	"fmt"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type queuesCommand struct {
	Queue string `arg:"" optional:"" help:"This one alone, with its policy."`
	JSON  bool   `name:"json" help:"Print one object a line, each with the queue's policy."`
}

func (q *queuesCommand) Run(c *command) error {
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	var queues []engine.QueueInfo
	if q.Queue == "" {
		queues, err = e.Queues(c.ctx)
	} else {
		queues = make([]engine.QueueInfo, 1)
		queues[0], err = e.Queue(c.ctx, q.Queue)
	}
	if err != nil {
		return err
	}
	if len(queues) == 0 {
		return nothingf("there are no queues yet: nixie publish QUEUE BODY makes one")
	}
	now := time.Now()
	if q.JSON {
		out := bufio.NewWriter(c.Stdout)
		lines := operation.JSONLines(out)
		for _, info := range queues {
			if err := lines.Encode(newQueueJSON(info, now)); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	if err := queueTable(queues, now).write(c.Stdout, width(c.Stdout)); err != nil || q.Queue == "" {
		return err
	}
	rules := table{columns: []column{{"POLICY", widget.Left}, {"", widget.Left}}}
	for _, r := range operation.Rules(queues[0].Policy) {
		rules.add(r.Name, r.Value)
	}
	fmt.Fprintln(c.Stdout)
	return rules.write(c.Stdout, width(c.Stdout))
}

func queueTable(queues []engine.QueueInfo, now time.Time) *table {
	t := &table{columns: []column{
		{"QUEUE", widget.Left},
		{"READY", widget.Right},
		{"IN FLIGHT", widget.Right},
		{"DELAYED", widget.Right},
		{"DEAD", widget.Right},
		{"OLDEST", widget.Right},
		{"PUBLISHED", widget.Right},
		{"ACKED", widget.Right},
		{"FAILED", widget.Right},
		{"", widget.Left},
	}}
	for _, info := range queues {
		oldest, paused := "–", ""
		if !info.OldestAt.IsZero() {
			oldest = widget.Age(now.Sub(info.OldestAt))
		}
		if info.Paused {
			paused = "paused"
		}
		t.add(info.Name, widget.Count(info.Ready), widget.Count(info.InFlight), widget.Count(info.Delayed), widget.Count(info.Dead),
			oldest, widget.Count(info.Totals.Published), widget.Count(info.Totals.Acked), widget.Count(info.Totals.Failed), paused)
	}
	return t
}

type peekCommand struct {
	Queue string       `arg:"" help:"The queue; QUEUE.dead for its dead letters."`
	State engine.State `short:"s" placeholder:"STATE" help:"ready, in_flight, delayed or dead. Default: ready."`
	Limit int          `short:"n" default:"20" placeholder:"N" help:"At most so many; 0: all."`
	JSON  bool         `name:"json" help:"Print one object a line."`
}

// pageSize is how many messages are read, and held in memory, at once. With
// whole bodies it is smaller.
const (
	pageSize      = 500
	wholePageSize = 20
)

func (p *peekCommand) Run(c *command) error {
	queue, dead := engine.SplitDead(p.Queue)
	switch {
	case dead && p.State != "" && p.State != engine.Dead:
		return usagef("%s and --state %s contradict one another", p.Queue, p.State)
	case dead:
		p.State = engine.Dead
	case p.State == "":
		p.State = engine.Ready
	case !p.State.Valid():
		return usagef("--state %q is not one of ready, in_flight, delayed, dead", p.State)
	}
	if p.Limit < 0 {
		return usagef("--limit must not be negative")
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	show := p.table
	if p.JSON {
		show = p.lines
	}
	count, err := show(c, e, queue)
	if err == nil && count == 0 {
		return nothingf("%s: no message is %s", queue, stateWord(p.State))
	}
	return err
}

// stateWord is how people write a state.
func stateWord(s engine.State) string {
	if s == engine.InFlight {
		return "in flight"
	}
	return string(s)
}

// each calls a function for the messages.
func (p *peekCommand) each(c *command, e engine.Inspector, queue string, page, bodyLimit int, do func(*engine.Message) error) (count int, err error) {
	if p.Limit > 0 {
		page = min(page, p.Limit)
	}
	for m, err := range operation.Messages(c.ctx, e, queue, engine.ListOptions{State: p.State, Limit: page, BodyLimit: bodyLimit}) {
		if err == nil {
			err = do(m)
		}
		if err != nil {
			return count, err
		}
		if count++; count == p.Limit {
			break
		}
	}
	return count, nil
}

func (p *peekCommand) lines(c *command, e engine.Inspector, queue string) (int, error) {
	out := bufio.NewWriter(c.Stdout)
	lines := operation.JSONLines(out)
	count, err := p.each(c, e, queue, wholePageSize, 0, func(m *engine.Message) error { return lines.Encode(operation.Export(m)) })
	return count, errors.Join(err, out.Flush())
}

// previewCells is how much of a body a line shows where lines have no end.
const previewCells = 100

func (p *peekCommand) table(c *command, e engine.Inspector, queue string) (int, error) {
	t := table{columns: []column{
		{"ID", widget.Left},
		{"AGE", widget.Right},
		{"TRIES", widget.Right},
		{"SIZE", widget.Right},
		{"GROUP", widget.Left},
	}}
	now := time.Now()
	if p.State == engine.Dead {
		t.columns = append(t.columns, column{"REASON", widget.Left})
	}
	t.columns = append(t.columns, column{"BODY", widget.Left})
	count, err := p.each(c, e, queue, pageSize, 4*previewCells, func(m *engine.Message) error {
		cells := []string{
			string(m.ID), widget.Age(now.Sub(m.PublishedAt)), fmt.Sprint(m.Tries),
			widget.Bytes(int64(m.Size)), widget.SafeFit(m.Group, 20),
		}
		if p.State == engine.Dead {
			cells = append(cells, widget.SafeFit(operation.Reason(m), 60))
		}
		t.add(append(cells, widget.Preview(m.Body, previewCells))...)
		return nil
	})
	if err != nil || count == 0 {
		return count, err
	}
	return count, t.write(c.Stdout, width(c.Stdout))
}
