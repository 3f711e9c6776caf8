package operation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// letter is a dead letter that most filters of the tests are about.
func letter() engine.Message {
	return engine.Message{
		ID: "01J7QA", Queue: "payments", State: engine.Dead,
		Body:    []byte(`{"order":{"total":9007199254740993,"items":["A","b"]},"tenant":"Acme GmbH"}`),
		Size:    2000,
		Headers: engine.Headers{"Tenant": "acme", "x-trace.id": "t-1"},
		Group:   "g1", DedupID: "d1",
		PublishedAt: noon.Add(-time.Hour), EnteredAt: noon.Add(-10 * time.Minute),
		Tries:    5,
		Requeues: 1,
		Attempts: []engine.Attempt{{Consumer: "worker-1", Reason: "timeout after 30ms"}},
		Death:    &engine.Death{Origin: "orders", Reason: engine.MaxTries, Cause: "timeout after 30ms", At: noon.Add(-5 * time.Minute)},
	}
}

func TestFilterMatch(t *testing.T) {
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{"", true},
		{"   ", true},
		{"TIMEOUT", true},
		{"gmbh", true},
		{"01j7q", true},
		{"t-1", true},
		{"max_tries", true},
		{"nowhere", false},
		{"-nowhere", true},
		{"!timeout", false},
		{`"timeout after"`, true},
		{`"after timeout"`, false},
		{`-"after timeout"`, true},
		{`"tenant\":\"acme"`, true},
		{"timeout acme", true},
		{"timeout nowhere", false},
		{"10:30", false},
		{"tries>4", true},
		{"tries>=5 tries<=5 tries:5 tries=5", true},
		{"tries<5", false},
		{"tries!=5", false},
		{"-tries:5", false},
		{"requeues>0 attempts=1", true},
		{"size>1k", true},
		{"size>2KiB", false},
		{"age>59m age<1h30m", true},
		{"waited>10m", false},
		{"waited>=10m", true},
		{"died<1h", true},
		{"died>300s", false},
		{"reason:Timeout", true},
		{"reason=timeout", false},
		{`reason="timeout after 30ms"`, true},
		{`cause="timeout after <time>"`, true},
		{"cause!=x", true},
		{"death:max", true},
		{"queue:pay origin=orders", true},
		{"group:g1 group=G1", true},
		{"group:g2", false},
		{"dedup=d1", true},
		{"consumer:worker", true},
		{"state:dead", true},
		{"state:in-flight", false},
		{"STATE=ready", false},
		{"header.tenant:acm", true},
		{"header.tenant:*", true},
		{"header.x-trace.id=t-1", true},
		{"header.missing:*", false},
		{`header.tenant:"*"`, false},
		{"header:trace", true},
		{"body:gmbh", true},
		{".order.total == 9007199254740993", true},
		{".order.total == 9007199254740992", false},
		{".order.total > 100", true},
		{`tries>3 .order.items | index("b")`, true},
		{"-.order.total > 100", false},
		{".order.none", false},
		{".order.items.x", false},
		{"! timeout", false}, // a lone "!" is a text
	} {
		f, err := ParseFilter(c.filter)
		if err != nil {
			t.Errorf("%q: %v", c.filter, err)
			continue
		}
		if got := f.Match(letter(), noon); got != c.want {
			t.Errorf("%q matches: %t, want %t", c.filter, got, c.want)
		}
	}
}

func TestFilterWithoutDeath(t *testing.T) {
	m := engine.Message{ID: "1", State: engine.Ready, Body: []byte("\xff\x00 no json"), PublishedAt: noon}
	for _, filter := range []string{"died<1h", "died>1h", "reason:x", "origin:x", ".a", ". ", "consumer:x", "waited>1s"} {
		f, err := ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(m, noon) {
			t.Errorf("%q matches", filter)
		}
	}
}

func TestFilterNeedsBody(t *testing.T) {
	for filter, want := range map[string]bool{"": false, "tries>3 reason:x": false, "word": true, "body:x": true, ".a": true, `-"x y"`: true} {
		f, err := ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if f.NeedsBody() != want {
			t.Errorf("%q needs bodies: %t", filter, f.NeedsBody())
		}
	}
}

func TestFilterErrors(t *testing.T) {
	for _, c := range []struct {
		filter string
		column int
		text   string
	}{
		{"a tris>3", 3, `unknown field "tris" at column 3; did you mean tries? fields are id, body`},
		{"http://x", 1, `unknown field "http"`},
		{"é tries>x", 9, `tries cannot be "x" at column 9; it is a whole number`},
		{"tries:", 7, `a value is missing after "tries:"`},
		{"age:10m", 4, `age does not take ":" at column 4; it takes > >= < <=`},
		{"reason>3", 7, `reason does not take ">"`},
		{"age>10", 5, `a time is like 30s`},
		{"size>1x", 6, `a size is`},
		{"state:gone", 7, `unknown state "gone" at column 7; states are ready`},
		{`x "open`, 3, "opened and not closed"},
		{`reason:"open`, 8, "opened and not closed"},
		{"header.:x", 1, "the name of a header is missing"},
		{"a .b | ?", 8, "wrong jq expression at column 8"},
		{".b | nosuch", 1, "wrong jq expression"},
		{strings.Repeat("a ", maxFilter), maxFilter + 1, "too long"},
	} {
		_, err := ParseFilter(c.filter)
		wrong, ok := errors.AsType[*FilterError](err)
		if !ok {
			t.Errorf("%.40q: %v, not a FilterError", c.filter, err)
			continue
		}
		if wrong.Column != c.column || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%.40q: column %d, %q; want %d, %q", c.filter, wrong.Column, err, c.column, c.text)
		}
	}
}

// An expression without an end is no match, and the search goes on. How fast the
// machine is has nothing to do with it: in the bubble no time passes meanwhile.
func TestFilterEndlessExpression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, filter := range []string{".. | last(repeat(1))", `.tenant | until(false; .)`, ".x | last(range(0; infinite))"} {
			f, err := ParseFilter(filter)
			if err != nil {
				t.Fatal(err)
			}
			if f.Match(letter(), noon) {
				t.Errorf("%q matches", filter)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"a tries>3", `reason:"x y" -b`, ".a.b > 1", `!"q\"`, "header.x:*", "age>1h2m", "\xff:\xff", "size<=1.5k .", `x"y`, "- ! :"} {
		f.Add(seed)
	}
	m := letter()
	m.Body = m.Body[:0] // the expressions of others are not run for long
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			wrong, ok := errors.AsType[*FilterError](err)
			if !ok || wrong.Column < 1 || wrong.Column > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		first := filter.Match(m, noon)
		again, err := ParseFilter(filter.String())
		if err != nil || again.Match(m, noon) != first {
			t.Fatalf("%q and %q differ: %v", text, filter, err)
		}
	})
}
