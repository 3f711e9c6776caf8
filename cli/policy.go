package cli

import (
	"reflect"
	"time"

	"nixie/engine"
)

// policyFlags say how a queue behaves. What is not given stays as it is.
type policyFlags struct {
	Lease         *duration `placeholder:"D" help:"A consumer has a message for so long, then it failed."`
	MaxTries      *int      `placeholder:"N" help:"Then it is a dead letter. 0: it is tried for ever."`
	Backoff       *duration `placeholder:"D" help:"The wait before the second try. 0: none."`
	BackoffFactor *float64  `placeholder:"X" help:"By which the wait is multiplied for each further try."`
	BackoffMax    *duration `placeholder:"D" help:"The longest wait."`
	BackoffJitter *float64  `placeholder:"X" help:"The share of each wait, 0 to 1, that is left to chance."`
	DeadLetters   *string   `placeholder:"QUEUE" help:"Keep dead letters with those of this queue; -: in the trash; empty: with its own."`
	Delay         *duration `placeholder:"D" help:"Before a message is ready, if it brings no delay of its own."`
	TTL           *duration `name:"ttl" placeholder:"D" help:"A message that waited so long is a dead letter. 0: never."`
	MaxDepth      *int64    `placeholder:"N" help:"At most so many messages wait or are in flight. 0: no bound."`
	MaxBytes      *size     `placeholder:"SIZE" help:"At most so large are their bodies together: 500, 10k, 2M, 1G. 0: no bound."`
	DropOldest    *bool     `negatable:"" help:"If it is full, the oldest becomes a dead letter, instead of refusing the publisher."`
	Ordered       *bool     `negatable:"" help:"Deliver each group in order, one message at a time."`
	DedupWindow   *duration `placeholder:"D" help:"How long a deduplication id is remembered. 0: 5m."`
	Relaxed       *bool     `negatable:"" help:"Confirm before it is on the disk: a crash may lose the last moments."`
}

// given reports whether there is any flag.
func (f policyFlags) given() bool { return !reflect.ValueOf(f).IsZero() }

// apply changes a policy as the flags say.
func (f policyFlags) apply(p *engine.Policy) {
	set(&p.VisibilityTimeout, (*time.Duration)(f.Lease))
	set(&p.MaxTries, f.MaxTries)
	set(&p.Backoff.Base, (*time.Duration)(f.Backoff))
	set(&p.Backoff.Factor, f.BackoffFactor)
	set(&p.Backoff.Max, (*time.Duration)(f.BackoffMax))
	set(&p.Backoff.Jitter, f.BackoffJitter)
	set(&p.DeadLetter, f.DeadLetters)
	set(&p.Delay, (*time.Duration)(f.Delay))
	set(&p.TTL, (*time.Duration)(f.TTL))
	set(&p.MaxDepth, f.MaxDepth)
	set(&p.MaxBytes, (*int64)(f.MaxBytes))
	set(&p.Ordered, f.Ordered)
	set(&p.DedupWindow, (*time.Duration)(f.DedupWindow))
	if f.DropOldest != nil {
		p.Overflow = engine.RejectNew
		if *f.DropOldest {
			p.Overflow = engine.DropOldest
		}
	}
	if f.Relaxed != nil {
		p.Durability = engine.Synced
		if *f.Relaxed {
			p.Durability = engine.Relaxed
		}
	}
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
