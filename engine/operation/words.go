package operation

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"nixie/engine"
)

// Title says in words what the plan does: "requeue 312 of payments".
func (p *Plan) Title() string {
	switch p.Verb {
	case Requeue, Delete:
		return fmt.Sprintf("%s %s of %s", p.Verb, number(p.Total), p.where())
	case Move:
		return fmt.Sprintf("move %s of %s to %s", number(p.Total), p.where(), p.To)
	case Edit:
		return "edit a message of " + p.where()
	case Purge:
		what := number(p.Total)
		if p.Area == engine.DeadArea {
			what = plural(p.Total, "dead letter")
		}
		return fmt.Sprintf("purge %s of %s", what, p.Queue)
	case Publish:
		if p.Load.Topic != "" {
			return fmt.Sprintf("publish %s to the topic %s", number(p.Total), p.Load.Topic)
		}
		return fmt.Sprintf("publish %s to %s", number(p.Total), p.Load.Queue)
	case Bind:
		return fmt.Sprintf("bind %s to %s", p.Queue, p.Topic)
	case Unbind:
		return fmt.Sprintf("unbind %s from %s", p.Queue, p.Topic)
	case Undo:
		return fmt.Sprintf("undo job %d: %s", p.Undoes, p.undone)
	default:
		return fmt.Sprintf("%s %s", p.Verb, p.Queue)
	}
}

// where names the queues that the messages are in.
func (p *Plan) where() string {
	if len(p.Sources) == 1 {
		return p.Sources[0].Name
	}
	return plural(int64(len(p.Sources)), "queue")
}

// Button is the verb with the number, for the button that starts it.
func (p *Plan) Button() string {
	verb := string(p.Verb)
	verb = strings.ToUpper(verb[:1]) + verb[1:]
	switch p.Verb {
	case Undo:
		if p.Queue != "" {
			return verb // of what was done to a queue
		}
		return verb + " " + number(p.Total)
	case Requeue, Move, Delete, Purge, Publish:
		return verb + " " + number(p.Total)
	default:
		return verb
	}
}

// number writes a number with thin groups of three: "18 402".
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}

// plural is a number with its noun, which is given for one: "3 messages".
func plural(n int64, one string) string {
	if n != 1 {
		one += "s"
	}
	return number(n) + " " + one
}

// are is a number with its verb: "1 is", "3 are".
func are(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return number(n) + " are"
}

// command is the command line that does the same. "": there is none.
func command(p *Plan) string {
	switch p.Verb {
	case Requeue:
		return requeueCommand(p)
	case Publish:
		return publishCommand(p)
	}
	return ""
}

// maxCommandIDs bounds the ids on a command line that a person can still read.
const maxCommandIDs = 8

func requeueCommand(p *Plan) string {
	if len(p.Sources) != 1 || p.To != "" || p.Capped || len(p.Select.Causes) > 1 || p.Select.State != engine.Dead {
		return ""
	}
	if p.Pace.Kind == Canary || p.Pace.Kind == Follow {
		return "" // the command would have to be told what works on the messages
	}
	words := []string{"nixie", "requeue", p.Sources[0].Name}
	filter := p.Select.Filter
	for _, cause := range p.Select.Causes {
		filter = strings.TrimSpace("cause=" + QuoteTerm(cause) + " " + filter)
	}
	switch {
	case p.Select.Refs != nil && len(p.sets[0].IDs) > maxCommandIDs:
		return ""
	case p.Select.Refs != nil:
		for _, id := range p.sets[0].IDs {
			words = append(words, "--id", string(id))
		}
	case filter != "":
		words = append(words, "--filter", filter)
	default:
		words = append(words, "--all")
	}
	if p.Pace.Kind == PerSecond {
		words = append(words, "--rate", strconv.FormatFloat(p.Pace.Rate, 'f', -1, 64))
	}
	return shellLine(words)
}

// QuoteTerm writes a value in the quotes of the filter language.
func QuoteTerm(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func publishCommand(p *Plan) string {
	l := p.Load
	first, err := l.Message(1, p.At)
	if err != nil || l.Count != 1 || l.Lines || len(l.Body) > 4096 || strings.HasPrefix(string(l.Body), "-") ||
		!l.Literal && (!bytes.Equal(first.Body, l.Body) || !maps.Equal(first.Headers, engine.Headers(l.Headers)) && len(l.Headers) > 0 || first.Group != l.Group || first.DedupID != l.DedupID) {
		return ""
	}
	words := []string{"nixie", "publish", l.Queue, string(l.Body)}
	if l.Topic != "" {
		words = []string{"nixie", "publish", "--topic", l.Topic, "--key", l.Key, string(l.Body)}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Headers)) {
		if strings.Contains(name, "=") {
			return ""
		}
		words = append(words, "--header", name+"="+l.Headers[name])
	}
	if l.Delay > 0 {
		words = append(words, "--delay", l.Delay.String())
	}
	if l.Group != "" {
		words = append(words, "--group", l.Group)
	}
	if l.DedupID != "" {
		words = append(words, "--dedup", l.DedupID)
	}
	return shellLine(words)
}

