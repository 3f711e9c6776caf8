package views

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// messageList is the list of the messages of a queue in one state, with the
// detail of the one under the cursor. It loads a window around the cursor, so
// it is the same with ten messages and with ten million.
//
// At the top, or following the tail, the list is live. As soon as the operator
// scrolled or marked something it stands still and counts what is new.
type messageList struct {
	env    *Env
	queue  string
	state  engine.State
	fetch  *fetcher[window]
	query  windowQuery
	grid   *widget.Grid
	detail *messageDetail

	filter   filterField
	follow   bool
	arrive   keymap.Action    // where the cursor goes when the window is there
	selectID engine.ID        // goes there when the window is there
	info     engine.QueueInfo // the newest, while the list stands still
	inDetail bool             // the keys go to the detail
	sunk     string           // the id under the cursor, where older ones that came back pushed it down from the top

	listMarks
	listColumns
	place         previewPlace
	width, height int
	box           listBoxes
}

// listMarks is what the grid does not know about the marks.
type listMarks struct {
	all     bool     // all that match are marked: too many to do it one by one
	ranging bool     // the cursor drags a range behind it
	sweep   bool     // marks are swept when the window is there
	shown   []string // the ids of the window
}

// listColumns is what the columns were made for.
type listColumns struct {
	groups bool // some of the window have a group
	digits int  // width of the positions
	when   int  // width of the times
}

// listRefresh lies between two readings of a live list.
const listRefresh = 250 * time.Millisecond

func newMessageList(env *Env, queue string, state engine.State) *messageList {
	l := &messageList{
		env: env, queue: queue, state: state,
		query:  windowQuery{queue: queue, state: state},
		fetch:  newFetcher[window](env, nil),
		grid:   widget.NewGrid(env.Styles, messageColumns(state, stampWidth(env))...),
		detail: newMessageDetail(env, queue),
		filter: newFilterField("words, tries>3, header.tenant:acme, .order.total > 100"),
	}
	l.groups = true
	l.fetch.rest = listRefresh
	return l
}

// load begins to read, with what the screen was opened with.
func (l *messageList) load(open OpenMsg) tea.Cmd {
	if open.ID != "" {
		l.query.from, l.query.id = fromMessage, open.ID
		l.selectID = open.ID
		l.inDetail = true
		l.grid.SetFocused(false)
	}
	if open.Filter != "" && l.filter.set(open.Filter) {
		return l.filtered()
	}
	return l.ask()
}

// ask reads the window for the query as it is now.
func (l *messageList) ask() tea.Cmd {
	e, clock, q := l.env.Engine, l.env.Now, l.query
	q.old = l.fetch.value
	return l.fetch.Restart(func(ctx context.Context) (window, error) { return readWindow(ctx, e, clock, q) })
}

// live reports whether the list may change under the cursor.
func (l *messageList) live() bool {
	if l.grid.MarkCount() > 0 || l.all || l.inDetail {
		return false
	}
	if l.follow {
		return true
	}
	id, i, _ := l.grid.Cursor()
	return (i == 0 || id == l.sunk) && l.fetch.value.before == 0
}

// sink keeps a list that nobody scrolled at its top, though the message under
// the cursor is no longer the first.
func (l *messageList) sink(live bool) {
	id, i, _ := l.grid.Cursor()
	first, last := l.grid.Visible()
	l.sunk = ""
	if live && !l.follow && i < last-first {
		l.sunk = id
		l.grid.Scroll(-first)
	}
}

// refresh reads again if the list is live.
func (l *messageList) refresh() tea.Cmd {
	if !l.fetch.loaded {
		return l.fetch.Load()
	}
	if !l.live() {
		return l.detail.refresh()
	}
	if l.query.from == fromMessage {
		l.query.from = fromTop
		return l.ask()
	}
	return tea.Batch(l.fetch.Load(), l.detail.refresh())
}

func (l *messageList) update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		if l.filter.typing {
			cmd, _ := l.filter.line.Update(m)
			return cmd
		}
		return l.detail.update(m)
	case tea.MouseMsg:
		return l.mouse(m)
	case markedMsg:
		return l.marked(m)
	case JobsMsg:
		return l.changed()
	}
	cmd, fresh := l.fetch.Update(msg)
	if fresh {
		return tea.Batch(cmd, l.loaded())
	}
	return tea.Batch(cmd, l.detail.update(msg))
}

// changed reads again after an operator's own change, also if the list stands
// still: what it took away must not be there any more.
func (l *messageList) changed() tea.Cmd {
	l.sweep = true
	if !l.fetch.loaded || l.query.filter != nil || l.live() {
		return l.fetch.Load()
	}
	if id, _, ok := l.grid.Cursor(); ok {
		l.query.from, l.query.id = fromMessage, engine.ID(id)
	}
	return l.ask()
}

// sweepMarks takes the marks of messages away that a change took away. If it
// took all marked ones that were loaded, the others went the same way.
func (l *messageList) sweepMarks(old []string) {
	now := make(map[string]bool, len(l.fetch.value.messages))
	for _, m := range l.fetch.value.messages {
		now[string(m.ID)] = true
	}
	var gone []string
	left := false
	for _, id := range old {
		if l.grid.Marked(id) {
			left = left || now[id]
			if !now[id] {
				gone = append(gone, id)
			}
		}
	}
	l.grid.Unmark(gone...)
	if len(gone) > 0 && !left {
		l.unmark()
	}
}

