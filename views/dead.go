package views

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// Dead is the screen of dead letters by cause: of one queue, or of all. It
// shows the causes, what sets the messages of one apart, and samples of them.
//
// The list is live until the operator moves in it or marks something; then it
// stands still and counts what is new.
type Dead struct {
	env    *Env
	queue  string // "": all
	open   OpenMsg
	fetch  *fetcher[deadReport]
	seen   *atomic.Int64 // letters looked at by the search under way
	counts *fetcher[map[string]int64]
	grid   *widget.Grid

	why    deadWhy
	sample deadSample
	detail *messageDetail
	filter filterField

	held     bool // the operator moved: the list stands still
	inDetail bool
	lower    lowerPane
	wanted   string // a cause to put the cursor on

	box           deadBoxes
	width, height int
}

// deadWhy is what sets the messages of a cause apart.
type deadWhy struct {
	fetch *fetcher[operation.Explanation]
	of    string // the cause
	count int64  // its letters then
}

// deadSample is the message of a cause that is shown.
type deadSample struct {
	fetch *fetcher[engine.Message]
	of    string // the cause
	at    int    // the place among its samples
}

// deadReport is what a search found, and how long it took.
type deadReport struct {
	operation.CauseReport
	took time.Duration
}

// lowerPane is what a narrow screen shows below the causes.
type lowerPane int

const (
	lowerSample lowerPane = iota
	lowerWhy
	lowerNone
	lowerPanes
)

// explainEnough is the number of letters that say as much as more would.
const explainEnough = 200

// deadRest lies between two searches; a slow one rests longer.
const deadRest = time.Second

// NewDead returns the screen of OpenMsg.Queue, or of all queues.
func NewDead(env *Env, open OpenMsg) View {
	v := &Dead{
		env: env, queue: open.Queue, open: open, seen: &atomic.Int64{}, wanted: open.Cause,
		grid:   widget.NewGrid(env.Styles, causeColumns("", stampWidth(env), false)...),
		detail: newMessageDetail(env, open.Queue),
		filter: newFilterField("words, died<1h, origin:payments, header.tenant:acme, .order.total > 100"),
	}
	v.fetch = newFetcher[deadReport](env, nil)
	v.fetch.rest = deadRest
	v.counts = newFetcher(env, func(ctx context.Context) (map[string]int64, error) {
		queues, err := env.Engine.Queues(ctx)
		deaths := map[string]int64{}
		for _, q := range queues {
			deaths[q.Name] = q.Totals.Dead
		}
		return deaths, err
	})
	v.why.fetch = newFetcher[operation.Explanation](env, nil)
	v.sample.fetch = newFetcher[engine.Message](env, nil)
	return v
}

func (v *Dead) Init() tea.Cmd {
	if v.open.Filter != "" {
		v.filter.set(v.open.Filter)
	}
	return v.search()
}

// search looks for causes with the filter as it is now.
func (v *Dead) search() tea.Cmd {
	env, seen, filter := v.env, v.seen, v.filter.applied
	options := operation.CauseOptions{Filter: filter, Progress: seen.Store}
	if v.queue != "" {
		options.Queues = []string{v.queue}
	}
	seen.Store(0)
	return v.fetch.Restart(func(ctx context.Context) (deadReport, error) {
		begun := time.Now()
		report, err := env.Operations.Causes(ctx, options)
		return deadReport{report, time.Since(begun)}, err
	})
}

// live reports whether the list may change under the cursor.
func (v *Dead) live() bool { return !v.held && !v.inDetail && v.grid.MarkCount() == 0 }

func (v *Dead) refresh() tea.Cmd {
	if v.live() || !v.fetch.loaded {
		return v.fetch.Load()
	}
	return tea.Batch(v.counts.Load(), v.detail.refresh())
}

func (v *Dead) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case TickMsg, ShownMsg, ChangesMsg:
		return v.refresh()
	case JobsMsg:
		return v.fetch.Load()
	case tea.KeyPressMsg, tea.PasteMsg:
		if v.filter.typing {
			cmd, _ := v.filter.line.Update(m)
			return cmd
		}
		return v.detail.update(m)
	case tea.MouseMsg:
		return v.mouse(m)
	case causeNoteMsg:
		return v.remember(func(m1 *operation.Manager) error { return m1.SetNote(m.cause, m.note) })
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh {
		return tea.Batch(cmd, v.found())
	}
	counted, _ := v.counts.Update(msg)
	explained, _ := v.why.fetch.Update(msg)
	sampled, fresh := v.sample.fetch.Update(msg)
	if fresh {
		sampled = tea.Batch(sampled, v.showSample())
	}
	return tea.Batch(cmd, counted, explained, sampled, v.detail.update(msg))
}

// causeNoteMsg comes back from the prompt for a note.
type causeNoteMsg struct{ cause, note string }

// found shows what a search found.
func (v *Dead) found() tea.Cmd {
	v.fetch.rest = max(deadRest, 4*v.fetch.value.took)
	v.setRows()
	v.forget()
	if v.wanted != "" && v.fetch.loaded {
		v.held = v.grid.Select(v.wanted)
		v.wanted = ""
	} else if v.live() {
		v.grid.Home()
	}
	v.SetSize(v.width, v.height)
	return v.chosen()
}

