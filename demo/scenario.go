package demo

import (
	"math/rand/v2"
	"time"

	"nixie/engine"
)

// scenario is a system to watch: queues, who publishes to them and who works
// for them, and what happens to it.
type scenario struct {
	name, title, lesson string
	queues              []queueSpec
	producers           []producerSpec
	topics              []topicSpec
	acts                []act
	loop                time.Duration // then the acts begin again
}

// queueSpec is a queue and the pool of workers that empties it.
type queueSpec struct {
	name   string
	policy engine.Policy
	pool   poolSpec
}

type topicSpec struct {
	name     string
	bindings []engine.Binding
}

// producerSpec publishes at a rate that can be moved.
type producerSpec struct {
	name  string
	queue string // or
	topic string // with the header "event" as the key
	rate  float64
	burst float64 // times the rate, while a burst lasts
	// backlog is what it has published before anybody looks.
	backlog int
	make    maker
	// oddity is a message that somebody can send by hand; what names it.
	oddity maker
	what   string
}

// poolSpec is some workers that do the same.
type poolSpec struct {
	worker  string        // what one is called: "charge" → charge-1
	count   int           // workers
	latency time.Duration // of one message, about
	bulk    int           // messages that one takes at once; 0: 1
	failure float64       // share of the tries that fail for no lasting reason

	// flaw says why a message fails at every try. "": it does not. Fatal:
	// trying again is useless.
	flaw func(f facts, r *rand.Rand) (reason string, fatal bool)
	// hiccup is a reason for a try to fail that may be gone at the next.
	hiccup func(f facts, r *rand.Rand) string
	// needs is what the workers cannot do without, and down why they fail
	// while it is away.
	needs string
	down  func(f facts, r *rand.Rand) string
	ails  string // what it does while it is away: "times out"
	// then is what a message that is done leads to.
	then func(f facts, r *rand.Rand) []emission
}

// emission is a message that a worker publishes.
type emission struct {
	queue   string // or
	topic   string // with the header "event" as the key
	message engine.Outgoing
}

// act is a moment of a scenario at which handles are moved.
type act struct {
	at   time.Duration
	text string
	set  map[string]float64 // handle → value
}

// burstTime is how long a burst lasts.
const burstTime = 6 * time.Second

// maxDepth bounds what a scenario can pile up; then its producers wait.
const maxDepth = 250_000

// policy is that of a demo's queue: what would take minutes elsewhere can be
// watched here.
func policy(maxTries int, backoff time.Duration, change ...func(*engine.Policy)) engine.Policy {
	p := engine.DefaultPolicy()
	p.MaxTries = maxTries
	p.Backoff = engine.Backoff{Base: backoff, Factor: 2, Max: 30 * time.Second, Jitter: 0.3}
	p.MaxDepth = maxDepth
	for _, c := range change {
		c(&p)
	}
	return p
}

func ordered(p *engine.Policy) { p.Ordered = true }

// The names of handles.
func consumersOf(queue string) string { return "consumers:" + queue }
func failureOf(queue string) string   { return "failure:" + queue }
func latencyOf(queue string) string   { return "latency:" + queue }
func outageOf(queue string) string    { return "outage:" + queue }
func rateOf(producer string) string   { return "rate:" + producer }
func burstOf(producer string) string  { return "burst:" + producer }
func pauseOf(producer string) string  { return "pause:" + producer }
func oddityOf(producer string) string { return "send:" + producer }

// scenarios lists them all; the first is played if nobody chooses.
func scenarios() []scenario {
	return []scenario{
		shop(), decoupling(), retries(), ingestion(), fanout(), sharing(), spike(), orderedGroups(), poison(), outage(),
	}
}

// Names lists the scenarios.
func Names() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

func find(name string) (scenario, bool) {
	all := scenarios()
	if name == "" {
		return all[0], true
	}
	for _, s := range all {
		if s.name == name {
			return s, true
		}
	}
	return scenario{}, false
}
