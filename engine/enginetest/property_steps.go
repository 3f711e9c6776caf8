package enginetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"nixie/engine"
)

// queueNames are those that a sequence plays with; the first two are there
// from the beginning.
var queueNames = []string{"a", "b", "c"}

// consumerSays begins the reasons that a sequence gives.
const consumerSays = "it says "

// step is one operation. What it works on is chosen by numbers among what
// there is then, so that every sequence makes sense.
type step struct {
	Do      int // an action
	A, B, N int
	Wait    time.Duration
	Policy  engine.Policy
}

func (s step) String() string {
	line := fmt.Sprintf("%s A=%d B=%d N=%d %v", actions[s.Do].name, s.A, s.B, s.N, s.Wait)
	if s.Policy != (engine.Policy{}) {
		line += fmt.Sprintf(" %+v", s.Policy)
	}
	return line
}

// policies leave the durability alone: in a relaxed queue things happen a
// little after their call.
func policies() *rapid.Generator[engine.Policy] {
	return rapid.Custom(func(r *rapid.T) engine.Policy {
		durations := func(name string, d ...time.Duration) time.Duration { return rapid.SampledFrom(d).Draw(r, name) }
		const s = time.Second
		return engine.Policy{
			VisibilityTimeout: durations("lease", 30*s, 5*s),
			MaxTries:          rapid.SampledFrom([]int{0, 1, 2, 3}).Draw(r, "tries"),
			Backoff:           engine.Backoff{Base: durations("backoff", 0, 10*s, 3*s), Factor: 2},
			DeadLetter:        rapid.SampledFrom([]string{"", "", engine.NoDeadLetters, "a", "b", "c"}).Draw(r, "dead"),
			Delay:             durations("delay", 0, 0, 7*s),
			TTL:               durations("ttl", 0, 0, 20*s, 60*s),
			MaxDepth:          rapid.SampledFrom([]int64{0, 0, 4}).Draw(r, "depth"),
			MaxBytes:          rapid.SampledFrom([]int64{0, 0, 12}).Draw(r, "bytes"),
			Overflow:          rapid.SampledFrom([]engine.FullRule{engine.RejectNew, engine.DropOldest}).Draw(r, "overflow"),
			Ordered:           rapid.Bool().Draw(r, "ordered"),
			DedupWindow:       durations("dedup", 0, 10*s),
		}
	})
}

func steps() *rapid.Generator[step] {
	var weighted []int
	for i, a := range actions {
		for range a.weight {
			weighted = append(weighted, i)
		}
	}
	return rapid.Custom(func(r *rapid.T) step {
		s := step{
			Do: rapid.SampledFrom(weighted).Draw(r, "do"),
			A:  rapid.IntRange(0, 50).Draw(r, "a"),
			B:  rapid.IntRange(0, 50).Draw(r, "b"),
			N:  rapid.IntRange(0, 5).Draw(r, "n"),
			Wait: rapid.SampledFrom([]time.Duration{
				0, 1001 * time.Millisecond, 5003 * time.Millisecond, 11 * time.Second, 31 * time.Second,
				61 * time.Second, 301 * time.Second,
			}).Draw(r, "wait"),
		}
		if a := actions[s.Do]; a.name == "create" || a.name == "configure" {
			s.Policy = policies().Draw(r, "policy")
		}
		return s
	})
}

// action is an operation on both sides.
type action struct {
	name   string
	weight int // how often it comes
	do     func(*duel, step)
}

// actions is filled by init, as its functions refer to it.
var actions []action

func init() {
	actions = []action{
		{"publish", 10, (*duel).publish},
		{"publish to topic", 2, (*duel).publishTopic},
		{"receive", 10, (*duel).receive},
		{"ack", 5, (*duel).ack},
		{"nack", 6, (*duel).nack},
		{"release", 2, (*duel).release},
		{"extend", 2, (*duel).extend},
		{"wait", 6, (*duel).wait},
		{"move", 5, (*duel).move},
		{"edit", 2, (*duel).edit},
		{"delete", 2, (*duel).delete},
		{"purge", 2, (*duel).purge},
		{"restore", 3, (*duel).restore},
		{"discard", 1, (*duel).discard},
		{"create", 1, func(d *duel, s step) { d.create(d.queue(s.A), s.Policy) }},
		{"configure", 2, (*duel).configure},
		{"pause", 1, (*duel).pause},
		{"delete queue", 1, (*duel).deleteQueue},
		{"bind", 1, (*duel).bind},
		{"unbind", 1, (*duel).unbind},
		{"reopen", 3, (*duel).reopen},
	}
}

func (d *duel) queue(n int) string { return queueNames[n%len(queueNames)] }
