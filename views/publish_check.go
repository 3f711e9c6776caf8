package views

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"unicode/utf8"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// sample is the first message that would be sent, and what is known of it.
type sample struct {
	seed        uint64 // of the functions, so that what is shown is sent
	out         engine.Outgoing
	err         error
	count       int64
	verdict     verdict
	text        string // the verdict in words
	formattable bool
}

// verdict is how good a body is.
type verdict int

const (
	plainBody verdict = iota // neither JSON nor meant to be
	goodJSON
	badJSON
)

// check makes the sample anew, and says what is wrong with it.
func (v *Publish) check() {
	if v.sample.seed == 0 {
		v.sample.seed = rand.Uint64()>>1 + 1
	}
	load := v.load()
	if v.loaded != nil && load.Lines { // what is large is not split with each key
		load.Body = v.first
		v.sample.count = or64(load.Count, v.inFile)
	} else {
		v.sample.count = load.Messages()
	}
	v.sample.out, v.sample.err = load.Message(1, v.env.Now())
	if limit := v.fetch.value.limit; v.sample.err == nil && limit > 0 && len(v.sample.out.Body) > limit {
		v.sample.err = fmt.Errorf("a body has at most %s, this one %s", widget.Bytes(int64(limit)), widget.Bytes(int64(len(v.sample.out.Body))))
	}
	v.judge()
	if v.edit == nil {
		v.preview.SetContent(v.sample.out.Body, 0)
	}
	v.checkFields()
	v.layout()
}

// judge says whether what would be sent is JSON.
func (v *Publish) judge() {
	s := &v.sample
	body := v.content()
	valid := s.err == nil && !v.lines() && json.Valid(s.out.Body)
	s.formattable = valid && v.loaded == nil && bytes.Equal(body, s.out.Body)
	s.verdict, s.text = plainBody, "text"
	var template *operation.TemplateError
	switch {
	case errors.As(s.err, &template):
		s.verdict, s.text = badJSON, template.Error()
		return
	case s.err != nil:
		s.verdict, s.text = badJSON, problem(s.err)
		return
	case v.lines():
		v.judgeLines()
		return
	case len(body) == 0:
		s.text = "empty"
		return
	}
	switch first := bytes.TrimLeft(s.out.Body, " \t\r\n"); {
	case valid:
		s.verdict, s.text = goodJSON, "JSON"
	case len(first) > 0 && (first[0] == '{' || first[0] == '['):
		s.verdict, s.text = badJSON, "no JSON: "+placeOf(s.out.Body)
	case !utf8.Valid(body):
		s.text = "bytes"
	}
}

// judgeLines checks the first lines, each for itself.
func (v *Publish) judgeLines() {
	const most = 1000
	s := &v.sample
	n, valid := 0, 0
	for line := range bytes.Lines(v.content()) {
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) == 0 {
			continue
		}
		if n++; n > most {
			break
		}
		if json.Valid(line) || !v.literal() && bytes.Contains(line, []byte("{{")) {
			valid++
		}
	}
	s.text = widget.Plural(s.count, "message")
	switch checked := min(n, most); {
	case valid == checked && n > 0:
		s.verdict, s.text = goodJSON, s.text+", each JSON"
	case valid > 0:
		s.verdict, s.text = badJSON, fmt.Sprintf("%s; no JSON: %d of the first %d", s.text, checked-valid, checked)
	}
}

// or64 is n, or instead if that is 0.
func or64(n, instead int64) int64 {
	if n == 0 {
		return instead
	}
	return n
}

// placeOf says where and why JSON is wrong.
func placeOf(body []byte) string {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, new(json.RawMessage)); !errors.As(err, &syntax) {
		return fmt.Sprint(err)
	}
	off := min(max(int(syntax.Offset)-1, 0), len(body))
	before := body[:off]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d: %s", line, column, syntax.Error())
}

// format indents the body; what is indented already becomes compact.
func (v *Publish) format() {
	var out bytes.Buffer
	if json.Indent(&out, v.body.Value(), "", "  ") != nil {
		return
	}
	if bytes.Equal(out.Bytes(), v.body.Value()) {
		out.Reset()
		if json.Compact(&out, v.body.Value()) != nil {
			return
		}
	}
	v.setBody(out.Bytes())
	v.check()
}
