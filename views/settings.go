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

// Settings shows a queue's policy as a form, in words, and makes a plan of what
// was changed in it; without a queue it makes one.
type Settings struct {
	env    *Env
	queue  string // "": a new one
	fetch  *fetcher[settingsData]
	form   *widget.Form
	fields []policyField
	base   engine.Policy // as it is, or the default
	read   bool          // base is that of the queue
	made   string        // the queue whose making was asked for
	typing bool

	width, height int
}

// settingsData is what is read for the form.
type settingsData struct {
	info   engine.QueueInfo
	queues []string
	topics []engine.Topic
}

// NewSettings returns the settings of OpenMsg.Queue; of none, those of a queue
// to be made.
func NewSettings(env *Env, open OpenMsg) View {
	e, name := env.Engine, open.Queue
	v := &Settings{env: env, queue: name, base: engine.DefaultPolicy(), fields: policyFields(env.Styles)}
	v.fetch = newFetcher(env, func(ctx context.Context) (settingsData, error) { return readSettings(ctx, e, name) })
	v.build()
	v.show(v.base)
	if open.Screen == SettingsScreen {
		v.capture(true)
	}
	return v
}

func readSettings(ctx context.Context, e engine.Engine, name string) (settingsData, error) {
	var d settingsData
	queues, err := e.Queues(ctx)
	if err != nil {
		return d, err
	}
	for _, q := range queues {
		d.queues = append(d.queues, q.Name)
		if q.Name == name {
			d.info = q
		}
	}
	if name != "" && d.info.Name == "" {
		return d, &engine.Error{Op: "settings", Queue: name, Err: engine.ErrQueueNotFound}
	}
	d.topics, err = e.Topics(ctx)
	return d, err
}

// Init reads the queue.
func (v *Settings) Init() tea.Cmd { return v.fetch.Load() }

// Update takes keys while a field has them, results and the mouse.
func (v *Settings) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		typeInto(v.form, m)
		return v.changed()
	case tea.MouseMsg:
		return v.mouse(m)
	case JobsMsg, ShownMsg, ChangesMsg, TickMsg:
		return v.fetch.Load()
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh && v.fetch.err == nil {
		cmd = tea.Batch(cmd, v.arrived(v.fetch.value))
	}
	return cmd
}

// arrived takes in what was read: fields that the operator changed stay.
func (v *Settings) arrived(d settingsData) tea.Cmd {
	if v.made != "" && slices.Contains(d.queues, v.made) {
		made := v.made
		v.made = ""
		return tea.Sequence(send(BackMsg{}), send(OpenMsg{Screen: QueueScreen, Queue: made}))
	}
	if v.queue != "" {
		for _, f := range v.fields {
			if before := f.get(v.base); !v.read || v.now(f) == before {
				f.show(v.form, d.info.Policy)
			}
		}
		v.base, v.read = d.info.Policy, true
		v.showBindings(d.topics)
	}
	return v.changed()
}

// show puts a policy into the form.
func (v *Settings) show(p engine.Policy) {
	for _, f := range v.fields {
		f.show(v.form, p)
	}
	v.changed()
}

// policy is what the form says; ok is false while it says something wrong.
func (v *Settings) policy() (p engine.Policy, ok bool) {
	p, ok = v.base, true
	for _, f := range v.fields {
		ok = f.set(&p, f.value(v.form)) == nil && ok
	}
	return p, ok && p.Validate() == nil
}

// now is what the form says in a field, as the policy would say it again: "50"
// is "50 %".
func (v *Settings) now(f policyField) string {
	text := f.value(v.form)
	if f.check(text) != nil {
		return text
	}
	p, _ := v.policy()
	return f.get(p)
}

// changed checks every field, says what it was before, and does what a button
// was pressed for.
func (v *Settings) changed() tea.Cmd {
	changes := 0
	for _, f := range v.fields {
		field := v.form.Field(f.key)
		field.Problem, field.Hint = "", f.hint
		if err := f.check(f.value(v.form)); err != nil {
			field.Problem = problem(err)
		}
		if before := f.get(v.base); v.now(f) != before {
			changes++
			if v.queue != "" {
				field.Hint = "was " + before + "  " + v.env.Styles.Glyphs.Middle + "  " + f.hint
			}
		}
	}
	v.form.Field(deadQueueKey).Hidden = v.form.Field(deadKey).Item.(*widget.ChoiceItem).Chosen != deadElsewhere
	buttons := v.form.Field(applyKey).Item.(*widget.ButtonsItem)
	_, ok := v.policy()
	ok = ok && v.nameProblem() == ""
	buttons.Buttons[0].Off = !ok || v.queue != "" && changes == 0
	buttons.Buttons[1].Off = changes == 0
	if name := v.form.Field(nameKey); name != nil && len(name.Item.(*widget.TextItem).Value()) > 0 {
		name.Problem = v.nameProblem()
	}
	v.checkBinding()
	v.form.SetSize(v.formSize())
	return v.pressed()
}

