package operation

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Template is a text with functions in it: {{uuid}}, {{int 1 100}}. There is
// nothing in the language that could run for long or reach outside.
type Template struct{ pieces []piece }

// piece is a text, or a call.
type piece struct {
	text string
	call func(*values) string // nil: the text
}

// TemplateError says what is wrong with a template, and where.
type TemplateError struct {
	Line, Column int // in characters, from 1
	Text         string
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("%s at line %d, column %d", e.Text, e.Line, e.Column)
}

// TemplateFunction is one that a template can call.
type TemplateFunction struct {
	Name, Use, Help string
	make            func(args []string) (func(*values) string, string) // the second says what is wrong
}

// TemplateFunctions lists them.
func TemplateFunctions() []TemplateFunction {
	return []TemplateFunction{
		{"uuid", "{{uuid}}", "a random id", plain(func(v *values) string { return v.uuid() })},
		{"now", "{{now}}", "the time, as 2006-01-02T15:04:05.000Z", plain(func(v *values) string { return v.now.UTC().Format("2006-01-02T15:04:05.000Z") })},
		{"unix", "{{unix}}", "the time in seconds since 1970", plain(func(v *values) string { return strconv.FormatInt(v.now.Unix(), 10) })},
		{"seq", "{{seq}}", "1, 2, 3…", plain(func(v *values) string { return strconv.FormatInt(v.seq, 10) })},
		{"int", "{{int 1 100}}", "a whole number between two, both included", makeInt},
		{"pick", `{{pick "a" "b"}}`, "one of several", makePick},
		{"email", "{{email}}", "an address at example.com", plain((*values).email)},
		{"name", "{{name}}", "a first name", plain((*values).name)},
		{"hex", "{{hex 8}}", "so many random hexadecimal digits", makeHex},
	}
}

func plain(f func(*values) string) func([]string) (func(*values) string, string) {
	return func(args []string) (func(*values) string, string) {
		if len(args) > 0 {
			return nil, "takes nothing"
		}
		return f, ""
	}
}

func makeInt(args []string) (func(*values) string, string) {
	if len(args) != 2 {
		return nil, "takes two numbers, like {{int 1 100}}"
	}
	low, err := strconv.ParseInt(args[0], 10, 64)
	high, err2 := strconv.ParseInt(args[1], 10, 64)
	if err != nil || err2 != nil || low > high {
		return nil, "takes two numbers, the lower one first, like {{int 1 100}}"
	}
	return func(v *values) string {
		if span := uint64(high) - uint64(low); span < 1<<64-1 {
			return strconv.FormatInt(int64(uint64(low)+v.random.Uint64N(span+1)), 10)
		}
		return strconv.FormatInt(int64(v.random.Uint64()), 10)
	}, ""
}

func makePick(args []string) (func(*values) string, string) {
	if len(args) == 0 {
		return nil, `takes some texts, like {{pick "a" "b"}}`
	}
	return func(v *values) string { return args[v.random.IntN(len(args))] }, ""
}

func makeHex(args []string) (func(*values) string, string) {
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err == nil && n >= 1 && n <= 1024 {
			return func(v *values) string { return v.hex(n) }, ""
		}
	}
	return nil, "takes a number from 1 to 1024, like {{hex 8}}"
}

// values are what the calls in one message draw from.
type values struct {
	seq    int64
	now    time.Time
	random *rand.Rand
}

// newValues makes those of a message: the same for the same seed and number.
func newValues(seed uint64, seq int64, now time.Time) *values {
	return &values{seq: seq, now: now, random: rand.New(rand.NewPCG(seed, uint64(seq)))}
}

func (v *values) hex(n int) string {
	b := make([]byte, (n+1)/2)
	for i := range b {
		b[i] = byte(v.random.Uint32())
	}
	return hex.EncodeToString(b)[:n]
}

