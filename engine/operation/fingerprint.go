package operation

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What stands for the variable parts of a reason.
const (
	maskNumber = "<n>"
	maskID     = "<id>"
	maskTime   = "<time>" // also a duration
	maskAddr   = "<addr>"
	maskEmail  = "<email>"
	maskText   = `"<s>"`
	maskPath   = "/…" // behind the host of a URL
)

var masks = []string{maskNumber, maskID, maskTime, maskAddr, maskEmail}

const (
	maxReason      = 2 << 10 // bytes of a reason that are looked at
	maxFingerprint = 200     // characters
)

// Fingerprint takes the variable parts out of a failure reason (numbers, ids,
// times, addresses, quoted texts), so that the same failure of different
// messages reads the same: "timeout: payment-gw <time>". What tells failures
// apart stays: names, hosts, status codes. It looks at the first line only. A
// fingerprint is its own fingerprint.
func Fingerprint(reason string) string {
	s := firstLine(reason)
	for range 8 {
		next := cutRunes(mask(s), maxFingerprint)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// firstLine is the first line that is not blank, on single spaces.
func firstLine(s string) string {
	if len(s) > maxReason {
		s = s[:maxReason]
	}
	for line := range strings.Lines(s) {
		if fields := strings.Fields(strings.ToValidUTF8(line, "�")); len(fields) > 0 {
			return strings.Join(fields, " ")
		}
	}
	return ""
}

// cutRunes cuts to at most n characters, of which the last is then "…".
func cutRunes(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return strings.TrimRight(string(runes[:n-1]), " ") + "…"
}

// masker writes the masked text.
type masker struct {
	in   string
	pos  int
	out  strings.Builder
	word string // the last word written, in lower case, if only separators follow it
}

func mask(s string) string {
	m := masker{in: s}
	for m.pos < len(m.in) {
		m.step()
	}
	return m.out.String()
}

func (m *masker) rest() string { return m.in[m.pos:] }

// replace writes a mask instead of the next n bytes.
func (m *masker) replace(n int, with string) {
	m.out.WriteString(with)
	m.pos += n
	m.word = ""
}

// keep writes the next n bytes as they are.
func (m *masker) keep(n int) {
	m.out.WriteString(m.in[m.pos : m.pos+n])
	m.pos += n
}

// afterWord reports whether the byte before is part of a word.
func (m *masker) afterWord() bool {
	r, _ := utf8.DecodeLastRuneInString(m.in[:m.pos])
	return m.pos > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// step reads one piece: a mask, a quoted text, a word, or a single character.
func (m *masker) step() {
	r := m.rest()
	for _, known := range masks {
		if strings.HasPrefix(r, known) {
			m.replace(len(known), known)
			return
		}
	}
	switch c := r[0]; {
	case c == '"' || c == '\'' || c == '`':
		if n := quotedLength(r); n > 0 && !m.afterWord() {
			m.replace(n, maskText)
			return
		}
	case c == '[':
		if n := bracketed.FindString(r); n != "" && isAddress(n) {
			m.replace(len(n), maskAddr)
			return
		}
	case startsWord(r) && !m.afterWord():
		m.token()
		return
	}
	_, n := utf8.DecodeRuneInString(r)
	if !strings.ContainsAny(r[:n], " :=#(/") {
		m.word = ""
	}
	m.keep(n)
}

// quotedLength is the length of a quoted text at the beginning of s with its
// quotes, or 0 if it does not end, or ends inside a word (don't).
func quotedLength(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == quote:
			after, _ := utf8.DecodeRuneInString(s[i+1:])
			if i+1 < len(s) && (unicode.IsLetter(after) || unicode.IsDigit(after)) {
				continue
			}
			return i + 1
		}
	}
	return 0
}

func startsWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

var (
	urlPattern   = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^\s/?#@"'` + "`" + `]*@)?([^\s/?#"'` + "`" + `,;)\]}]+)([/?#][^\s"'` + "`" + `,;)\]}]*)?`)
	emailPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._%+-]*@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}\b`)
	uuidPattern  = regexp.MustCompile(`^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b`)
	timePattern  = regexp.MustCompile(`^(?:\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?|\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?)(?:Z|[+-]\d\d:?\d\d)?\b`)
	spanPattern  = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h|d))+`)
	ipPattern    = regexp.MustCompile(`^\d{1,3}(?:\.\d{1,3}){3}(?::\d+|/\d+)?\b`)
	ip6Pattern   = regexp.MustCompile(`^[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*`)
	bracketed    = regexp.MustCompile(`^\[[0-9a-fA-F:.%a-z0-9]+\](?::\d+)?`)
	hexPattern   = regexp.MustCompile(`^0[xX][0-9a-fA-F]+\b`)
	numPattern   = regexp.MustCompile(`^\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+\b)?`)
)

func isAddress(s string) bool {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}

