package views

import (
	"fmt"
	"strings"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/views/widget"
)

// Keys of the fields.
const (
	kindKey    = "kind"
	toKey      = "to"
	routeKey   = "key"
	headersKey = "headers"
	groupKey   = "group"
	dedupKey   = "dedup"
	delayKey   = "delay"
	timesKey   = "times"
	rateKey    = "rate"
	literalKey = "literal"
	linesKey   = "lines"
	sendKey    = "send"
)

func (v *Publish) text(key string) *widget.TextItem { return v.form.Field(key).Item.(*widget.TextItem) }

func (v *Publish) choice(key string) *widget.ChoiceItem {
	return v.form.Field(key).Item.(*widget.ChoiceItem)
}

func (v *Publish) headers() *widget.HeadersItem {
	return v.form.Field(headersKey).Item.(*widget.HeadersItem)
}

func (v *Publish) newFields() []*widget.Field {
	s := v.env.Styles
	to := widget.NewTextItem(s, "the name of a queue")
	to.Suggest = func(text string) []string {
		if !v.toTopic() {
			return withPrefix(v.queueNames(), text, "")
		}
		var names []string
		for _, t := range v.fetch.value.topics {
			names = append(names, t.Name)
		}
		return withPrefix(names, text, "")
	}
	return []*widget.Field{
		{Key: kindKey, Label: "send to", Item: widget.NewChoiceItem(s, "a queue", "a topic"), Hidden: true},
		{Key: toKey, Label: "queue", Item: to},
		{Key: routeKey, Label: "key", Item: widget.NewTextItem(s, "order.paid"), Hint: "queues bound with a pattern that it matches get the message", Hidden: true},
		{Key: groupKey, Label: "group", Item: widget.NewTextItem(s, "none"), Hint: "one after the other in an ordered queue"},
		{Key: dedupKey, Label: "dedup id", Item: widget.NewTextItem(s, "none"), Hint: "a second message with this deduplication id is dropped"},
		{Key: delayKey, Label: "delay", Item: widget.NewTextItem(s, "the queue's"), Hint: "30s, 5m, 2h; 0: none, whatever the queue says"},
		{Key: linesKey, Label: "body is", Item: widget.NewChoiceItem(s, "one message", "one a line"), Hint: "each line that is not empty is a message"},
		{Key: literalKey, Label: "{{…}}", Item: widget.NewChoiceItem(s, "filled in", "as it is"), Hint: "what stands in double braces is a function, or plain text"},
		{Key: timesKey, Label: "times", Item: widget.NewTextItem(s, "1"), Hint: "how many messages"},
		{Key: rateKey, Label: "a second", Item: widget.NewTextItem(s, "as fast as it goes"), Hint: "a load run: a job with progress, that can be paused"},
		{Key: headersKey, Label: "headers", Item: widget.NewHeaders(s), Hint: "name = value; functions work in values too"},
		{Key: sendKey, Item: widget.NewButtons(s, widget.Button{Key: sendKey, Label: "Publish"})},
	}
}

func (v *Publish) toTopic() bool { return v.choice(kindKey).Chosen == 1 }
func (v *Publish) literal() bool { return v.choice(literalKey).Chosen == 1 || v.edit != nil }
func (v *Publish) lines() bool   { return v.choice(linesKey).Chosen == 1 && v.edit == nil }

// content is the body as it stands in the editor or was loaded.
func (v *Publish) content() []byte {
	if v.loaded != nil {
		return v.loaded.Content()
	}
	return v.body.Value()
}

// delay is what the form says: 0 the queue's, negative none.
func (v *Publish) delay() (time.Duration, error) {
	text := strings.TrimSpace(v.text(delayKey).String())
	if text == "" {
		return 0, nil
	}
	d, err := widget.ParseDuration(text)
	if d == 0 && err == nil {
		d = -1
	}
	return d, err
}

// times is how many messages; 0: one, or one for each line.
func (v *Publish) times() (n int64, err error) {
	text := strings.TrimSpace(v.text(timesKey).String())
	if text == "" {
		return 0, nil
	}
	if err = parseWhole(text, func(m int64) { n = m }); err == nil && (n < 1 || n > operation.MaxLoad) {
		err = fmt.Errorf("from 1 to %s", widget.Count(operation.MaxLoad))
	}
	return n, err
}

// rate is in messages a second; 0: as fast as it goes.
func (v *Publish) rate() (rate float64, err error) {
	text := strings.TrimSuffix(strings.TrimSpace(v.text(rateKey).String()), "/s")
	if text == "" {
		return 0, nil
	}
	if err = parseNumber(text, func(f float64) { rate = f }); err == nil {
		err = operation.Pace{Kind: operation.PerSecond, Rate: rate}.Validate()
	}
	return rate, err
}

func (v *Publish) pace() operation.Pace {
	if rate, err := v.rate(); err == nil && rate > 0 {
		return operation.Pace{Kind: operation.PerSecond, Rate: rate}
	}
	return operation.Pace{}
}

