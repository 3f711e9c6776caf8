package operation

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"nixie/engine"
)

// Filter is a parsed search. The zero value, and nil, match everything.
//
// Terms stand side by side and all must hold. A bare word or a "quoted phrase"
// is looked for, whatever its case, in id, body, headers and failure reason; a
// field with an operator compares (tries>3 age>10m reason:timeout
// header.tenant:acme); "-" or "!" before a term negates it. What begins with a
// dot is a jq expression on a JSON body, and reaches to the end.
type Filter struct {
	source string
	terms  []term
	body   bool
}

// term is one condition.
type term struct {
	negated bool
	match   func(m *engine.Message, now time.Time) bool
}

// FilterError says what is wrong with a filter, and where.
type FilterError struct {
	Column int // of the first wrong character, from 1
	Text   string
	Hint   string // what would be right; may be empty
}

func (e *FilterError) Error() string {
	text := fmt.Sprintf("%s at column %d", e.Text, e.Column)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// maxFilter bounds the length of a filter, in bytes.
const maxFilter = 16 << 10

// ParseFilter reads the filter language. Errors: *FilterError.
func ParseFilter(text string) (*Filter, error) {
	p := parser{text: text, filter: &Filter{source: strings.TrimSpace(text)}}
	if len(text) > maxFilter {
		return nil, p.fail(maxFilter, "the filter is too long", fmt.Sprintf("it may have %d bytes", maxFilter))
	}
	for {
		p.skipSpace()
		if p.pos >= len(p.text) {
			return p.filter, nil
		}
		if err := p.term(); err != nil {
			return nil, err
		}
	}
}

// Match reports whether the message passes. Its body must be whole if
// NeedsBody.
func (f *Filter) Match(m engine.Message, now time.Time) bool {
	if f == nil {
		return true
	}
	for _, t := range f.terms {
		if t.match(&m, now) == t.negated {
			return false
		}
	}
	return true
}

// Empty reports whether everything passes.
func (f *Filter) Empty() bool { return f == nil || len(f.terms) == 0 }

// NeedsBody reports whether Match looks into bodies: listings without bodies
// do for the others.
func (f *Filter) NeedsBody() bool { return f != nil && f.body }

// String is the filter as it was written.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.source
}

// parser reads one filter from left to right.
type parser struct {
	text   string
	pos    int // in bytes
	filter *Filter
}

func (p *parser) fail(at int, what, hint string) error {
	return &FilterError{Column: utf8.RuneCountInString(p.text[:at]) + 1, Text: what, Hint: hint}
}

func (p *parser) skipSpace() {
	p.pos += len(p.text[p.pos:]) - len(strings.TrimLeftFunc(p.text[p.pos:], unicode.IsSpace))
}

// rest is what is not read yet.
func (p *parser) rest() string { return p.text[p.pos:] }

func (p *parser) add(negated bool, match func(*engine.Message, time.Time) bool) {
	p.filter.terms = append(p.filter.terms, term{negated, match})
}

// term reads one condition; the text does not begin with a space.
func (p *parser) term() error {
	negated := false
	if r := p.rest(); (r[0] == '-' || r[0] == '!') && len(r) > 1 && !startsWithSpace(r[1:]) {
		negated = true
		p.pos++
	}
	switch p.rest()[0] {
	case '.':
		return p.expression(negated)
	case '"':
		phrase, err := p.quoted()
		if err == nil {
			p.addText(negated, phrase)
		}
		return err
	}
	start := p.pos
	name, operator := p.key()
	if operator == "" {
		p.pos = start
		p.addText(negated, p.word())
		return nil
	}
	return p.comparison(negated, start, name, operator)
}

// addText looks for a phrase everywhere.
func (p *parser) addText(negated bool, phrase string) {
	p.filter.body = true
	needle := strings.ToLower(phrase)
	p.add(negated, func(m *engine.Message, _ time.Time) bool { return anywhere(m, needle) })
}

// word reads up to the next space.
func (p *parser) word() string {
	r := p.rest()
	if end := strings.IndexFunc(r, unicode.IsSpace); end >= 0 {
		r = r[:end]
	}
	p.pos += len(r)
	return r
}

// quoted reads a phrase in double quotes, in which a backslash takes the next
// character as it is.
func (p *parser) quoted() (string, error) {
	start := p.pos
	var b strings.Builder
	escaped := false
	for i, r := range p.text[start+1:] {
		switch {
		case escaped:
			b.WriteString(p.text[start+1+i : start+1+i+runeLen(p.text[start+1+i:])])
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			p.pos = start + 1 + i + 1
			return b.String(), nil
		default:
			b.WriteString(p.text[start+1+i : start+1+i+runeLen(p.text[start+1+i:])])
		}
	}
	return "", p.fail(start, "a quote is opened and not closed", "")
}

// runeLen is the length of the first character in bytes, 1 if it is none.
func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

// operators, the longer ones first.
var operators = []string{">=", "<=", "!=", ":", "=", ">", "<"}

// key reads the name of a field and the operator behind it. The operator is ""
// if this is a bare word.
func (p *parser) key() (name, operator string) {
	r := p.rest()
	end := strings.IndexFunc(r, func(c rune) bool {
		return unicode.IsSpace(c) || strings.ContainsRune(`:=<>!"`, c)
	})
	if end <= 0 {
		return "", ""
	}
	name = r[:end]
	if !isFieldName(name) {
		return "", ""
	}
	for _, op := range operators {
		if strings.HasPrefix(r[end:], op) {
			p.pos += end + len(op)
			return name, op
		}
	}
	return "", ""
}

// isFieldName tells "tries" and "header.x-tenant" from other text with a colon
// in it, such as 10:30.
func isFieldName(s string) bool {
	head, _, dotted := strings.Cut(s, ".")
	if dotted && strings.EqualFold(head, "header") {
		return true
	}
	for _, c := range s {
		if !unicode.IsLetter(c) && c != '_' {
			return false
		}
	}
	return true
}

// comparison reads the value of a field, whose name begins at start.
func (p *parser) comparison(negated bool, start int, name, operator string) error {
	f, wrong := lookupField(name)
	if wrong != nil {
		return p.fail(start, wrong.what, wrong.hint)
	}
	valueAt, value, bare := p.pos, "", true
	if strings.HasPrefix(p.rest(), `"`) {
		var err error
		if value, err = p.quoted(); err != nil {
			return err
		}
		bare = false
	} else if value = p.word(); value == "" {
		return p.fail(valueAt, fmt.Sprintf("a value is missing after %q", name+operator), "")
	}
	if !strings.Contains(f.kind.operators(), operator+" ") {
		return p.fail(start+len(name), fmt.Sprintf("%s does not take %q", name, operator), "it takes "+strings.TrimSpace(f.kind.operators()))
	}
	if operator == "!=" {
		negated, operator = !negated, "="
	}
	var match matcher
	if bare && value == "*" && f.kind == textKind {
		match = f.present()
	} else if match, wrong = f.compile(name, operator, value); wrong != nil {
		return p.fail(valueAt, wrong.what, wrong.hint)
	}
	p.filter.body = p.filter.body || f.body
	p.add(negated, match)
	return nil
}
