// Package audit judges an engine by what its clients saw of it. A Session
// records each call to an engine, with its arguments, its result and the time
// it took, one line each, so that the record survives the death of the process;
// Read makes a History of the lines; Check holds the history against the
// contract of package engine, and knows no engine. It is for tests alone.
//
// A call that the process died in is unknown: it was carried out or not. The
// rules allow what its doing and its not doing allow, and nothing more. In the
// end the queues are drained and counted (Session.Census), which decides most of
// what was unknown.
//
// All times are of one wall clock, the engine's. An engine says when it granted
// a lease, by its deadline; the call that received it bounds that on both
// sides. So leases can be ordered, whoever was late to write them down.
package audit

// Rule is one promise of the contract.
type Rule string

const (
	// Loss: a message whose publish was confirmed is acked, dead, or still in
	// its queue.
	Loss Rule = "loss"
	// Invention: what is delivered was published, to that queue, under that id,
	// with that body, group and headers; what was refused is never seen.
	Invention Rule = "invention"
	// Atomicity: of one publish all messages are stored, or none.
	Atomicity Rule = "atomicity"
	// IDs: ids ascend with publishing, in a call and from call to call.
	IDs Rule = "ids"
	// Duplication: a message is delivered again only after a nack, a release,
	// the end of the lease or of the engine's life, never while it is leased;
	// and not at all after a confirmed ack or its death.
	Duplication Rule = "duplication"
	// Receipts: a receipt settles once, not after its lease was lost, and is not
	// refused before. A lease begins within the receive that returns it.
	Receipts Rule = "receipts"
	// Tries: each delivery after a failure has a try more, one after a release
	// has not, and none has more than the policy allows.
	Tries Rule = "tries"
	// Deaths: dead are those that were rejected or failed as often as the policy
	// allows, for the reason that they are dead of; and they all are.
	Deaths Rule = "deaths"
	// Delays: nothing is delivered before its delay is over, unless an operator
	// moved it. What comes back from the trash has it still.
	Delays Rule = "delays"
	// Groups: of a group of an ordered queue one message is in flight at a time,
	// and none after a younger one unless it was published with a delay. What was
	// delivered and is still there is the next one.
	Groups Rule = "groups"
	// Order: first deliveries are in the order of ids, but for messages that
	// were published with a delay or belong to a group of an ordered queue.
	Order Rule = "order"
	// Readiness: a receive passes nothing that is ready, and returns something if
	// something is.
	Readiness Rule = "readiness"
	// Deduplication: in a window one message is stored for each id, all publishes
	// return it, and after the window none does.
	Deduplication Rule = "deduplication"
	// Counters: totals and depth are what the history implies.
	Counters Rule = "counters"
	// Relaxation: what a relaxed queue confirmed is undone by a kill soon after or
	// by a full disk, never by anything else, as an operator who takes it away at
	// the same time; by a kill the last of it first.
	Relaxation Rule = "relaxation"
	// Expiry: nothing is delivered when the queue's TTL is over, counted from its
	// entering the queue, by its publish or an operator's move; nothing expires
	// before.
	Expiry Rule = "expiry"
	// Room: a queue is never seen above its bound, refuses only what it has no
	// room for, and drops only the oldest that is ready.
	Room Rule = "room"
	// Topics: a publish to a topic is stored in each queue that is bound for its
	// key, once, in all of them or in none.
	Topics Rule = "topics"
	// Moves: a message is where its last move left it, and nowhere else; unless it
	// keeps its tries, they begin again.
	Moves Rule = "moves"
	// Trash: what was deleted is not delivered until it is restored, and then all
	// of it is back. An entry is there until it is restored or discarded; what was
	// discarded is never seen again, and nothing else is gone with it.
	Trash Rule = "trash"
	// Pauses: nothing is delivered while the queue is paused.
	Pauses Rule = "pauses"
)
