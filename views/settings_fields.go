package views

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/themes"
	"nixie/views/widget"
)

// policyField is a field of a policy in words.
type policyField struct {
	key, label, section, hint string
	item                      widget.Item
	get                       func(engine.Policy) string
	set                       func(*engine.Policy, string) error
}

// Keys of fields that are asked for by name.
const (
	nameKey      = "name"
	deadKey      = "dead letters"
	deadQueueKey = "dead queue"
	applyKey     = "apply"
	resetKey     = "reset"
)

// The options of where dead letters are kept.
const (
	deadOwn = iota
	deadTrash
	deadElsewhere
)

// policyFields are all fields of engine.Policy, in the order of the form.
func policyFields(s *themes.Styles) []policyField {
	fields := []policyField{
		durationField(s, "lease", "Delivery", "a consumer has so long, then it failed", func(p *engine.Policy) *time.Duration { return &p.VisibilityTimeout }),
		{
			key: "tries", label: "tries", hint: "then it is a dead letter; 0: tried for ever", item: widget.NewTextItem(s, "0"),
			get: func(p engine.Policy) string { return strconv.Itoa(p.MaxTries) },
			set: func(p *engine.Policy, text string) error {
				return parseWhole(text, func(n int64) { p.MaxTries = int(n) })
			},
		},
		durationField(s, "wait", "", "before the second try; 0: none", func(p *engine.Policy) *time.Duration { return &p.Backoff.Base }),
		{
			key: "factor", label: "then times", hint: "for each further try; 1: always the same", item: widget.NewTextItem(s, "1"),
			get: func(p engine.Policy) string { return strconv.FormatFloat(max(p.Backoff.Factor, 0), 'g', -1, 64) },
			set: func(p *engine.Policy, text string) error {
				return parseNumber(text, func(f float64) { p.Backoff.Factor = f })
			},
		},
		durationField(s, "at most", "", "the longest wait; 0: a day", func(p *engine.Policy) *time.Duration { return &p.Backoff.Max }),
		{
			key: "jitter", label: "jitter", hint: "share of the wait left to chance, 0 to 100 %", item: widget.NewTextItem(s, "0 %"),
			get: func(p engine.Policy) string { return strconv.FormatFloat(p.Backoff.Jitter*100, 'g', 6, 64) + " %" },
			set: func(p *engine.Policy, text string) error {
				text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
				return parseNumber(text, func(f float64) { p.Backoff.Jitter = f / 100 })
			},
		},
	}
	fields = append(fields, deadFields(s)...)
	fields = append(fields,
		durationField(s, "delay", "Messages", "before a message is ready; 0: none", func(p *engine.Policy) *time.Duration { return &p.Delay }),
		durationField(s, "expire after", "", "then they are dead letters; 0: never", func(p *engine.Policy) *time.Duration { return &p.TTL }),
		choiceField(s, "groups", "", "each group in order, one message at a time", []string{"in any order", "in order"},
			func(p engine.Policy) int { return index(p.Ordered) }, func(p *engine.Policy, i int) { p.Ordered = i == 1 }),
		durationField(s, "dedup id", "", "a deduplication id is remembered; 0: 5m", func(p *engine.Policy) *time.Duration { return &p.DedupWindow }),
		sizeField(s, "messages", "Bounds", "at most so many wait or are in flight; 0: any", func(p *engine.Policy) *int64 { return &p.MaxDepth }, false),
		sizeField(s, "bytes", "", "at most so large together; 0: any", func(p *engine.Policy) *int64 { return &p.MaxBytes }, true),
		choiceField(s, "when full", "", "what happens then", []string{"refuse new ones", "the oldest die"},
			func(p engine.Policy) int { return index(p.Overflow == engine.DropOldest) },
			func(p *engine.Policy, i int) { p.Overflow = []engine.FullRule{engine.RejectNew, engine.DropOldest}[i] }),
		choiceField(s, "confirmed", "", "relaxed: a crash may lose the last moments", []string{"on the disk", "relaxed"},
			func(p engine.Policy) int { return index(p.Durability == engine.Relaxed) },
			func(p *engine.Policy, i int) { p.Durability = []engine.Durability{engine.Synced, engine.Relaxed}[i] }),
	)
	return fields
}

func index(second bool) int {
	if second {
		return 1
	}
	return 0
}

func durationField(s *themes.Styles, label, section, hint string, at func(*engine.Policy) *time.Duration) policyField {
	return policyField{
		key: label, label: label, section: section, hint: hint, item: widget.NewTextItem(s, "0"),
		get: func(p engine.Policy) string {
			if d := *at(&p); d != 0 {
				return widget.Exact(d)
			}
			return "0"
		},
		set: func(p *engine.Policy, text string) error {
			d, err := widget.ParseDuration(text)
			if err == nil {
				*at(p) = d
			}
			return err
		},
	}
}

