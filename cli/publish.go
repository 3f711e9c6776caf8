package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
)

type publishCommand struct {
	Queue  *string   `arg:"" optional:"" help:"The queue; it is created if it is not there. Not with --topic."`
	Body   *string   `arg:"" optional:"" help:"The body of the message. Without it and --file, standard input is read."`
	File   string    `short:"f" placeholder:"FILE" help:"Publish each line of a file, or of standard input (-), as a message; empty lines are skipped."`
	Whole  bool      `help:"Publish the file as one message, byte by byte."`
	Topic  string    `short:"t" placeholder:"TOPIC" help:"Publish to all queues that are bound to the topic, instead of to a QUEUE; print their names."`
	Key    string    `short:"k" placeholder:"KEY" help:"With --topic: the key, to which the queues' patterns are compared."`
	Header []string  `short:"H" sep:"none" placeholder:"K=V" help:"A header; may be given several times."`
	Delay  *duration `short:"d" placeholder:"D" help:"Hold it back for so long: 30s, 5m, 2h."`
	Group  string    `short:"g" placeholder:"G" help:"The group that it belongs to."`
	Dedup  string    `placeholder:"ID" help:"Publish only if no message came with this id lately."`
	JSON   bool      `name:"json" help:"Print {\"id\": …} a line, or with --topic {\"queues\": …}."`
}

func (p *publishCommand) Run(c *command) error {
	template, err := p.template()
	if err != nil {
		return err
	}
	source, name, err := p.source(c)
	if err != nil {
		return err
	}
	defer source.Close()
	e, err := c.open()
	if err != nil {
		return err
	}
	defer e.Close()
	publisher := &publisher{template: template, send: p.toQueue(e), print: p.printer(c.Stdout)}
	if p.Topic != "" {
		publisher.send = p.toTopic(e)
	}
	lines := newLineReader(source, e.Capabilities().MaxBody, p.Whole || p.Body != nil)
	err = publisher.all(c.ctx, lines)
	switch {
	case err != nil && p.Body != nil:
		return err
	case err != nil && publisher.count > 0:
		return fmt.Errorf("%s: %w (%d published before)", name, err, publisher.count)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case publisher.count == 0:
		return nothingf("%s: no line with a message in it", name)
	}
	return nil
}

// template is the message without a body that the flags describe.
func (p *publishCommand) template() (engine.Outgoing, error) {
	m := engine.Outgoing{Group: p.Group, DedupID: p.Dedup}
	if p.Topic != "" && p.Body == nil {
		p.Queue, p.Body = nil, p.Queue // the first word is the body
	}
	name := p.Topic
	switch {
	case p.Topic != "" && p.Queue != nil:
		return m, usagef("a QUEUE and --topic exclude one another")
	case p.Topic == "" && p.Queue == nil:
		return m, usagef("say where to: QUEUE or --topic TOPIC")
	case p.Topic == "" && p.Key != "":
		return m, usagef("--key goes with --topic")
	case p.Topic == "":
		name = *p.Queue
	}
	if err := engine.ValidateName(name); err != nil {
		return m, err
	}
	if p.Body != nil && p.File != "" {
		return m, usagef("a BODY and --file exclude one another")
	}
	if p.Dedup != "" && p.Body == nil && !p.Whole {
		return m, usagef("--dedup is for one message: with a BODY or with --whole")
	}
	for _, h := range p.Header {
		key, value, ok := strings.Cut(h, "=")
		if !ok || key == "" {
			return m, usagef("--header %q is not K=V", h)
		}
		if m.Headers == nil {
			m.Headers = engine.Headers{}
		}
		m.Headers[key] = value
	}
	if p.Delay != nil {
		m.Delay = time.Duration(*p.Delay)
		if m.Delay == 0 {
			m.Delay = -1 // none, whatever the queue says
		}
	}
	return m, nil
}

