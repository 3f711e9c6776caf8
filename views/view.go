// Package views holds the screens of the console: one group of files for each.
// A screen shows what an engine says, and asks for changes by messages; it
// knows neither which engine it has nor what is around it.
//
// How to write one: implement View; read through a fetcher; ask the root with
// the messages of messages.go; never call the engine but in a tea.Cmd.
package views

import (
	tea "charm.land/bubbletea/v2"

	"nixie/keymap"
)

// View is a screen, or a part of one. It has pointer receivers and belongs to
// the goroutine of the program; what takes time happens in commands, whose
// messages come back to the view that returned them.
type View interface {
	// Init returns what to do first. It is called once, after SetSize.
	Init() tea.Cmd
	// Update takes what belongs to this view: the results of its commands,
	// ChangesMsg, TickMsg, ShownMsg and mouse messages in its own coordinates;
	// keys only while Capturing.
	Update(tea.Msg) tea.Cmd
	// Act does an action, or says that it is none of its own.
	Act(keymap.Action) (cmd tea.Cmd, handled bool)
	// Why says why an action cannot act now. "": it can, or is none of ours.
	Why(keymap.Action) string
	// SetSize gives the cells to draw in. It is also called when the theme or
	// the time format changed, for those that cache what they drew.
	SetSize(width, height int)
	// Render draws. It changes nothing and is never larger than the size.
	Render() string
	// Cursor is where the text cursor is, in the view's coordinates; nil: none.
	Cursor() *tea.Cursor
	// Title is the view's step of the path in the header.
	Title() string
	// Scopes are where keys are looked up, innermost first, without
	// keymap.Global. While Capturing they must hold no key that types a
	// character.
	Scopes() []keymap.Scope
	// Capturing reports whether a text field has the keyboard.
	Capturing() bool
	// Close ends what the view has under way.
	Close()
}

// Dialog is a view that is drawn over the screen.
type Dialog interface {
	View
	// Bounds is the size that it wants, frame included, of the room there is.
	Bounds(width, height int) (w, h int)
}

// Tabbed is a view whose parts have numbers: they take the place of the screens
// in the tab bar, and of the keys 1 to 9.
type Tabbed interface {
	Tabs() (names []string, active int)
}

// Stepper is a view that has something to undo before it is left: esc clears
// its filter or its marks first. Back reports whether it did.
type Stepper interface {
	Back() (cmd tea.Cmd, handled bool)
}
