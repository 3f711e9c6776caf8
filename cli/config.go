package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"nixie/keymap"
	"nixie/themes"
)

// Config is what an operator has set in the config file:
//
//	theme = "moss"        # or "auto": as the terminal is
//	mouse = true
//	glyphs = "unicode"    # or "blocks": graphs without braille; or "ascii"
//
//	[keys]
//	queue.purge = ["X", "ctrl+x"]
//	app.redraw = []       # no key at all
type Config struct {
	Theme    string
	NoMouse  bool
	Terminal themes.Terminal // what it can show
	Keys     *keymap.Map
}

// LoadConfig reads the config file; one that is not there is an empty one. Its
// error has a line for each mistake, with the file, the line in it, and what is
// allowed.
func LoadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("cannot read the config file: %w", err)
	}
	return parseConfig(path, string(text))
}

func parseConfig(path, text string) (Config, error) {
	var values map[string]any
	if _, err := toml.Decode(text, &values); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return Config{}, fmt.Errorf("%s:%d: %s", path, syntax.Position.Line, syntax.Message)
		}
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	r := configReader{path: path, lines: keyLines(text)}
	config := r.settings(values)
	keys, err := keymap.New(r.overrides...)
	config.Keys = keys
	if err != nil {
		r.errs = append(r.errs, err)
	}
	return config, errors.Join(r.errs...)
}

// configReader collects what is wrong on the way.
type configReader struct {
	path      string
	lines     map[string]int
	overrides []keymap.Override
	errs      []error
}

// where is the place of a key in the file: "config.toml:12".
func (r *configReader) where(key string) string {
	if line := r.lines[key]; line > 0 {
		return fmt.Sprintf("%s:%d", r.path, line)
	}
	return r.path
}

func (r *configReader) failf(key, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s: %s", r.where(key), fmt.Sprintf(format, args...)))
}

func (r *configReader) settings(values map[string]any) (c Config) {
	for _, key := range r.inOrder(values, "") {
		switch value := values[key]; key {
		case "theme":
			names := append([]string{themes.Auto}, themes.Names()...)
			c.Theme = r.oneOf(key, value, names)
		case "glyphs":
			glyphs := r.oneOf(key, value, []string{"unicode", "blocks", "ascii"})
			c.Terminal = themes.Terminal{ASCII: glyphs == "ascii", Blocks: glyphs == "blocks"}
		case "mouse":
			on, ok := value.(bool)
			if !ok {
				r.failf(key, "mouse is true or false, not %v", value)
			}
			c.NoMouse = !on
		case "keys":
			actions, ok := value.(map[string]any)
			if !ok {
				r.failf(key, `keys is a table: [keys], then lines like queue.purge = ["X"]`)
			}
			r.keys("keys", "", actions)
		default:
			r.failf(key, "there is no setting %q; there are theme, mouse, glyphs and [keys]", key)
		}
	}
	return c
}

func (r *configReader) oneOf(key string, value any, allowed []string) string {
	name, ok := value.(string)
	if !ok || !slices.Contains(allowed, name) {
		r.failf(key, "%s is one of %s, not %v", key, strings.Join(allowed, ", "), value)
	}
	return name
}

// keys reads a table of actions. A name with a dot in it, app.quit, is a table
// in a table to TOML.
func (r *configReader) keys(path, prefix string, actions map[string]any) {
	for _, name := range r.inOrder(actions, path+".") {
		at, action := path+"."+name, prefix+name
		switch value := actions[name].(type) {
		case map[string]any:
			r.keys(at, action+".", value)
		case string:
			r.override(at, action, []string{value})
		case []any:
			keys := make([]string, 0, len(value))
			for _, v := range value {
				key, ok := v.(string)
				if !ok {
					r.failf(at, "%s: a key is a string, not %v", action, v)
					return
				}
				keys = append(keys, key)
			}
			r.override(at, action, keys)
		default:
			r.failf(at, `%s is a list of keys such as ["x", "ctrl+x"], not %v`, action, value)
		}
	}
}

func (r *configReader) override(at, action string, keys []string) {
	r.overrides = append(r.overrides, keymap.Override{Action: action, Keys: keys, Where: r.where(at)})
}

// inOrder are the keys of a table as they stand in the file.
func (r *configReader) inOrder(table map[string]any, prefix string) []string {
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.lines[prefix+a], r.lines[prefix+b]), cmp.Compare(a, b))
	})
	return keys
}

var (
	tableLine = regexp.MustCompile(`^\s*\[\s*([^\[\]]+?)\s*\]`)
	keyLine   = regexp.MustCompile(`^\s*((?:[\w-]+|"[^"]*"|'[^']*'|\s*\.\s*)+?)\s*=`)
)

// keyLines finds on which line each key stands, which the decoder does not
// tell: by its whole path, "keys.queue.purge".
func keyLines(text string) map[string]int {
	lines := map[string]int{}
	table, number := "", 0
	note := func(path string) {
		if _, ok := lines[path]; !ok {
			lines[path] = number
		}
	}
	for line := range strings.Lines(text) {
		number++
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = barePath(m[1])
			note(table)
			table += "."
		} else if m := keyLine.FindStringSubmatch(line); m != nil {
			path := table + barePath(m[1])
			// A dotted key makes tables on its way.
			for i, r := range path {
				if r == '.' {
					note(path[:i])
				}
			}
			note(path)
		}
	}
	return lines
}

// barePath is a key as it is written without its quotes and blanks.
func barePath(key string) string {
	return strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "").Replace(key)
}
