package views

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

func (v *Dead) Act(a keymap.Action) (tea.Cmd, bool) {
	if v.Capturing() {
		return v.actTyping(a)
	}
	if cmd, ok := v.actCause(a); ok {
		return cmd, true
	}
	switch a {
	case keymap.NextPane, keymap.PrevPane:
		v.detail.turn(a)
		if v.box.detail.Empty() {
			v.setFocus(true)
		}
		return nil, true
	case keymap.Preview:
		v.lower = (v.lower + 1) % lowerPanes
		v.SetSize(v.width, v.height)
		return v.chosen(), true
	}
	if v.inDetail {
		return v.detail.act(a)
	}
	return v.actList(a)
}

// actTyping does what works in a text field.
func (v *Dead) actTyping(a keymap.Action) (tea.Cmd, bool) {
	if !v.filter.typing {
		return v.detail.act(a)
	}
	accepted, ok := v.filter.act(a)
	if !accepted {
		return nil, ok
	}
	v.held = false
	v.grid.ClearMarks()
	return v.search(), true
}

func (v *Dead) actList(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Top, keymap.Follow:
		v.held = false
		v.grid.Home()
		return tea.Batch(v.fetch.Load(), v.chosen()), true
	case keymap.Filter:
		return v.filter.open(), true
	case keymap.Mark:
		v.grid.ToggleMark()
		v.grid.Move(1)
	case keymap.MarkRange:
		v.grid.MarkRange()
	case keymap.MarkAll:
		for _, c := range v.fetch.value.Causes {
			v.grid.Mark(c.Key)
		}
	default:
		if !moveGrid(v.grid, a) {
			return nil, false
		}
		_, i, _ := v.grid.Cursor()
		v.held = i > 0 // back at the top it goes on
	}
	return tea.Batch(v.counts.Load(), v.chosen()), true
}

// actCause does what needs a cause under the cursor.
func (v *Dead) actCause(a keymap.Action) (tea.Cmd, bool) {
	c, ok := v.current()
	if !ok {
		return nil, false
	}
	sample := v.detail.message
	switch a {
	case keymap.Requeue, keymap.Delete:
		verb := map[keymap.Action]operation.Verb{keymap.Requeue: operation.Requeue, keymap.Delete: operation.Delete}[a]
		return send(PlanMsg{Request: operation.Request{Verb: verb, Select: v.selection()}}), true
	case keymap.Move:
		return chooseDestination(v.fetch.base, v.env, v.selection(), ""), true
	case keymap.Edit:
		return send(OpenMsg{Screen: EditScreen, Queue: sample.Queue, ID: sample.ID, Message: &sample}), true
	case keymap.Open:
		if v.inDetail {
			return nil, false
		}
		return v.openMessages(c), true
	case keymap.NextSample:
		if len(c.Samples) > 0 {
			v.sample.at = (v.sample.at + 1) % len(c.Samples)
		}
		return v.readSample(c), true
	case keymap.CauseNote:
		prompt := NewPrompt(v.env, "A note on this cause", c.Note, func(note string) tea.Msg { return causeNoteMsg{c.Key, note} })
		prompt.optional = true
		return send(DialogMsg{Dialog: prompt}), true
	case keymap.MuteCause:
		return v.mute(c), true
	case keymap.Copy:
		if v.inDetail {
			return send(CopyMsg{What: "the body", Text: string(sample.Body)}), true
		}
		return send(CopyMsg{What: "the cause", Text: c.Key}), true
	case keymap.CopyMenu:
		choices := append([]Choice{{Title: "the cause", Help: c.Key, Msg: CopyMsg{What: "the cause", Text: c.Key}}}, copyMessageChoices(sample)...)
		return send(DialogMsg{Dialog: NewChooser(v.env, "Copy", choices)}), true
	case keymap.OpenEditor:
		return send(EditMsg{Name: string(sample.ID) + bodyExtension(sample.Body), Content: sample.Body, ReadOnly: true}), true
	}
	return nil, false
}