// load is what the form says.
func (v *Publish) load() operation.Load {
	l := operation.Load{
		Queue: v.text(toKey).String(), Create: true,
		Body: v.content(), Headers: v.headers().Headers(),
		Group: v.text(groupKey).String(), DedupID: v.text(dedupKey).String(),
		Literal: v.literal(), Lines: v.lines(), Seed: v.sample.seed,
	}
	if v.toTopic() {
		l.Topic, l.Key, l.Queue, l.Create = l.Queue, v.text(routeKey).String(), "", false
	}
	l.Delay, _ = v.delay()
	l.Count, _ = v.times()
	return l
}

// take puts what was sent before into body and form.
func (v *Publish) take(l operation.Load) {
	v.setBody(l.Body)
	v.choice(kindKey).Chosen = index(l.Topic != "")
	v.choice(literalKey).Chosen = index(l.Literal)
	v.choice(linesKey).Chosen = index(l.Lines)
	v.text(toKey).SetValue([]byte(l.Queue + l.Topic))
	v.text(routeKey).SetValue([]byte(l.Key))
	v.text(groupKey).SetValue([]byte(l.Group))
	v.text(dedupKey).SetValue([]byte(l.DedupID))
	v.headers().Set(l.Headers)
	delay, times := "", ""
	switch {
	case l.Delay > 0:
		delay = widget.Exact(l.Delay)
	case l.Delay < 0:
		delay = "0"
	}
	if l.Count > 1 && !l.Lines {
		times = fmt.Sprint(l.Count)
	}
	v.text(delayKey).SetValue([]byte(delay))
	v.text(timesKey).SetValue([]byte(times))
	v.check()
}

// checkFields says at each field what is wrong with it, and shows those that
// make sense.
func (v *Publish) checkFields() {
	for _, key := range []string{delayKey, timesKey, rateKey, toKey, routeKey, headersKey} {
		v.form.Field(key).Problem = ""
	}
	set := func(key string, err error) {
		if err != nil {
			v.form.Field(key).Problem = problem(err)
		}
	}
	_, err := v.delay()
	set(delayKey, err)
	_, err = v.times()
	set(timesKey, err)
	_, err = v.rate()
	set(rateKey, err)
	v.form.Field(headersKey).Problem = v.headers().Problem()

	to := v.form.Field(toKey)
	to.Label, to.Note = "queue", ""
	if v.toTopic() {
		to.Label = "topic"
	}
	name := v.text(toKey).String()
	if name != "" {
		set(toKey, engine.ValidateName(name))
	}
	if v.missing() && v.edit == nil {
		to.Note = "does not exist yet: publishing creates it"
	}
	v.form.Field(kindKey).Hidden = v.edit != nil || len(v.fetch.value.topics) == 0 && !v.toTopic()
	v.form.Field(routeKey).Hidden = !v.toTopic()
	if v.text(timesKey).Placeholder = "1"; v.lines() {
		v.text(timesKey).Placeholder = "each line once"
	}
	for _, key := range []string{linesKey, literalKey, timesKey, rateKey} {
		v.form.Field(key).Hidden = v.edit != nil
	}
	v.checkRoute()
	v.checkButton()
}

// checkRoute says which queues get what is sent to a topic.
func (v *Publish) checkRoute() {
	if !v.toTopic() {
		return
	}
	field := v.form.Field(routeKey)
	var queues []string
	for _, t := range v.fetch.value.topics {
		for _, b := range t.Bindings {
			if t.Name == v.text(toKey).String() && b.Matches(v.text(routeKey).String()) {
				queues = append(queues, b.Queue)
			}
		}
	}
	if len(queues) == 0 {
		field.Problem = engine.ErrNoRoute.Error()
		return
	}
	field.Hint = "goes to " + strings.Join(queues, ", ")
}

// checkButton says on the button what will be done.
func (v *Publish) checkButton() {
	b := &v.form.Field(sendKey).Item.(*widget.ButtonsItem).Buttons[0]
	b.Off = v.wrong() != ""
	switch n := v.sample.count; {
	case v.edit != nil:
		b.Label = "Replace"
	case n == 1:
		b.Label = "Publish"
	default:
		b.Label = "Publish " + widget.Count(n)
	}
	b.Label += v.env.Styles.Glyphs.Ellipsis
}

// wrong says why nothing can be sent now; "": it can.
func (v *Publish) wrong() string {
	switch {
	case v.edit != nil && !v.edit.fetch.loaded:
		return "the message is not read yet"
	case v.edit != nil && v.edit.same(v):
		return "nothing was changed"
	case v.text(toKey).String() == "" && v.edit == nil:
		return "say which queue it goes to"
	case v.sample.err != nil:
		return problem(v.sample.err)
	}
	for _, f := range v.form.Fields {
		if f.Problem != "" && !f.Hidden {
			return strings.TrimSpace(f.Label + ": " + f.Problem)
		}
	}
	return ""
}