// nameProblem says why a queue cannot have the name in the form.
func (v *Settings) nameProblem() string {
	if v.queue != "" {
		return ""
	}
	name := v.name()
	if err := engine.ValidateName(name); err != nil {
		return problem(err)
	}
	if slices.Contains(v.fetch.value.queues, name) {
		return engine.ErrQueueExists.Error()
	}
	return ""
}

// name is the queue's, or that of the one to be made.
func (v *Settings) name() string {
	if v.queue != "" {
		return v.queue
	}
	return v.form.Field(nameKey).Item.(*widget.TextItem).String()
}

// pressed does what a button says.
func (v *Settings) pressed() tea.Cmd {
	switch key := v.form.Field(applyKey).Item.(*widget.ButtonsItem).Pressed(); key {
	case applyKey:
		return v.apply()
	case resetKey:
		v.show(v.base)
		return nil
	}
	return v.bindingPressed()
}

// apply asks for the plan of the changes.
func (v *Settings) apply() tea.Cmd {
	p, ok := v.policy()
	if !ok || v.nameProblem() != "" {
		return Notify(NoticeWarning, "the form says something that cannot be: see the fields with a cross")
	}
	request := operation.Request{Verb: operation.Configure, Queue: v.name(), Policy: p}
	if v.queue == "" {
		request.Verb, v.made = operation.CreateQueue, v.name()
	}
	return send(PlanMsg{Request: request})
}

// capture gives the fields the keyboard, or takes it away.
func (v *Settings) capture(on bool) {
	v.typing = on
	if on {
		v.form.Focus(2)
	} else {
		v.form.Focus(0)
	}
}

// Act moves through the fields and applies them.
func (v *Settings) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.FormNext, keymap.FormPrev:
		step := 1
		if a == keymap.FormPrev {
			step = -1
		}
		if !v.form.Move(step) {
			v.form.Focus(step)
		}
	case keymap.FormEdit:
		v.capture(true)
	case keymap.FormLeave:
		v.capture(false)
	case keymap.SaveSettings:
		return v.apply(), true
	case keymap.AddBinding:
		v.capture(true)
		v.form.FocusOn(topicKey)
	default:
		return nil, false
	}
	return nil, true
}

// Why says why an action cannot act now.
func (v *Settings) Why(a keymap.Action) string {
	switch {
	case a == keymap.AddBinding && v.queue == "":
		return "make the queue first"
	case a == keymap.SaveSettings && v.queue != "":
		if p, ok := v.policy(); ok && p == v.base {
			return "nothing was changed"
		}
	}
	return ""
}

func (v *Settings) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		v.form.Scroll(wheel(at))
	case tea.MouseClickMsg:
		if field, _ := v.form.Click(at.X-1, at.Y-settingsHead); field != nil {
			v.typing = true
			return v.changed()
		}
	}
	return nil
}

// SetSize gives the cells to draw in.
func (v *Settings) SetSize(width, height int) {
	v.width, v.height = width, height
	v.form.SetSize(v.formSize())
}

// Cursor is where the text cursor is.
func (v *Settings) Cursor() *tea.Cursor {
	if x, y, ok := v.form.Cursor(); ok && v.typing {
		return textCursor(v.env, x+1, y+settingsHead)
	}
	return nil
}

// Title names the screen.
func (v *Settings) Title() string {
	if v.queue == "" {
		return "New queue"
	}
	return "Settings"
}

// Scopes are where keys are looked up.
func (v *Settings) Scopes() []keymap.Scope {
	if v.typing {
		return []keymap.Scope{keymap.Form, keymap.Settings}
	}
	return []keymap.Scope{keymap.FormRest, keymap.Settings}
}

// Capturing reports whether a field has the keyboard.
func (v *Settings) Capturing() bool { return v.typing }

// Close ends reading.
func (v *Settings) Close() { v.fetch.Close() }
