package views

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// writeExport writes a selection as JSON lines and returns how many.
func writeExport(ctx context.Context, out io.Writer, e engine.Inspector, clock func() time.Time, s operation.Selection) (n int64, err error) {
	filter, err := operation.ParseFilter(s.Filter)
	if err != nil {
		return 0, err
	}
	encoder := operation.JSONLines(out)
	for m, err := range selected(ctx, e, s) {
		if err != nil {
			return n, err
		}
		if len(s.Refs) == 0 && !filter.Match(*m, clock()) {
			continue
		}
		if err := encoder.Encode(operation.Export(m)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// selected are the messages that were named, or else all in the state, whole.
func selected(ctx context.Context, e engine.Inspector, s operation.Selection) iter.Seq2[*engine.Message, error] {
	if len(s.Refs) == 0 {
		return operation.Messages(ctx, e, s.Queues[0], engine.ListOptions{State: s.State, Limit: scanPage})
	}
	return func(yield func(*engine.Message, error) bool) {
		for _, ref := range s.Refs {
			m, err := e.Message(ctx, ref.Queue, ref.ID)
			if !yield(&m, err) {
				return
			}
		}
	}
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
	return NoticeMsg{Kind: NoticeDone, Text: fmt.Sprintf("exported %s to %s", widget.Plural(n, "message"), widget.Safe(path))}
}