// openMessages opens the list of the messages of a cause, in the queue where
// they are; of several the operator chooses.
func (v *Dead) openMessages(c operation.Cause) tea.Cmd {
	filter := strings.TrimSpace("cause=" + operation.QuoteTerm(c.Key) + " " + v.filter.applied.String())
	open := func(queue string) OpenMsg {
		return OpenMsg{Screen: QueueScreen, Queue: queue, State: engine.Dead, Filter: filter}
	}
	if len(c.Queues) == 1 {
		return send(open(c.Queues[0].Name))
	}
	var choices []Choice
	for _, q := range c.Queues {
		choices = append(choices, Choice{Title: q.Name, Help: widget.Plural(q.N, "dead letter"), Msg: open(q.Name)})
	}
	return send(DialogMsg{Dialog: NewChooser(v.env, "In which queue", choices)})
}

// mute keeps a cause at the end of the list, or not. It is marked at once, and
// the cursor stays with it wherever the next search puts it.
func (v *Dead) mute(c operation.Cause) tea.Cmd {
	_, i, _ := v.grid.Cursor()
	v.fetch.value.Causes[i].Muted = !c.Muted
	v.held = true
	v.setRows()
	return v.remember(func(m *operation.Manager) error { return m.SetMuted(c.Key, !c.Muted) })
}

// remember changes what is remembered of a cause.
func (v *Dead) remember(do func(*operation.Manager) error) tea.Cmd {
	manager := v.env.Operations
	return func() tea.Msg {
		if err := do(manager); err != nil {
			return NoticeMsg{Kind: NoticeError, Text: err.Error()}
		}
		return nil // the list is read again by the hint
	}
}

func (v *Dead) Why(a keymap.Action) string {
	c, ok := v.current()
	switch a {
	case keymap.Requeue, keymap.Edit, keymap.Move, keymap.Delete, keymap.Open, keymap.NextSample, keymap.CauseNote, keymap.MuteCause,
		keymap.Mark, keymap.MarkRange, keymap.MarkAll, keymap.Copy, keymap.CopyMenu, keymap.OpenEditor:
		if !ok {
			return "there is no cause under the cursor"
		}
	case keymap.Export:
		return "open a cause first: its messages can be exported"
	case keymap.Follow:
		if v.live() {
			return "what arrives is followed already"
		}
	case keymap.Preview:
		if v.height-2 < deadPanes {
			return noPreview
		}
	}
	other := c.Key == operation.OtherCauses
	switch a {
	case keymap.Follow:
		if v.inDetail {
			return "leave the message first"
		}
	case keymap.Requeue, keymap.Move, keymap.Delete, keymap.Open:
		if a == keymap.Open && v.inDetail {
			return alreadyOpen
		}
		if other && v.grid.MarkCount() == 0 {
			return "these have different causes; filter first"
		}
	case keymap.Edit, keymap.OpenEditor:
		if v.detail.message.ID == "" {
			return "there is no sample"
		}
	}
	return ""
}

// Back leaves the sample, clears the filter, the marks, and lets the list go on.
func (v *Dead) Back() (tea.Cmd, bool) {
	if cmd, ok := v.detail.back(); ok {
		return cmd, true
	}
	switch {
	case v.inDetail:
		v.setFocus(false)
		return v.refresh(), true
	case !v.filter.applied.Empty():
		v.held = false
		v.filter.set("")
		return v.search(), true
	case v.grid.ClearMarks():
		return v.refresh(), true
	}
	return nil, false
}

// setFocus gives the keys to the sample or to the causes.
func (v *Dead) setFocus(detail bool) {
	v.inDetail = detail
	v.SetSize(v.width, v.height)
}

func (v *Dead) mouse(msg tea.MouseMsg) tea.Cmd {
	m := msg.Mouse()
	_, click := msg.(tea.MouseClickMsg)
	switch {
	case inside(v.box.detail, m.X, m.Y):
		if click && !v.inDetail {
			v.setFocus(true)
		}
		return v.detail.mouse(msg, m.X-v.box.detail.Min.X, m.Y-v.box.detail.Min.Y)
	case !inside(v.box.grid, m.X, m.Y):
		return nil
	case !click:
		if _, ok := msg.(tea.MouseWheelMsg); ok {
			v.grid.Scroll(wheel(m))
			v.held = true
		}
		return v.chosen()
	}
	if v.inDetail {
		v.setFocus(false)
	}
	hit := v.grid.Hit(m.X-v.box.grid.Min.X, m.Y-v.box.grid.Min.Y)
	if hit.Kind != widget.OnRow {
		return nil
	}
	if id, _, _ := v.grid.Cursor(); id == hit.ID && v.held {
		cmd, _ := v.actCause(keymap.Open)
		return cmd
	}
	v.held = v.grid.Select(hit.ID)
	return v.chosen()
}
