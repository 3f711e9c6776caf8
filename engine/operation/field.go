package operation

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixie/engine"
)

// kind is how a field is compared.
type kind int

const (
	textKind     kind = iota // ":" contains, "=" is, whatever the case
	numberKind               // 3
	sizeKind                 // 1k, in bytes of 1024
	durationKind             // 10m; ages are compared, never equal
	stateKind                // one of engine.States
)

// operators a kind takes, each followed by a space.
func (k kind) operators() string {
	switch k {
	case textKind, stateKind:
		return ": = != "
	case durationKind:
		return "> >= < <= "
	default:
		return ": = != > >= < <= "
	}
}

// field is something of a message that can be compared.
type field struct {
	name   string
	kind   kind
	body   bool // looks into the body
	text   func(m *engine.Message) []string
	number func(m *engine.Message, now time.Time) (float64, bool)
}

func one(s string) []string { return []string{s} }

func integer(n int) (float64, bool) { return float64(n), true }

// since is the age of a moment in nanoseconds; none if there was no such moment.
func since(t, now time.Time) (float64, bool) { return float64(now.Sub(t)), !t.IsZero() }

// fields are all there are, in the order in which an error lists them. A
// message without what the field is about (a death, a header) never matches.
var fields = []field{
	{name: "id", text: func(m *engine.Message) []string { return one(string(m.ID)) }},
	{name: "body", body: true, text: func(m *engine.Message) []string { return one(string(m.Body)) }},
	{name: "reason", text: func(m *engine.Message) []string { return one(Reason(m)) }},
	{name: "cause", text: func(m *engine.Message) []string { return one(CauseOf(m)) }},
	{name: "death", text: deathWord},
	{name: "queue", text: func(m *engine.Message) []string { return one(m.Queue) }},
	{name: "origin", text: deathOrigin},
	{name: "group", text: func(m *engine.Message) []string { return one(m.Group) }},
	{name: "dedup", text: func(m *engine.Message) []string { return one(m.DedupID) }},
	{name: "consumer", text: consumers},
	{name: "state", kind: stateKind, text: func(m *engine.Message) []string { return one(string(m.State)) }},
	{name: "tries", kind: numberKind, number: func(m *engine.Message, _ time.Time) (float64, bool) { return integer(m.Tries) }},
	{name: "attempts", kind: numberKind, number: func(m *engine.Message, _ time.Time) (float64, bool) { return integer(len(m.Attempts)) }},
	{name: "requeues", kind: numberKind, number: func(m *engine.Message, _ time.Time) (float64, bool) { return integer(m.Requeues) }},
	{name: "size", kind: sizeKind, number: func(m *engine.Message, _ time.Time) (float64, bool) { return integer(m.Size) }},
	{name: "age", kind: durationKind, number: func(m *engine.Message, now time.Time) (float64, bool) { return since(m.PublishedAt, now) }},
	{name: "waited", kind: durationKind, number: func(m *engine.Message, now time.Time) (float64, bool) { return since(m.EnteredAt, now) }},
	{name: "died", kind: durationKind, number: func(m *engine.Message, now time.Time) (float64, bool) {
		if m.Death == nil {
			return 0, false
		}
		return since(m.Death.At, now)
	}},
	{name: "header", text: func(m *engine.Message) []string { return headerTexts(m) }},
}

func deathWord(m *engine.Message) []string {
	if m.Death == nil {
		return nil
	}
	return one(string(m.Death.Reason))
}

func deathOrigin(m *engine.Message) []string {
	if m.Death == nil {
		return nil
	}
	return one(m.Death.Origin)
}

// consumers are who holds the message and who failed with it.
func consumers(m *engine.Message) []string {
	all := make([]string, 0, len(m.Attempts)+1)
	if m.Consumer != "" {
		all = append(all, m.Consumer)
	}
	for _, a := range m.Attempts {
		all = append(all, a.Consumer)
	}
	return all
}

// headerTexts are the names and the values of all headers.
func headerTexts(m *engine.Message) []string {
	texts := make([]string, 0, 2*len(m.Headers))
	for name, value := range m.Headers {
		texts = append(texts, name, value)
	}
	return texts
}

// FilterFields lists the names of the fields that a filter can compare;
// "header.NAME" stands for each header.
func FilterFields() []string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.name)
	}
	return append(names[:len(names)-1], "header", "header.NAME")
}

// complaint is what is wrong with a part of a filter, and what would be right.
type complaint struct{ what, hint string }

// lookupField finds a field by its name.
func lookupField(name string) (field, *complaint) {
	if head, header, dotted := strings.Cut(name, "."); dotted && strings.EqualFold(head, "header") {
		if header == "" {
			return field{}, &complaint{what: `the name of a header is missing after "header."`}
		}
		return field{name: name, text: func(m *engine.Message) []string { return headerValues(m, header) }}, nil
	}
	lower := strings.ToLower(name)
	for _, f := range fields {
		if f.name == lower {
			return f, nil
		}
	}
	hint := "fields are " + strings.Join(FilterFields(), ", ") + "; quotes make it a text to search for"
	if near := nearestField(lower); near != "" {
		hint = fmt.Sprintf("did you mean %s? ", near) + hint
	}
	return field{}, &complaint{fmt.Sprintf("unknown field %q", name), hint}
}

