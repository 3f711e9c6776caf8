package cli

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"nixie/engine"
	"nixie/views/widget"
)

// isTerminal reports whether somebody looks at w.
func isTerminal(w any) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

// width is how many cells a line of w has; 0: no limit.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(w) {
		return 0
	}
	columns, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return columns
}

// oneLine makes text by strangers fit for one line of a terminal.
func oneLine(s string) string {
	return widget.Safe(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
}

// queueJSON is a queue on a line. Its fields are an interface.
type queueJSON struct {
	Name          string   `json:"name"`
	Ready         int64    `json:"ready"`
	InFlight      int64    `json:"in_flight"`
	Delayed       int64    `json:"delayed"`
	Dead          int64    `json:"dead"`
	OldestSeconds *float64 `json:"oldest_seconds"` // null: none is ready
	Published     int64    `json:"published"`
	Delivered     int64    `json:"delivered"`
	Acked         int64    `json:"acked"`
	Failed        int64    `json:"failed"`

	Paused bool       `json:"paused"`
	Policy policyJSON `json:"policy"`
}

// policyJSON is a policy. Its fields are named as the flags of create.
type policyJSON struct {
	Lease         float64 `json:"lease_seconds"`
	MaxTries      int     `json:"max_tries"`
	Backoff       float64 `json:"backoff_seconds"`
	BackoffFactor float64 `json:"backoff_factor"`
	BackoffMax    float64 `json:"backoff_max_seconds"`
	BackoffJitter float64 `json:"backoff_jitter"`
	DeadLetters   string  `json:"dead_letters"`
	Delay         float64 `json:"delay_seconds"`
	TTL           float64 `json:"ttl_seconds"`
	MaxDepth      int64   `json:"max_depth"`
	MaxBytes      int64   `json:"max_bytes"`
	DropOldest    bool    `json:"drop_oldest"`
	Ordered       bool    `json:"ordered"`
	DedupWindow   float64 `json:"dedup_window_seconds"`
	Relaxed       bool    `json:"relaxed"`
}

func newPolicyJSON(p engine.Policy) policyJSON {
	return policyJSON{
		Lease: p.VisibilityTimeout.Seconds(), MaxTries: p.MaxTries,
		Backoff: p.Backoff.Base.Seconds(), BackoffFactor: p.Backoff.Factor, BackoffMax: p.Backoff.Max.Seconds(), BackoffJitter: p.Backoff.Jitter,
		DeadLetters: p.DeadLetter, Delay: p.Delay.Seconds(), TTL: p.TTL.Seconds(),
		MaxDepth: p.MaxDepth, MaxBytes: p.MaxBytes, DropOldest: p.Overflow == engine.DropOldest,
		Ordered: p.Ordered, DedupWindow: p.DedupWindow.Seconds(), Relaxed: p.Durability == engine.Relaxed,
	}
}

func newQueueJSON(q engine.QueueInfo, now time.Time) queueJSON {
	j := queueJSON{
		Name: q.Name, Ready: q.Ready, InFlight: q.InFlight, Delayed: q.Delayed, Dead: q.Dead,
		Published: q.Totals.Published, Delivered: q.Totals.Delivered, Acked: q.Totals.Acked, Failed: q.Totals.Failed,
		Paused: q.Paused, Policy: newPolicyJSON(q.Policy),
	}
	if !q.OldestAt.IsZero() {
		age := max(now.Sub(q.OldestAt), 0).Round(time.Millisecond).Seconds()
		j.OldestSeconds = &age
	}
	return j
}

// table is aligned text for people. All cells are made safe.
type table struct {
	columns []column
	rows    [][]string
}

type column struct {
	title string
	align widget.Align
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write writes the table; the last column is cut to what limit leaves of a
// line (0: no limit).
func (t *table) write(w io.Writer, limit int) error {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = ansi.StringWidth(c.title)
		for _, row := range t.rows {
			row[i] = widget.Safe(row[i])
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.title
	}
	var b strings.Builder
	for _, row := range append([][]string{titles}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-ansi.StringWidth(cell))
			if t.columns[i].align == widget.Right {
				cell = gap + cell
			} else {
				cell += gap
			}
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(cell)
		}
		text := strings.TrimRight(line.String(), " ")
		if limit > 0 {
			text = ansi.Truncate(text, limit, "…")
		}
		b.WriteString(text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
