package engine

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		name    string
		backoff Backoff
		want    []time.Duration // after the first failure, the second, …
	}{
		{"none", Backoff{}, []time.Duration{0, 0, 0}},
		{"fixed", Backoff{Base: time.Second}, []time.Duration{time.Second, time.Second, time.Second}},
		{"fixed, by a factor of one", Backoff{Base: time.Second, Factor: 1}, []time.Duration{time.Second, time.Second}},
		{"a factor below one is fixed", Backoff{Base: time.Second, Factor: 0.5}, []time.Duration{time.Second, time.Second}},
		{"doubled", Backoff{Base: time.Second, Factor: 2}, []time.Duration{1e9, 2e9, 4e9, 8e9}},
		{"capped", Backoff{Base: time.Second, Factor: 10, Max: 50 * time.Second}, []time.Duration{1e9, 10e9, 50e9, 50e9}},
		{"capped from the first", Backoff{Base: time.Hour, Max: time.Minute}, []time.Duration{time.Minute, time.Minute}},
	} {
		for i, want := range c.want {
			if got := c.backoff.After(i+1, nil); got != want {
				t.Errorf("%s: after failure %d: %v, want %v", c.name, i+1, got, want)
			}
		}
	}
}

func TestBackoffIsBounded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := Backoff{
			Base:   time.Duration(rapid.Int64Range(0, int64(MaxDuration)).Draw(r, "base")),
			Factor: rapid.Float64Range(0, 100).Draw(r, "factor"),
			Max:    time.Duration(rapid.Int64Range(0, int64(MaxDuration)).Draw(r, "max")),
			Jitter: rapid.Float64Range(0, 1).Draw(r, "jitter"),
		}
		tries := rapid.IntRange(1, math.MaxInt32).Draw(r, "tries")
		random := rapid.Float64Range(0, 0.999999).Draw(r, "random")
		whole := Backoff{Base: b.Base, Factor: b.Factor, Max: b.Max}.After(tries, nil)
		limit := b.Max
		if limit == 0 {
			limit = 24 * time.Hour
		}
		if whole < 0 || whole > limit {
			r.Fatalf("%+v after %d tries: %v", b, tries, whole)
		}
		got := b.After(tries, func() float64 { return random })
		least := time.Duration(float64(whole) * (1 - b.Jitter))
		if got > whole || got < least-1 {
			r.Fatalf("%+v after %d tries with jitter: %v, not between %v and %v", b, tries, got, least, whole)
		}
	})
}

func TestPolicyValidate(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for name, change := range map[string]func(*Policy){
		"no lease":            func(p *Policy) { p.VisibilityTimeout = 0 },
		"negative lease":      func(p *Policy) { p.VisibilityTimeout = -1 },
		"long lease":          func(p *Policy) { p.VisibilityTimeout = MaxDuration + 1 },
		"negative tries":      func(p *Policy) { p.MaxTries = -1 },
		"negative delay":      func(p *Policy) { p.Delay = -1 },
		"long TTL":            func(p *Policy) { p.TTL = MaxDuration + 1 },
		"negative window":     func(p *Policy) { p.DedupWindow = -1 },
		"negative depth":      func(p *Policy) { p.MaxDepth = -1 },
		"negative bytes":      func(p *Policy) { p.MaxBytes = -1 },
		"negative back-off":   func(p *Policy) { p.Backoff.Base = -1 },
		"long cap":            func(p *Policy) { p.Backoff.Max = MaxDuration + 1 },
		"jitter over 1":       func(p *Policy) { p.Backoff.Jitter = 1.1 },
		"jitter of no number": func(p *Policy) { p.Backoff.Jitter = math.NaN() },
		"negative factor":     func(p *Policy) { p.Backoff.Factor = -1 },
		"infinite factor":     func(p *Policy) { p.Backoff.Factor = math.Inf(1) },
		"factor of no number": func(p *Policy) { p.Backoff.Factor = math.NaN() },
		"overflow":            func(p *Policy) { p.Overflow = "drop" },
		"durability":          func(p *Policy) { p.Durability = "no" },
		"dead-letter name":    func(p *Policy) { p.DeadLetter = "a b" },
		"dead letters of one": func(p *Policy) { p.DeadLetter = "jobs.dead" },
	} {
		p := DefaultPolicy()
		change(&p)
		if err := p.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*Policy){
		"tried for ever":     func(p *Policy) { p.MaxTries = 0 },
		"no dead letters":    func(p *Policy) { p.DeadLetter = NoDeadLetters },
		"another queue's":    func(p *Policy) { p.DeadLetter = "morgue" },
		"the longest of all": func(p *Policy) { p.TTL, p.Delay, p.DedupWindow = MaxDuration, MaxDuration, MaxDuration },
		"drops":              func(p *Policy) { p.Overflow, p.Durability = DropOldest, Relaxed },
	} {
		p := DefaultPolicy()
		change(&p)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPolicyJSON: a policy that is written down comes back the same.
func TestPolicyJSON(t *testing.T) {
	p := DefaultPolicy()
	p.DeadLetter, p.Ordered, p.Overflow, p.Durability, p.MaxBytes = "morgue", true, DropOldest, Relaxed, 1<<60
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var got Policy
	if err := json.Unmarshal(text, &got); err != nil || got != p {
		t.Errorf("%s came back as %+v, %v", text, got, err)
	}
}

func TestValidateName(t *testing.T) {
	for _, good := range []string{"a", "jobs.new", "dead", "deadletters", "a-b_c/d:e", "日本", "x.dead.y", strings.Repeat("é", 100)} {
		if err := ValidateName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", " ", "a b", "-a", "a\tb", "a\x00", "\x1b[0m", "\u202e", "a\u00a0b", "\xff", ".dead", "a.dead",
		strings.Repeat("é", 101),
	} {
		if err := ValidateName(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDeadNames(t *testing.T) {
	if queue, dead := SplitDead("payments.dead"); queue != "payments" || !dead {
		t.Errorf("payments.dead: %q, %v", queue, dead)
	}
	if queue, dead := SplitDead("payments"); queue != "payments" || dead {
		t.Errorf("payments: %q, %v", queue, dead)
	}
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.String().Draw(r, "name")
		if queue, dead := SplitDead(DeadName(name)); queue != name || !dead {
			r.Fatalf("the dead letters of %q are those of %q, %v", name, queue, dead)
		}
	})
}

func TestErrorTells(t *testing.T) {
	for want, e := range map[string]*Error{
		"ack jobs message 7: the lease is lost": {Op: "ack", Queue: "jobs", ID: "7", Err: ErrLeaseLost},
		"publish \"a\\x1b[31m\": no such queue": {Op: "publish", Queue: "a\x1b[31m", Err: ErrQueueNotFound},
		"list trash: the engine is closed":      {Op: "list trash", Err: ErrClosed},
	} {
		if e.Error() != want || !errors.Is(e, e.Err) {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
}
