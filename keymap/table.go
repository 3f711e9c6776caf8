package keymap

// The actions. What each does, and its keys, stand in table.
const (
	Quit        Action = "app.quit"
	Help        Action = "app.help"
	Palette     Action = "app.palette"
	Suspend     Action = "app.suspend"
	ToggleMouse Action = "app.mouse"
	TimeFormat  Action = "app.time"
	Theme       Action = "app.theme"
	Undo        Action = "app.undo"
	Log         Action = "app.log"
	JobList     Action = "app.jobs"
	Freeze      Action = "app.freeze"
	Redraw      Action = "app.redraw"
	Back        Action = "app.back"
	NextPane    Action = "app.next-pane"
	PrevPane    Action = "app.previous-pane"
	Tab1        Action = "app.tab-1"
	Tab2        Action = "app.tab-2"
	Tab3        Action = "app.tab-3"
	Tab4        Action = "app.tab-4"
	Tab5        Action = "app.tab-5"
	Tab6        Action = "app.tab-6"
	Tab7        Action = "app.tab-7"
	Tab8        Action = "app.tab-8"
	Tab9        Action = "app.tab-9"

	Up       Action = "list.up"
	Down     Action = "list.down"
	Top      Action = "list.top"
	Bottom   Action = "list.bottom"
	PageUp   Action = "list.page-up"
	PageDown Action = "list.page-down"
	HalfUp   Action = "list.half-page-up"
	HalfDown Action = "list.half-page-down"
	Open     Action = "list.open"
	Filter   Action = "list.filter"
	Preview  Action = "list.preview"
	Follow   Action = "list.follow"
	Export   Action = "list.export"
	Copy     Action = "list.copy"
	CopyMenu Action = "list.copy-menu"

	SortNext Action = "table.sort-next-column"
	SortPrev Action = "table.sort-previous-column"
	SortFlip Action = "table.sort-direction"

	Mark      Action = "mark.toggle"
	MarkRange Action = "mark.range"
	MarkAll   Action = "mark.all"

	Requeue     Action = "message.requeue"
	Edit        Action = "message.edit"
	Move        Action = "message.move"
	Delete      Action = "message.delete"
	OpenEditor  Action = "message.open-editor"
	NextHit     Action = "body.next-hit"
	PrevHit     Action = "body.previous-hit"
	DecodeBody  Action = "body.decode"
	WrapBody    Action = "body.wrap"
	ScrollLeft  Action = "body.left"
	ScrollRight Action = "body.right"

	PublishTo   Action = "queue.publish"
	PauseQueue  Action = "queue.pause"
	PurgeQueue  Action = "queue.purge"
	DeleteQueue Action = "queue.delete"
	Configure   Action = "queue.configure"
	CreateQueue Action = "queue.create"
	JumpDead    Action = "queue.dead-letters"

	CursorLeft     Action = "activity.left"
	CursorRight    Action = "activity.right"
	CursorFarLeft  Action = "activity.far-left"
	CursorFarRight Action = "activity.far-right"
	NextWindow     Action = "activity.window"
	Shorter        Action = "activity.shorter"
	Longer         Action = "activity.longer"
	NextMetric     Action = "activity.graph"
	ChooseQueue    Action = "activity.queue"
	CompareQueue   Action = "activity.compare"

	FormNext  Action = "form.next"
	FormPrev  Action = "form.previous"
	FormLeave Action = "form.leave"
	FormEdit  Action = "form.edit"

	Send           Action = "publish.send"
	EditBody       Action = "publish.editor"
	FormatBody     Action = "publish.format"
	InsertFunction Action = "publish.function"
	LoadFile       Action = "publish.file"
	SentBefore     Action = "publish.history"

	SaveSettings Action = "settings.apply"
	AddBinding   Action = "settings.bind"

	Accept Action = "input.accept"
	Cancel Action = "input.cancel"
	Next   Action = "input.next"
	Prev   Action = "input.previous"

	ButtonNext  Action = "dialog.next"
	ButtonPrev  Action = "dialog.previous"
	ButtonPress Action = "dialog.press"
)