// forget takes the marks off causes that are gone.
func (v *Dead) forget() {
	there := map[string]bool{}
	for _, c := range v.fetch.value.Causes {
		there[c.Key] = true
	}
	for _, key := range v.grid.Marks() {
		if !there[key] {
			v.grid.Unmark(key)
		}
	}
}

// current is the cause under the cursor.
func (v *Dead) current() (operation.Cause, bool) {
	_, i, ok := v.grid.Cursor()
	if !ok || i >= len(v.fetch.value.Causes) {
		return operation.Cause{}, false
	}
	return v.fetch.value.Causes[i], true
}

// chosen lets the panes follow the cursor.
func (v *Dead) chosen() tea.Cmd {
	c, ok := v.current()
	if !ok {
		return nil
	}
	var explain, sample tea.Cmd
	if c.Key != v.why.of || c.Count > 2*v.why.count && v.why.count < explainEnough {
		v.why.of, v.why.count = c.Key, c.Count
		manager, report := v.env.Operations, v.fetch.value.CauseReport
		explain = v.why.fetch.Restart(func(ctx context.Context) (operation.Explanation, error) {
			return manager.Explain(ctx, report, c.Key)
		})
	}
	if c.Key != v.sample.of || v.sample.fetch.err != nil || v.detail.gone {
		v.sample.of, v.sample.at = c.Key, 0
		sample = v.readSample(c)
	}
	return tea.Batch(explain, sample)
}

// readSample reads the sample of a cause; one that is gone leads to the next.
func (v *Dead) readSample(c operation.Cause) tea.Cmd {
	if len(c.Samples) == 0 {
		return nil
	}
	e, refs := v.env.Engine, append(append([]operation.Ref{}, c.Samples[v.sample.at:]...), c.Samples[:v.sample.at]...)
	return v.sample.fetch.Restart(func(ctx context.Context) (engine.Message, error) {
		for _, ref := range refs {
			m, err := e.Message(ctx, ref.Queue, ref.ID)
			if !errors.Is(err, engine.ErrMessageNotFound) && !errors.Is(err, engine.ErrQueueNotFound) {
				return m, err
			}
		}
		return engine.Message{}, engine.ErrMessageNotFound
	})
}

// showSample shows what was read.
func (v *Dead) showSample() tea.Cmd {
	m := v.sample.fetch.value
	if v.sample.fetch.err != nil || m.ID == "" {
		return nil
	}
	c, _ := v.current()
	for i, ref := range c.Samples {
		if ref.ID == m.ID && ref.Queue == m.Queue {
			v.sample.at = i
		}
	}
	v.detail.queue = m.Queue
	return v.detail.show(m)
}

// news counts the deaths since the list stands still.
func (v *Dead) news() (n int64) {
	if v.live() || !v.counts.loaded {
		return 0
	}
	for name, before := range v.fetch.value.Deaths {
		if now, ok := v.counts.value[name]; ok {
			n += max(now-before, 0)
		}
	}
	return n
}

// selection is what an action is about: the marked causes, or the one under
// the cursor.
func (v *Dead) selection() operation.Selection {
	s := operation.Selection{State: engine.Dead, Causes: v.grid.Marks(), Filter: v.filter.applied.String()}
	if v.queue != "" {
		s.Queues = []string{v.queue}
	}
	if c, ok := v.current(); ok && len(s.Causes) == 0 {
		s.Causes = []string{c.Key}
	}
	return s
}

func (v *Dead) SetSize(width, height int) {
	v.width, v.height = width, height
	v.box = v.boxes()
	v.grid.SetFocused(!v.inDetail)
	v.grid.SetSize(v.box.grid.Dx(), v.box.grid.Dy())
	v.detail.setSize(v.box.detail.Dx(), v.box.detail.Dy())
}

func (v *Dead) Cursor() *tea.Cursor {
	if v.filter.typing {
		return v.filter.line.Cursor(1, v.height-1)
	}
	c := v.detail.cursor()
	if c != nil {
		c.X += v.box.detail.Min.X
		c.Y += v.box.detail.Min.Y
	}
	return c
}

func (v *Dead) Title() string {
	if v.queue == "" {
		return "dead letters"
	}
	return engine.DeadName(v.queue)
}

func (v *Dead) Scopes() []keymap.Scope {
	switch {
	case v.Capturing():
		return []keymap.Scope{keymap.Input}
	case v.inDetail:
		return append(v.detail.scopes(), keymap.Dead, keymap.Messages, keymap.List)
	default:
		return []keymap.Scope{keymap.Dead, keymap.List, keymap.Marking, keymap.Messages}
	}
}

func (v *Dead) Capturing() bool { return v.filter.typing || v.detail.typing }

func (v *Dead) Close() {
	v.fetch.Close()
	v.counts.Close()
	v.why.fetch.Close()
	v.sample.fetch.Close()
	v.detail.close()
}
