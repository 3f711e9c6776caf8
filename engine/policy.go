package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Policy is how a queue behaves. The zero value of a field means what its
// comment says; DefaultPolicy is what a new queue gets.
type Policy struct {
	// VisibilityTimeout is the length of a lease, unless a receive asks for
	// another.
	VisibilityTimeout time.Duration `json:"visibility_timeout"`
	// MaxTries makes a dead letter of a message that failed so often. Zero: it
	// is tried for ever.
	MaxTries int     `json:"max_tries"`
	Backoff  Backoff `json:"backoff"`
	// DeadLetter is where dead letters are kept: OwnDeadLetters (with the
	// queue itself), NoDeadLetters (they go to the trash) or the name of
	// another queue, among whose dead letters they are then.
	DeadLetter string `json:"dead_letter"`
	// Delay of a message that does not bring its own. Zero: none.
	Delay time.Duration `json:"delay"`
	// TTL makes a dead letter of a message that was not received so long after
	// it entered the queue. Zero: it waits for ever. Dead letters never expire.
	TTL time.Duration `json:"ttl"`
	// MaxDepth and MaxBytes bound what waits or is in flight (dead letters do
	// not count; bytes are those of bodies). Zero: no bound.
	MaxDepth int64    `json:"max_depth"`
	MaxBytes int64    `json:"max_bytes"`
	Overflow FullRule `json:"overflow"`
	// Ordered delivers each group in order, one message at a time.
	Ordered bool `json:"ordered"`
	// DedupWindow is how long a deduplication id is remembered. Zero: 5 minutes.
	DedupWindow time.Duration `json:"dedup_window"`
	Durability  Durability    `json:"durability"`
}

// OwnDeadLetters and NoDeadLetters are the values of Policy.DeadLetter that
// are no queue's name.
const (
	OwnDeadLetters = ""
	NoDeadLetters  = "-"
)

// DefaultDedupWindow is that of Amazon SQS FIFO queues.
const DefaultDedupWindow = 5 * time.Minute

// FullRule is what happens to a publish when the queue is full.
type FullRule string

const (
	// RejectNew: the publisher gets ErrQueueFull.
	RejectNew FullRule = ""
	// DropOldest: the oldest that is ready becomes a dead letter. One that is
	// received in that moment does not, and is above the bound.
	DropOldest FullRule = "drop_oldest"
)

// Durability is what a confirmed publish or settling has survived.
type Durability string

const (
	// Synced: it is on the disk.
	Synced Durability = ""
	// Relaxed: it will be within some milliseconds; a power cut, a kill or a full
	// disk in between loses it. The file is never damaged.
	Relaxed Durability = "relaxed"
)

// Backoff is how long a failed message waits for its next try.
type Backoff struct {
	// Base is the wait after the first failure. Zero: none.
	Base time.Duration `json:"base"`
	// Factor multiplies the wait after each further failure. 0 and 1: fixed.
	Factor float64 `json:"factor"`
	// Max caps it. Zero: a day.
	Max time.Duration `json:"max"`
	// Jitter takes off a random part of the wait, up to this share (0 to 1),
	// so that what failed together does not come back together.
	Jitter float64 `json:"jitter"`
}

// After returns the wait after the tries-th failure (from 1 on). random is in
// [0,1); nil takes math/rand.
func (b Backoff) After(tries int, random func() float64) time.Duration {
	if b.Base <= 0 {
		return 0
	}
	limit := b.Max
	if limit <= 0 {
		limit = 24 * time.Hour
	}
	wait := float64(b.Base)
	if b.Factor > 1 && tries > 1 {
		wait *= math.Pow(b.Factor, float64(tries-1))
	}
	wait = min(wait, float64(limit))
	if b.Jitter > 0 {
		if random == nil {
			random = rand.Float64
		}
		wait -= wait * b.Jitter * random()
	}
	return time.Duration(wait)
}

// DefaultPolicy is what a queue has that was created without one.
func DefaultPolicy() Policy {
	return Policy{
		VisibilityTimeout: 30 * time.Second,
		MaxTries:          5,
		Backoff:           Backoff{Base: time.Second, Factor: 2, Max: 5 * time.Minute, Jitter: 0.2},
		DedupWindow:       DefaultDedupWindow,
	}
}

