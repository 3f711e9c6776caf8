// Command pictures makes the pictures of the README: it plays the demo in a
// terminal (tmux), presses keys, and draws what is on the screen as SVG.
//
//	go run ./docs/pictures [DIRECTORY]
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	columns = 120
	rows    = 34
)

// shot is a picture: the screen after some keys.
type shot struct {
	file string
	at   string   // what the screen must show first
	keys []string // tmux's names; pressed one by one
	then string   // what it must show then
}

// tour is a run of the demo with a theme.
type tour struct {
	theme  string
	before time.Duration // what the demo has to tell needs a while
	shots  []shot
}

func tours() []tour {
	failing := `timeout: payment-gw`
	return []tour{
		{theme: "night", before: 38 * time.Second, shots: []shot{
			{file: "queues.svg", at: `payments .*[1-9]\d+`, then: `payments`},
			{file: "dead-letters.svg", keys: []string{"2", "Tab", "Tab"}, then: failing + `(.|\n)*tries? `},
			{file: "plan.svg", keys: []string{"R"}, then: `\[ Requeue \d+ \]`},
			{file: "publish.svg", keys: []string{"Escape", "Escape", "Escape", "1", "N", body}, then: `✓ JSON`},
			{file: "activity.svg", keys: []string{"Escape", "Escape", "Escape", "3"}, then: `time in queue`},
		}},
		{theme: "paper", before: 38 * time.Second, shots: []shot{
			{file: "queues-light.svg", at: `payments .*[1-9]\d+`, then: `payments`},
		}},
	}
}

// body is typed into the form for publishing.
const body = `{"order": "{{uuid}}", "total": {{int 1 500}}, "currency": "{{pick "EUR" "JPY"}}"}`

func main() {
	log.SetFlags(0)
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(dir); err != nil {
		log.Fatal("pictures: ", err)
	}
}

func run(dir string) error {
	home, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	build := exec.Command("go", "build", "-o", filepath.Join(home, "nixie"), ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	for _, t := range tours() {
		if err := t.play(home, dir); err != nil {
			return err
		}
	}
	return nil
}

// screen is a terminal.
type screen struct{ socket string }

func (s screen) tmux(args ...string) (string, error) {
	out, err := exec.Command("tmux", append([]string{"-u", "-f", "/dev/null", "-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// wait waits until the screen matches.
func (s screen) wait(pattern string) error {
	match := regexp.MustCompile(pattern)
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		text, err := s.tmux("capture-pane", "-p")
		if err != nil {
			return err
		}
		if match.MatchString(text) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the screen does not show %q:\n%s", pattern, text)
		}
	}
}

// settle gives the program time to answer a key: nothing on the screen says
// when it has.
const settle = 700 * time.Millisecond

func (t tour) play(home, dir string) error {
	s := screen{socket: filepath.Join(home, t.theme)}
	config := filepath.Join(home, "config", "nixie", "config.toml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, "theme = %q\n", t.theme), 0o600); err != nil {
		return err
	}
	program := "env -u TMUX TERM=xterm-256color COLORTERM=truecolor XDG_CONFIG_HOME=" + filepath.Join(home, "config") + " " +
		filepath.Join(home, "nixie") + " demo --seed 1"
	if _, err := s.tmux("new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), program); err != nil {
		return err
	}
	defer s.tmux("kill-server")
	if _, err := s.tmux("set", "-g", "escape-time", "0"); err != nil {
		return err
	}
	time.Sleep(t.before)
	for _, shot := range t.shots {
		if err := shot.take(s, dir); err != nil {
			return fmt.Errorf("%s: %w", shot.file, err)
		}
		fmt.Println(filepath.Join(dir, shot.file))
	}
	return nil
}

func (p shot) take(s screen, dir string) error {
	if p.at != "" {
		if err := s.wait(p.at); err != nil {
			return err
		}
	}
	for _, key := range p.keys {
		press := []string{"send-keys", key}
		if strings.HasPrefix(key, "{") {
			press = []string{"send-keys", "-l", key}
		}
		if _, err := s.tmux(press...); err != nil {
			return err
		}
		time.Sleep(settle)
	}
	if err := s.wait(p.then); err != nil {
		return err
	}
	text, err := s.tmux("capture-pane", "-e", "-p")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, p.file), drawSVG(parse(text)), 0o644)
}
