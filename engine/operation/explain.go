package operation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"nixie/engine"
)

// Trait is a field that the messages of a cause have with a value more often
// than others.
type Trait struct {
	Field string // "tenant", "order.currency", "header.region", "group"
	Value string
	In    float64 // share among those with the cause, 0 to 1
	Out   float64 // share among those compared with
}

// Explanation answers "why these?".
type Explanation struct {
	Traits  []Trait // the most telling first
	Sampled int     // messages of the cause that were read
	Against string  // what they were compared with, in words; "": nothing was there
}

const (
	maxTraits   = 8
	minIn       = 0.3     // a trait is of so many of the cause
	minLift     = 0.2     // and of so many more than of the others
	maxDepth    = 4       // of a field in a body
	maxFields   = 200     // of a message
	maxValue    = 80      // bytes of a value that can be a trait
	enoughOther = 15      // others that are enough to compare with
	maxSampled  = 1 << 20 // bytes of a body that is looked into
)

// Explain says in which fields the messages of a cause differ from others that
// were in the same queue: the other dead letters of the report that died there;
// if these are too few, from what waits there; and else from all other dead
// letters.
func (m *Manager) Explain(ctx context.Context, report CauseReport, cause string) (Explanation, error) {
	at := slices.IndexFunc(report.Causes, func(c Cause) bool { return c.Key == cause })
	if at < 0 {
		return Explanation{}, ErrNothing
	}
	these := report.Causes[at]
	if len(these.Origin) == 0 {
		return Explanation{}, nil
	}
	home := these.Origin[0].Name
	in, err := m.sampled(ctx, these.Samples)
	if err != nil {
		return Explanation{}, err
	}
	all, err := m.sampled(ctx, otherSamples(report, cause))
	if err != nil {
		return Explanation{}, err
	}
	out := slices.DeleteFunc(slices.Clone(all), func(msg engine.Message) bool { return msg.Death == nil || msg.Death.Origin != home })
	e := Explanation{Sampled: len(in), Against: plural(int64(len(out)), "other dead letter") + " of " + home}
	if len(out) < enoughOther {
		if out, err = m.waiting(ctx, home); err != nil {
			return Explanation{}, err
		}
		e.Against = fmt.Sprintf("%d that wait in %s", len(out), home)
	}
	if len(out) < enoughOther {
		out, e.Against = all, plural(int64(len(all)), "other dead letter")
	}
	if len(out) == 0 || len(in) == 0 {
		e.Against = ""
		return e, nil
	}
	dead := out[0].State == engine.Dead
	e.Traits = compare(countFields(in, dead), len(in), countFields(out, dead), len(out))
	return e, nil
}

// otherSamples takes some of each of the other causes.
func otherSamples(report CauseReport, cause string) []Ref {
	var refs []Ref
	for round := 0; len(refs) < sampleSize; round++ {
		any := false
		for _, c := range report.Causes {
			if c.Key != cause && round < len(c.Samples) && len(refs) < sampleSize {
				refs = append(refs, c.Samples[round])
				any = true
			}
		}
		if !any {
			break
		}
	}
	return refs
}

// pair is a field with a value.
type pair struct{ field, value string }

// sampled reads messages; those that are gone are left out.
func (m *Manager) sampled(ctx context.Context, refs []Ref) ([]engine.Message, error) {
	messages := make([]engine.Message, 0, len(refs))
	for _, ref := range refs {
		msg, err := m.engine.Message(ctx, ref.Queue, ref.ID)
		if errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		messages = append(messages, msg)
	}
	return messages, nil
}

// waiting reads some messages of a queue that are not dead.
func (m *Manager) waiting(ctx context.Context, queue string) ([]engine.Message, error) {
	var messages []engine.Message
	for _, state := range []engine.State{engine.Ready, engine.InFlight, engine.Delayed} {
		page, err := m.engine.List(ctx, queue, engine.ListOptions{State: state, Limit: sampleSize})
		if errors.Is(err, engine.ErrQueueNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		messages = append(messages, page.Messages...)
	}
	return messages[:min(len(messages), sampleSize)], nil
}

// countFields counts the pairs of messages, each once for a message; with who
// failed, if that is known of both sides.
func countFields(messages []engine.Message, dead bool) map[pair]int {
	found := map[pair]int{}
	for i := range messages {
		m := &messages[i]
		f := fieldsOf(m)
		if n := len(m.Attempts); n > 0 && dead {
			f.add("consumer", m.Attempts[n-1].Consumer)
		}
		for p := range f.seen {
			found[p]++
		}
	}
	return found
}

// fieldsOf finds what a message has that others may not have.
func fieldsOf(m *engine.Message) *finder {
	f := &finder{seen: map[pair]bool{}}
	for name, value := range m.Headers {
		f.add("header."+name, value)
	}
	f.add("group", m.Group)
	if len(m.Body) <= maxSampled {
		if value, err := decodeJSON(m.Body); err == nil {
			f.walk("", value, 0)
		}
	}
	return f
}

// finder collects the fields of one message.
type finder struct{ seen map[pair]bool }

func (f *finder) add(field, value string) {
	if field != "" && value != "" && len(value) <= maxValue && len(f.seen) < maxFields {
		f.seen[pair{field, value}] = true
	}
}

func (f *finder) walk(path string, value any, depth int) {
	if depth > maxDepth || len(f.seen) >= maxFields {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if path != "" {
				name = path + "." + name
			}
			f.walk(name, inner, depth+1)
		}
	case []any:
		for _, inner := range v {
			f.walk(path+"[]", inner, depth+1)
		}
	case string:
		f.add(path, v)
	case json.Number:
		f.add(path, v.String())
	case bool:
		f.add(path, strconv.FormatBool(v))
	case nil:
		f.add(path, "null")
	}
}

// compare finds the pairs that these have clearly more often than the others:
// the value that stands out most of each field.
func compare(in map[pair]int, n int, out map[pair]int, others int) []Trait {
	best := map[string]Trait{}
	lift := minLift + 0.75/math.Sqrt(float64(min(n, others))) // few messages prove little
	for p, count := range in {
		t := Trait{p.field, p.value, float64(count) / float64(n), float64(out[p]) / float64(others)}
		if t.In < minIn || t.In-t.Out < lift || count < 2 {
			continue
		}
		if old, ok := best[p.field]; !ok || less(t, old) < 0 {
			best[p.field] = t
		}
	}
	traits := make([]Trait, 0, len(best))
	for _, t := range best {
		traits = append(traits, t)
	}
	slices.SortFunc(traits, less)
	return traits[:min(len(traits), maxTraits)]
}

func less(a, b Trait) int {
	return cmp.Or(cmp.Compare(b.In-b.Out, a.In-a.Out), cmp.Compare(len(a.Field), len(b.Field)), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
}