// MaxDuration bounds every duration of a policy, a delay and a lease.
const MaxDuration = 366 * 24 * time.Hour

// Validate says what is wrong with the policy, as ErrInvalid. Whether the
// dead-letter queue exists, and closes no circle, is for the engine to say.
func (p Policy) Validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"visibility timeout", p.VisibilityTimeout},
		{"back-off", p.Backoff.Base},
		{"back-off cap", p.Backoff.Max},
		{"delay", p.Delay},
		{"TTL", p.TTL},
		{"deduplication window", p.DedupWindow},
	} {
		if d.value < 0 || d.value > MaxDuration {
			return fmt.Errorf("%w: the %s must be between 0 and %d days, not %s", ErrInvalid, d.name, MaxDuration/(24*time.Hour), d.value)
		}
	}
	switch {
	case p.VisibilityTimeout == 0:
		return fmt.Errorf("%w: the visibility timeout must be more than 0", ErrInvalid)
	case p.MaxTries < 0:
		return fmt.Errorf("%w: max tries must not be negative (0: for ever)", ErrInvalid)
	case p.MaxDepth < 0 || p.MaxBytes < 0:
		return fmt.Errorf("%w: max depth and max bytes must not be negative (0: no bound)", ErrInvalid)
	case p.Backoff.Jitter < 0 || p.Backoff.Jitter > 1 || math.IsNaN(p.Backoff.Jitter):
		return fmt.Errorf("%w: the jitter must be between 0 and 1", ErrInvalid)
	case p.Backoff.Factor < 0 || p.Backoff.Factor > 100 || math.IsNaN(p.Backoff.Factor):
		return fmt.Errorf("%w: the back-off factor must be between 0 and 100", ErrInvalid)
	case p.Overflow != RejectNew && p.Overflow != DropOldest:
		return fmt.Errorf("%w: the overflow rule is %q or %q, not %q", ErrInvalid, RejectNew, DropOldest, p.Overflow)
	case p.Durability != Synced && p.Durability != Relaxed:
		return fmt.Errorf("%w: the durability is %q or %q, not %q", ErrInvalid, Synced, Relaxed, p.Durability)
	case p.DeadLetter != OwnDeadLetters && p.DeadLetter != NoDeadLetters:
		return ValidateName(p.DeadLetter)
	}
	return nil
}

// MaxNameLength of a queue, topic or consumer, in bytes.
const MaxNameLength = 200

// deadSuffix makes the name by which people address a queue's dead letters:
// "payments.dead" are those of "payments".
const deadSuffix = ".dead"

// ValidateName says, as ErrInvalid, why a name cannot be that of a queue or
// topic: names are 1 to 200 bytes of printable UTF-8 without spaces, do not
// begin with "-" and do not end in ".dead".
func ValidateName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: a name must not be empty", ErrInvalid)
	case len(name) > MaxNameLength:
		return fmt.Errorf("%w: a name has at most %d bytes, this one %d", ErrInvalid, MaxNameLength, len(name))
	case strings.HasPrefix(name, "-"):
		return fmt.Errorf("%w: the name %q begins with a dash", ErrInvalid, name)
	case strings.HasSuffix(name, deadSuffix):
		return fmt.Errorf("%w: the name %q ends in %q, which stands for the dead letters of a queue", ErrInvalid, name, deadSuffix)
	}
	if strings.Contains(name, " ") {
		return fmt.Errorf("%w: the name %q has a space", ErrInvalid, name)
	}
	return validateText("name", name)
}

// validateText says why a name or pattern cannot be printed on a line.
func validateText(what, text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: the %s %q is not UTF-8", ErrInvalid, what, text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%w: the %s %q has a character that is not allowed: %q", ErrInvalid, what, text, r)
		}
	}
	return nil
}

// SplitDead returns the queue that a name addresses, and whether the name
// means its dead letters: "payments.dead" → "payments", true.
func SplitDead(name string) (queue string, dead bool) {
	return strings.CutSuffix(name, deadSuffix)
}

// DeadName is the name by which the dead letters of a queue are addressed.
func DeadName(queue string) string { return queue + deadSuffix }

// quoteName quotes a name only where it could be misread.
func quoteName(name string) string {
	if ValidateName(name) == nil {
		return name
	}
	return fmt.Sprintf("%q", name)
}
