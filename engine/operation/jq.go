package operation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/itchyny/gojq"

	"nixie/engine"
)

// jqSteps bounds one run of an expression on one body: an endless one counts as
// no match. Steps are counted, not timed, so that a filter means the same on a
// machine that is busy.
const jqSteps = 5_000_000

// steps is a context that is done when gojq, which looks before each step, has
// looked too often.
type steps struct {
	context.Context
	left int
}

// spent is a channel of those who have no steps left.
var spent = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (s *steps) Done() <-chan struct{} {
	if s.left--; s.left < 0 {
		return spent
	}
	return nil
}

func (s *steps) Err() error { return context.DeadlineExceeded }

// expression reads a jq expression, which reaches to the end of the filter.
func (p *parser) expression(negated bool) error {
	start := p.pos
	source := strings.TrimRightFunc(p.rest(), unicode.IsSpace)
	p.pos = len(p.text)
	code, err := compileJQ(source)
	if err != nil {
		at := start
		if parse, ok := errors.AsType[*gojq.ParseError](err); ok {
			// The offset is behind the token that was not expected.
			at += max(min(parse.Offset, len(source))-len(parse.Token), 0)
		}
		return p.fail(at, "wrong jq expression", err.Error())
	}
	p.filter.body = true
	p.add(negated, func(m *engine.Message, _ time.Time) bool { return holds(code, m.Body) })
	return nil
}

// compileJQ compiles an expression. It has no way out: no environment, no
// modules, no input.
func compileJQ(source string) (*gojq.Code, error) {
	query, err := gojq.Parse(source)
	if err != nil {
		return nil, err
	}
	return gojq.Compile(query)
}

// holds reports whether the expression yields anything but null and false for
// a JSON body. Other bodies, and errors, do not hold.
func holds(code *gojq.Code, body []byte) bool {
	value, err := decodeJSON(body)
	if err != nil {
		return false
	}
	results := code.RunWithContext(&steps{Context: context.Background(), left: jqSteps}, value)
	for {
		result, ok := results.Next()
		if !ok {
			return false
		}
		if _, failed := result.(error); failed {
			return false
		}
		if result != nil && result != false {
			return true
		}
	}
}

// decodeJSON reads a body that is one JSON value. Numbers stay as they are
// written, so that 64-bit integers are exact.
func decodeJSON(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more follows after the JSON value")
	}
	return value, nil
}
