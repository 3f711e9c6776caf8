package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// tally is what became of the messages that commands worked on. Its fields are
// an interface.
type tally struct {
	Received int64 `json:"received"`
	Acked    int64 `json:"acked"`
	Failed   int64 `json:"failed"`
	Released int64 `json:"released"`
	Lost     int64 `json:"lost"` // settled too late: the lease was lost
}

// work runs the command for each message, several at once.
func (r *receiveCommand) work(c *command, e engine.Engine, source *source) error {
	w := c.worker(e, r.Exec, r.JSON)
	err := w.run(c.ctx, source, r.Concurrency)
	if errors.Is(err, context.Canceled) {
		err = nil // an interrupt is how a worker is ended
	}
	if r.JSON {
		err = errors.Join(err, operation.JSONLines(c.Stdout).Encode(w.tally))
	} else {
		fmt.Fprintf(c.Stderr, "nixie: %s\n", w.tally)
	}
	if err == nil && w.tally.Received == 0 && c.ctx.Err() == nil {
		return nothingf("%s: no message was ready", r.Queue)
	}
	return err
}

func (t tally) String() string {
	s := fmt.Sprintf("%s received = %s acked + %s failed", widget.Count(t.Received), widget.Count(t.Acked), widget.Count(t.Failed))
	if t.Released > 0 {
		s += fmt.Sprintf(" + %s given back", widget.Count(t.Released))
	}
	if t.Lost > 0 {
		s += fmt.Sprintf(" + %s settled too late", widget.Count(t.Lost))
	}
	return s
}

// worker runs a command for each delivery and settles it.
type worker struct {
	consumer       engine.Consumer
	command        string
	stdout, stderr io.Writer

	mu    sync.Mutex // protects tally
	tally tally
}

// worker makes one. With json, standard output is for the object alone.
func (c *command) worker(e engine.Consumer, run string, json bool) *worker {
	w := &worker{consumer: e, command: run, stdout: c.Stdout, stderr: c.Stderr}
	if json {
		w.stdout = c.Stderr
	}
	return w
}

// run works with so many commands at once, until the source has no more, an
// error, or the end of ctx.
func (w *worker) run(ctx context.Context, source *source, concurrency int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for range concurrency {
		running.Go(func() {
			if err := w.loop(ctx, source); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

func (w *worker) loop(ctx context.Context, source *source) error {
	for {
		batch, err := source.next(ctx, 1)
		if err != nil || len(batch) == 0 {
			return err
		}
		err = w.one(ctx, batch[0], source.options.Lease)
		source.settled(1)
		if err != nil {
			return err
		}
	}
}

// one runs the command for a delivery and settles it. Its error is one that
// the next delivery would meet too.
func (w *worker) one(ctx context.Context, d engine.Delivery, lease time.Duration) error {
	reason, ran := w.execute(ctx, d, lease)
	// Also after an interrupt: what is not settled waits for its lease to end.
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	var err error
	count := &w.tally.Acked
	switch {
	case ran == nil && reason == "":
		err = w.consumer.Ack(settle, d.Receipt)
	case ran == nil:
		count = &w.tally.Failed
		err = w.consumer.Nack(settle, d.Receipt, engine.Failure{Reason: reason})
	default:
		count = &w.tally.Released
		err = w.consumer.Release(settle, d.Receipt, 0)
	}
	if errors.Is(err, engine.ErrLeaseLost) {
		count, err = &w.tally.Lost, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tally.Received++
	if err == nil {
		*count++
	}
	if ran != nil && ctx.Err() == nil {
		err = errors.Join(ran, err)
	}
	return err
}

// killDelay is how long a command that was told to end has to do so.
const killDelay = 5 * time.Second

// execute runs the command. The reason is why it failed; "": it succeeded. The
// error is why it could not run to its end, through no fault of the message.
func (w *worker) execute(ctx context.Context, d engine.Delivery, lease time.Duration) (reason string, err error) {
	held, lost := context.WithCancel(ctx)
	defer lost()
	cmd := exec.CommandContext(held, "/bin/sh", "-c", w.command)
	var last lastLine
	cmd.Stdin = bytes.NewReader(d.Body)
	cmd.Stdout = w.stdout
	cmd.Stderr = io.MultiWriter(&last, w.stderr)
	cmd.Env = append(os.Environ(), environment(d)...)
	cmd.WaitDelay = killDelay
	ownGroup(cmd)
	err = cmd.Start()
	switch {
	case errors.Is(err, syscall.E2BIG):
		return "its headers are too large for the environment of a command", nil
	case err != nil:
		return "", fmt.Errorf("cannot run the command: %w", err)
	}
	var extending sync.WaitGroup
	extending.Go(func() { w.extend(held, d.Receipt, lease, lost) })
	err = cmd.Wait()
	interrupted := ctx.Err()
	endGroup(cmd)
	lost()
	extending.Wait()
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return "", nil // also when something that it started goes on
	case interrupted != nil:
		return "", interrupted
	case last.String() != "":
		return last.String(), nil
	default:
		return err.Error(), nil
	}
}

// extend keeps the lease until ctx ends; if it is lost all the same, another
// has the message, and the command is ended.
func (w *worker) extend(ctx context.Context, receipt engine.Receipt, lease time.Duration, lost func()) {
	tick := time.NewTicker(max(lease/3, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := w.consumer.Extend(ctx, receipt, lease); errors.Is(err, engine.ErrLeaseLost) {
				lost()
				return
			}
		}
	}
}

// environment describes a delivery to a command.
func environment(d engine.Delivery) []string {
	vars := []string{
		"NIXIE_ID=" + string(d.ID),
		"NIXIE_QUEUE=" + d.Queue,
		"NIXIE_TRIES=" + strconv.Itoa(d.Tries),
		"NIXIE_GROUP=" + d.Group,
	}
	taken := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(d.Headers)) {
		name := "NIXIE_HEADER_" + strings.Map(variableRune, key)
		if !taken[name] {
			taken[name] = true
			vars = append(vars, name+"="+d.Headers[key])
		}
	}
	// An environment cannot hold a zero byte.
	return slices.DeleteFunc(vars, func(v string) bool { return strings.Contains(v, "\x00") })
}

// variableRune maps a header's key to what the name of a variable may have.
func variableRune(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return r
	}
	return '_'
}

// maxReason bounds the reason of a failure, in bytes.
const maxReason = 1000

// lastLine keeps the last line that is not blank of what is written to it.
type lastLine struct{ tail []byte }

func (l *lastLine) Write(p []byte) (int, error) {
	const keep = 8 * maxReason
	l.tail = append(l.tail, p[max(0, len(p)-keep):]...)
	if extra := len(l.tail) - keep; extra > 0 {
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
	return len(p), nil
}

func (l *lastLine) String() string {
	line := strings.TrimSpace(string(l.tail))
	line = strings.TrimSpace(line[strings.LastIndexAny(line, "\r\n")+1:])
	if len(line) > maxReason {
		line = line[:maxReason]
	}
	return strings.ToValidUTF8(line, "")
}
