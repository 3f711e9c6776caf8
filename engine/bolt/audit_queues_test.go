package bolt_test

import (
	"time"

	"nixie/engine"
)

// auditQueues are the queues of TestAudit. Their leases are short, so that many
// run out.
var auditQueues = map[string]engine.Policy{
	"plain":   {VisibilityTimeout: auditLease, MaxTries: 5, DedupWindow: 200 * time.Millisecond},
	"ordered": {VisibilityTimeout: auditLease, MaxTries: 5, Ordered: true},
	"relaxed": {VisibilityTimeout: auditLease, MaxTries: 5, Durability: engine.Relaxed},
	// What waits for longer than a moment is elsewhere, dead.
	"brief":  {VisibilityTimeout: auditLease, MaxTries: 5, TTL: auditLease, DeadLetter: "lapsed"},
	"lapsed": {VisibilityTimeout: auditLease},
	// These are full soon. What the second one drops goes to the trash.
	"small":    {VisibilityTimeout: auditLease, MaxTries: 5, MaxDepth: 12, MaxBytes: 250_000},
	"sliding":  {VisibilityTimeout: auditLease, MaxTries: 5, MaxDepth: 12, MaxBytes: 250_000, Overflow: engine.DropOldest, DeadLetter: engine.NoDeadLetters},
	"shifting": {VisibilityTimeout: auditLease, MaxTries: 5, MaxDepth: 4, Overflow: engine.DropOldest}, // keeps them
	// These have what is published to auditTopic.
	"left":  {VisibilityTimeout: auditLease, MaxTries: 5},
	"right": {VisibilityTimeout: auditLease, MaxTries: 5, Ordered: true},
	// These are what operators work on.
	"desk":   {VisibilityTimeout: auditLease, MaxTries: 3, DedupWindow: 200 * time.Millisecond},
	"file":   {VisibilityTimeout: auditLease, MaxTries: 3, Ordered: true, DeadLetter: "morgue"},
	"morgue": {VisibilityTimeout: auditLease, MaxTries: 3},
	// Of these nothing goes to others.
	"vault": {VisibilityTimeout: auditLease, MaxTries: 3, DedupWindow: 200 * time.Millisecond, Durability: engine.Relaxed},
	"stamp": {VisibilityTimeout: auditLease, MaxTries: 3, TTL: auditLease, Ordered: true},
}

const auditLease = 60 * time.Millisecond

// auditDesks are the queues that operators work on, and where they move messages
// to; the morgue has only dead letters, and what they move there.
var auditDesks = map[string][]string{
	"desk":   {"", "desk", "file", "morgue"},
	"file":   {"", "desk", "file", "morgue"},
	"morgue": {"", "desk", "file", "morgue"},
	"vault":  {""},
	"stamp":  {""},
}

// auditTopic and who is bound to it. A queue that is full keeps all of them from
// having a message.
const auditTopic = "events"

var auditBindings = []engine.Binding{
	{Queue: "left", Pattern: "#"},
	{Queue: "right", Pattern: "a.#"},
	{Queue: "right", Pattern: "a.b"},
	{Queue: "small", Pattern: "*.rare"},
}
