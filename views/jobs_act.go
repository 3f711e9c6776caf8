package views

import (
	tea "charm.land/bubbletea/v2"

	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

func (v *Jobs) Act(a keymap.Action) (tea.Cmd, bool) {
	if v.typing {
		return v.actTyping(a)
	}
	switch a {
	case keymap.Filter:
		v.typing = true
		return v.filter.Focus(), true
	case keymap.NextPane, keymap.PrevPane:
		v.setFocus(!v.inList)
		return nil, true
	case keymap.Open:
		return v.openItem(), true
	}
	if moveGrid(v.focused(), a) {
		return v.chosen(), true
	}
	return v.actJob(a)
}

func (v *Jobs) actTyping(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Accept, keymap.Cancel:
		v.typing = false
		v.filter.Blur()
		if a == keymap.Cancel {
			v.filter.SetValue("")
			v.setRows()
		}
		return v.chosen(), true
	case keymap.Next, keymap.Prev:
		v.grid.Move(map[keymap.Action]int{keymap.Next: 1, keymap.Prev: -1}[a])
		return v.chosen(), true
	}
	return nil, false
}

// focused is the list that has the keyboard.
func (v *Jobs) focused() *widget.Grid {
	if v.inList {
		return v.list
	}
	return v.grid
}

// actJob does what needs a job under the cursor.
func (v *Jobs) actJob(a keymap.Action) (tea.Cmd, bool) {
	j, ok := v.current()
	if !ok {
		return nil, false
	}
	manager := v.env.Operations
	switch a {
	case keymap.JobPause:
		return v.control(manager.Pause, j.ID), true
	case keymap.JobResume:
		return v.control(manager.Resume, j.ID), true
	case keymap.JobCancel:
		return v.control(manager.Cancel, j.ID), true
	case keymap.JobUndo, keymap.Undo:
		return send(PlanMsg{Request: operation.Request{Verb: operation.Undo, Undoes: j.ID}}), true
	case keymap.NextFate:
		v.nextFate(j)
		return v.readItems(), true
	case keymap.Copy:
		if item, ok := v.item(); ok && v.inList {
			return send(CopyMsg{What: "the id", Text: string(item.ID)}), true
		}
		return send(CopyMsg{What: "the command line", Text: j.Command}), true
	case keymap.CopyMenu:
		return send(DialogMsg{Dialog: NewChooser(v.env, "Copy", v.copyChoices(j))}), true
	}
	return nil, false
}

func (v *Jobs) copyChoices(j operation.Job) []Choice {
	choice := func(what, text string) Choice {
		return Choice{Title: what, Help: text, Msg: CopyMsg{What: what, Text: text}}
	}
	choices := []Choice{choice("what was done", j.Title), choice("the reconciliation", Reconciliation(j))}
	if j.Command != "" {
		choices = append(choices, choice("the command line", j.Command))
	}
	if ids := v.ids(); ids != "" {
		choices = append(choices, Choice{Title: "the ids", Help: widget.Plural(len(v.items.value), "message") + " " + fateWord(j, v.fate), Msg: CopyMsg{What: "the ids", Text: ids}})
	}
	return choices
}

// ids are those of the items, one a line.
func (v *Jobs) ids() string {
	text := ""
	for _, item := range v.items.value {
		text += string(item.ID) + "\n"
	}
	return text
}

func (v *Jobs) control(do func(int) error, id int) tea.Cmd {
	return func() tea.Msg {
		if err := do(id); err != nil {
			return NoticeMsg{Kind: NoticeWarning, Text: err.Error()}
		}
		return nil // the job's hint makes the list be read again
	}
}

// nextFate goes to the next outcome that is not empty.
func (v *Jobs) nextFate(j operation.Job) {
	fates := operation.Fates()
	at := 0
	for i, f := range fates {
		if f == v.fate {
			at = i
		}
	}
	for step := 1; step <= len(fates); step++ {
		f := fates[(at+step)%len(fates)]
		if fateCount(j.Tally, f) > 0 {
			v.fate = f
			return
		}
	}
}

