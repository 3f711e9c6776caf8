package audit

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"nixie/engine"
)

// Recorder writes what happens, one line for each event, in one write: a line
// that is there is true whatever became of the process.
type Recorder struct {
	mu    sync.Mutex // protects all below
	w     io.Writer
	calls int
	lives int
	err   error
}

// NewRecorder returns a recorder that writes to w. More of them, one after the
// other, may write to the same file, if Killed is recorded in between.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{w: w} }

// event is a line of the record.
type event struct {
	What   what           `json:"what"`
	At     int64          `json:"at"`
	Number int            `json:"number,omitempty"` // of the call, or of the life that ends
	Call   *Call          `json:"call,omitempty"`
	Queue  string         `json:"queue,omitempty"`
	Policy *engine.Policy `json:"policy,omitempty"`
	Census *Census        `json:"census,omitempty"`
	Clean  bool           `json:"clean,omitempty"`
}

type what string

const (
	queueMade  what = "queue"
	opened     what = "opened"
	callBegins what = "begin"
	callEnds   what = "end"
	full       what = "full"
	closing    what = "closing"
	closed     what = "closed"
	killed     what = "killed"
	counted    what = "census"
)

func (r *Recorder) write(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writeLocked(e)
}

func (r *Recorder) writeLocked(e event) {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = r.w.Write(append(line, '\n'))
	}
	r.err = errors.Join(r.err, err)
}

// Err returns what kept events from being written.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Queue records the policy of a queue.
func (r *Recorder) Queue(name string, policy engine.Policy) {
	r.write(event{What: queueMade, At: now(), Queue: name, Policy: &policy})
}

// Killed records that the process that wrote before is dead.
func (r *Recorder) Killed() { r.write(event{What: killed, At: now()}) }

// Open records a new life of the engine. All calls are to be made through the
// session.
func (r *Recorder) Open(e engine.Engine) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &Session{r: r, e: e, life: r.lives}
	r.lives++
	r.writeLocked(event{What: opened, At: now()})
	return s
}

// Session is an engine in one of its lives, whose calls are recorded.
type Session struct {
	r    *Recorder
	e    engine.Engine
	life int
}

func now() int64 { return time.Now().UnixNano() }

// begin records that a call is about to be made; the returned function that it
// has ended.
func (s *Session) begin(c *Call) func(err error) {
	c.Life = s.life
	s.r.mu.Lock()
	n := s.r.calls
	s.r.calls++
	c.Begin = now()
	s.r.writeLocked(event{What: callBegins, At: c.Begin, Number: n, Call: c})
	s.r.mu.Unlock()
	return func(err error) {
		c.End = now()
		c.Result, c.Error = resultOf(err)
		s.r.write(event{What: callEnds, At: c.End, Number: n, Call: c})
	}
}

// resultOf tells errors that promise that nothing was changed from the others,
// and what they say.
func resultOf(err error) (Result, string) {
	if err == nil {
		return Done, ""
	}
	for _, refusal := range []error{
		engine.ErrLeaseLost, engine.ErrNoSpace, engine.ErrClosed, engine.ErrQueueFull,
		engine.ErrQueueNotFound, engine.ErrQueueExists, engine.ErrNoRoute, engine.ErrTrashNotFound,
		engine.ErrInvalid, engine.ErrTooLarge, engine.ErrMessageNotFound, engine.ErrInFlight,
	} {
		if errors.Is(err, refusal) {
			return Refused, refusal.Error()
		}
	}
	return Unknown, err.Error()
}

// Publish publishes messages, each under a name that no other one has.
func (s *Session) Publish(ctx context.Context, client int, queue string, names []string, messages []engine.Outgoing) error {
	c := &Call{Client: client, Op: Publish, Queue: queue, Sent: christen(names, messages)}
	end := s.begin(c)
	var err error
	c.IDs, err = s.e.Publish(ctx, queue, messages...)
	end(err)
	return err
}

// PublishTopic publishes to a topic as Publish does to a queue.
func (s *Session) PublishTopic(ctx context.Context, client int, topic, key string, names []string, messages []engine.Outgoing) error {
	c := &Call{Client: client, Op: PublishTopic, Topic: topic, Key: key, Sent: christen(names, messages)}
	end := s.begin(c)
	var err error
	c.Queues, err = s.e.PublishTopic(ctx, topic, key, messages...)
	end(err)
	return err
}

// christen gives messages their names.
func christen(names []string, messages []engine.Outgoing) (all []Sent) {
	for i := range messages {
		m := &messages[i]
		if m.Headers = m.Headers.Clone(); m.Headers == nil {
			m.Headers = engine.Headers{}
		}
		m.Headers[nameHeader] = names[i]
		all = append(all, Sent{
			Name: names[i], Digest: digest(m.Body, m.Headers, m.Group, m.DedupID), Size: len(m.Body),
			Group: m.Group, Dedup: m.DedupID, Delay: m.Delay,
		})
	}
	return all
}

