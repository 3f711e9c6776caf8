package enginetest

import (
	"testing"
	"testing/synctest"

	"nixie/engine"
)

// Harness is how the suite handles one kind of engine. Its functions are
// called inside a synctest bubble.
type Harness struct {
	// Open opens a new, empty engine.
	Open func(t *testing.T) engine.Engine
	// Reopen closes the engine and opens what it left on its disk. Nil if it
	// leaves nothing.
	Reopen func(t *testing.T, e engine.Engine) engine.Engine
	// Check reports what the engine keeps and contradicts itself. It is called
	// at the end of each test. Nil if there is nothing to check.
	Check func(t *testing.T, e engine.Engine)
}

// concern is a part of the contract with its tests.
type concern struct {
	name  string
	needs func(engine.Capabilities) bool // nil: every engine can do it
	tests []test
}

// test proves one sentence of the contract on a fresh engine.
type test struct {
	name string
	run  func(*fixture)
}

func concerns() []concern {
	return []concern{
		{"publish", nil, publishTests},
		{"receive", nil, receiveTests},
		{"wait", nil, waitTests},
		{"settle", nil, settleTests},
		{"retry", nil, retryTests},
		{"dead", nil, deadTests},
		{"group", func(c engine.Capabilities) bool { return c.Ordered }, groupTests},
		{"dedup", nil, dedupTests},
		{"ttl", nil, ttlTests},
		{"depth", nil, depthTests},
		{"pause", nil, pauseTests},
		{"topic", func(c engine.Capabilities) bool { return c.Topics }, topicTests},
		{"move", nil, moveTests},
		{"edit", nil, editTests},
		{"trash", func(c engine.Capabilities) bool { return c.Trash }, trashTests},
		{"restore", func(c engine.Capabilities) bool { return c.Trash }, restoreTests},
		{"list", func(c engine.Capabilities) bool { return c.FreePeek }, listTests},
		{"history", func(c engine.Capabilities) bool { return c.History }, historyTests},
		{"watch", nil, watchTests},
		{"queues", nil, queueTests},
		{"errors", nil, errorTests},
		{"relaxed", nil, relaxedTests},
		{"concurrency", nil, concurrencyTests},
		{"reopen", nil, reopenTests},
	}
}

// Run proves that an engine keeps the contract, sentence by sentence. Each
// test has an engine and a bubble of time of its own.
func Run(t *testing.T, h Harness) {
	for _, c := range concerns() {
		t.Run(c.name, func(t *testing.T) {
			for _, test := range c.tests {
				t.Run(test.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { run(t, h, c, test) })
				})
			}
		})
	}
}

func run(t *testing.T, h Harness, c concern, test test) {
	f := newFixture(t, h)
	defer func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	if c.needs != nil && !c.needs(f.Capabilities()) {
		t.Skip("the engine does not offer this")
	}
	test.run(f)
	if !f.closed {
		f.checkSums()
		if h.Check != nil {
			h.Check(t, f.Engine)
		}
	}
}
