package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// Jobs is the screen of running and finished jobs: the log of every change that
// was made, each with its reconciliation, its command line and its undo.
type Jobs struct {
	env   *Env
	open  OpenMsg
	fetch *fetcher[[]operation.Job]
	grid  *widget.Grid

	items   *fetcher[[]operation.Item]
	itemsOf int // the job that items are of
	fate    operation.Fate
	list    *widget.Grid // of the items
	inList  bool         // the keys go to the items

	filter *line
	typing bool
	shown  []operation.Job // those that match

	box           jobsBoxes
	width, height int
}

// maxItems bounds the messages of a job that are listed; the reconciliation
// counts all.
const maxItems = 10_000

// NewJobs returns the screen, with the cursor on OpenMsg.Job or the newest.
func NewJobs(env *Env, open OpenMsg) View {
	v := &Jobs{
		env: env, open: open, fate: operation.FateDone,
		grid:   widget.NewGrid(env.Styles, jobColumns(stampWidth(env))...),
		list:   widget.NewGrid(env.Styles, itemColumns()...),
		filter: newLine("/ ", "search the log"),
	}
	v.list.SetFocused(false)
	v.fetch = newFetcher(env, func(context.Context) ([]operation.Job, error) { return env.Operations.Jobs(), nil })
	v.items = newFetcher[[]operation.Item](env, nil)
	return v
}

func (v *Jobs) Init() tea.Cmd { return v.fetch.Load() }

func (v *Jobs) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case TickMsg, ShownMsg, JobsMsg:
		return v.fetch.Load()
	case tea.KeyPressMsg, tea.PasteMsg:
		cmd, changed := v.filter.Update(m)
		if changed {
			v.setRows()
			return tea.Batch(cmd, v.chosen())
		}
		return cmd
	case tea.MouseMsg:
		return v.mouse(m)
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh {
		v.setRows()
		if v.open.Job != 0 && v.grid.Select(jobID(v.open.Job)) {
			v.open.Job = 0
		}
		return tea.Batch(cmd, v.chosen())
	}
	listed, fresh := v.items.Update(msg)
	if fresh {
		v.setItems()
	}
	return tea.Batch(cmd, listed)
}

// current is the job under the cursor.
func (v *Jobs) current() (operation.Job, bool) {
	_, i, ok := v.grid.Cursor()
	if !ok || i >= len(v.shown) {
		return operation.Job{}, false
	}
	return v.shown[i], true
}

// chosen lets the items follow the cursor and the job.
func (v *Jobs) chosen() tea.Cmd {
	j, ok := v.current()
	v.SetSize(v.width, v.height) // the facts of another job take other room
	if !ok || v.box.detail.Empty() {
		return nil
	}
	if j.ID != v.itemsOf {
		v.itemsOf = j.ID
		v.fate = worst(j.Tally)
		return v.readItems()
	}
	if j.State.Active() {
		return v.items.Load()
	}
	if !v.inList && v.items.loaded && int64(len(v.items.value)) != min(fateCount(j.Tally, v.fate), maxItems) && messagesOf(j) {
		return v.items.Load()
	}
	return nil
}

// worst is the outcome that an operator wants to see first.
func worst(t operation.Tally) operation.Fate {
	switch {
	case t.Refused > 0:
		return operation.FateRefused
	case t.Gone > 0:
		return operation.FateGone
	case t.Done == 0 && t.Left > 0:
		return operation.FateLeft
	default:
		return operation.FateDone
	}
}

func (v *Jobs) readItems() tea.Cmd {
	manager, id, fate := v.env.Operations, v.itemsOf, v.fate
	return v.items.Restart(func(context.Context) ([]operation.Item, error) { return manager.Items(id, fate, 0, maxItems) })
}

func (v *Jobs) SetSize(width, height int) {
	v.width, v.height = width, height
	v.box = v.boxes()
	v.grid.SetColumns(jobColumns(stampWidth(v.env))...)
	v.grid.SetSize(v.box.grid.Dx(), v.box.grid.Dy())
	v.list.SetSize(v.box.items.Dx(), v.box.items.Dy())
}

func (v *Jobs) Cursor() *tea.Cursor {
	if !v.typing {
		return nil
	}
	return v.filter.Cursor(1, v.height-1)
}

func (v *Jobs) Title() string { return "jobs" }

func (v *Jobs) Scopes() []keymap.Scope {
	if v.typing {
		return []keymap.Scope{keymap.Input}
	}
	return []keymap.Scope{keymap.Jobs, keymap.List}
}

func (v *Jobs) Capturing() bool { return v.typing }

func (v *Jobs) Close() {
	v.fetch.Close()
	v.items.Close()
}
