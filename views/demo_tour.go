package views

import (
	"fmt"
	"time"

	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// Tour walks a newcomer through what the console is for, one step after the
// other; each ends when it was really done. The zero value of *Tour, nil, is no
// tour at all.
type Tour struct {
	env   *Env
	on    bool
	step  int       // the next one to do
	since time.Time // when it became that
}

// tourStep is something to do.
type tourStep struct {
	screen Screen         // visiting it is the step; or
	verb   operation.Verb // a job of this kind is
	text   func(*keymap.Map) string
}

func tourSteps() []tourStep {
	key := func(keys *keymap.Map, a keymap.Action) string { return keys.Key(a) }
	return []tourStep{
		{screen: QueueScreen, text: func(k *keymap.Map) string {
			return fmt.Sprintf("browse: go to the queues (%s), choose with %s %s, open with %s", key(k, keymap.Tab1), key(k, keymap.Down), key(k, keymap.Up), key(k, keymap.Open))
		}},
		{screen: DeadScreen, text: func(k *keymap.Map) string {
			return fmt.Sprintf("inspect dead letters: %s jumps to those of a queue, by cause", key(k, keymap.JumpDead))
		}},
		{verb: operation.Requeue, text: func(k *keymap.Map) string {
			return fmt.Sprintf("requeue: %s on a cause, read the plan, let it run (%s: undo)", key(k, keymap.Requeue), key(k, keymap.Undo))
		}},
		{verb: operation.Publish, text: func(k *keymap.Map) string {
			return fmt.Sprintf("publish: %s on a queue, write a payload, send it", key(k, keymap.PublishTo))
		}},
		{screen: ActivityScreen, text: func(k *keymap.Map) string {
			return fmt.Sprintf("watch throughput: open Activity (%s finds every screen)", key(k, keymap.Palette))
		}},
	}
}

// NewTour returns a tour that has not begun.
func NewTour(env *Env) *Tour { return &Tour{env: env} }

// Toggle begins the tour anew, or leaves it.
func (t *Tour) Toggle() {
	if t == nil {
		return
	}
	t.on = !t.on || t.step >= len(tourSteps())
	t.step, t.since = 0, t.env.Now()
}

// Visit tells the tour which screen is shown.
func (t *Tour) Visit(screen Screen) {
	if t == nil || !t.on || t.step >= len(tourSteps()) {
		return
	}
	if s := tourSteps()[t.step]; s.screen != "" && s.screen == screen {
		t.next()
	}
}

// Look tells the tour that a second passed: a job may have been started.
func (t *Tour) Look() {
	if t == nil || !t.on || t.step >= len(tourSteps()) {
		return
	}
	verb := tourSteps()[t.step].verb
	if verb == "" || t.env.Operations == nil {
		return
	}
	for _, job := range t.env.Operations.Jobs() {
		if job.Request.Verb == verb && !job.Started.Before(t.since) {
			t.next()
			return
		}
	}
}

func (t *Tour) next() { t.step, t.since = t.step+1, t.env.Now() }

// text is the step to do; "" outside the tour.
func (t *Tour) text() string {
	if t == nil || !t.on {
		return ""
	}
	steps := tourSteps()
	if t.step < len(steps) {
		return fmt.Sprintf("tour %d/%d  %s", t.step+1, len(steps), steps[t.step].text(t.env.Keys))
	}
	return fmt.Sprintf("tour done: you have seen it all; %s helps wherever you are", t.env.Keys.Key(keymap.Help))
}

// DemoStrip is the line that every screen of a demo has: the step of the tour,
// or else the story; on the demo's own screen, which tells that anyway, what to
// do there.
func DemoStrip(env *Env, shown View, width int) string {
	s := env.Styles
	if text := env.Tour.text(); text != "" {
		return s.Bars.Bar.Render(" ") + s.Bars.Key.Render(widget.Pad(text, max(width-1, 0), widget.Left))
	}
	state := env.Demo.State()
	story, bar := state.Story, s.Bars.Bar
	if _, own := shown.(*Demo); own {
		return s.Bars.Label.Render(widget.Pad("   what you move here acts at once: watch it on the other screens", width, widget.Left))
	}
	tone, sign := demoTone(s, story.Tone)
	if next := nextAct(state); story.Tone == DemoCalm && next != "" {
		story.Watch = next
	}
	line := tone.Background(bar.GetBackground()).Render(" "+sign+" ") + bar.Render(widget.Safe(story.Text))
	if story.Watch != "" {
		line += s.Bars.Label.Render("  "+s.Glyphs.Middle+"  ") + emphasize(widget.Safe(story.Watch), s.Bars.Label, s.Bars.Key)
	}
	line = widget.Fit(line, width)
	return line + bar.Render(widget.Pad("", width-widget.Width(line), widget.Left))
}
