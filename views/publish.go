package views

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// Publish writes messages: the body in an editor, the rest in a form, and what
// will be sent beside it. The same screen edits a message that is there, which
// the new one then replaces.
type Publish struct {
	env     *Env
	fetch   *fetcher[publishTargets]
	body    *widget.Editor
	form    *widget.Form
	preview *widget.Body

	// loaded is a body from a file that is too large for the editor, or nil.
	loaded *widget.Body
	inFile int64  // messages in it, if each line is one
	first  []byte // of them
	source string // the file that the body came from

	edit   *editing // nil: new messages
	open   OpenMsg
	onBody bool // the body has the focus, not the form
	typing bool // what has the focus has the keyboard

	sample  sample
	run     loadRun
	width   int
	height  int
	current publishLayout
}

// publishTargets is where messages can go.
type publishTargets struct {
	queues []engine.QueueInfo
	topics []engine.Topic
	limit  int // of a body, in bytes; 0: none
}

// NewPublish returns the screen for OpenMsg.Queue, with the content of
// OpenMsg.Message to begin with.
func NewPublish(env *Env, open OpenMsg) View { return newPublish(env, open) }

func newPublish(env *Env, open OpenMsg) *Publish {
	e := env.Engine
	v := &Publish{
		env: env, open: open,
		body: widget.NewEditor(env.Styles), preview: widget.NewBody(env.Styles),
	}
	v.body.JSON = true
	v.body.Placeholder = `{"the": "body"}, with functions like {{uuid}}`
	v.fetch = newFetcher(env, func(ctx context.Context) (publishTargets, error) {
		t := publishTargets{limit: e.Capabilities().MaxBody}
		var err error
		if t.queues, err = e.Queues(ctx); err == nil {
			t.topics, err = e.Topics(ctx)
		}
		return t, err
	})
	v.form = widget.NewForm(env.Styles, v.newFields()...)
	if open.Screen == EditScreen {
		v.edit = newEditing(env, open)
	}
	v.text(toKey).SetValue([]byte(open.Queue))
	if m := open.Message; m != nil {
		v.begin(m)
	}
	v.typing, v.onBody = true, open.Queue != ""
	v.focus()
	v.check()
	return v
}

// begin puts a message into body and form.
func (v *Publish) begin(m *engine.Message) {
	v.setBody(m.Body)
	v.choice(literalKey).Chosen = 1 // what was sent is sent again, not filled in
	v.headers().Set(m.Headers)
	v.text(groupKey).SetValue([]byte(m.Group))
	v.text(dedupKey).SetValue([]byte(m.DedupID))
}

// Init reads where messages can go, and the message to edit.
func (v *Publish) Init() tea.Cmd {
	if v.edit != nil {
		return tea.Batch(v.fetch.Load(), v.edit.fetch.Load())
	}
	return v.fetch.Load()
}

// Update takes keys while a field has them, results and the mouse.
func (v *Publish) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return v.typed(m)
	case tea.MouseMsg:
		return v.mouse(m)
	case ChangesMsg, ShownMsg:
		return v.fetch.Load()
	case TickMsg:
		v.run.look(v.env)
		return v.fetch.Load()
	case JobsMsg:
		return v.jobs()
	case editedBodyMsg:
		return v.edited(m)
	case loadPathMsg:
		return loadFile(string(m), v.fileLimit())
	case fileLoadedMsg:
		return v.fileLoaded(m)
	case insertMsg:
		v.body.Insert([]byte(m))
		v.check()
		return nil
	case sentBeforeMsg:
		v.take(operation.Load(m))
		return nil
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh {
		v.check()
		return cmd
	}
	if v.edit != nil {
		other, fresh := v.edit.fetch.Update(msg)
		if fresh && v.edit.fetch.err == nil && !v.edit.begun {
			v.edit.begun = true
			v.begin(&v.edit.fetch.value)
			v.text(toKey).SetValue([]byte(v.edit.origin()))
			v.check()
		}
		cmd = tea.Batch(cmd, other)
	}
	return cmd
}

// typed gives a key or a paste to what has the focus.
func (v *Publish) typed(msg tea.Msg) tea.Cmd {
	if v.run.started && v.run.job.State.Over() {
		v.run = loadRun{} // the preview comes back
	}
	switch {
	case v.onBody && v.loaded != nil:
		if key, ok := msg.(tea.KeyPressMsg); ok && key.String() == "backspace" {
			v.setBody(nil)
		}
		v.scrollLoaded(msg)
	case v.onBody:
		v.body.Update(msg)
	default:
		typeInto(v.form, msg)
	}
	v.check()
	return v.pressed()
}

// pressed does what a button says.
func (v *Publish) pressed() tea.Cmd {
	if v.form.Field(sendKey).Item.(*widget.ButtonsItem).Pressed() != "" {
		return v.send()
	}
	return nil
}

