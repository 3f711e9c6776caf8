// Package engine is the vocabulary and the contract of a message queue: what a
// message, a delivery and a queue are, what can be asked of an engine that
// keeps them, and which errors it answers with. It holds no implementation but
// the small pieces that every engine needs (names, histograms, the hub of
// change hints), and imports the standard library alone.
//
// # The life of a message
//
//	publish ──▶ delayed ──(due)──▶ ready ──receive──▶ in flight ──ack──▶ gone
//	   └───────────(no delay)──────▶ ▲ ▲                │ │ │
//	                                 │ └──release───────┘ │ │
//	                                 │    (not counted)   │ │
//	        delayed ◀──(back-off)────┴──nack, lease ran───┘ │
//	                                    out (counted)       │
//	          ▲                                             │
//	          └── requeue ── dead ◀── max tries, rejected, ─┘
//	                                  expired, overflow, operator
//
// # The guarantee
//
// At least once; a receipt that lost its lease is refused; a group is
// delivered in order, one at a time; a queue is first-in first-out while
// nothing fails. A message that returns (a retry, a requeue, a restore) takes
// the place of its age: ready messages are delivered in the order of their
// ids, and ids ascend with publishing.
//
// # Words
//
// A queue is a named, durable sequence of messages. A delivery is one
// hand-over of a message to a consumer; its receipt proves it, and is needed
// to settle it. A lease is the consumer's right to a delivery until its
// deadline; its length is the visibility timeout. To settle is to ack (done),
// nack (failed, counts as a try) or release (given back, does not count).
// Tries are the deliveries so far that counted. A dead letter is a message
// that will not be tried again; it is kept with its reason, and where it came
// from. To requeue is to send it back there. To peek is to look without
// touching. A group is delivered in order, one message at a time.
package engine
