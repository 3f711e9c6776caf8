package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"nixie/keymap"
)

func TestConfig(t *testing.T) {
	t.Parallel()
	config, err := parseConfig("c.toml", `
theme = "moss"
mouse = false
glyphs = "ascii"

[keys]
queue.purge = ["f5", "ctrl+x"]
"app.help" = "f2"
app.redraw = []
`)
	if err != nil {
		t.Fatal(err)
	}
	if config.Theme != "moss" || !config.NoMouse || !config.Terminal.ASCII || config.Terminal.Blocks {
		t.Errorf("got %+v", config)
	}
	for action, want := range map[keymap.Action]string{
		keymap.PurgeQueue: "f5 ctrl+x", keymap.Help: "f2", keymap.Redraw: "",
	} {
		if got := config.Keys.Binding(action).ShowAll(); got != want {
			t.Errorf("%s has the keys %q, want %q", action, got, want)
		}
	}
}

func TestConfigOfGraphs(t *testing.T) {
	t.Parallel()
	config, err := parseConfig("c.toml", `glyphs = "blocks"`)
	if err != nil || config.Terminal.ASCII || !config.Terminal.Blocks {
		t.Errorf("got %+v, %v", config.Terminal, err)
	}
}

func TestConfigThatIsNotThere(t *testing.T) {
	t.Parallel()
	config, err := LoadConfig(filepath.Join(t.TempDir(), "config.toml"))
	if err != nil || config.Keys == nil {
		t.Errorf("got %+v, %v; want the defaults", config, err)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"theme = \"nope\"\n":  "c.toml:1: theme is one of auto, ",
		"\nmouse = 3\n":       "c.toml:2: mouse is true or false, not 3",
		"# x\n\ncolour = 1\n": `c.toml:3: there is no setting "colour"`,
		"mouse = true\n[keys]\nqueue.pruge = [\"X\"]\n":    `c.toml:3: no action is called "queue.pruge"`,
		"[keys]\n\nqueue.purge = [\"ctrl+b\"]\n":           "c.toml:3: queue.purge: the key \"ctrl+b\" is reserved",
		"[keys]\napp.quit = [\"?\"]\n":                     "c.toml:2: the key \"?\" is bound to both",
		"[keys]\n'queue.purge' = [1]\n":                    "c.toml:2: queue.purge: a key is a string, not 1",
		"[keys.queue]\npurge = 4\n":                        "c.toml:2: queue.purge is a list of keys",
		"keys = 4\n":                                       "c.toml:1: keys is a table",
		"theme = \"moss\"\nmouse = tru\n":                  "c.toml:2: ",
		"glyphs = \"ascii\"\n\ntheme = [\"a\",\n\"b\" ]\n": "c.toml:3: theme is one of",
	} {
		_, err := parseConfig("c.toml", text)
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		if !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n got %s\nwant %s…", text, err, want)
		}
	}
}

func TestConfigReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := parseConfig("c.toml", "theme = \"x\"\nmouse = 1\n[keys]\nnone = [\"x\"]\n")
	for _, want := range []string{"c.toml:1:", "c.toml:2:", "c.toml:4:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("theme = \"moss\"\n[keys]\napp.quit = [\"Q\"]\n")
	f.Add("[[keys]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		config, err := parseConfig("c.toml", text)
		if err == nil && config.Keys == nil {
			t.Error("no keys and no error")
		}
	})
}
