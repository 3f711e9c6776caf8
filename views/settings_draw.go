package views

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// Keys of the fields of bindings.
const (
	topicKey   = "topic"
	patternKey = "pattern"
	bindKey    = "bind"
	unbindKey  = "unbind "
)

// settingsHead is how many rows stand above the form.
const settingsHead = 2

// build makes the form's fields; those of bindings come when they are known.
func (v *Settings) build() {
	s := v.env.Styles
	var fields []*widget.Field
	if v.queue == "" {
		fields = append(fields, &widget.Field{Key: nameKey, Label: "name", Item: widget.NewTextItem(s, "the name of the queue")})
	}
	for _, f := range v.fields {
		fields = append(fields, &widget.Field{Key: f.key, Label: f.label, Item: f.item, Hint: f.hint, Section: f.section})
	}
	v.fields[slices.IndexFunc(v.fields, func(f policyField) bool { return f.key == deadQueueKey })].item.(*widget.TextItem).Suggest = v.suggestQueue
	verb := "Apply"
	if v.queue == "" {
		verb = "Create"
	}
	fields = append(fields, &widget.Field{Key: applyKey, Item: widget.NewButtons(
		s, widget.Button{Key: applyKey, Label: verb + s.Glyphs.Ellipsis}, widget.Button{Key: resetKey, Label: "Reset"})})
	if v.queue != "" {
		fields = append(fields,
			&widget.Field{Key: topicKey, Label: "topic", Section: "Topics", Item: widget.NewTextItem(s, "a topic"), Hint: "the queue gets what is published to it"},
			&widget.Field{Key: patternKey, Label: "keys", Item: widget.NewTextItem(s, "order.* or #"), Hint: "words and dots; * is one word, # any number"},
			&widget.Field{Key: bindKey, Item: widget.NewButtons(s, widget.Button{Key: bindKey, Label: "Bind" + s.Glyphs.Ellipsis, Off: true})},
		)
	}
	v.form = widget.NewForm(s, fields...)
	if topic := v.form.Field(topicKey); topic != nil {
		topic.Item.(*widget.TextItem).Suggest = v.suggestTopic
	}
}

func (v *Settings) suggestQueue(text string) []string {
	return withPrefix(v.fetch.value.queues, text, v.queue)
}

func (v *Settings) suggestTopic(text string) []string {
	var names []string
	for _, t := range v.fetch.value.topics {
		names = append(names, t.Name)
	}
	return withPrefix(names, text, "")
}

// withPrefix are the names that begin with a text, but one.
func withPrefix(names []string, text, but string) []string {
	var found []string
	for _, n := range names {
		if strings.HasPrefix(n, text) && n != but {
			found = append(found, n)
		}
	}
	return found
}

// showBindings has one button for each binding of the queue.
func (v *Settings) showBindings(topics []engine.Topic) {
	at := slices.IndexFunc(v.form.Fields, func(f *widget.Field) bool { return f.Key == topicKey || strings.HasPrefix(f.Key, unbindKey) })
	focused := v.form.Focused()
	kept := slices.DeleteFunc(slices.Clone(v.form.Fields[at:]), func(f *widget.Field) bool { return strings.HasPrefix(f.Key, unbindKey) })
	fields := v.form.Fields[:at:at]
	for _, t := range topics {
		for _, b := range t.Bindings {
			if b.Queue != v.queue {
				continue
			}
			key := unbindKey + t.Name + " " + b.Pattern // neither has blanks
			field := v.form.Field(key)
			if field == nil {
				field = &widget.Field{
					Key: key, Label: "bound to", Hint: t.Name + "   " + b.Pattern,
					Item: widget.NewButtons(v.env.Styles, widget.Button{Key: key, Label: "Unbind" + v.env.Styles.Glyphs.Ellipsis}),
				}
			}
			fields = append(fields, field)
		}
	}
	for i, f := range append(fields[at:], kept...) {
		if f.Section = ""; i == 0 {
			f.Section = "Topics"
		}
	}
	v.form.Fields = append(fields, kept...)
	if focused != nil {
		if v.form.Field(focused.Key) == nil {
			focused = v.form.Field(topicKey)
		}
		v.form.FocusOn(focused.Key)
	}
}

// checkBinding says what is wrong with the binding that is typed.
func (v *Settings) checkBinding() {
	topic, pattern := v.form.Field(topicKey), v.form.Field(patternKey)
	if topic == nil {
		return
	}
	topic.Problem, pattern.Problem = "", ""
	name, words := topic.Item.(*widget.TextItem).String(), pattern.Item.(*widget.TextItem).String()
	nameErr, wordsErr := engine.ValidateName(name), engine.ValidatePattern(words)
	if nameErr != nil && name != "" {
		topic.Problem = problem(nameErr)
	}
	if wordsErr != nil && words != "" {
		pattern.Problem = problem(wordsErr)
	}
	v.form.Field(bindKey).Item.(*widget.ButtonsItem).Buttons[0].Off = nameErr != nil || wordsErr != nil
}

