package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nixie/cli"
)

var (
	fenced  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	picture = regexp.MustCompile(`!\[[^\]]*\]\(([^)]*)\)`)
	link    = regexp.MustCompile(`\]\(([^)#]*)\)`)
)

// TestReadmeExamples runs what the README tells people to run.
func TestReadmeExamples(t *testing.T) {
	t.Parallel() // it waits for retries
	readme := readFile(t, "README.md")
	program := buildProgram(t)
	ran := 0
	for _, block := range fenced.FindAllStringSubmatch(readme, -1) {
		switch language, text := block[1], block[2]; {
		case language == "toml":
			path := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			config, err := cli.LoadConfig(path)
			if err != nil || config.Theme != "moss" {
				t.Errorf("the example of the config file: theme %q, %v", config.Theme, err)
			}
			ran++
		case language == "sh" && strings.Contains(text, "nixie "):
			shell := exec.Command("sh", "-e", "-c", text)
			shell.Dir = t.TempDir()
			shell.Env = []string{"HOME=" + shell.Dir, "PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH")}
			out, err := shell.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			for _, want := range []string{`schema: missing "<s>"`, `"state":"dead"`, `2 selected = 2 requeued`, ` 0 problems`} {
				if !strings.Contains(string(out), want) {
					t.Errorf("the examples do not print %q:\n%s", want, out)
				}
			}
			ran++
		}
	}
	if ran != 2 {
		t.Errorf("%d examples of the README were tried", ran)
	}
}

// TestReadmeHelp compares the README with what the program says of itself.
func TestReadmeHelp(t *testing.T) {
	readme := readFile(t, "README.md")
	help := func(args ...string) string {
		var out strings.Builder
		program := cli.Program{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}
		if code := program.Main(append(args, "--help")); code != 0 {
			t.Fatalf("nixie %v --help: exit code %d\n%s", args, code, out.String())
		}
		return out.String()
	}
	_, commands, _ := strings.Cut(help(), "\nCommands:\n")
	names := regexp.MustCompile(`(?m)^  (\w+) `).FindAllStringSubmatch(commands, -1)
	if len(names) < 8 {
		t.Fatalf("nixie --help lists %d commands", len(names))
	}
	for _, name := range names {
		if name[1] == "console" {
			continue
		}
		row := regexp.MustCompile("(?m)^\\| `nixie " + name[1] + "[ `].*$").FindString(readme)
		if row == "" {
			t.Errorf("the README does not list nixie %s", name[1])
			continue
		}
		text := help(name[1])
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(row, -1) {
			if flag != "--db" && !strings.Contains(text, flag) {
				t.Errorf("nixie %s has no %s", name[1], flag)
			}
		}
		for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(text, -1) {
			if flag != "--db" && flag != "--help" && !strings.Contains(row, flag) && !strings.Contains(row, "…") {
				t.Errorf("the README does not say that nixie %s has %s", name[1], flag)
			}
		}
	}
}

// TestReadmeLinks looks for what the documents point at.
func TestReadmeLinks(t *testing.T) {
	for _, page := range []string{"README.md", "ARCHITECTURE.md", "CHANGELOG.md"} {
		text := readFile(t, page)
		for _, to := range append(link.FindAllStringSubmatch(text, -1), picture.FindAllStringSubmatch(text, -1)...) {
			if strings.Contains(to[1], "://") || to[1] == "" {
				continue
			}
			if _, err := os.Stat(to[1]); err != nil {
				t.Errorf("%s points at %s: %v", page, to[1], err)
			}
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