// table is built anew for each Map, which may change its keys.
func table() []Binding {
	var rows []Binding
	rows = append(rows, globalTable()...)
	rows = append(rows, listTable()...)
	rows = append(rows, changeTable()...)
	rows = append(rows, screenTable()...)
	rows = append(rows, demoTable()...)
	rows = append(rows, planTable()...)
	rows = append(rows, deadTable()...)
	rows = append(rows, jobsTable()...)
	rows = append(rows, activityTable()...)
	rows = append(rows, formTable()...)
	rows = append(rows, dialogTable()...)
	return rows
}

func globalTable() []Binding {
	rows := []Binding{
		{Action: Help, Keys: []string{"?", "f1"}, Scope: Global, Help: "show what can be done here", Short: "help"},
		{Action: Palette, Keys: []string{":", "ctrl+p"}, Scope: Global, Help: "find any action, queue, theme or screen", Short: "commands", Hidden: true},
		{Action: Back, Keys: []string{"esc", "h", "left"}, Scope: Global, Help: "clear the filter, then the marks, then go back", Hidden: true},
		{Action: NextPane, Keys: []string{"tab"}, Scope: Global, Help: "go to the next pane", Hidden: true},
		{Action: PrevPane, Keys: []string{"shift+tab"}, Scope: Global, Help: "go to the previous pane", Hidden: true},
		{Action: Freeze, Keys: []string{"."}, Scope: Global, Help: "hold the screen still, or let it go on"},
		{Action: TimeFormat, Keys: []string{"t"}, Scope: Global, Help: "show times as ages, local or UTC"},
		{Action: Undo, Keys: []string{"z"}, Scope: Global, Help: "take the last change back (with a plan)"},
		{Action: Log, Keys: []string{"@"}, Scope: Global, Help: "show every change that was made"},
		{Action: JobList, Scope: Global, Help: "show running and finished jobs"},
		{Action: Theme, Scope: Global, Help: "choose the colours"},
		{Action: ToggleMouse, Keys: []string{"ctrl+t"}, Scope: Global, Help: "switch the mouse on or off (off: the terminal selects text)"},
		{Action: Redraw, Keys: []string{"ctrl+l"}, Scope: Global, Help: "draw the screen again", Typing: true},
		{Action: Suspend, Keys: []string{"ctrl+z"}, Scope: Global, Help: "suspend to the shell", Typing: true},
		{Action: Quit, Keys: []string{"q", "ctrl+c"}, Scope: Global, Help: "quit (asks while a job runs; twice: at once)", Typing: true},
	}
	for i, a := range []Action{Tab1, Tab2, Tab3, Tab4, Tab5, Tab6, Tab7, Tab8, Tab9} {
		n := string(rune('1' + i))
		rows = append(rows, Binding{Action: a, Keys: []string{n}, Scope: Global, Help: "go to tab " + n, Hidden: true})
	}
	return rows
}

func listTable() []Binding {
	return []Binding{
		{Action: Open, Keys: []string{"enter", "l", "right"}, Scope: List, Help: "open what the cursor is on", Short: "open", Hidden: true},
		{Action: Up, Keys: []string{"k", "up"}, Scope: List, Help: "move up", Hidden: true},
		{Action: Down, Keys: []string{"j", "down"}, Scope: List, Help: "move down", Hidden: true},
		{Action: Top, Keys: []string{"g", "home"}, Scope: List, Help: "go to the first", Hidden: true},
		{Action: Bottom, Keys: []string{"G", "end"}, Scope: List, Help: "go to the last", Hidden: true},
		{Action: PageUp, Keys: []string{"pgup"}, Scope: List, Help: "move up a page", Hidden: true},
		{Action: PageDown, Keys: []string{"pgdown"}, Scope: List, Help: "move down a page", Hidden: true},
		{Action: HalfUp, Keys: []string{"ctrl+u"}, Scope: List, Help: "move up half a page", Hidden: true},
		{Action: HalfDown, Keys: []string{"ctrl+d"}, Scope: List, Help: "move down half a page (never deletes)", Hidden: true},
		{Action: Filter, Keys: []string{"/"}, Scope: List, Help: "filter", Short: "filter"},
		{Action: Preview, Keys: []string{"p"}, Scope: List, Help: "put the preview right, at the bottom, or away"},
		{Action: Follow, Keys: []string{"f"}, Scope: List, Help: "follow what arrives"},
		{Action: Copy, Keys: []string{"y"}, Scope: List, Help: "copy what the cursor is on"},
		{Action: CopyMenu, Keys: []string{"Y"}, Scope: List, Help: "choose what to copy: id, body, headers, command line"},
		{Action: Export, Keys: []string{"ctrl+s"}, Scope: List, Help: "export to a file"},

		{Action: SortPrev, Keys: []string{"<"}, Scope: Table, Help: "sort by the column to the left"},
		{Action: SortNext, Keys: []string{">"}, Scope: Table, Help: "sort by the column to the right"},
		{Action: SortFlip, Keys: []string{"o"}, Scope: Table, Help: "turn the order round"},

		{Action: Mark, Keys: []string{"space"}, Scope: Marking, Help: "mark, and move on", Short: "mark"},
		{Action: MarkRange, Keys: []string{"v"}, Scope: Marking, Help: "mark a range: here to where the cursor goes"},
		{Action: MarkAll, Keys: []string{"A"}, Scope: Marking, Help: "mark all that match"},
	}
}

