package operation

import (
	"time"

	"nixie/engine"
)

// Filter is a parsed search. The zero value matches everything.
type Filter struct{ source string }

// FilterError says what is wrong with a filter, and where.
type FilterError struct {
	Column int // of the first wrong character, from 1
	Text   string
}

func (e *FilterError) Error() string { return e.Text }

// ParseFilter reads the filter language. Errors: *FilterError.
func ParseFilter(text string) (*Filter, error) { return &Filter{source: text}, nil }

// Match reports whether the message passes.
func (f *Filter) Match(m engine.Message, now time.Time) bool { return true }

// Empty reports whether everything passes.
func (f *Filter) Empty() bool { return f == nil || f.source == "" }

// NeedsBody reports whether Match looks into bodies: listings without bodies
// do for the others.
func (f *Filter) NeedsBody() bool { return false }

// String is the filter as it was written.
func (f *Filter) String() string { return f.source }