// token masks what begins with a letter or a digit.
func (m *masker) token() {
	r := m.rest()
	if at := strings.Index(r, "://"); at > 0 && at < 16 {
		if u := urlPattern.FindStringSubmatch(r); u != nil {
			m.url(u)
			return
		}
	}
	for _, p := range []struct {
		pattern *regexp.Regexp
		mask    string
		needs   string // a character without which it is not worth trying
	}{
		{emailPattern, maskEmail, "@"},
		{uuidPattern, maskID, "-"},
		{timePattern, maskTime, ":-/"},
		{ipPattern, maskAddr, "."},
	} {
		if !strings.ContainsAny(r, p.needs) {
			continue
		}
		if found := p.pattern.FindString(r); found != "" {
			m.replace(len(found), p.mask)
			return
		}
	}
	if found := strings.TrimSuffix(ip6Pattern.FindString(r), ":"); found != "" && isAddress(found) {
		m.replace(len(found), maskAddr)
		return
	}
	if isDigit(rune(r[0])) {
		m.number()
		return
	}
	m.name()
}

// url keeps scheme and host, and leaves out who, port and path.
func (m *masker) url(u []string) {
	scheme, host, path := u[1], u[2], u[3]
	if at := strings.LastIndexByte(host, ':'); at > 0 && !strings.HasSuffix(host, "]") {
		host = host[:at]
	}
	if !strings.Contains(host, "://") {
		host = mask(host)
	}
	m.out.WriteString(scheme + host)
	if path != "" {
		m.out.WriteString(maskPath)
	}
	m.pos += len(u[0])
	m.word = urlWord
}

// urlWord stands for a URL as the last word: a status may follow it.
const urlWord = "://"

// number masks what begins with a digit.
func (m *masker) number() {
	r := m.rest()
	run := wordRun(r)
	if found := hexPattern.FindString(r); found != "" {
		m.replace(len(found), maskID)
		return
	}
	if found := spanPattern.FindString(r); found != "" && len(wordRun(r[len(found):])) == 0 {
		m.replace(len(found), maskTime)
		return
	}
	if isID(run) {
		m.replace(len(run), maskID)
		return
	}
	if m.pos > 0 && m.in[m.pos-1] == '_' { // img_4711
		m.replace(len(run), maskID)
		return
	}
	found := numPattern.FindString(r)
	if m.tells(found, r[len(found):]) {
		m.keep(len(found))
		m.word = ""
		return
	}
	m.replace(len(found), maskNumber)
	// A unit: 10MB.
	if unit := wordRun(m.rest()); unit != "" {
		m.keep(len(unit))
	}
}

// tells reports whether a number says what went wrong: a status or exit code.
func (m *masker) tells(number, after string) bool {
	if len(number) > 5 || strings.ContainsAny(number, ".,eE") {
		return false
	}
	switch m.word {
	case "status", "code", "statuscode", "http", "smtp", "errno", "exit", "signal", "sqlstate":
		return true
	}
	if len(number) != 3 || number[0] != '4' && number[0] != '5' {
		return false
	}
	switch m.word {
	case "returned", "answered", "responded", "got", "with", "error", urlWord:
		return true
	}
	// 503 Service Unavailable
	return len(after) > 2 && after[0] == ' ' && after[1] >= 'A' && after[1] <= 'Z' && after[2] >= 'a' && after[2] <= 'z'
}

// name masks what begins with a letter: ids, and long numbers in names.
func (m *masker) name() {
	run := wordRun(m.rest())
	if isID(run) {
		m.replace(len(run), maskID)
		return
	}
	m.word = ""
	for rest := run; rest != ""; {
		letters := strings.IndexFunc(rest, isDigit)
		if letters < 0 {
			letters = len(rest)
		}
		m.out.WriteString(rest[:letters])
		rest = rest[letters:]
		digits := strings.IndexFunc(rest, func(r rune) bool { return !isDigit(r) })
		if digits < 0 {
			digits = len(rest)
		}
		if digits >= 2 { // sha256, worker12; but http2 and s3 are names
			m.out.WriteString(maskNumber)
		} else {
			m.out.WriteString(rest[:digits])
		}
		rest = rest[digits:]
	}
	m.pos += len(run)
	m.word = strings.ToLower(run)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// wordRun is the run of letters and digits at the beginning.
func wordRun(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

// isID tells generated ids from words and numbers: hexadecimal of 6 and more,
// or long and switching often between letters and digits.
func isID(run string) bool {
	digits, hex, switches := 0, 0, 0
	for i := range len(run) {
		c := run[i]
		if c >= utf8.RuneSelf {
			return false
		}
		digit := isDigit(rune(c))
		if digit {
			digits++
		}
		if digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' {
			hex++
		}
		if i > 0 && digit != isDigit(rune(run[i-1])) {
			switches++
		}
	}
	switch {
	case digits == 0 || digits == len(run):
		return false
	case len(run) >= 6 && hex == len(run):
		return true
	default:
		return len(run) >= 10 && digits >= 3 && switches >= 3
	}
}
