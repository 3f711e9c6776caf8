package operation

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	enoughOther = 20      // others that are enough to compare with
	maxSampled  = 1 << 20 // bytes of a body that is looked into
)

// Explain says in which fields the messages of a cause differ from the other
// dead letters of the report; if there are too few of these, from those that
// wait in the queues where the cause's messages died.
func (m *Manager) Explain(ctx context.Context, report CauseReport, cause string) (Explanation, error) {
	at := slices.IndexFunc(report.Causes, func(c Cause) bool { return c.Key == cause })
	if at < 0 {
		return Explanation{}, ErrNothing
	}
	these := report.Causes[at]
	in, n, err := m.fieldsOf(ctx, these.Samples)
	if err != nil {
		return Explanation{}, err
	}
	out, others, err := m.fieldsOf(ctx, otherSamples(report, cause))
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Sampled: n, Against: fmt.Sprintf("%d other dead letters", others)}
	if others < enoughOther {
		var where string
		if out, others, where, err = m.waiting(ctx, these.Origin); err != nil {
			return Explanation{}, err
		}
		e.Against = fmt.Sprintf("%d that wait in %s", others, where)
	}
	if others == 0 || n == 0 {
		e.Against = ""
		return e, nil
	}
	e.Traits = compare(in, n, out, others)
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

// fieldsOf counts the fields of messages; of what is gone there are none.
func (m *Manager) fieldsOf(ctx context.Context, refs []Ref) (map[pair]int, int, error) {
	found, n := map[pair]int{}, 0
	for _, ref := range refs {
		msg, err := m.engine.Message(ctx, ref.Queue, ref.ID)
		if errors.Is(err, engine.ErrMessageNotFound) || errors.Is(err, engine.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		n++
		countFields(found, &msg)
	}
	return found, n, nil
}

// waiting counts the fields of messages that wait in the first of these queues
// that has some.
func (m *Manager) waiting(ctx context.Context, queues []Count) (map[pair]int, int, string, error) {
	for _, q := range queues {
		page, err := m.engine.List(ctx, q.Name, engine.ListOptions{Limit: sampleSize})
		if errors.Is(err, engine.ErrQueueNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, "", err
		}
		if len(page.Messages) == 0 {
			continue
		}
		found := map[pair]int{}
		for i := range page.Messages {
			countFields(found, &page.Messages[i])
		}
		return found, len(page.Messages), q.Name, nil
	}
	return nil, 0, "", nil
}

// countFields counts each pair of a message once.
func countFields(found map[pair]int, m *engine.Message) {
	f := &finder{seen: map[pair]bool{}}
	for name, value := range m.Headers {
		f.add("header."+name, value)
	}
	f.add("group", m.Group)
	if m.Death != nil {
		f.add("origin", m.Death.Origin)
	}
	if n := len(m.Attempts); n > 0 {
		f.add("consumer", m.Attempts[n-1].Consumer)
	}
	if len(m.Body) <= maxSampled {
		if value, err := decodeJSON(m.Body); err == nil {
			f.walk("", value, 0)
		}
	}
	for p := range f.seen {
		found[p]++
	}
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
	for p, count := range in {
		t := Trait{p.field, p.value, float64(count) / float64(n), float64(out[p]) / float64(others)}
		if t.In < minIn || t.In-t.Out < minLift || count < 2 {
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