// uuid makes a version 4 one.
func (v *values) uuid() string {
	h := []byte(v.hex(32))
	h[12] = '4'
	h[16] = "89ab"[v.random.IntN(4)]
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

var firstNames = strings.Fields("ada alan barbara claude dennis edsger frances grace hedy ivan john katherine linus margaret niklaus radia sophie tim ursula vint")

func (v *values) name() string {
	n := firstNames[v.random.IntN(len(firstNames))]
	return strings.ToUpper(n[:1]) + n[1:]
}

func (v *values) email() string {
	return fmt.Sprintf("%s.%s@example.com", firstNames[v.random.IntN(len(firstNames))], v.hex(4))
}

// literal is a template without calls.
func literal(text string) *Template {
	t := &Template{}
	t.add(text)
	return t
}

// ParseTemplate reads a template. {{"{{"}} stands for two braces. Errors:
// *TemplateError.
func ParseTemplate(text string) (*Template, error) {
	t := &Template{}
	for at := 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			t.add(text[at:])
			return t, nil
		}
		t.add(text[at : at+open])
		at += open
		call, length, wrong := parseCall(text[at:])
		if wrong != nil {
			return nil, wrong.in(text, at)
		}
		t.pieces = append(t.pieces, call)
		at += length
	}
}

func (t *Template) add(text string) {
	if text != "" {
		t.pieces = append(t.pieces, piece{text: text})
	}
}

// HasCalls reports whether messages made from it differ.
func (t *Template) HasCalls() bool {
	for _, p := range t.pieces {
		if p.call != nil {
			return true
		}
	}
	return false
}

func (t *Template) expand(v *values) string {
	var b strings.Builder
	for _, p := range t.pieces {
		if p.call == nil {
			b.WriteString(p.text)
		} else {
			b.WriteString(p.call(v))
		}
	}
	return b.String()
}

// misplaced is an error at a byte of a call.
type misplaced struct {
	at   int
	what string
}

func (w *misplaced) in(text string, at int) error {
	before := text[:at+w.at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return &TemplateError{Line: line, Column: column, Text: w.what}
}

// argument is a word of a call.
type argument struct {
	at     int
	text   string
	quoted bool
}

// parseCall reads what begins with "{{", and says how long it is.
func parseCall(s string) (piece, int, *misplaced) {
	words, length, wrong := callWords(s)
	if wrong != nil {
		return piece{}, 0, wrong
	}
	if len(words) == 0 {
		return piece{}, 0, &misplaced{0, "nothing stands between {{ and }}"}
	}
	head := words[0]
	if head.quoted && len(words) == 1 {
		return piece{text: head.text}, length, nil
	}
	for _, f := range TemplateFunctions() {
		if f.Name != head.text || head.quoted {
			continue
		}
		args := make([]string, 0, len(words)-1)
		for _, w := range words[1:] {
			args = append(args, w.text)
		}
		call, what := f.make(args)
		if what != "" {
			return piece{}, 0, &misplaced{head.at, f.Name + " " + what}
		}
		return piece{call: call}, length, nil
	}
	return piece{}, 0, &misplaced{head.at, fmt.Sprintf("unknown function %q; there are %s", head.text, functionNames())}
}

func functionNames() string {
	functions := TemplateFunctions()
	names := make([]string, 0, len(functions))
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// callWords splits what stands between "{{" and "}}" into words.
func callWords(s string) (words []argument, length int, wrong *misplaced) {
	for i := 2; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "}}"):
			return words, i + 2, nil
		case strings.ContainsRune(" \t\r\n", rune(s[i])):
			i++
		case s[i] == '"':
			quoted, err := strconv.QuotedPrefix(s[i:])
			if err != nil {
				return nil, 0, &misplaced{i, "a quote is opened and not closed"}
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, 0, &misplaced{i, "the quoted text is wrong"}
			}
			words = append(words, argument{i, text, true})
			i += len(quoted)
		default:
			end := i
			for end < len(s) && !strings.ContainsRune(" \t\r\n\"", rune(s[end])) && !strings.HasPrefix(s[end:], "}}") {
				end++
			}
			words = append(words, argument{i, s[i:end], false})
			i = end
		}
	}
	return nil, 0, &misplaced{0, "{{ is opened and not closed with }}"}
}