// item is the one under the cursor of the list.
func (v *Jobs) item() (operation.Item, bool) {
	_, i, ok := v.list.Cursor()
	if !ok || i >= len(v.items.value) {
		return operation.Item{}, false
	}
	return v.items.value[i], true
}

// openItem goes to the items, and from there to the message where it is.
func (v *Jobs) openItem() tea.Cmd {
	if !v.inList {
		if len(v.items.value) > 0 {
			v.setFocus(true)
		}
		return nil
	}
	item, ok := v.item()
	if !ok {
		return nil
	}
	e, ctx := v.env.Engine, v.items.base
	return func() tea.Msg {
		for _, queue := range []string{item.To, item.Queue} {
			if queue == "" {
				continue
			}
			if m, err := e.Message(ctx, queue, item.ID); err == nil {
				return OpenMsg{Screen: QueueScreen, Queue: queue, State: m.State, ID: m.ID}
			}
		}
		return NoticeMsg{Kind: NoticeInfo, Text: "message " + widget.Safe(string(item.ID)) + " is no longer there: it was consumed, moved or deleted"}
	}
}

func (v *Jobs) Why(a keymap.Action) string {
	j, ok := v.current()
	switch a {
	case keymap.JobPause, keymap.JobResume, keymap.JobCancel, keymap.JobUndo, keymap.NextFate, keymap.Copy, keymap.CopyMenu, keymap.Open:
		if !ok {
			return "there is no job under the cursor"
		}
	}
	switch a {
	case keymap.Open, keymap.NextFate:
		if !v.inList && !messagesOf(j) {
			return "this job has no list of messages"
		}
		if a == keymap.NextFate && oneFate(j.Tally) {
			return "all of it had the same outcome"
		}
	case keymap.JobPause:
		if !j.State.Active() {
			return "it is " + string(j.State)
		}
	case keymap.JobResume:
		if j.State == operation.Running || j.State.Over() {
			return "it is " + string(j.State)
		}
	case keymap.JobCancel:
		if j.State.Over() {
			return "it is " + string(j.State)
		}
	case keymap.JobUndo, keymap.Undo:
		return whyNoUndo(j)
	case keymap.Copy:
		if j.Command == "" && !v.inList {
			return "no command line does this"
		}
	case keymap.Export, keymap.Preview, keymap.Follow:
		return "not in the log"
	}
	return ""
}

// whyNoUndo says why a job cannot be taken back.
func whyNoUndo(j operation.Job) string {
	switch {
	case !j.State.Over():
		return "it is " + string(j.State) + "; cancel it first"
	case j.UndoneBy != 0:
		return "job " + jobID(j.UndoneBy) + " did that already"
	case j.Request.Verb == operation.Undo:
		return "an undo is not undone; do it again instead"
	case j.Request.Verb == operation.Publish:
		return "what was published is not taken back; delete it"
	case j.Tally.Done == 0:
		return "it changed nothing"
	}
	return ""
}

// Back leaves the items, then clears the filter.
func (v *Jobs) Back() (tea.Cmd, bool) {
	switch {
	case v.inList:
		v.setFocus(false)
		return nil, true
	case v.filter.Value() != "":
		v.filter.SetValue("")
		v.setRows()
		return v.chosen(), true
	}
	return nil, false
}

func (v *Jobs) setFocus(list bool) {
	v.inList = list && len(v.items.value) > 0
	v.grid.SetFocused(!v.inList)
	v.list.SetFocused(v.inList)
}

func (v *Jobs) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	grid, box := v.grid, v.box.grid
	if inside(v.box.items, m.X, m.Y) {
		grid, box = v.list, v.box.items
	} else if !inside(box, m.X, m.Y) {
		return nil
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		grid.Scroll(wheel(m))
	case tea.MouseClickMsg:
		v.setFocus(grid == v.list)
		if hit := grid.Hit(m.X-box.Min.X, m.Y-box.Min.Y); hit.Kind == widget.OnRow {
			if id, _, _ := grid.Cursor(); id == hit.ID && v.inList {
				return v.openItem()
			}
			grid.Select(hit.ID)
		}
	}
	return v.chosen()
}
