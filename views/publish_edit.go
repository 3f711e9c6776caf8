package views

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// NewEdit returns the screen that replaces the message OpenMsg.ID of
// OpenMsg.Queue by an edited one, and sends that where it belongs.
func NewEdit(env *Env, open OpenMsg) View {
	open.Screen = EditScreen
	return newPublish(env, open)
}

// editing is a message that is being edited.
type editing struct {
	ref   operation.Ref
	fetch *fetcher[engine.Message]
	begun bool // the editor has its content
}

func newEditing(env *Env, open OpenMsg) *editing {
	e := env.Engine
	return &editing{
		ref: operation.Ref{Queue: open.Queue, ID: open.ID},
		fetch: newFetcher(env, func(ctx context.Context) (engine.Message, error) {
			m, err := e.Message(ctx, open.Queue, open.ID)
			if err == nil && m.State == engine.InFlight {
				err = &engine.Error{Op: "edit", Queue: open.Queue, ID: open.ID, Err: engine.ErrInFlight}
			}
			return m, err
		}),
	}
}

// origin is where the message goes, unless another queue is named.
func (e *editing) origin() string {
	m := e.fetch.value
	if m.State == engine.Dead && m.Death != nil {
		return m.Death.Origin
	}
	return e.ref.Queue
}

// replacement is the new message.
func (e *editing) replacement(v *Publish) engine.Outgoing {
	l := v.load()
	out := engine.Outgoing{Body: l.Body, Group: l.Group, DedupID: l.DedupID, Delay: l.Delay}
	if len(l.Headers) > 0 {
		out.Headers = l.Headers
	}
	return out
}

// same reports whether nothing was changed.
func (e *editing) same(v *Publish) bool {
	m, out := e.fetch.value, e.replacement(v)
	return bytes.Equal(m.Body, out.Body) && maps.Equal(m.Headers, out.Headers) && m.Group == out.Group && m.DedupID == out.DedupID && out.Delay == 0
}

// request asks for the plan of the edit.
func (e *editing) request(v *Publish) operation.Request {
	v.run.expect(v.env)
	to := v.text(toKey).String()
	if to == e.origin() {
		to = ""
	}
	return operation.Request{
		Verb: operation.Edit, To: to, Replacement: e.replacement(v),
		Select: operation.Selection{Queues: []string{e.ref.Queue}, State: e.fetch.value.State, Refs: []operation.Ref{e.ref}},
	}
}

// diff shows what is different, line by line; JSON as if it were indented.
func (e *editing) diff(v *Publish, width, height int) string {
	s := v.env.Styles
	switch {
	case e.fetch.err != nil:
		return s.Bad.Render(widget.SafeFit(e.fetch.err.Error(), width))
	case !e.fetch.loaded:
		return s.Muted.Render("reading" + s.Glyphs.Ellipsis)
	case e.same(v):
		return s.Muted.Render("none yet")
	}
	before, after := e.texts(v)
	if len(before)+len(after) > maxDiff {
		return s.Muted.Render(widget.Fit(fmt.Sprintf("%s before, %s after: too large to compare here", widget.Bytes(int64(len(before))), widget.Bytes(int64(len(after)))), width))
	}
	var lines []string
	unified := udiff.Unified("before", "after", before, after)
	for i, line := range strings.Split(strings.TrimSuffix(unified, "\n"), "\n") {
		if i < 2 || len(lines) == height { // the names of the files
			continue
		}
		text := widget.SafeFit(line, width)
		switch {
		case strings.HasPrefix(line, "@@"):
			if len(lines) == 0 {
				continue
			}
			text = s.Faint.Render(strings.Repeat(s.Glyphs.Rule, width))
		case strings.HasPrefix(line, "+"):
			text = s.Good.Render(text)
		case strings.HasPrefix(line, "-"):
			text = s.Bad.Render(text)
		case strings.HasPrefix(line, `\`):
			continue
		default:
			text = s.Muted.Render(text)
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// maxDiff bounds what is compared with each key that is typed, in bytes.
const maxDiff = 128 << 10

// texts are the messages before and after, in lines that can be compared.
func (e *editing) texts(v *Publish) (before, after string) {
	m, out := e.fetch.value, e.replacement(v)
	write := func(headers map[string]string, group, dedup string, body []byte) string {
		var b bytes.Buffer
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			fmt.Fprintf(&b, "%s = %s\n", name, strings.ReplaceAll(headers[name], "\n", "\u240a"))
		}
		if group != "" {
			fmt.Fprintf(&b, "group = %s\n", group)
		}
		if dedup != "" {
			fmt.Fprintf(&b, "dedup id = %s\n", dedup)
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") == nil {
			body = pretty.Bytes()
		}
		b.Write(body)
		b.WriteByte('\n')
		return b.String()
	}
	before = write(m.Headers, m.Group, m.DedupID, m.Body)
	after = write(out.Headers, out.Group, out.DedupID, out.Body)
	if before == after && !bytes.Equal(m.Body, out.Body) { // only the spaces differ
		return string(m.Body) + "\n", string(out.Body) + "\n"
	}
	return before, after
}