// SetPace changes how fast the plan will be carried out.
func (p *Plan) SetPace(pace Pace) {
	p.Pace = pace
	p.Command = command(p)
}

// shellLine writes words so that a shell reads them as they are; "" if that
// cannot be done on a line.
func shellLine(words []string) string {
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		for _, r := range w {
			if r == utf8.RuneError || r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
				return ""
			}
		}
		if w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
			quoted = append(quoted, w)
		} else {
			quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
		}
	}
	return strings.Join(quoted, " ")
}

// Rule is a field of a policy in words.
type Rule struct{ Name, Value string }

// Rules says a policy in words.
func Rules(p engine.Policy) []Rule {
	return []Rule{
		{"visibility timeout", duration(p.VisibilityTimeout)},
		{"max tries", orWord(int64(p.MaxTries), "for ever")},
		{"back-off", backoff(p.Backoff)},
		{"dead letters", deadLetters(p.DeadLetter)},
		{"delay", duration(p.Delay)},
		{"TTL", duration(p.TTL)},
		{"max depth", orWord(p.MaxDepth, "no bound")},
		{"max bytes", orWord(p.MaxBytes, "no bound")},
		{"when full", full(p.Overflow)},
		{"groups in order", yesNo(p.Ordered)},
		{"deduplication window", duration(window(p))},
		{"durability", durability(p.Durability)},
	}
}

// policyChanges says in words what differs between two policies.
func policyChanges(old, new engine.Policy) []string {
	var changes []string
	before := Rules(old)
	for i, now := range Rules(new) {
		if now != before[i] {
			changes = append(changes, fmt.Sprintf("%s: %s → %s", now.Name, before[i].Value, now.Value))
		}
	}
	return changes
}

func duration(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	s := d.String() // "1h0m0s"
	s = strings.TrimSuffix(s, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(s, "m0s")]
	return strings.TrimSuffix(s, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(s, "h0m")]
}

func orWord(n int64, zero string) string {
	if n == 0 {
		return zero
	}
	return number(n)
}

func backoff(b engine.Backoff) string {
	if b.Base == 0 {
		return "none"
	}
	s := duration(b.Base)
	if b.Factor > 1 {
		s += " × " + strconv.FormatFloat(b.Factor, 'g', -1, 64)
		if b.Max > 0 {
			s += ", at most " + duration(b.Max)
		}
	}
	if b.Jitter > 0 {
		s += fmt.Sprintf(", jitter %.0f %%", 100*b.Jitter)
	}
	return s
}

func deadLetters(name string) string {
	switch name {
	case engine.OwnDeadLetters:
		return "kept with the queue"
	case engine.NoDeadLetters:
		return "to the trash"
	}
	return "kept with " + name
}

func full(r engine.FullRule) string {
	if r == engine.DropOldest {
		return "drop the oldest to the dead letters"
	}
	return "reject the publisher"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func window(p engine.Policy) time.Duration {
	if p.DedupWindow == 0 {
		return engine.DefaultDedupWindow
	}
	return p.DedupWindow
}

func durability(d engine.Durability) string {
	if d == engine.Relaxed {
		return "relaxed"
	}
	return "synced"
}

// editChanges says in words what an edit changes.
func editChanges(old engine.Message, new engine.Outgoing) []string {
	var changes []string
	if !bytes.Equal(old.Body, new.Body) {
		changes = append(changes, fmt.Sprintf("body: %s → %s", number(int64(old.Size)), plural(int64(len(new.Body)), "byte")))
	}
	names := map[string]bool{}
	for name := range old.Headers {
		names[name] = true
	}
	for name := range new.Headers {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, was := old.Headers[name]
		after, is := new.Headers[name]
		switch {
		case was && !is:
			changes = append(changes, fmt.Sprintf("header %s: %q → removed", name, before))
		case !was && is:
			changes = append(changes, fmt.Sprintf("header %s: %q, new", name, after))
		case before != after:
			changes = append(changes, fmt.Sprintf("header %s: %q → %q", name, before, after))
		}
	}
	if old.Group != new.Group {
		changes = append(changes, fmt.Sprintf("group: %q → %q", old.Group, new.Group))
	}
	if len(changes) == 0 {
		changes = append(changes, "nothing: the replacement is the same")
	}
	return changes
}
