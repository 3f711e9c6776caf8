package views

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// exported is a message on a line of an export: the fields of "nixie peek
// --json". Of body and body_base64 one is null.
type exported struct {
	ID          engine.ID        `json:"id"`
	Queue       string           `json:"queue"`
	State       engine.State     `json:"state"`
	Tries       int              `json:"tries"`
	PublishedAt time.Time        `json:"published_at"`
	Headers     engine.Headers   `json:"headers"`
	Body        *string          `json:"body"`
	BodyBase64  []byte           `json:"body_base64"`
	Reason      *string          `json:"reason"`
	Attempts    []engine.Attempt `json:"attempts"`
	Origin      *string          `json:"origin"`
}

func newExported(m engine.Message) exported {
	x := exported{
		ID: m.ID, Queue: m.Queue, State: m.State, Tries: m.Tries, PublishedAt: m.PublishedAt.UTC(),
		Headers: m.Headers, Attempts: m.Attempts,
	}
	if x.Headers == nil {
		x.Headers = engine.Headers{}
	}
	if x.Attempts == nil {
		x.Attempts = []engine.Attempt{}
	}
	if utf8.Valid(m.Body) {
		body := string(m.Body)
		x.Body = &body
	} else {
		x.BodyBase64 = m.Body
	}
	if reason := lastReason(m); reason != "" {
		x.Reason = &reason
	}
	if m.Death != nil {
		x.Origin = &m.Death.Origin
	}
	return x
}

// lastReason is why a message failed the last time.
func lastReason(m engine.Message) string {
	if m.State == engine.Dead && m.Death != nil {
		if m.Death.Cause != "" {
			return m.Death.Cause
		}
		return string(m.Death.Reason)
	}
	if n := len(m.Attempts); n > 0 {
		return m.Attempts[n-1].Reason
	}
	return ""
}

// writeExport writes a selection as JSON lines and returns how many.
func writeExport(ctx context.Context, out io.Writer, e engine.Inspector, clock func() time.Time, s operation.Selection) (n int64, err error) {
	filter, err := operation.ParseFilter(s.Filter)
	if err != nil {
		return 0, err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	err = eachSelected(ctx, e, s,
		func(m engine.Message) bool { return filter.Match(m, clock()) },
		func(m engine.Message) error {
			n++
			return encoder.Encode(newExported(m))
		})
	return n, err
}

// exportTo writes a selection to a new file. A file that is there is never
// overwritten, and one that could not be finished is removed.
func exportTo(ctx context.Context, e engine.Inspector, clock func() time.Time, s operation.Selection, path string) tea.Msg {
	fail := func(err error) tea.Msg { return NoticeMsg{Kind: NoticeError, Text: "export: " + err.Error()} }
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return fail(err)
		}
		path = filepath.Join(home, rest)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fail(err)
	}
	buffered := bufio.NewWriter(file)
	n, err := writeExport(ctx, buffered, e, clock, s)
	if err == nil {
		err = buffered.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path)
		return fail(err)
	}
	return NoticeMsg{Kind: NoticeDone, Text: fmt.Sprintf("exported %s to %s", number64(n, "message"), widget.Safe(path))}
}

// number64 is number for large counts.
func number64(n int64, one string) string {
	if n != 1 {
		one += "s"
	}
	return widget.Count(n) + " " + one
}