// loaded shows a new window.
func (l *messageList) loaded() tea.Cmd {
	l.info = l.fetch.value.info
	if l.sweep {
		l.sweepMarks(l.shown)
	}
	l.sweep, l.shown = false, l.shown[:0]
	for _, m := range l.fetch.value.messages {
		l.shown = append(l.shown, string(m.ID))
	}
	live := l.live()
	l.setRows()
	l.sink(live)
	switch {
	case l.arrive == keymap.Top:
		l.grid.Home()
	case l.arrive == keymap.Bottom || l.follow:
		l.grid.End()
	case l.selectID != "":
		l.grid.Select(string(l.selectID))
	}
	l.arrive, l.selectID = "", ""
	return tea.Batch(l.chosen(), l.edge())
}

// edge loads another window if the cursor is near the end of this one.
func (l *messageList) edge() tea.Cmd {
	w := l.fetch.value
	id, i, ok := l.grid.Cursor()
	if !ok || w.filtered || l.follow || l.fetch.Busy() {
		return nil
	}
	above := i < windowEdge && w.before > 0
	below := i >= len(w.messages)-windowEdge && w.before+int64(len(w.messages)) < w.total
	// A window that has nothing more on that side would be read for ever.
	if !above && !below || l.query.from == fromMessage && l.query.id == engine.ID(id) {
		return nil
	}
	l.query.from, l.query.id = fromMessage, engine.ID(id)
	return l.ask()
}

// chosen lets the detail follow the cursor.
func (l *messageList) chosen() tea.Cmd {
	m, ok := l.current()
	switch {
	case !ok && !l.inDetail:
		l.detail.clear()
		return nil
	case !ok || l.box.detail.Empty():
		return nil
	}
	return l.detail.show(m)
}

// current is the message under the cursor.
func (l *messageList) current() (engine.Message, bool) {
	_, i, ok := l.grid.Cursor()
	if !ok || i >= len(l.fetch.value.messages) {
		return engine.Message{}, false
	}
	return l.fetch.value.messages[i], true
}

// selection is what an action is about: the marked messages, all that match, or
// the one under the cursor.
func (l *messageList) selection() (s operation.Selection, n int64) {
	s = operation.Selection{Queues: []string{l.queue}, State: l.state}
	if l.all {
		w := l.fetch.value
		if w.filtered {
			s.Filter = l.query.filter.String()
			return s, w.match
		}
		return s, l.info.Count(l.state)
	}
	for _, id := range l.grid.Marks() {
		s.Refs = append(s.Refs, operation.Ref{Queue: l.queue, ID: engine.ID(id)})
	}
	if m, ok := l.current(); ok && len(s.Refs) == 0 {
		s.Refs = append(s.Refs, operation.Ref{Queue: l.queue, ID: m.ID})
	}
	return s, int64(len(s.Refs))
}

// filtered asks for what passes another filter.
func (l *messageList) filtered() tea.Cmd {
	l.query.filter = l.filter.applied
	l.query.from, l.arrive, l.follow = fromTop, keymap.Top, false
	l.unmark()
	l.detail.find(plainWord(l.filter.applied.String()))
	return l.ask()
}

// plainWord is a filter that is nothing but one word, which can be looked for
// in bodies; "" for all others.
func plainWord(filter string) string {
	if strings.ContainsAny(filter, " :<>=!.|()[]{}\"'-") {
		return ""
	}
	return filter
}

// unmark takes all marks away and reports whether there were any.
func (l *messageList) unmark() bool {
	had := l.grid.ClearMarks() || l.all
	l.all, l.ranging = false, false
	return had
}

// back undoes one step: the text field, the detail, the filter, the marks.
func (l *messageList) back() (tea.Cmd, bool) {
	if cmd, ok := l.detail.back(); ok {
		return cmd, true
	}
	switch {
	case l.inDetail:
		l.setFocus(false)
		return l.refresh(), true
	case !l.filter.applied.Empty():
		l.filter.set("")
		return l.filtered(), true
	case l.unmark():
		return l.refresh(), true
	}
	return nil, false
}

// setFocus gives the keys to the detail or to the list.
func (l *messageList) setFocus(detail bool) {
	l.inDetail = detail
	l.grid.SetFocused(!detail)
	l.setSize(l.width, l.height)
}

func (l *messageList) scopes() []keymap.Scope {
	switch {
	case l.capturing():
		return []keymap.Scope{keymap.Input}
	case l.inDetail:
		return append(l.detail.scopes(), keymap.Messages, keymap.List)
	default:
		return []keymap.Scope{keymap.List, keymap.Marking, keymap.Messages}
	}
}

func (l *messageList) capturing() bool { return l.filter.typing || l.detail.typing }

func (l *messageList) cursor() *tea.Cursor {
	if l.filter.typing {
		return l.filter.line.Cursor(1, l.height-1)
	}
	if c := l.detail.cursor(); c != nil {
		c.X += l.box.detail.Min.X
		c.Y += l.box.detail.Min.Y
		return c
	}
	return nil
}

func (l *messageList) close() {
	l.fetch.Close()
	l.detail.close()
}
