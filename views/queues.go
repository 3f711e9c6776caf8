package views

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/keymap"
	"nixie/views/widget"
)

// Queues is the home screen: all queues, how they do, and a preview of the one
// under the cursor.
type Queues struct {
	env        *Env
	fetch      *fetcher[[]engine.QueueInfo]
	sparks     *fetcher[map[string][]float64] // depth, of sparkNames
	sparkNames []string                       // the queues on screen
	storage    *fetcher[engine.Storage]
	preview    *queuePreview
	grid       *widget.Grid

	rows    []queueRow     // sorted and filtered: what the grid shows
	order   map[string]int // the place of each queue since the last sorting
	filter  *line
	typing  bool
	touched bool // the operator moved the cursor: it stays with its queue
	place   previewPlace
	sorted  time.Time // when the rows were put in order last
	width   int
	height  int
	gridBox rect
}

// queueRow is a queue as it is shown.
type queueRow struct {
	engine.QueueInfo
	Health Health
}

// NewQueues returns the home screen.
func NewQueues(env *Env, open OpenMsg) View {
	e := env.Engine
	v := &Queues{
		env:    env,
		fetch:  newFetcher(env, func(ctx context.Context) ([]engine.QueueInfo, error) { return e.Queues(ctx) }),
		grid:   widget.NewGrid(env.Styles, queueColumns(stampWidth(env))...),
		filter: newLine("/ ", "part of a name"),
		place:  previewAuto,
	}
	v.fetch.rest = queuesRefresh
	v.sparks = newFetcher[map[string][]float64](env, nil)
	v.storage = newFetcher(env, func(ctx context.Context) (engine.Storage, error) {
		if s, ok := e.(engine.Stored); ok {
			return s.Storage(ctx)
		}
		return engine.Storage{}, nil
	})
	v.preview = newQueuePreview(env)
	v.grid.SetSort("dead", true)
	v.filter.SetValue(open.Filter)
	return v
}

// queuesRefresh lies between two readings of the table: often enough to see a
// message arrive, and calm enough to read numbers.
const queuesRefresh = 300 * time.Millisecond

// sortPause lies between two sortings: rows that jump cannot be read.
const sortPause = 2 * time.Second

func (v *Queues) Init() tea.Cmd { return tea.Batch(v.fetch.Load(), v.storage.Load()) }

func (v *Queues) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case ChangesMsg:
		return v.fetch.Load()
	case TickMsg, ShownMsg:
		return tea.Batch(v.fetch.Load(), v.storage.Load(), v.loadSparks(true), v.preview.load())
	case tea.KeyPressMsg, tea.PasteMsg:
		return v.typed(m)
	case tea.MouseMsg:
		return v.mouse(m)
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh {
		first := v.rows == nil
		v.arrange(v.env.Now().Sub(v.sorted) >= sortPause)
		if first {
			return tea.Batch(cmd, v.loadSparks(false), v.chosen())
		}
		return tea.Batch(cmd, v.chosen())
	}
	sparked, fresh := v.sparks.Update(msg)
	if fresh {
		v.setRows()
	}
	stored, _ := v.storage.Update(msg)
	return tea.Batch(cmd, sparked, stored, v.preview.update(msg))
}

// typed takes what is typed into the filter.
func (v *Queues) typed(msg tea.Msg) tea.Cmd {
	cmd, changed := v.filter.Update(msg)
	if changed {
		v.arrange(true)
		return tea.Batch(cmd, v.loadSparks(false), v.chosen())
	}
	return cmd
}

// chosen lets the preview follow the cursor.
func (v *Queues) chosen() tea.Cmd {
	q, _ := v.current()
	if v.previewBox(v.place).Empty() {
		return nil
	}
	return v.preview.show(q)
}

// current is the queue under the cursor.
func (v *Queues) current() (queueRow, bool) {
	_, i, ok := v.grid.Cursor()
	if !ok || i >= len(v.rows) {
		return queueRow{}, false
	}
	return v.rows[i], true
}

func (v *Queues) Act(a keymap.Action) (tea.Cmd, bool) {
	if moved := moveGrid(v.grid, a); moved {
		v.touched = true
		return tea.Batch(v.loadSparks(false), v.chosen()), true
	}
	switch a {
	case keymap.Accept, keymap.Cancel:
		return v.leaveFilter(a == keymap.Cancel), true
	case keymap.Next, keymap.Prev:
		v.grid.Move(map[keymap.Action]int{keymap.Next: 1, keymap.Prev: -1}[a])
		return v.chosen(), true
	case keymap.Filter:
		v.typing = true
		return v.filter.Focus(), true
	case keymap.SortNext:
		return v.sortBy(v.grid.SortStep(1), true), true
	case keymap.SortPrev:
		return v.sortBy(v.grid.SortStep(-1), true), true
	case keymap.SortFlip:
		key, desc := v.grid.Sort()
		return v.sortBy(key, !desc), true
	case keymap.Preview:
		v.place = v.nextPlace()
		v.SetSize(v.width, v.height)
		return v.chosen(), true
	case keymap.CreateQueue:
		return send(OpenMsg{Screen: SettingsScreen}), true
	}
	return v.actOnQueue(a)
}