// Receive receives. One that fails is unknown: what it had leased was given
// back, but maybe counted.
func (s *Session) Receive(ctx context.Context, client int, queue string, o engine.ReceiveOptions) ([]engine.Delivery, error) {
	c := &Call{Client: client, Op: Receive, Queue: queue, Max: max(o.Max, 1), Wait: o.Wait, Lease: o.Lease}
	end := s.begin(c)
	got, err := s.e.Receive(ctx, queue, o)
	for _, d := range got {
		c.Got = append(c.Got, Got{
			ID: d.ID, Name: d.Headers[nameHeader], Digest: digest(d.Body, d.Headers, d.Group, d.DedupID),
			Token: d.Receipt.Token, Tries: d.Tries, Failures: len(d.Attempts), Requeues: d.Requeues,
			Deadline: d.Deadline.UnixNano(),
		})
	}
	end(err)
	return got, err
}

// Ack acks receipts of one queue.
func (s *Session) Ack(ctx context.Context, client int, receipts ...engine.Receipt) error {
	c := &Call{Client: client, Op: Ack, Queue: receipts[0].Queue, Receipts: receipts}
	end := s.begin(c)
	err := s.e.Ack(ctx, receipts...)
	var several interface{ Unwrap() []error }
	if !errors.As(err, &several) {
		end(err)
		return err
	}
	c.Lost = make([]bool, len(receipts))
	for _, one := range several.Unwrap() {
		var about *engine.Error
		if !errors.As(one, &about) || !errors.Is(one, engine.ErrLeaseLost) {
			end(err)
			return err
		}
		for i, r := range receipts {
			c.Lost[i] = c.Lost[i] || r.ID == about.ID
		}
	}
	end(nil)
	return err
}

// Nack says that a delivery failed.
func (s *Session) Nack(ctx context.Context, client int, receipt engine.Receipt, f engine.Failure) error {
	end := s.begin(&Call{
		Client: client, Op: Nack, Queue: receipt.Queue, Receipts: []engine.Receipt{receipt}, Delay: f.Delay, Reject: f.Reject,
	})
	err := s.e.Nack(ctx, receipt, f)
	end(err)
	return err
}

// Release gives a delivery back.
func (s *Session) Release(ctx context.Context, client int, receipt engine.Receipt, delay time.Duration) error {
	end := s.begin(&Call{Client: client, Op: Release, Queue: receipt.Queue, Receipts: []engine.Receipt{receipt}, Delay: delay})
	err := s.e.Release(ctx, receipt, delay)
	end(err)
	return err
}

// Extend moves the end of a lease.
func (s *Session) Extend(ctx context.Context, client int, receipt engine.Receipt, lease time.Duration) error {
	c := &Call{Client: client, Op: Extend, Queue: receipt.Queue, Receipts: []engine.Receipt{receipt}, Lease: lease}
	end := s.begin(c)
	deadline, err := s.e.Extend(ctx, receipt, lease)
	if err == nil {
		c.Deadline = deadline.UnixNano()
	}
	end(err)
	return err
}

// Full records that the engine has hardly any space in this life, whether or not
// somebody is told.
func (s *Session) Full() { s.r.write(event{What: full, At: now(), Number: s.life}) }

// Close closes the engine.
func (s *Session) Close() error {
	s.r.write(event{What: closing, At: now(), Number: s.life})
	err := s.e.Close()
	s.r.write(event{What: closed, At: now(), Number: s.life, Clean: err == nil})
	return err
}

// Census records what a queue holds. The last one of a history counts.
func (s *Session) Census(ctx context.Context, queue string) error {
	info, err := s.e.Queue(ctx, queue)
	if err != nil {
		return err
	}
	census := &Census{Info: info}
	for _, state := range engine.States() {
		o := engine.ListOptions{State: state, Limit: 1000}
		for more := true; more; more = o.After != "" {
			page, err := s.e.List(ctx, queue, o)
			if err != nil {
				return err
			}
			for _, m := range page.Messages {
				census.Messages = append(census.Messages, Found{
					ID: m.ID, Name: m.Headers[nameHeader], Digest: digest(m.Body, m.Headers, m.Group, m.DedupID),
					State: m.State, Tries: m.Tries, Failures: len(m.Attempts), Requeues: m.Requeues, Death: m.Death,
				})
			}
			o.After = page.Next
		}
	}
	s.r.write(event{What: counted, At: now(), Queue: queue, Census: census})
	return nil
}
