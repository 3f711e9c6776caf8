// Package keymap is the one table of everything that an operator can do: each
// action with its name, its help and its keys. The dispatcher, the footer, the
// help screen, the command palette and the key reference in the README are all
// read from it, so none of them can say something that is not so.
package keymap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Action names something to do: "queue.purge". Views act on actions, never on
// keys.
type Action string

// Scope is a place where keys mean something. A key is looked up in the scopes
// of the focused part first, then outwards; the first that knows it decides.
type Scope string

// The scopes, from the outside in.
const (
	Global   Scope = "everywhere"
	List     Scope = "list"         // anything with a cursor that moves
	Marking  Scope = "marks"        // lists whose rows can be marked
	Messages Scope = "messages"     // a chosen or marked message
	Queue    Scope = "queue"        // a chosen queue
	Queues   Scope = "queue table"  // the home screen
	Table    Scope = "table"        // columns that can be sorted
	Body     Scope = "body"         // a message's body
	Search   Scope = "body search"  // a body with hits in it
	Dead     Scope = "dead letters" // causes of death
	Jobs     Scope = "jobs"         // running and finished jobs, the log
	Activity Scope = "activity"     // live graphs
	Publish  Scope = "publish"      // the publish form
	Settings Scope = "settings"     // a queue's policy
	Demo     Scope = "demo"         // the demo's handles
	Form     Scope = "form"         // fields to fill in
	FormRest Scope = "form at rest" // no field has the keyboard
	Plan     Scope = "plan"         // a change before it is made
	Dialog   Scope = "dialog"       // buttons of a dialog
	Input    Scope = "text field"   // while a text field has the keyboard
	Pages    Scope = "tabs"         // a screen whose tabs have numbers
)

// scopes lists them in the order of the help screen.
var scopes = []Scope{
	Global, List, Table, Marking, Messages, Queue, Queues, Pages, Body, Search, Dead,
	Activity, Publish, Settings, Form, FormRest, Jobs, Demo, Plan, Dialog, Input,
}

// Scopes lists all scopes, in the order of the help screen.
func Scopes() []Scope { return slices.Clone(scopes) }

// Binding is one row of the table.
type Binding struct {
	Action Action
	Keys   []string // as Bubble Tea spells them: "ctrl+p", "shift+tab", "G"
	Scope  Scope
	Help   string // a few words, beginning with a verb
	Short  string // for the footer; empty: not shown there
	// Danger: it changes the broker, after a plan.
	Danger bool
	// Typing: its control keys work while a text field has the keyboard too.
	Typing bool
	// Hidden from the palette: moving around, and what is no use without a key.
	Hidden bool
}

// Map is a table with the operator's own keys in it. It does not change.
type Map struct {
	bindings []Binding
	byAction map[Action]int
	byKey    map[Scope]map[string]Action
}

// Override gives an action other keys. No keys at all switch it off.
type Override struct {
	Action string
	Keys   []string
	Where  string // "config.toml:12", for the errors
}

// Default is the table as it comes.
func Default() *Map {
	m, err := New()
	if err != nil {
		panic("keymap: the table contradicts itself: " + err.Error())
	}
	return m
}

// New makes a map of the table and the overrides. Its error joins one for each
// unknown action, unusable key and clash, each beginning with the Where of the
// override.
func New(overrides ...Override) (*Map, error) {
	m := &Map{bindings: table(), byAction: map[Action]int{}, byKey: map[Scope]map[string]Action{}}
	for i, b := range m.bindings {
		m.byAction[b.Action] = i
	}
	var errs []error
	where := map[Action]string{}
	for _, o := range overrides {
		i, ok := m.byAction[Action(o.Action)]
		if !ok {
			errs = append(errs, fmt.Errorf("%sno action is called %q%s", prefix(o.Where), o.Action, m.suggest(o.Action)))
			continue
		}
		keys := make([]string, 0, len(o.Keys))
		for _, k := range o.Keys {
			if err := validateKey(k, m.bindings[i].Scope); err != nil {
				errs = append(errs, fmt.Errorf("%s%s: %w", prefix(o.Where), o.Action, err))
				continue
			}
			keys = append(keys, k)
		}
		m.bindings[i].Keys = keys
		where[Action(o.Action)] = o.Where
	}
	for _, b := range m.bindings {
		for _, k := range b.Keys {
			if err := m.bind(b, k); err != nil {
				at := where[b.Action]
				if at == "" {
					at = where[m.byKey[b.Scope][k]]
				}
				errs = append(errs, fmt.Errorf("%s%w", prefix(at), err))
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return m, nil
}

func (m *Map) bind(b Binding, key string) error {
	keys := m.byKey[b.Scope]
	if keys == nil {
		keys = map[string]Action{}
		m.byKey[b.Scope] = keys
	}
	if other, ok := keys[key]; ok && other != b.Action {
		return fmt.Errorf("the key %q is bound to both %s and %s (%s)", key, other, b.Action, b.Scope)
	}
	keys[key] = b.Action
	return nil
}

func prefix(where string) string {
	if where == "" {
		return ""
	}
	return where + ": "
}

// suggest names the action that was probably meant.
func (m *Map) suggest(name string) string {
	_, verb, _ := strings.Cut(name, ".")
	for _, b := range m.bindings {
		_, v, _ := strings.Cut(string(b.Action), ".")
		if v == name || (verb != "" && v == verb) {
			return fmt.Sprintf(" (is it %s?)", b.Action)
		}
	}
	return ""
}

// Resolve returns the action of a key in the first of the scopes that binds
// it.
func (m *Map) Resolve(key string, scopes ...Scope) (Action, bool) {
	for _, s := range scopes {
		if a, ok := m.byKey[s][key]; ok {
			return a, true
		}
	}
	return "", false
}

// ResolveTyping is Resolve while a text field has the keyboard: of the global
// actions only the few that are meant to work then are found. Keys that type
// a character must not be asked for.
func (m *Map) ResolveTyping(key string, scopes ...Scope) (Action, bool) {
	if a, ok := m.Resolve(key, scopes...); ok {
		return a, true
	}
	a, ok := m.byKey[Global][key]
	if !ok || !m.bindings[m.byAction[a]].Typing {
		return "", false
	}
	return a, true
}

// Binding returns the row of an action; the zero Binding if there is none.
func (m *Map) Binding(a Action) Binding {
	if i, ok := m.byAction[a]; ok {
		return m.bindings[i]
	}
	return Binding{}
}

// Bindings returns the rows of a scope, in the order of the table.
func (m *Map) Bindings(s Scope) []Binding {
	var rows []Binding
	for _, b := range m.bindings {
		if b.Scope == s {
			rows = append(rows, b)
		}
	}
	return rows
}

// All returns the whole table.
func (m *Map) All() []Binding { return slices.Clone(m.bindings) }

// Key returns the first key of an action, as it is shown; "" if it has none.
func (m *Map) Key(a Action) string {
	b := m.Binding(a)
	if len(b.Keys) == 0 {
		return ""
	}
	return Show(b.Keys[0])
}

// Show spells a key for people.
func Show(key string) string {
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	}
	return key
}

// Key is the first key, as it is shown; "" if there is none.
func (b Binding) Key() string {
	if len(b.Keys) == 0 {
		return ""
	}
	return Show(b.Keys[0])
}

// ShowAll spells the keys of a binding, separated by blanks.
func (b Binding) ShowAll() string {
	shown := make([]string, len(b.Keys))
	for i, k := range b.Keys {
		shown[i] = Show(k)
	}
	return strings.Join(shown, " ")
}