// bindingPressed asks for the plan to bind or unbind, if that was pressed.
func (v *Settings) bindingPressed() tea.Cmd {
	for _, f := range v.form.Fields {
		buttons, ok := f.Item.(*widget.ButtonsItem)
		if !ok || f.Key == applyKey {
			continue
		}
		request := operation.Request{Queue: v.queue}
		switch key := buttons.Pressed(); {
		case key == bindKey:
			request.Verb = operation.Bind
			request.Topic = v.form.Field(topicKey).Item.(*widget.TextItem).String()
			request.Pattern = v.form.Field(patternKey).Item.(*widget.TextItem).String()
		case key != "":
			request.Verb = operation.Unbind
			request.Topic, request.Pattern, _ = strings.Cut(strings.TrimPrefix(key, unbindKey), " ")
		default:
			continue
		}
		return send(PlanMsg{Request: request})
	}
	return nil
}

// formSize is the room of the form: the policy in words stands beside it if
// there is room for both.
func (v *Settings) formSize() (width, height int) {
	width, height = v.width-2, v.height-settingsHead
	if v.width >= wideSettings {
		width = max(v.width*3/5, settingsForm)
	}
	return max(width, 0), max(height, 0)
}

const (
	// settingsForm is where all hints have room beside the fields.
	settingsForm = 107
	// wideSettings is that of both from which on the words stand beside it.
	wideSettings = settingsForm + 33
)

// Render draws the screen.
func (v *Settings) Render() string {
	width, height := v.formSize()
	form := widget.Box(v.form.Render(), width, height)
	if v.width >= wideSettings {
		room := v.width - width - 4
		form = beside(widget.Box(form, width+2, height), widget.Box(v.words(room), room, height))
	}
	lines := []string{" " + v.head(), ""}
	for _, l := range strings.Split(form, "\n") {
		lines = append(lines, " "+l)
	}
	return widget.Box(strings.Join(lines, "\n"), v.width, v.height)
}

// head says whose settings these are, and how many changes are not applied.
func (v *Settings) head() string {
	s := v.env.Styles
	if v.fetch.err != nil {
		return s.Bad.Render(s.Glyphs.Cross + " " + widget.SafeFit(v.fetch.err.Error(), v.width-4))
	}
	if v.queue == "" {
		return s.Strong.Render("A new queue") + s.Muted.Render("   with this policy; everything can be changed later")
	}
	text := s.Strong.Render(widget.SafeFit(v.queue, v.width/2))
	n := len(v.changes())
	switch {
	case !v.read:
		return text + s.Muted.Render("   reading"+s.Glyphs.Ellipsis)
	case n == 0:
		hint := "   how this queue behaves"
		if !v.typing {
			hint += "; enter edits"
		}
		return text + s.Muted.Render(hint)
	default:
		return text + s.Warn.Render(fmt.Sprintf("   %s, not applied yet", widget.Plural(n, "change")))
	}
}

// changes are the fields that differ from what the queue has, in words.
func (v *Settings) changes() []string {
	var changes []string
	for _, f := range v.fields {
		if before, now := f.get(v.base), v.now(f); before != now && !v.form.Field(f.key).Hidden {
			changes = append(changes, fmt.Sprintf("%s: %s %s %s", f.label, or(before, "none"), v.env.Styles.Glyphs.Arrow, or(now, "none")))
		}
	}
	return changes
}

// or is text, or instead if that is empty.
func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// words says in sentences what the form says, and what would change.
func (v *Settings) words(width int) string {
	s := v.env.Styles
	lines := []string{s.Strong.Render("In words"), ""}
	p, ok := v.policy()
	if !ok {
		lines = append(lines, s.Fields.Error.Render(s.Glyphs.Cross+" some field cannot be so"))
	} else {
		for _, text := range policyText(or(v.name(), "the queue"), p) {
			for _, l := range widget.Wrap(widget.Safe(text), width) {
				lines = append(lines, s.Text.Render(l))
			}
		}
	}
	if changes := v.changes(); len(changes) > 0 && v.queue != "" {
		lines = append(lines, "", s.Strong.Render("Changes"), "")
		for _, c := range changes {
			lines = append(lines, s.Warn.Render(widget.SafeFit(c, width)))
		}
	}
	return strings.Join(lines, "\n")
}
