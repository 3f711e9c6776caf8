package views

import (
	"fmt"
	"strings"

	"nixie/engine"
	"nixie/views/widget"
)

// policyText says a queue's policy in words.
func policyText(queue string, p engine.Policy) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	dead := "then " + engine.DeadName(queue)
	switch p.DeadLetter {
	case engine.OwnDeadLetters:
	case engine.NoDeadLetters:
		dead = "then the trash"
	default:
		dead = "then " + engine.DeadName(p.DeadLetter)
	}
	if p.MaxTries == 0 {
		add("tried for ever; %s lease", widget.Exact(p.VisibilityTimeout))
	} else {
		add("%s, %s; %s lease", widget.Plural(p.MaxTries, "try"), dead, widget.Exact(p.VisibilityTimeout))
	}
	if text := backoffText(p.Backoff); text != "" {
		lines = append(lines, text)
	}
	if p.Ordered {
		add("each group in order, one message at a time")
	}
	if p.Delay > 0 {
		add("ready %s after publishing", widget.Exact(p.Delay))
	}
	if p.TTL > 0 {
		add("expires after %s in the queue", widget.Exact(p.TTL))
	}
	var bounds []string
	if p.MaxDepth > 0 {
		bounds = append(bounds, widget.Plural(p.MaxDepth, "message"))
	}
	if p.MaxBytes > 0 {
		bounds = append(bounds, widget.Bytes(p.MaxBytes))
	}
	if len(bounds) > 0 {
		full := "then publishers are refused"
		if p.Overflow == engine.DropOldest {
			full = "then the oldest die"
		}
		add("at most %s, %s", strings.Join(bounds, " and "), full)
	}
	if p.Durability == engine.Relaxed {
		add("relaxed: a crash may lose the last moments")
	}
	return lines
}

func backoffText(b engine.Backoff) string {
	if b.Base <= 0 {
		return "tried again at once"
	}
	text := "tried again after " + widget.Exact(b.Base)
	if b.Factor > 1 {
		text += fmt.Sprintf(", ×%g", b.Factor)
		if b.Max > 0 {
			text += " up to " + widget.Exact(b.Max)
		}
	}
	return text
}
