package engine

import "time"

// QueueInfo is a queue as an inspector shows it: a copy, never live.
type QueueInfo struct {
	Name      string
	Policy    Policy
	Paused    bool
	CreatedAt time.Time

	Ready, InFlight, Delayed, Dead int64 // messages in each state
	Bytes                          int64 // of the bodies that wait or are in flight
	// OldestAt is when the oldest ready message entered the queue. Zero: none
	// is ready.
	OldestAt time.Time

	Totals Totals
	// In, Out and Failing are messages a second over the last ten seconds:
	// published, acked, failed.
	In, Out, Failing float64
	// Consumers are those that received, waited or settled within the last
	// minute; Waiting are those that wait in a receive now.
	Consumers, Waiting int
}

// Depth is all that waits or is in flight; dead letters do not count.
func (q QueueInfo) Depth() int64 { return q.Ready + q.InFlight + q.Delayed }

// Count is the number of messages in a state; "" is Ready.
func (q QueueInfo) Count(state State) int64 {
	switch state {
	case InFlight:
		return q.InFlight
	case Delayed:
		return q.Delayed
	case Dead:
		return q.Dead
	default:
		return q.Ready
	}
}

// Totals count since the queue was created.
type Totals struct {
	Published int64 // messages that entered, also by a topic
	Delivered int64 // deliveries
	Acked     int64
	Failed    int64 // nacks and leases that ran out
	Dead      int64 // became dead letters
	Expired   int64 // of these, by TTL
	Bytes     int64 // of the bodies published
}

// ConsumerInfo is a consumer of a queue, by the name that it gave.
type ConsumerInfo struct {
	Name     string
	LastSeen time.Time
	Waiting  bool // in a receive
	InFlight int
	Totals   Totals // Delivered, Acked and Failed of this consumer, since the engine was opened
}

// Topic hands each message that is published to it to the queues bound to it.
type Topic struct {
	Name     string
	Bindings []Binding
}

// Binding lets a queue have the messages of a topic whose key matches.
type Binding struct {
	Queue string
	// Pattern is words separated by dots; "*" stands for one word, "#" for any
	// number, as in AMQP topic exchanges.
	Pattern string
}

// TrashEntry is one deletion that can still be taken back.
type TrashEntry struct {
	ID      string
	What    TrashKind
	Queue   string
	Count   int64
	At      time.Time
	KeptTil time.Time // then it is gone for good
}

// TrashKind says what was deleted.
type TrashKind string

const (
	TrashMessages TrashKind = "messages"     // chosen ones
	TrashPurge    TrashKind = "purge"        // all that waited
	TrashDead     TrashKind = "dead letters" // all dead letters
	TrashQueue    TrashKind = "queue"        // a whole queue
	TrashEdit     TrashKind = "edited"       // the original of an edit
	TrashNoDead   TrashKind = "not kept"     // died in a queue that keeps no dead letters
)

// Area is a part of a queue that can be purged.
type Area string

const (
	LiveArea Area = "live" // all that is ready, delayed or in flight
	DeadArea Area = "dead" // the dead letters
)
