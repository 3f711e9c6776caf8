package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// patience is how long a screen may take to show something, on a machine with
// better things to do.
const patience = 30 * time.Second

// terminal is a shell in a real terminal emulator (tmux), with a record of all
// that programs write to it.
type terminal struct {
	t    *testing.T
	home string // of its shell; everything is in it
	log  string // what was written, byte by byte
}

// size is that of a terminal, in cells.
type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// needTmux skips the test where there is no tmux, but never in CI.
func needTmux(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the terminal test needs tmux")
		}
		t.Skip("needs tmux")
	}
}

// buildProgram builds nixie, with the race detector if the test has it.
func buildProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nixie")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				build.Args = append(build.Args, "-race")
			}
		}
	}
	build.Args = append(build.Args, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// newTerminal opens a terminal with a shell that knows nixie. Variables of the
// shell's environment are added as "NAME=value".
func newTerminal(t *testing.T, program string, s size, env ...string) *terminal {
	t.Helper()
	home, err := os.MkdirTemp("", "nixie") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	x := &terminal{t: t, home: home, log: filepath.Join(home, "output")}
	x.mkdir("tmp")
	x.write("shellrc", "PS1='$ '\n")
	x.write("tmux.conf", `
set -g default-terminal screen-256color
set -g escape-time 0
set -g status off
set -g exit-empty off
`)
	start := x.command("new-session", "-d", "-c", home, "-x", fmt.Sprint(s.width), "-y", fmt.Sprint(s.height), "sh")
	start.Args = append(start.Args[:1], append([]string{"-f", filepath.Join(home, "tmux.conf")}, start.Args[1:]...)...)
	start.Env = append([]string{
		"HOME=" + home, "TMPDIR=" + filepath.Join(home, "tmp"), "ENV=" + filepath.Join(home, "shellrc"), "LC_ALL=C.UTF-8", "COLORTERM=truecolor",
		"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"),
	}, env...)
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = x.command("kill-server").Run() })
	x.tmux("pipe-pane", "cat >> "+x.log)
	x.wait(`^\$`)
	return x
}

func (x *terminal) command(args ...string) *exec.Cmd {
	return exec.Command("tmux", append([]string{"-u", "-S", filepath.Join(x.home, "tmux")}, args...)...)
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	out, err := x.command(args...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (x *terminal) mkdir(name string) {
	x.t.Helper()
	if err := os.MkdirAll(filepath.Join(x.home, name), 0o700); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) write(name, text string) {
	x.t.Helper()
	if err := os.WriteFile(filepath.Join(x.home, name), []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
}

// press presses keys, by tmux's names: Enter, Escape, C-c, x.
func (x *terminal) press(keys ...string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, keys...)...)
}

// enter types text as it stands.
func (x *terminal) enter(text string) {
	x.t.Helper()
	x.tmux("send-keys", "-l", text)
}

// run types a command into the shell.
func (x *terminal) run(command string) {
	x.t.Helper()
	x.enter(command)
	x.press("Enter")
}

func (x *terminal) screen() string {
	x.t.Helper()
	return x.tmux("capture-pane", "-p")
}

// wait waits until the screen matches, and returns it.
func (x *terminal) wait(pattern string) string {
	x.t.Helper()
	return x.until(pattern, true)
}

// gone waits until the screen does not match any more.
func (x *terminal) gone(pattern string) string {
	x.t.Helper()
	return x.until(pattern, false)
}

// until looks at the screen again and again: a terminal tells nobody that it
// changed.
func (x *terminal) until(pattern string, want bool) string {
	x.t.Helper()
	matches := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		screen := x.screen()
		if matches.MatchString(screen) == want {
			return screen
		}
		if time.Now().After(end) {
			x.t.Fatalf("the screen still matches %q: %v\n%s", pattern, !want, screen)
		}
	}
}

func (x *terminal) resize(s size) {
	x.t.Helper()
	x.tmux("resize-window", "-x", fmt.Sprint(s.width), "-y", fmt.Sprint(s.height))
}

// output is everything that was written to the terminal so far.
func (x *terminal) output() string {
	x.t.Helper()
	out, err := os.ReadFile(x.log)
	if err != nil {
		x.t.Fatal(err)
	}
	return string(out)
}

// ended waits for the shell's prompt, checks that the program ended with the
// code and that the terminal is as it was before it.
func (x *terminal) ended(code int) {
	x.t.Helper()
	x.wait(`^\$ $|^\$$`)
	if got := strings.TrimSpace(x.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")); got != "0 1 0 0" {
		x.t.Errorf("alternate screen, cursor, mouse, application keys: %s; want 0 1 0 0", got)
	}
	x.run(`echo "exit=$?"`)
	screen := x.wait(`^exit=\d`)
	if !strings.Contains(screen, fmt.Sprintf("exit=%d\n", code)) {
		x.t.Errorf("the exit code is not %d:\n%s", code, screen)
	}
}

// nixie runs a command without a terminal, in the terminal's home.
func (x *terminal) nixie(program string, stdin string, args ...string) (string, error) {
	x.t.Helper()
	run := exec.Command(program, args...)
	run.Env = append(os.Environ(), "HOME="+x.home, "XDG_DATA_HOME=", "XDG_STATE_HOME=", "XDG_CONFIG_HOME=")
	run.Dir = x.home
	run.Stdin = strings.NewReader(stdin)
	out, err := run.CombinedOutput()
	return string(out), err
}

// signal sends a signal to a process.
func (x *terminal) signal(pid, name string) {
	x.t.Helper()
	if out, err := exec.Command("kill", "-"+name, pid).CombinedOutput(); err != nil {
		x.t.Fatalf("kill -%s %s: %v\n%s", name, pid, err, out)
	}
}

// waitFree checks a database as soon as nobody has it any more.
func (x *terminal) waitFree(program, db string) (string, error) {
	x.t.Helper()
	for end := time.Now().Add(patience); ; {
		out, err := x.nixie(program, "", "check", "--db", db)
		if err == nil || !strings.Contains(out, "in use") || time.Now().After(end) {
			return out, err
		}
	}
}
