package operation

import (
	"strings"
	"sync"

	"nixie/engine"
)

// Reason is why a message failed, in the consumer's words or the engine's. ""
// if it never did.
func Reason(m *engine.Message) string {
	if m.State == engine.Dead && m.Death != nil && m.Death.Cause != "" {
		return m.Death.Cause
	}
	if n := len(m.Attempts); n > 0 && m.Attempts[n-1].Reason != "" {
		return m.Attempts[n-1].Reason
	}
	if m.Death != nil {
		if m.Death.Cause != "" {
			return m.Death.Cause
		}
		return deathWords[m.Death.Reason]
	}
	return ""
}

var deathWords = map[engine.DeathReason]string{
	engine.MaxTries:   "failed as often as the queue allows",
	engine.Rejected:   "rejected by its consumer",
	engine.Expired:    "waited longer than the queue allows",
	engine.Overflow:   "dropped by a full queue",
	engine.ByOperator: "moved here by an operator",
}

// CauseOf is the fingerprint of the reason why a message failed.
func CauseOf(m *engine.Message) string { return fingerprints.of(Reason(m)) }

// memo remembers fingerprints: a million dead letters have few reasons.
type memo struct {
	mu    sync.Mutex // protects known
	known map[string]string
}

// memoSize bounds the reasons remembered; then it begins anew.
const memoSize = 8 << 10

var fingerprints = memo{known: map[string]string{}}

func (c *memo) of(reason string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if print, ok := c.known[reason]; ok {
		return print
	}
	if len(c.known) >= memoSize {
		clear(c.known)
	}
	print := Fingerprint(reason)
	c.known[strings.Clone(reason)] = print
	return print
}