// source is where the bodies come from, and its name for errors, which a BODY
// does without.
func (p *publishCommand) source(c *command) (io.ReadCloser, string, error) {
	switch {
	case p.Body != nil:
		return io.NopCloser(strings.NewReader(*p.Body)), "", nil
	case p.File != "" && p.File != "-":
		f, err := os.Open(p.File)
		return f, p.File, err
	case p.File == "" && isTerminal(c.Stdin):
		return nil, "", usagef("nothing to publish: give a BODY, --file FILE, or --file - to type lines")
	}
	return io.NopCloser(c.Stdin), "standard input", nil
}

// receipt is what is printed of a message that was published.
type receipt struct {
	text string
	json any
}

// toQueue publishes to a queue, and creates it if it is not there.
func (p *publishCommand) toQueue(e engine.Engine) sender {
	return func(ctx context.Context, messages []engine.Outgoing) ([]receipt, error) {
		ids, err := e.Publish(ctx, *p.Queue, messages...)
		if errors.Is(err, engine.ErrQueueNotFound) {
			err = e.CreateQueue(ctx, *p.Queue, engine.DefaultPolicy())
			if err != nil && !errors.Is(err, engine.ErrQueueExists) {
				return nil, err
			}
			ids, err = e.Publish(ctx, *p.Queue, messages...)
		}
		receipts := make([]receipt, len(ids))
		for i, id := range ids {
			receipts[i] = receipt{string(id), struct {
				ID engine.ID `json:"id"`
			}{id}}
		}
		return receipts, err
	}
}

// toTopic publishes to the queues that are bound to a topic.
func (p *publishCommand) toTopic(e engine.Engine) sender {
	return func(ctx context.Context, messages []engine.Outgoing) ([]receipt, error) {
		queues, err := e.PublishTopic(ctx, p.Topic, p.Key, messages...)
		if err != nil {
			return nil, err
		}
		return slices.Repeat([]receipt{{strings.Join(queues, " "), struct {
			Queues []string `json:"queues"`
		}{queues}}}, len(messages)), nil
	}
}

// printer prints receipts, a line each.
func (p *publishCommand) printer(w io.Writer) func([]receipt) error {
	out := bufio.NewWriter(w)
	lines := operation.JSONLines(out)
	return func(receipts []receipt) error {
		for _, r := range receipts {
			if p.JSON {
				_ = lines.Encode(r.json) // an error of out comes back from Flush
			} else {
				fmt.Fprintln(out, r.text)
			}
		}
		return out.Flush()
	}
}

// sender publishes messages, all or none.
type sender func(context.Context, []engine.Outgoing) ([]receipt, error)

// publisher publishes batches and counts what is confirmed.
type publisher struct {
	template engine.Outgoing
	send     sender
	print    func([]receipt) error
	count    int64
}

// batchAhead: while one batch is being committed, the next is read.
type batchAhead struct {
	bodies [][]byte
	err    error
}

// all publishes everything that the reader gives, in batches: what is there
// without waiting goes into one commit.
func (p *publisher) all(ctx context.Context, lines *lineReader) error {
	ahead := make(chan batchAhead)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		// A read that waits for input cannot be cancelled; the program does
		// not wait for it.
		for {
			bodies, err := lines.batch()
			select {
			case ahead <- batchAhead{bodies, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b := <-ahead:
			if err := p.batch(ctx, b.bodies); err != nil {
				return err
			}
			if errors.Is(b.err, io.EOF) {
				return nil
			}
			if b.err != nil {
				return b.err
			}
		}
	}
}

func (p *publisher) batch(ctx context.Context, bodies [][]byte) error {
	if len(bodies) == 0 {
		return nil
	}
	messages := make([]engine.Outgoing, len(bodies))
	for i, body := range bodies {
		messages[i] = p.template
		messages[i].Body = body
	}
	receipts, err := p.send(ctx, messages)
	if err != nil {
		return err
	}
	p.count += int64(len(receipts))
	return p.print(receipts)
}