// send asks for the plan of what the form says.
func (v *Publish) send() tea.Cmd {
	if why := v.wrong(); why != "" {
		return Notify(NoticeWarning, why)
	}
	if v.edit != nil {
		return send(PlanMsg{Request: v.edit.request(v)})
	}
	request := operation.Request{Verb: operation.Publish, Load: v.load(), Pace: v.pace()}
	v.run.expect(v.env)
	return send(PlanMsg{Request: request})
}

// focus gives the keyboard to the body or the form, or to neither.
func (v *Publish) focus() {
	v.body.SetFocused(v.typing && v.onBody && v.loaded == nil)
	v.form.Focus(0)
	if v.typing && !v.onBody {
		v.form.Focus(2)
	}
	v.layout()
}

// turn moves the focus to the next or the previous place.
func (v *Publish) turn(step int) {
	switch {
	case v.onBody:
		v.onBody = false
		v.focus()
		v.form.Focus(step)
	case !v.form.Move(step):
		v.onBody = true
		v.focus()
	}
	v.layout()
}

// Act does what keys do.
func (v *Publish) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.FormNext:
		v.turn(1)
	case keymap.FormPrev:
		v.turn(-1)
	case keymap.FormEdit, keymap.FormLeave:
		v.typing = a == keymap.FormEdit
		v.focus()
	case keymap.Send:
		return v.send(), true
	case keymap.EditBody:
		return v.openEditor(), true
	case keymap.FormatBody:
		v.format()
	case keymap.InsertFunction:
		return v.chooseFunction(), true
	case keymap.LoadFile:
		return v.askFile(), true
	case keymap.SentBefore:
		return v.chooseSent(), true
	default:
		return nil, false
	}
	return nil, true
}

// Why says why an action cannot act now.
func (v *Publish) Why(a keymap.Action) string {
	switch {
	case v.edit != nil && (a == keymap.SentBefore || a == keymap.InsertFunction):
		return "the message is replaced by exactly what stands here"
	case v.env.Operations == nil && (a == keymap.Send || a == keymap.SentBefore):
		return "this console cannot change anything"
	case a == keymap.SentBefore && len(v.sentBefore()) == 0:
		return "nothing was sent from here yet"
	case a == keymap.FormatBody && !v.sample.formattable:
		return "the body as it stands is no JSON"
	case a == keymap.InsertFunction && v.loaded != nil:
		return "the body comes from a file"
	}
	return ""
}

func (v *Publish) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	l := v.current
	inBody, inForm := inside(l.body, at.X, at.Y), inside(l.form, at.X, at.Y)
	switch msg.(type) {
	case tea.MouseWheelMsg:
		step := wheel(at)
		switch {
		case inBody && v.loaded != nil:
			v.loaded.Scroll(step)
		case inBody:
			v.body.Scroll(step)
		case inForm:
			v.form.Scroll(step)
		default:
			v.preview.Scroll(step)
		}
	case tea.MouseClickMsg:
		switch {
		case inBody:
			v.typing, v.onBody = true, true
			v.focus()
			v.body.Click(at.X-l.body.Min.X, at.Y-l.body.Min.Y)
		case inForm:
			v.typing, v.onBody = true, false
			v.focus()
			v.form.Click(at.X-l.form.Min.X, at.Y-l.form.Min.Y)
			v.check()
			return v.pressed()
		}
	}
	return nil
}

// SetSize gives the cells to draw in.
func (v *Publish) SetSize(width, height int) {
	v.width, v.height = width, height
	v.layout()
}

// Cursor is where the text cursor is.
func (v *Publish) Cursor() *tea.Cursor {
	if !v.typing {
		return nil
	}
	l := v.current
	if v.onBody {
		if x, y, ok := v.body.Cursor(); ok && l.body.Dx() > 0 {
			return textCursor(v.env, l.body.Min.X+x, l.body.Min.Y+y)
		}
		return nil
	}
	if x, y, ok := v.form.Cursor(); ok && l.form.Dx() > 0 {
		return textCursor(v.env, l.form.Min.X+x, l.form.Min.Y+y)
	}
	return nil
}

// Title names the screen.
func (v *Publish) Title() string {
	if v.edit != nil {
		return "Edit " + widget.SafeFit(string(v.open.ID), 30)
	}
	return "Publish"
}

// Scopes are where keys are looked up.
func (v *Publish) Scopes() []keymap.Scope {
	if v.typing {
		return []keymap.Scope{keymap.Form, keymap.Publish}
	}
	return []keymap.Scope{keymap.FormRest, keymap.Publish}
}

// Capturing reports whether a field has the keyboard.
func (v *Publish) Capturing() bool { return v.typing }

// Close ends reading.
func (v *Publish) Close() {
	v.fetch.Close()
	if v.edit != nil {
		v.edit.fetch.Close()
	}
}

// queueNames are the queues that there are.
func (v *Publish) queueNames() []string {
	names := make([]string, len(v.fetch.value.queues))
	for i, q := range v.fetch.value.queues {
		names[i] = q.Name
	}
	return names
}

// missing reports whether the queue that is named does not exist yet.
func (v *Publish) missing() bool {
	name := v.text(toKey).String()
	return v.fetch.loaded && !v.toTopic() && name != "" && !slices.Contains(v.queueNames(), name)
}