// actOnQueue does what needs a queue under the cursor.
func (v *Queues) actOnQueue(a keymap.Action) (tea.Cmd, bool) {
	q, ok := v.current()
	if !ok && a != keymap.PublishTo && a != keymap.Configure {
		return nil, false
	}
	switch a {
	case keymap.Open:
		return send(OpenMsg{Screen: QueueScreen, Queue: q.Name}), true
	case keymap.Copy:
		return send(CopyMsg{What: "the name", Text: q.Name}), true
	case keymap.CopyMenu:
		return send(DialogMsg{Dialog: NewChooser(v.env, "Copy", copyQueueChoices(q.QueueInfo))}), true
	}
	return actOnQueue(v.env, a, q.QueueInfo, ok)
}

func (v *Queues) Why(a keymap.Action) string {
	switch a {
	case keymap.Open, keymap.Copy, keymap.CopyMenu, keymap.JumpDead, keymap.PauseQueue, keymap.PurgeQueue, keymap.DeleteQueue:
		if _, ok := v.current(); !ok {
			return "there is no queue under the cursor"
		}
	case keymap.Preview:
		if v.nextPlace() == v.place {
			return noPreview
		}
	case keymap.Follow, keymap.Export:
		return "not in the table of queues"
	}
	return ""
}

// leaveFilter gives the keyboard back to the table.
func (v *Queues) leaveFilter(clear bool) tea.Cmd {
	v.typing = false
	v.filter.Blur()
	if clear && v.filter.Value() != "" {
		v.filter.SetValue("")
		v.arrange(true)
	}
	return v.chosen()
}

// Back clears the filter.
func (v *Queues) Back() (tea.Cmd, bool) {
	if v.filter.Value() == "" {
		return nil, false
	}
	return v.leaveFilter(true), true
}

func (v *Queues) sortBy(key string, desc bool) tea.Cmd {
	v.grid.SetSort(key, desc)
	v.arrange(true)
	return tea.Batch(v.loadSparks(false), v.chosen())
}

func (v *Queues) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	if !inside(v.gridBox, m.X, m.Y) {
		return nil
	}
	v.touched = true
	switch msg.(type) {
	case tea.MouseWheelMsg:
		v.grid.Scroll(wheel(m))
	case tea.MouseClickMsg:
		hit := v.grid.Hit(m.X-v.gridBox.Min.X, m.Y-v.gridBox.Min.Y)
		switch hit.Kind {
		case widget.OnHeader:
			return v.sortClicked(hit.Column)
		case widget.OnScrollbar:
			v.grid.SelectIndex(int(hit.Fraction * float64(len(v.rows))))
		case widget.OnRow:
			if id, _, _ := v.grid.Cursor(); id == hit.ID {
				cmd, _ := v.actOnQueue(keymap.Open)
				return cmd
			}
			v.grid.Select(hit.ID)
		}
	}
	return tea.Batch(v.loadSparks(false), v.chosen())
}

// sortClicked sorts by the column whose heading was clicked, or turns it round.
func (v *Queues) sortClicked(column string) tea.Cmd {
	for _, c := range v.grid.Columns() {
		if c.Key != column || !c.Sortable {
			continue
		}
		key, desc := v.grid.Sort()
		return v.sortBy(column, key != column || !desc)
	}
	return nil
}

func (v *Queues) SetSize(width, height int) {
	v.width, v.height = width, height
	v.gridBox = v.tableBox()
	v.grid.SetColumns(queueColumns(stampWidth(v.env))...)
	v.grid.SetSize(v.gridBox.Dx(), v.gridBox.Dy())
	p := v.previewBox(v.place)
	v.preview.setSize(p.Dx(), p.Dy())
}

func (v *Queues) Cursor() *tea.Cursor {
	if !v.typing {
		return nil
	}
	return v.filter.Cursor(1, v.height-1)
}

func (v *Queues) Title() string { return "queues" }

func (v *Queues) Scopes() []keymap.Scope {
	if v.typing {
		return []keymap.Scope{keymap.Input}
	}
	return []keymap.Scope{keymap.Queues, keymap.List, keymap.Queue, keymap.Table}
}

func (v *Queues) Capturing() bool { return v.typing }

func (v *Queues) Close() {
	v.fetch.Close()
	v.sparks.Close()
	v.storage.Close()
	v.preview.close()
}
