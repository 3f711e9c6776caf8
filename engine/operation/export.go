package operation

import (
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"nixie/engine"
)

// Exported is a message as a line of JSON, on the command line and in files.
// The names of its fields are an interface. Of Body and BodyBase64 one is null.
type Exported struct {
	ID          engine.ID        `json:"id"`
	Queue       string           `json:"queue"`
	State       engine.State     `json:"state"`
	Tries       int              `json:"tries"`
	PublishedAt time.Time        `json:"published_at"`
	Headers     engine.Headers   `json:"headers"`
	Body        *string          `json:"body"` // if it is UTF-8
	BodyBase64  []byte           `json:"body_base64"`
	Reason      *string          `json:"reason"` // of the last failure; null: none
	Attempts    []engine.Attempt `json:"attempts"`
	Origin      *string          `json:"origin"` // of a dead letter: the queue it died in
}

// Export makes the line of a message. It shares the message's memory.
func Export(m *engine.Message) Exported {
	x := Exported{
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
	if reason := Reason(m); reason != "" {
		x.Reason = &reason
	}
	if m.Death != nil {
		x.Origin = &m.Death.Origin
	}
	return x
}

// JSONLines writes one object a line, and no character otherwise than it is.
func JSONLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