// changeTable holds what changes a broker: upper-case keys, each after a plan.
func changeTable() []Binding {
	return []Binding{
		{Action: Requeue, Keys: []string{"R"}, Scope: Messages, Help: "requeue to where it came from", Short: "requeue", Danger: true},
		{Action: Edit, Keys: []string{"E"}, Scope: Messages, Help: "edit and requeue", Short: "edit", Danger: true},
		{Action: Move, Keys: []string{"M"}, Scope: Messages, Help: "move to another queue", Danger: true},
		{Action: Delete, Keys: []string{"D"}, Scope: Messages, Help: "delete to the trash", Short: "delete", Danger: true},
		{Action: OpenEditor, Keys: []string{"e"}, Scope: Messages, Help: "open a read-only copy in $EDITOR"},

		{Action: PublishTo, Keys: []string{"N"}, Scope: Queue, Help: "publish messages", Short: "publish", Danger: true},
		{Action: JumpDead, Keys: []string{"x"}, Scope: Queue, Help: "jump to the dead letters and back", Short: "dead letters"},
		{Action: PauseQueue, Keys: []string{"P"}, Scope: Queue, Help: "pause or resume receiving", Danger: true},
		{Action: PurgeQueue, Keys: []string{"X"}, Scope: Queue, Help: "purge to the trash", Danger: true},
		{Action: Configure, Keys: []string{"C"}, Scope: Queue, Help: "create or configure a queue", Danger: true},

		{Action: CreateQueue, Scope: Queues, Help: "create a queue", Danger: true},
		{Action: DeleteQueue, Keys: []string{"D"}, Scope: Queues, Help: "delete the queue to the trash", Danger: true},
	}
}

// screenTable holds what only one kind of screen can do.
func screenTable() []Binding {
	return []Binding{
		{Action: NextHit, Keys: []string{"n"}, Scope: Search, Help: "go to the next hit"},
		{Action: PrevHit, Keys: []string{"N"}, Scope: Search, Help: "go to the previous hit"},
		{Action: DecodeBody, Keys: []string{"d"}, Scope: Body, Help: "show the body as JSON, text, hex, …"},
		{Action: WrapBody, Keys: []string{"w"}, Scope: Body, Help: "wrap long lines, or not"},
		{Action: ScrollLeft, Keys: []string{"shift+left"}, Scope: Body, Help: "scroll left", Hidden: true},
		{Action: ScrollRight, Keys: []string{"shift+right"}, Scope: Body, Help: "scroll right", Hidden: true},
	}
}

