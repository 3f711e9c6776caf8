package views

import (
	"context"
	"encoding/json"
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// act does an action of the list, of its detail or of the chosen messages.
func (l *messageList) act(a keymap.Action) (tea.Cmd, bool) {
	if l.capturing() {
		return l.actTyping(a)
	}
	if cmd, ok := l.actMessages(a); ok {
		return cmd, true
	}
	switch a {
	case keymap.NextPane, keymap.PrevPane:
		l.detail.turn(a)
		if l.box.detail.Empty() {
			l.setFocus(true)
		}
		return l.chosen(), true
	case keymap.Preview:
		l.place = l.nextPlace()
		l.setSize(l.width, l.height)
		return l.chosen(), true
	}
	if l.inDetail {
		return l.detail.act(a)
	}
	return l.actList(a)
}

// actTyping does what works in a text field.
func (l *messageList) actTyping(a keymap.Action) (tea.Cmd, bool) {
	if !l.filter.typing {
		return l.detail.act(a)
	}
	accepted, ok := l.filter.act(a)
	if !accepted {
		return nil, ok
	}
	return l.filtered(), true
}

func (l *messageList) actList(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Top:
		return l.end(fromTop, a), true
	case keymap.Bottom:
		return l.end(fromBottom, a), true
	case keymap.Open:
		if _, ok := l.current(); ok {
			l.setFocus(true)
		}
		return l.chosen(), true
	case keymap.Filter:
		return l.filter.open(), true
	case keymap.Follow:
		l.follow = !l.follow
		if !l.follow {
			return nil, true
		}
		l.unmark()
		return l.end(fromBottom, keymap.Bottom), true
	case keymap.Mark:
		if l.all {
			l.unmark()
			return Notify(NoticeInfo, "all were marked: now none is"), true
		}
		l.grid.ToggleMark()
		l.grid.Move(1)
		return tea.Batch(l.chosen(), l.edge()), true
	case keymap.MarkRange:
		l.markRange()
		return nil, true
	case keymap.MarkAll:
		l.unmark()
		return l.markAll(), true
	}
	if !moveGrid(l.grid, a) {
		return nil, false
	}
	l.follow = l.follow && a == keymap.Down
	if l.ranging {
		l.grid.MarkRange()
	}
	return tea.Batch(l.chosen(), l.edge()), true
}

// markLimit is how many messages are marked one by one. Of more, all that match
// when a plan is made are meant.
const markLimit = 10_000

// markedMsg are the messages that matched when all were marked.
type markedMsg struct {
	filter *operation.Filter
	ids    []string
	more   bool // than markLimit
	err    error
}

// markAll marks what matches now: what comes later is not swept in.
func (l *messageList) markAll() tea.Cmd {
	e, ctx, clock, queue, state, filter := l.env.Engine, l.fetch.base, l.env.Now, l.queue, l.state, l.query.filter
	return func() tea.Msg {
		m := markedMsg{filter: filter}
		options := engine.ListOptions{State: state, Limit: 1000, BodyLimit: -1}
		if filter.NeedsBody() {
			options.Limit, options.BodyLimit = scanPage, scanBody
		}
		now := clock()
		for x, err := range operation.Messages(ctx, e, queue, options) {
			switch {
			case err != nil:
				m.err = err
				return m
			case !filter.Match(*x, now):
			case len(m.ids) == markLimit:
				m.ids, m.more = nil, true
				return m
			default:
				m.ids = append(m.ids, string(x.ID))
			}
		}
		return m
	}
}

// marked takes what was found to mark.
func (l *messageList) marked(m markedMsg) tea.Cmd {
	switch {
	case m.err != nil:
		return Notify(NoticeError, m.err.Error())
	case m.filter != l.query.filter:
		return nil
	}
	l.all = m.more
	l.grid.Mark(m.ids...)
	return nil
}

// markRange begins a range at the cursor, or ends it.
func (l *messageList) markRange() {
	l.all = false
	if l.ranging = !l.ranging; !l.ranging {
		return
	}
	id, _, ok := l.grid.Cursor()
	if ok && l.grid.Marked(id) {
		l.grid.ToggleMark() // so that the next one marks it, as the anchor
	}
	l.grid.ToggleMark()
}

// end goes to an end of the listing.
func (l *messageList) end(from windowFrom, arrive keymap.Action) tea.Cmd {
	if l.fetch.value.filtered {
		moveGrid(l.grid, arrive)
		return l.chosen()
	}
	l.follow = l.follow && from == fromBottom
	l.query.from, l.arrive = from, arrive
	return l.ask()
}

// actMessages does what is done with messages, from the list or the detail.
func (l *messageList) actMessages(a keymap.Action) (tea.Cmd, bool) {
	m, ok := l.current()
	if !ok {
		return nil, false
	}
	selection, _ := l.selection()
	plan := func(verb operation.Verb) tea.Cmd {
		return send(PlanMsg{Request: operation.Request{Verb: verb, Select: selection}})
	}
	switch a {
	case keymap.Requeue:
		return plan(operation.Requeue), true
	case keymap.Delete:
		return plan(operation.Delete), true
	case keymap.Move:
		return chooseDestination(l.fetch.base, l.env, selection, l.queue), true
	case keymap.Edit:
		return send(OpenMsg{Screen: EditScreen, Queue: l.queue, ID: m.ID}), true
	case keymap.OpenEditor:
		return l.readWhole(m.ID, func(m engine.Message) tea.Msg {
			return EditMsg{Name: string(m.ID) + bodyExtension(m.Body), Content: m.Body, ReadOnly: true}
		}), true
	case keymap.Copy:
		if l.inDetail {
			return l.readWhole(m.ID, func(m engine.Message) tea.Msg { return CopyMsg{What: "the body", Text: string(m.Body)} }), true
		}
		return send(CopyMsg{What: "the id", Text: string(m.ID)}), true
	case keymap.CopyMenu:
		return l.readWhole(m.ID, func(m engine.Message) tea.Msg {
			return DialogMsg{Dialog: NewChooser(l.env, "Copy", copyMessageChoices(m))}
		}), true
	case keymap.Export:
		return l.export(selection), true
	}
	return nil, false
}

