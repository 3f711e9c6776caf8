package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type receiveCommand struct {
	Queue       string    `arg:"" help:"The queue."`
	Exec        string    `short:"x" placeholder:"CMD" help:"Run this shell command for each message: the body is its standard input, NIXIE_ID, NIXIE_QUEUE, NIXIE_TRIES, NIXIE_GROUP and NIXIE_HEADER_… its environment. Exit code 0 acks; any other fails the message, with the last line of standard error as the reason."`
	Concurrency int       `short:"c" default:"1" placeholder:"N" help:"Run so many commands at once."`
	Max         int64     `short:"n" placeholder:"N" help:"End after so many messages."`
	Wait        *patience `short:"w" placeholder:"D" help:"End when no message came for so long (or: forever). Default: 10s with --exec, long enough for most retries; else 0."`
	Lease       *duration `placeholder:"D" help:"How long a message is held before others may have it; extended while a command runs. Default: the queue's visibility timeout."`
	JSON        bool      `name:"json" help:"Print one object a line: each message, or with --exec what became of them all."`
}

// workerWait is how long a worker waits for more if nobody says: the longest
// back-off between the tries of the default policy is a little shorter.
const workerWait = 10 * time.Second

// patience is for how long it is worth to wait for a message.
func (r *receiveCommand) patience() time.Duration {
	switch {
	case r.Wait != nil:
		return time.Duration(*r.Wait)
	case r.Exec != "":
		return workerWait
	}
	return 0
}

// receiveBatch is how many messages are printed between two acks.
const receiveBatch = 100

// settleTime is what settling may take after an interrupt.
const settleTime = 10 * time.Second

func (r *receiveCommand) Run(c *command) error {
	if err := r.validate(); err != nil {
		return err
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	var lease time.Duration
	if r.Lease != nil {
		lease = time.Duration(*r.Lease)
	}
	source, err := c.source(e, r.Queue, lease, r.patience())
	if err != nil {
		return err
	}
	source.left, source.bounded = r.Max, r.Max > 0
	if r.Exec != "" {
		return r.work(c, e, source)
	}
	return r.print(c, e, source)
}

func (r *receiveCommand) validate() error {
	if queue, dead := engine.SplitDead(r.Queue); dead {
		return usagef("%s: dead letters are not received: nixie peek %[1]s shows them, nixie requeue %s sends them back", r.Queue, queue)
	}
	switch {
	case r.Concurrency < 1:
		return usagef("--concurrency must be at least 1")
	case r.Max < 0:
		return usagef("--max must not be negative")
	case r.Exec == "" && r.Concurrency > 1:
		return usagef("--concurrency goes with --exec")
	}
	return engine.ValidateName(r.Queue)
}

// consumerName is how operators see this process.
func consumerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// print prints messages and acks what was printed.
func (r *receiveCommand) print(c *command, e engine.Consumer, source *source) error {
	var count int64
	out := bufio.NewWriter(c.Stdout)
	for {
		batch, err := source.next(c.ctx, receiveBatch)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		printed, err := r.printBatch(c, out, batch)
		err = errors.Join(err, r.settlePrinted(e, batch, printed))
		source.settled(len(batch))
		if err != nil {
			return err
		}
		count += int64(printed)
	}
	if count == 0 {
		return nothingf("%s: no message is ready", r.Queue)
	}
	return nil
}

// settlePrinted acks what was printed and gives the rest back.
func (r *receiveCommand) settlePrinted(e engine.Consumer, batch []engine.Delivery, printed int) error {
	// Also after an interrupt: what is settled half is delivered twice.
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	receipts := make([]engine.Receipt, printed)
	for i, d := range batch[:printed] {
		receipts[i] = d.Receipt
	}
	var errs []error
	if printed > 0 {
		errs = append(errs, e.Ack(ctx, receipts...))
	}
	for _, d := range batch[printed:] {
		errs = append(errs, e.Release(ctx, d.Receipt, 0))
	}
	return errors.Join(errs...)
}

// printBatch returns how many messages were printed, all of it, before an
// error or an interrupt.
func (r *receiveCommand) printBatch(c *command, out *bufio.Writer, batch []engine.Delivery) (int, error) {
	safe := isTerminal(c.Stdout)
	lines := operation.JSONLines(out)
	for i, d := range batch {
		if c.ctx.Err() != nil {
			return i, c.ctx.Err()
		}
		switch {
		case r.JSON:
			_ = lines.Encode(operation.Export(&d.Message)) // an error of out comes back from Flush
		case safe:
			fmt.Fprintln(out, widget.Safe(string(d.Body)))
		default:
			out.Write(d.Body)
			out.WriteByte('\n')
		}
		// One at a time: what a reader that went away did not get is not acked.
		if err := out.Flush(); err != nil {
			return i, err
		}
	}
	return len(batch), nil
}