// headerValues are those of a header: by its exact name, else whatever its case.
func headerValues(m *engine.Message, name string) []string {
	if v, ok := m.Headers[name]; ok {
		return one(v)
	}
	var values []string
	for n, v := range m.Headers {
		if strings.EqualFold(n, name) {
			values = append(values, v)
		}
	}
	return values
}

// nearestField is the field that was probably meant.
func nearestField(name string) string {
	best, distance := "", 3
	for _, f := range fields {
		if d := editDistance(name, f.name); d < distance {
			best, distance = f.name, d
		}
	}
	if distance*2 > len(name) {
		return ""
	}
	return best
}

// editDistance counts the characters to insert, delete or change.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

type matcher = func(m *engine.Message, now time.Time) bool

// present matches messages that have the field at all.
func (f field) present() matcher {
	return func(m *engine.Message, _ time.Time) bool {
		return slices.ContainsFunc(f.text(m), func(s string) bool { return s != "" })
	}
}

// compile makes the comparison of a field with a value.
func (f field) compile(name, operator, value string) (matcher, *complaint) {
	switch f.kind {
	case numberKind, sizeKind, durationKind:
		wanted, hint := parseValue(f.kind, value)
		if hint != "" {
			return nil, &complaint{fmt.Sprintf("%s cannot be %q", name, value), hint}
		}
		return f.compileNumber(operator, wanted), nil
	case stateKind:
		state := engine.State(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(value)))
		if !state.Valid() {
			return nil, &complaint{fmt.Sprintf("unknown state %q", value), "states are ready, in_flight, delayed, dead"}
		}
		return func(m *engine.Message, _ time.Time) bool { return m.State == state }, nil
	}
	needle := strings.ToLower(value)
	return func(m *engine.Message, _ time.Time) bool {
		return slices.ContainsFunc(f.text(m), func(s string) bool {
			if operator == "=" {
				return strings.ToLower(s) == needle
			}
			return strings.Contains(strings.ToLower(s), needle)
		})
	}, nil
}

func (f field) compileNumber(operator string, wanted float64) matcher {
	return func(m *engine.Message, now time.Time) bool {
		got, ok := f.number(m, now)
		if !ok {
			return false
		}
		switch c := cmp.Compare(got, wanted); operator {
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		case "<":
			return c < 0
		case "<=":
			return c <= 0
		default:
			return c == 0
		}
	}
}

// parseValue reads what stands behind an operator. The hint is not empty if it
// is wrong, and says what would be right.
func parseValue(k kind, value string) (n float64, hint string) {
	switch k {
	case sizeKind:
		if n, ok := parseUnits(value, sizeUnits); ok {
			return n, ""
		}
		return 0, "a size is a number of bytes like 500, 10k or 2M"
	case durationKind:
		if n, ok := parseUnits(value, timeUnits); ok {
			return n, ""
		}
		return 0, "a time is like 30s, 10m, 2h30m or 7d"
	}
	i, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, "it is a whole number"
	}
	return float64(i), ""
}

var sizeUnits = map[string]float64{
	"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20, "g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30,
}

var timeUnits = map[string]float64{
	"ms": float64(time.Millisecond), "s": float64(time.Second), "m": float64(time.Minute), "h": float64(time.Hour),
	"d": 24 * float64(time.Hour), "w": 7 * 24 * float64(time.Hour),
}

// parseUnits reads numbers with units and adds them: "2h30m".
func parseUnits(value string, units map[string]float64) (sum float64, ok bool) {
	value = strings.ToLower(value)
	for value != "" {
		digits := strings.IndexFunc(value, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
		if digits < 0 {
			digits = len(value)
		}
		n, err := strconv.ParseFloat(value[:digits], 64)
		if err != nil {
			return 0, false
		}
		value = value[digits:]
		end := strings.IndexFunc(value, func(c rune) bool { return c >= '0' && c <= '9' || c == '.' })
		if end < 0 {
			end = len(value)
		}
		unit, known := units[value[:end]]
		if !known {
			return 0, false
		}
		sum += n * unit
		value = value[end:]
		ok = true
	}
	return sum, ok && !math.IsInf(sum, 0)
}

// anywhere looks for a lower-case text in id, body, headers and failure reasons.
func anywhere(m *engine.Message, needle string) bool {
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), needle) }
	return contains(string(m.ID)) || contains(Reason(m)) ||
		m.Death != nil && contains(string(m.Death.Reason)) ||
		slices.ContainsFunc(headerTexts(m), contains) ||
		bytes.Contains(bytes.ToLower(m.Body), []byte(needle))
}
