package engine

import (
	"maps"
	"time"
)

// ID names a message for its whole life: through retries, moves, death and
// requeueing. It is opaque; engines say in Capabilities whether ids ascend
// with publishing.
type ID string

// Headers are the producer's attributes of a message. Values may be any bytes.
type Headers map[string]string

// Clone returns a copy that shares nothing with h.
func (h Headers) Clone() Headers { return maps.Clone(h) }

// Outgoing is a message as a producer hands it over.
type Outgoing struct {
	Body    []byte
	Headers Headers
	// Group is delivered in order, one message at a time, if the queue's
	// policy is ordered; elsewhere it is only carried along. Empty: no group,
	// and no order among such messages.
	Group string
	// DedupID makes a second publish with the same id, within the queue's
	// deduplication window, return the first one's message id and store
	// nothing. Empty: none.
	DedupID string
	// Delay keeps the message from being ready for so long. Zero: the queue's
	// delay. Negative: none, whatever the queue says.
	Delay time.Duration
}

// State says where in its life a message is.
type State string

const (
	// Ready may be received now. Receive moves it to InFlight.
	Ready State = "ready"
	// InFlight is leased to a consumer. Ack ends it; nack, release and the end
	// of the lease move it on.
	InFlight State = "in_flight"
	// Delayed is not to be received before a given time: it was published with
	// a delay, or waits for its next try. The engine moves it to Ready.
	Delayed State = "delayed"
	// Dead will not be tried again. An operator requeues, moves or deletes it.
	Dead State = "dead"
)

// States lists all states, in the order of the life of a message.
func States() []State { return []State{Ready, InFlight, Delayed, Dead} }

// Valid reports whether s is one of States.
func (s State) Valid() bool {
	return s == Ready || s == InFlight || s == Delayed || s == Dead
}

// Message is a stored message as an inspector shows it: a copy, never live.
type Message struct {
	ID    ID
	Queue string // where it is now
	State State

	Body    []byte // may be cut, see ListOptions.BodyLimit
	Size    int    // of the whole body, in bytes
	Headers Headers
	Group   string
	DedupID string

	PublishedAt time.Time // first, and never changed
	EnteredAt   time.Time // this queue; TTL and time in queue count from here
	DueAt       time.Time // when Delayed: ready from then on
	LeaseUntil  time.Time // when InFlight
	Consumer    string    // when InFlight: who holds it

	// Tries are the deliveries so far that counted (a release does not), since
	// it was published or last requeued.
	Tries int
	// Attempts are the deliveries that failed, oldest first, over the whole
	// life; of very many the first and the newest are kept.
	Attempts []Attempt
	// Death is the latest one. It stays after a requeue, so that one can tell
	// what came back; State says whether the message is dead now.
	Death *Death
	// Requeues counts how often it was sent back from the dead.
	Requeues int
	// EditedFrom is the message that this one replaced, if it is an edit.
	EditedFrom ID
}

// Attempt is one delivery that failed.
type Attempt struct {
	Consumer   string    `json:"consumer"`
	ReceivedAt time.Time `json:"received_at"`
	EndedAt    time.Time `json:"ended_at"`
	Reason     string    `json:"reason"` // the consumer's words, or the engine's
}

// DeathReason says why a message is a dead letter.
type DeathReason string

const (
	MaxTries   DeathReason = "max_tries" // failed as often as the policy allows
	Rejected   DeathReason = "rejected"  // a consumer said that trying again is useless
	Expired    DeathReason = "expired"   // waited longer than the queue's TTL
	Overflow   DeathReason = "overflow"  // the queue was full and drops its oldest
	ByOperator DeathReason = "operator"  // moved to the dead letters by hand
)

// Death is how a message became a dead letter.
type Death struct {
	Origin string      `json:"origin"` // the queue it died in
	Reason DeathReason `json:"reason"`
	// Cause is the last failure in the consumer's words, or the engine's.
	Cause string    `json:"cause"`
	At    time.Time `json:"at"`
	Tries int       `json:"tries"` // at its death
}

// Delivery is one hand-over of a message to a consumer.
type Delivery struct {
	Message
	Receipt  Receipt
	Deadline time.Time // of the lease
}

// Receipt proves one delivery. It is needed to settle or extend it, and is
// worthless once the lease is lost. It can be written down and used later.
type Receipt struct {
	Queue string `json:"queue"`
	ID    ID     `json:"id"`
	Token string `json:"token"`
}

// Failure is what a consumer says with a nack.
type Failure struct {
	Reason string // in the consumer's words; kept with the attempt
	// Delay until the next try. Zero: the queue's back-off. Negative: at once.
	Delay time.Duration
	// Reject makes it a dead letter now: trying again is useless.
	Reject bool
}