// formTable holds what forms can do. Keys that type nothing work in their
// fields; the others when no field has the keyboard.
func formTable() []Binding {
	return []Binding{
		{Action: FormNext, Keys: []string{"tab"}, Scope: Form, Help: "next field", Short: "next field", Hidden: true},
		{Action: FormPrev, Keys: []string{"shift+tab"}, Scope: Form, Help: "previous field", Hidden: true},
		{Action: FormLeave, Keys: []string{"esc"}, Scope: Form, Help: "leave the fields: keys are commands again", Short: "leave fields", Hidden: true},
		{Action: FormEdit, Keys: []string{"enter", "i"}, Scope: FormRest, Help: "go into the fields", Short: "edit", Hidden: true},

		{Action: Send, Keys: []string{"ctrl+s"}, Scope: Publish, Help: "publish what the form says", Short: "send", Danger: true},
		{Action: EditBody, Keys: []string{"ctrl+e"}, Scope: Publish, Help: "edit the body in $EDITOR", Short: "$EDITOR"},
		{Action: FormatBody, Keys: []string{"ctrl+f"}, Scope: Publish, Help: "indent the body, if it is JSON"},
		{Action: InsertFunction, Keys: []string{"ctrl+g"}, Scope: Publish, Help: "insert a template function", Short: "functions"},
		{Action: LoadFile, Keys: []string{"ctrl+o"}, Scope: Publish, Help: "load the body, or one message a line, from a file", Short: "file"},
		{Action: SentBefore, Keys: []string{"ctrl+r"}, Scope: Publish, Help: "take something that was sent before", Short: "sent before"},

		{Action: SaveSettings, Keys: []string{"ctrl+s"}, Scope: Settings, Help: "apply the changes (with a plan)", Short: "apply", Danger: true},
		{Action: AddBinding, Keys: []string{"ctrl+o"}, Scope: Settings, Help: "bind the queue to a topic, or unbind it", Short: "bindings", Danger: true},
	}
}

// activityTable holds what the graphs can do.
func activityTable() []Binding {
	return []Binding{
		{Action: CursorLeft, Keys: []string{"left", "h"}, Scope: Activity, Help: "read the values of an earlier moment", Short: "read out", Hidden: true},
		{Action: CursorRight, Keys: []string{"right", "l"}, Scope: Activity, Help: "read the values of a later moment", Hidden: true},
		{Action: CursorFarLeft, Keys: []string{"shift+left", "pgup"}, Scope: Activity, Help: "go far back", Hidden: true},
		{Action: CursorFarRight, Keys: []string{"shift+right", "pgdown"}, Scope: Activity, Help: "go far on", Hidden: true},
		{Action: NextWindow, Keys: []string{"w"}, Scope: Activity, Help: "change how far back the graphs reach", Short: "window"},
		{Action: Shorter, Keys: []string{"+"}, Scope: Activity, Help: "a shorter time", Hidden: true},
		{Action: Longer, Keys: []string{"-"}, Scope: Activity, Help: "a longer time", Hidden: true},
		{Action: NextMetric, Keys: []string{"m"}, Scope: Activity, Help: "next graph, or what is compared", Short: "graph"},
		{Action: ChooseQueue, Keys: []string{"enter", "a"}, Scope: Activity, Help: "choose the queue that is shown", Short: "queue"},
		{Action: CompareQueue, Keys: []string{"c"}, Scope: Activity, Help: "put a queue over the others, or take it away", Short: "compare"},
	}
}

func dialogTable() []Binding {
	return []Binding{
		{Action: ButtonNext, Keys: []string{"tab", "right", "l"}, Scope: Dialog, Help: "next button", Hidden: true},
		{Action: ButtonPrev, Keys: []string{"shift+tab", "left", "h"}, Scope: Dialog, Help: "previous button", Hidden: true},
		{Action: ButtonPress, Keys: []string{"enter"}, Scope: Dialog, Help: "press the button", Short: "press", Hidden: true},

		{Action: Accept, Keys: []string{"enter"}, Scope: Input, Help: "take what is typed", Short: "accept", Hidden: true},
		{Action: Cancel, Keys: []string{"esc"}, Scope: Input, Help: "leave the field", Short: "leave", Hidden: true},
		{Action: Next, Keys: []string{"tab", "down"}, Scope: Input, Help: "next field or suggestion", Hidden: true},
		{Action: Prev, Keys: []string{"shift+tab", "up"}, Scope: Input, Help: "previous field or suggestion", Hidden: true},
	}
}
