package engine

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// oracle makes a regular expression of a pattern.
func oracle(pattern string) *regexp.Regexp {
	// Each word is matched with the dot behind it.
	var b strings.Builder
	b.WriteString(`^`)
	for word := range strings.SplitSeq(pattern, ".") {
		switch word {
		case "*":
			b.WriteString(`[^.]*\.`)
		case "#":
			b.WriteString(`([^.]*\.)*`)
		default:
			b.WriteString(regexp.QuoteMeta(word) + `\.`)
		}
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String())
}

func TestMatchesLikeTheOracle(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.SampledFrom([]string{"a", "b", "c", "*", "#", "a", "b"})
		pattern := strings.Join(rapid.SliceOfN(word, 1, 7).Draw(r, "pattern"), ".")
		key := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", ""}), 1, 8).Draw(r, "key"), ".")
		want := oracle(pattern).MatchString(key + ".")
		if got := (Binding{Pattern: pattern}).Matches(key); got != want {
			r.Fatalf("%q matches %q: %v, want %v", pattern, key, got, want)
		}
	})
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, key string
		want         bool
	}{
		{"#", "", true},
		{"#", "a.b.c", true},
		{"*", "a", true},
		{"*", "a.b", false},
		{"a.#", "a", true},
		{"a.#", "ab", false},
		{"#.c", "a.b.c", true},
		{"a.*.c", "a.c", false},
		{"a.#.c", "a.c", true},
		{"A", "a", false},
		{"日本.*", "日本.京", true},
	} {
		if got := (Binding{Pattern: c.pattern}).Matches(c.key); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.key, got)
		}
	}
}

// TestNoPatternIsSlow: what makes a backtracking matcher take for ever is as
// quick as anything.
func TestNoPatternIsSlow(t *testing.T) {
	pattern := strings.Repeat("#.a.", 40) + "b"
	key := strings.Repeat("a.", 5000) + "c"
	done := make(chan bool, 1)
	go func() { done <- Binding{Pattern: pattern}.Matches(key) }()
	select {
	case matches := <-done:
		if matches {
			t.Error("it matches")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("still at it after 30 s")
	}
}

func TestValidatePattern(t *testing.T) {
	for _, good := range []string{"#", "*", "a", "a.*.#", "日本", "a b.c-d"} {
		if err := ValidatePattern(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a*", "#a", "**", strings.Repeat("a", 201)} {
		if err := ValidatePattern(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("a.*.#", "a.b.c")
	f.Add("#.#", "")
	f.Add("*.*", ".")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if ValidatePattern(pattern) != nil || len(key) > 1000 || !utf8.ValidString(key) || strings.Contains(key, "\n") {
			return
		}
		want := oracle(pattern).MatchString(key + ".")
		if got := (Binding{Pattern: pattern}).Matches(key); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, key, got, want)
		}
	})
}
