package keymap_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"nixie/keymap"
)

func TestEveryRowIsComplete(t *testing.T) {
	names := map[keymap.Action]bool{}
	for _, b := range keymap.Default().All() {
		if names[b.Action] {
			t.Errorf("%s stands in the table twice", b.Action)
		}
		names[b.Action] = true
		if b.Help == "" || !slices.Contains(keymap.Scopes(), b.Scope) {
			t.Errorf("%s: no help, or the unknown scope %q", b.Action, b.Scope)
		}
		if !strings.Contains(string(b.Action), ".") {
			t.Errorf("%s is not of the form area.verb", b.Action)
		}
	}
}

// TestLowerCaseNeverChangesABroker holds the law that what changes something
// has an upper-case key.
func TestLowerCaseNeverChangesABroker(t *testing.T) {
	for _, b := range keymap.Default().All() {
		for _, k := range b.Keys {
			r := []rune(k)
			upper := len(r) == 1 && unicode.IsUpper(r[0])
			typing := b.Scope == keymap.Input || b.Scope == keymap.Dialog || b.Scope == keymap.Publish || b.Scope == keymap.Settings || b.Scope == keymap.Demo
			if b.Danger && !upper && !typing {
				t.Errorf("%s changes a broker and has the key %q", b.Action, k)
			}
		}
	}
}

func TestReservedKeysCannotBeBound(t *testing.T) {
	for _, key := range []string{"delete", "backspace", "ctrl+b", "ctrl+a", "ctrl+space", "[", "]", "", "nonsense", "ctrl+X"} {
		_, err := keymap.New(keymap.Override{Action: "queue.purge", Keys: []string{key}, Where: "config.toml:7"})
		if err == nil || !strings.HasPrefix(err.Error(), "config.toml:7: ") {
			t.Errorf("the key %q: error %v", key, err)
		}
	}
	for _, b := range keymap.Default().All() {
		for _, key := range []string{"delete", "backspace", "ctrl+b", "ctrl+a", "ctrl+space", "[", "]"} {
			if slices.Contains(b.Keys, key) {
				t.Errorf("%s has the reserved key %q", b.Action, key)
			}
		}
	}
}

func TestOverrides(t *testing.T) {
	m, err := keymap.New(keymap.Override{Action: "queue.purge", Keys: []string{"ctrl+x", "f9"}})
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := m.Resolve("f9", keymap.Queue, keymap.Global); !ok || a != keymap.PurgeQueue {
		t.Errorf("f9 is %q, %v", a, ok)
	}
	if a, ok := m.Resolve("X", keymap.Queue, keymap.Global); ok {
		t.Errorf("X is still %q", a)
	}
	if a, _ := keymap.Default().Resolve("X", keymap.Queue); a != keymap.PurgeQueue {
		t.Errorf("an override changed the default table: X is %q", a)
	}
}

func TestOverrideErrors(t *testing.T) {
	_, err := keymap.New(
		keymap.Override{Action: "purge", Keys: []string{"X"}, Where: "c.toml:3"},
		keymap.Override{Action: "queue.purge", Keys: []string{"N"}, Where: "c.toml:4"},
	)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`c.toml:3: no action is called "purge" (is it queue.purge?)`, "c.toml:4: ", `"N" is bound to both`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestInnerScopeFirst(t *testing.T) {
	m := keymap.Default()
	if a, _ := m.Resolve("N", keymap.Search, keymap.Queue, keymap.Global); a != keymap.PrevHit {
		t.Errorf("N in a searched body is %q", a)
	}
	if a, _ := m.Resolve("N", keymap.List, keymap.Queue, keymap.Global); a != keymap.PublishTo {
		t.Errorf("N in a list is %q", a)
	}
}

func TestTypingKeepsGlobalKeysAway(t *testing.T) {
	m := keymap.Default()
	if a, ok := m.ResolveTyping("ctrl+p", keymap.Input); ok {
		t.Errorf("ctrl+p is %q while typing", a)
	}
	if a, _ := m.ResolveTyping("ctrl+c", keymap.Input); a != keymap.Quit {
		t.Errorf("ctrl+c is %q while typing", a)
	}
}

// TestReadmeIsCurrent fails when the table has changed since the README was
// written; the README then wants the text of Markdown between its markers.
func TestReadmeIsCurrent(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), keymap.MarkdownBegin)
	got, after, ok2 := strings.Cut(rest, keymap.MarkdownEnd)
	if !ok || !ok2 {
		t.Fatalf("the README lacks the markers %q and %q", keymap.MarkdownBegin, keymap.MarkdownEnd)
	}
	want := keymap.Default().Markdown()
	if os.Getenv("UPDATE_README") != "" {
		text := before + keymap.MarkdownBegin + "\n" + want + keymap.MarkdownEnd + after
		if err := os.WriteFile("../README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Error("the key table in the README is old; run: UPDATE_README=1 go test ./keymap")
	}
}