// readWhole reads a message with all of its body and makes a message of it.
func (l *messageList) readWhole(id engine.ID, then func(engine.Message) tea.Msg) tea.Cmd {
	e, ctx, queue := l.env.Engine, l.fetch.base, l.queue
	return func() tea.Msg {
		m, err := e.Message(ctx, queue, id)
		if err != nil {
			return NoticeMsg{Kind: NoticeError, Text: err.Error()}
		}
		return then(m)
	}
}

// chooseDestination asks where to move to. Ready messages cannot be moved to
// the queue that they come from.
func chooseDestination(ctx context.Context, env *Env, s operation.Selection, from string) tea.Cmd {
	return func() tea.Msg {
		queues, err := env.Engine.Queues(ctx)
		if err != nil {
			return NoticeMsg{Kind: NoticeError, Text: err.Error()}
		}
		var choices []Choice
		for _, q := range queues {
			if q.Name == from && s.State == engine.Ready {
				continue
			}
			choices = append(choices, Choice{
				Title: q.Name, Help: widget.Count(q.Ready) + " ready",
				Msg: PlanMsg{Request: operation.Request{Verb: operation.Move, Select: s, To: q.Name}},
			})
		}
		return DialogMsg{Dialog: NewChooser(env, "Move to", choices)}
	}
}

// alreadyOpen is why a message that has the keys is not opened.
const alreadyOpen = "it is open"

// why says why an action cannot act now.
func (l *messageList) why(a keymap.Action) string {
	_, some := l.current()
	switch a {
	case keymap.Requeue, keymap.Edit, keymap.Move, keymap.Delete, keymap.OpenEditor, keymap.Copy, keymap.CopyMenu, keymap.Export, keymap.Open, keymap.Mark, keymap.MarkAll:
		if !some {
			return "there is no message under the cursor"
		}
	}
	switch {
	case a == keymap.Open && l.inDetail:
		return alreadyOpen
	case a == keymap.Follow && l.inDetail:
		return "leave the message first"
	case a == keymap.Preview && l.nextPlace() == l.place:
		return noPreview
	case a == keymap.Requeue && l.state == engine.Ready:
		return "it is ready already"
	case l.state == engine.InFlight && (a == keymap.Requeue || a == keymap.Move || a == keymap.Edit):
		return "it is in flight: a consumer works on it"
	case a == keymap.Edit && (l.all || l.grid.MarkCount() > 1):
		return "edit one message at a time"
	case a == keymap.Follow && l.state == engine.Delayed:
		return "delayed messages stand in the order in which they are due"
	}
	return ""
}

// bodyExtension tells an editor what a body is.
func bodyExtension(body []byte) string {
	switch {
	case json.Valid(body):
		return ".json"
	case strings.ContainsRune(string(body[:min(len(body), 1024)]), 0):
		return ".bin"
	default:
		return ".txt"
	}
}

func copyMessageChoices(m engine.Message) []Choice {
	headers, err := json.MarshalIndent(m.Headers, "", "  ")
	if err != nil {
		headers = nil
	}
	choice := func(what, text, help string) Choice {
		return Choice{Title: what, Help: help, Msg: CopyMsg{What: what, Text: text}}
	}
	queue := m.Queue
	choices := []Choice{
		choice("the body", string(m.Body), widget.Bytes(int64(len(m.Body)))),
		choice("the id", string(m.ID), string(m.ID)),
		choice("the headers, as JSON", string(headers), widget.Plural(len(m.Headers), "header")),
	}
	if n := len(m.Attempts); n > 0 {
		choices = append(choices, choice("the last error", m.Attempts[n-1].Reason, m.Attempts[n-1].Reason))
	}
	if m.State == engine.Dead {
		command := "nixie requeue " + shellQuote(queue) + " --id " + shellQuote(string(m.ID))
		choices = append(choices, choice("the command to requeue it", command, command))
	}
	command := "nixie peek " + shellQuote(queue) + " --state " + string(m.State)
	return append(choices, choice("the command to look at its queue", command, command))
}

// export asks for a file and writes the chosen messages to it.
func (l *messageList) export(s operation.Selection) tea.Cmd {
	e, ctx, clock := l.env.Engine, l.env.Context, l.env.Now
	name := strings.ReplaceAll(l.queue, "/", "-") + "-" + string(l.state) + ".jsonl"
	return send(DialogMsg{Dialog: NewPrompt(l.env, "Export as JSON lines to", name, func(path string) tea.Msg {
		return exportMsg{run: func() tea.Msg { return exportTo(ctx, e, clock, s, path) }}
	})})
}

// exportMsg comes back from the prompt: the list runs it as a command.
type exportMsg struct{ run func() tea.Msg }
