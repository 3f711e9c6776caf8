package keymap

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// reserved keys are never bound anywhere: tmux and screen take them as their
// prefix (ctrl+b, ctrl+a), terminals cannot send them apart from others
// (ctrl+space, a lone bracket begins escape sequences on slow lines).
var reserved = []string{"ctrl+b", "ctrl+a", "ctrl+space", "ctrl+@", "[", "]"}

// inputOnly keys repair a typing mistake. In a list they would sooner or later
// destroy something by habit, so nothing there listens to them.
var inputOnly = []string{"delete", "backspace", "ctrl+h"}

// named are the keys that are words.
var named = []string{
	"enter", "esc", "tab", "space", "up", "down", "left", "right", "home", "end",
	"pgup", "pgdown", "insert", "delete", "backspace",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// validateKey says why a key cannot be bound in a scope.
func validateKey(key string, scope Scope) error {
	if slices.Contains(reserved, key) {
		return fmt.Errorf("the key %q is reserved: terminals and multiplexers use it", key)
	}
	if slices.Contains(inputOnly, key) {
		return fmt.Errorf("the key %q is left to text fields", key)
	}
	base := key
	for _, modifier := range []string{"ctrl+", "alt+", "shift+", "super+"} {
		base = strings.TrimPrefix(base, modifier)
	}
	single := utf8.RuneCountInString(base) == 1 && base != " "
	if !single && !slices.Contains(named, base) {
		return fmt.Errorf("%q is not a key (write it like \"x\", \"X\", \"ctrl+x\", \"alt+enter\" or \"f5\")", key)
	}
	if single && base != key && strings.HasPrefix(key, "ctrl+") && strings.ToLower(base) != base {
		return fmt.Errorf("%q: a control key is written in lower case", key)
	}
	if scope == Input && key == base && (single || base == "space") {
		return fmt.Errorf("the key %q types a character in a text field", key)
	}
	return nil
}