// sizeField is a number, or a size in bytes if it takes units.
func sizeField(s *themes.Styles, label, section, hint string, at func(*engine.Policy) *int64, units bool) policyField {
	return policyField{
		key: label, label: label, section: section, hint: hint, item: widget.NewTextItem(s, "0"),
		get: func(p engine.Policy) string {
			if n := *at(&p); units {
				return widget.ExactBytes(n)
			}
			return strconv.FormatInt(*at(&p), 10)
		},
		set: func(p *engine.Policy, text string) error {
			if units {
				n, err := widget.ParseBytes(text)
				if err == nil {
					*at(p) = n
				}
				return err
			}
			return parseWhole(text, func(n int64) { *at(p) = n })
		},
	}
}

func choiceField(s *themes.Styles, label, section, hint string, options []string, get func(engine.Policy) int, set func(*engine.Policy, int)) policyField {
	return policyField{
		key: label, label: label, section: section, hint: hint, item: widget.NewChoiceItem(s, options...),
		get: func(p engine.Policy) string { return options[get(p)] },
		set: func(p *engine.Policy, text string) error {
			for i, o := range options {
				if o == text {
					set(p, i)
				}
			}
			return nil
		},
	}
}

// deadFields say where dead letters are kept: a choice, and a queue's name.
func deadFields(s *themes.Styles) []policyField {
	kept := choiceField(s, deadKey, "", "where they are kept", []string{"here", "in the trash", "elsewhere"},
		func(p engine.Policy) int {
			switch p.DeadLetter {
			case engine.OwnDeadLetters:
				return deadOwn
			case engine.NoDeadLetters:
				return deadTrash
			}
			return deadElsewhere
		},
		func(p *engine.Policy, i int) {
			switch {
			case i == deadOwn:
				p.DeadLetter = engine.OwnDeadLetters
			case i == deadTrash:
				p.DeadLetter = engine.NoDeadLetters
			case p.DeadLetter == engine.OwnDeadLetters || p.DeadLetter == engine.NoDeadLetters:
				p.DeadLetter = elsewhere
			}
		})
	queue := policyField{
		key: deadQueueKey, label: "in queue", hint: "among the dead letters of this one", item: widget.NewTextItem(s, "a queue"),
		get: func(p engine.Policy) string {
			if p.DeadLetter == engine.NoDeadLetters {
				return ""
			}
			return p.DeadLetter
		},
		set: func(p *engine.Policy, text string) error {
			if p.DeadLetter == engine.OwnDeadLetters || p.DeadLetter == engine.NoDeadLetters {
				return nil
			}
			p.DeadLetter = text
			return engine.ValidateName(text)
		},
	}
	return []policyField{kept, queue}
}

// elsewhere stands for a queue that is not named yet.
const elsewhere = "elsewhere"

// value is the text of the field in the form.
func (f policyField) value(form *widget.Form) string {
	switch item := form.Field(f.key).Item.(type) {
	case *widget.TextItem:
		return strings.TrimSpace(item.String())
	case *widget.ChoiceItem:
		return item.Options[item.Chosen]
	}
	return ""
}

// show puts what the policy says into the form.
func (f policyField) show(form *widget.Form, p engine.Policy) {
	text := f.get(p)
	switch item := form.Field(f.key).Item.(type) {
	case *widget.TextItem:
		item.SetValue([]byte(text))
	case *widget.ChoiceItem:
		for i, o := range item.Options {
			if o == text {
				item.Chosen = i
			}
		}
	}
}

// check says what is wrong with a value, whatever the other fields say.
func (f policyField) check(text string) error {
	p := engine.DefaultPolicy()
	if f.key == deadQueueKey {
		p.DeadLetter = elsewhere
		if text == "" {
			return errors.New("the name of a queue")
		}
	}
	if err := f.set(&p, text); err != nil {
		return err
	}
	return p.Validate()
}

// problem is an error without the word that says that there is one.
func problem(err error) string {
	return strings.TrimPrefix(err.Error(), engine.ErrInvalid.Error()+": ")
}

func parseWhole(text string, set func(int64)) error {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, " ", ""), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no whole number", widget.SafeFit(text, 20))
	}
	set(n)
	return nil
}

func parseNumber(text string, set func(float64)) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%q is no number", widget.SafeFit(text, 20))
	}
	set(f)
	return nil
}

// typeInto gives a key or a paste to a form; what its field does not use moves
// the focus.
func typeInto(form *widget.Form, msg tea.Msg) (changed bool) {
	used, changed := form.Update(msg)
	if key, ok := msg.(tea.KeyPressMsg); ok && !used {
		switch key.String() {
		case "up":
			form.Move(-1)
		case "down", "enter":
			form.Move(1)
		}
	}
	return changed
}

// textCursor is the cursor of a field, at a cell.
func textCursor(env *Env, x, y int) *tea.Cursor {
	c := tea.NewCursor(x, y)
	c.Shape, c.Blink, c.Color = tea.CursorBar, true, env.Styles.Accent.GetForeground()
	return c
}
