package views

import (
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
)

// Screen names a screen that can be opened.
type Screen string

const (
	QueuesScreen   Screen = "queues"   // home
	QueueScreen    Screen = "queue"    // OpenMsg.Queue
	DeadScreen     Screen = "dead"     // OpenMsg.Queue, or all
	ActivityScreen Screen = "activity" // OpenMsg.Queues, or all
	PublishScreen  Screen = "publish"  // OpenMsg.Queue, Message to begin with
	SettingsScreen Screen = "settings" // OpenMsg.Queue; none: create one
	EditScreen     Screen = "edit"     // OpenMsg.Queue and ID
	JobsScreen     Screen = "jobs"     // OpenMsg.Job, or the list
	LogScreen      Screen = "log"
	DemoScreen     Screen = "demo"
)

// rootMsg is a request to the root, wherever it is made.
type rootMsg interface{ toRoot() }

// OpenMsg opens a screen on top of the one that asks.
type OpenMsg struct {
	Screen  Screen
	Queue   string
	Queues  []string // several, over one another
	State   engine.State
	Filter  string          // in the filter language
	ID      engine.ID       // a message of Queue
	Cause   string          // operation.Cause.Key
	Job     int             // operation.Job.ID
	Message *engine.Message // to start from: publish again, edit
}

// BackMsg closes the view that sends it.
type BackMsg struct{}

// PlanMsg asks for a change: the plan dialog resolves and shows it, and the
// operator decides.
type PlanMsg struct{ Request operation.Request }

// NoticeMsg tells the operator something for some seconds.
type NoticeMsg struct {
	Kind NoticeKind
	Text string // what, on what, and what to do
}

// NoticeKind colours a notice.
type NoticeKind int

const (
	NoticeInfo NoticeKind = iota
	NoticeDone
	NoticeWarning
	NoticeError
)

// Notify is a command that tells the operator something.
func Notify(kind NoticeKind, text string) tea.Cmd {
	return func() tea.Msg { return NoticeMsg{Kind: kind, Text: text} }
}

// CopyMsg puts text into the clipboard. What names it in the notice: "the id".
type CopyMsg struct{ What, Text string }

// EditMsg opens $EDITOR on a file with this content. Done makes of what was
// saved the message that the sender gets; nil with ReadOnly.
type EditMsg struct {
	Name     string // of the file: its extension tells the editor what it is
	Content  []byte
	ReadOnly bool
	Done     func(content []byte, err error) tea.Msg
	path     []ID
}

// DialogMsg opens a dialog over the screen.
type DialogMsg struct {
	Dialog Dialog
	path   []ID
}

// AnswerMsg closes the dialog that sends it and gives Msg to the view that
// opened it, or to the root if it is a request. A nil Msg only closes.
type AnswerMsg struct{ Msg tea.Msg }

// ThemeMsg changes the colours, at once.
type ThemeMsg struct{ Name string }

// ActMsg does an action as if its key had been pressed.
type ActMsg struct{ Action keymap.Action }

func (OpenMsg) toRoot()   {}
func (BackMsg) toRoot()   {}
func (PlanMsg) toRoot()   {}
func (NoticeMsg) toRoot() {}
func (CopyMsg) toRoot()   {}
func (EditMsg) toRoot()   {}
func (DialogMsg) toRoot() {}
func (AnswerMsg) toRoot() {}
func (ThemeMsg) toRoot()  {}
func (ActMsg) toRoot()    {}

// ChangesMsg hints that these queues changed. The visible view gets it, at
// most some times a second.
type ChangesMsg struct{ Queues []string }

// Has reports whether the queue changed.
func (m ChangesMsg) Has(queue string) bool {
	for _, q := range m.Queues {
		if q == queue {
			return true
		}
	}
	return false
}

// JobsMsg hints that jobs, notes or mutes changed.
type JobsMsg struct{}

// TickMsg comes to the visible view each second, for what time alone changes.
type TickMsg struct{ Now time.Time }

// ShownMsg says that the view is visible again: what it shows may be old.
type ShownMsg struct{}

// ID addresses a view among those of its parent.
type ID int

// Addressed is a message on its way to the view that asked for it.
type Addressed struct {
	To  ID
	Msg tea.Msg
}

// IsRequest reports whether a message is for the root, whoever sends it.
func IsRequest(msg tea.Msg) bool { _, ok := msg.(rootMsg); return ok }

// Address wraps a command of a child so that its messages come back to that
// child: the parent gets Addressed, and passes Msg on. Requests to the root and
// Bubble Tea's own messages pass through. Parents of parents wrap again.
func Address(to ID, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg { return address(to, cmd()) }
}

func address(to ID, msg tea.Msg) tea.Msg {
	switch m := msg.(type) {
	case nil:
		return nil
	case tea.BatchMsg:
		wrapped := make(tea.BatchMsg, len(m))
		for i, c := range m {
			wrapped[i] = Address(to, c)
		}
		return wrapped
	case EditMsg:
		m.path = append([]ID{to}, m.path...)
		return m
	case DialogMsg:
		m.path = append([]ID{to}, m.path...)
		return m
	case rootMsg:
		return m
	}
	v := reflect.ValueOf(msg)
	if v.Type().PkgPath() != bubbleTea {
		return Addressed{To: to, Msg: msg}
	}
	if v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() { // tea.Sequence
		wrapped := make([]tea.Cmd, v.Len())
		for i := range wrapped {
			wrapped[i] = Address(to, v.Index(i).Interface().(tea.Cmd))
		}
		return tea.Sequence(wrapped...)()
	}
	return msg
}

// bubbleTea is the package whose messages are for the program itself.
var bubbleTea = reflect.TypeFor[tea.QuitMsg]().PkgPath()

// Reply addresses a message to the view that sent the request.
func (m EditMsg) Reply(msg tea.Msg) tea.Msg { return reply(m.path, msg) }

// Reply addresses a message to the view that sent the request.
func (m DialogMsg) Reply(msg tea.Msg) tea.Msg { return reply(m.path, msg) }

func reply(path []ID, msg tea.Msg) tea.Msg {
	if msg == nil || IsRequest(msg) {
		return msg
	}
	for i := len(path) - 1; i >= 0; i-- {
		msg = Addressed{To: path[i], Msg: msg}
	}
	return msg
}
