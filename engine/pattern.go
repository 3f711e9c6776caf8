package engine

import (
	"fmt"
	"strings"
)

// ValidatePattern says, as ErrInvalid, why a pattern cannot be that of a
// binding.
func ValidatePattern(pattern string) error {
	if pattern == "" || len(pattern) > MaxNameLength {
		return fmt.Errorf("%w: a pattern has 1 to %d bytes, this one %d", ErrInvalid, MaxNameLength, len(pattern))
	}
	if err := validateText("pattern", pattern); err != nil {
		return err
	}
	for word := range strings.SplitSeq(pattern, ".") {
		if word == "" || word != "*" && word != "#" && strings.ContainsAny(word, "*#") {
			return fmt.Errorf("%w: the pattern %q: between dots stands a word, * or #", ErrInvalid, pattern)
		}
	}
	return nil
}

// Matches reports whether the key of a message fits the binding's pattern.
func (b Binding) Matches(key string) bool {
	return matchWords(strings.Split(b.Pattern, "."), strings.Split(key, "."))
}

// matchWords goes over the key once for each word of the pattern, keeping the
// set of prefixes that fit so far: no pattern makes it slow.
func matchWords(pattern, key []string) bool {
	fits := make([]bool, len(key)+1) // fits[i]: the pattern so far matches key[:i]
	fits[0] = true
	for _, word := range pattern {
		if word == "#" {
			for i := 1; i <= len(key); i++ {
				fits[i] = fits[i] || fits[i-1]
			}
			continue
		}
		for i := len(key); i > 0; i-- {
			fits[i] = fits[i-1] && (word == "*" || word == key[i-1])
		}
		fits[0] = false
	}
	return fits[len(key)]
}
