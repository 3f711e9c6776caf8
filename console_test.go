package main_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/bolt"
)

var sizes = []size{{80, 24}, {120, 34}, {200, 60}}

// TestTerminal runs the program in a real terminal and types what people type.
func TestTerminal(t *testing.T) {
	t.Parallel()
	needTmux(t)
	program := buildProgram(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, string, size)
	}{
		{"demo", demoIsAlive},
		{"five jobs", fiveJobs},
	} {
		for _, s := range sizes {
			t.Run(test.name+"/"+s.String(), func(t *testing.T) {
				t.Parallel()
				test.run(t, program, s)
			})
		}
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, string)
	}{
		{"resize", resizeAndBack},
		{"suspend", suspendAndGoOn},
		{"dumb", dumbTerminal},
		{"no color", noColor},
		{"paste", pasteMegabyte},
		{"in use", databaseInUse},
		{"kill", killed},
		{"escapes", escapesStayText},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, program)
		})
	}
}

// demoIsAlive: a newcomer sees a living system, and it leaves nothing behind,
// nor what an earlier one left that was killed.
func demoIsAlive(t *testing.T, program string, s size) {
	x := newTerminal(t, program, s)
	x.mkdir("tmp/nixie-demo-1")
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(x.home, "tmp", "nixie-demo-1"), long, long); err != nil {
		t.Fatal(err)
	}
	x.run("nixie demo --seed 1")
	x.wait(`payments .*(flowing|growing|idle)`)
	first := x.wait(`\b[1-9]\d* dead`)
	x.until(regexp.QuoteMeta(strings.SplitN(first, "\n", 2)[0]), false) // the numbers move
	x.press("?")
	x.wait(`What can be done here`)
	x.press("Escape")
	x.gone(`What can be done here`)
	x.press("q")
	x.ended(0)
	left, err := os.ReadDir(filepath.Join(x.home, "tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("the demo left %v in the temporary directory (%v)", left, err)
	}
}

// fiveJobs is what the console is for: browse, inspect, requeue, publish, watch.
func fiveJobs(t *testing.T, program string, s size) {
	x := newTerminal(t, program, s)
	db := filepath.Join(x.home, "a.db")
	bury(t, db, "orders", engine.Outgoing{Body: []byte(`{"order":"ord_1","total":9007199254740993}`)}, "timeout: gateway said nothing for 12ms")
	bury(t, db, "orders", engine.Outgoing{Body: []byte(`{"order":"ord_2","total":2}`)}, "timeout: gateway said nothing for 99ms")
	bury(t, db, "orders", engine.Outgoing{Body: []byte(`{"order":"ord_3","total":3}`)}, "schema: missing sku")
	x.run("nixie --db a.db")

	x.wait(`▶ +orders +0 +0 .*\b3\b`) // browse
	x.press("Enter")
	x.wait(`1 Messages`)
	x.press("Escape")
	x.wait(`1 Queues`)

	x.press("x") // inspect a dead letter
	x.wait(`▶ +2 .*timeout: gateway`)
	x.wait(`9007199254740993`)
	x.press("Tab", "Tab")
	x.wait(`gateway said nothing for 12ms`)

	x.press("R") // requeue its cause, by the plan
	x.wait(`\[ Cancel \]  \[ Requeue 2 \]`)
	x.press("Enter") // the focus is on Cancel
	x.gone(`Cancel`)
	x.wait(`▶ +2 .*timeout: gateway`)
	x.press("R")
	x.wait(`\[ Requeue 2 \]`)
	x.press("Tab", "Enter")
	x.wait(`2 selected = 2 requeued`)
	x.wait(`▶ +1 .*schema: missing sku`)
	x.press("z") // and take it back
	x.wait(`\[ Undo 2 \]`)
	x.press("Tab", "Enter")
	x.wait(`timeout: gateway`)

	x.press("Escape") // publish
	x.wait(`1 Queues`)
	x.press("N")
	x.wait(`Publish…`)
	x.enter(`{"from":"the console"}`)
	x.wait(`✓ JSON`)
	x.press("C-s")
	x.wait(`\[ Publish 1 \]`)
	x.press("Tab", "Enter")
	x.gone(`\[ Publish 1 \]`)
	x.wait(`publish 1 .*1 selected`)

	x.press("Escape") // watch
	x.gone(`leave fields`)
	x.press("Escape")
	x.wait(`▶ +orders +1 `)
	x.press("3")
	x.wait(`time in queue`)
	x.press("q")
	x.ended(0)

	out, err := x.nixie(program, "", "peek", "orders", "--json", "--db", "a.db")
	if err != nil || !strings.Contains(out, `"body":"{\"from\":\"the console\"}"`) {
		t.Errorf("nixie peek: %v\n%s", err, out)
	}
	out, err = x.nixie(program, "", "check", "--db", "a.db")
	if err != nil || out != "1 queue, 4 messages, 0 problems\n" {
		t.Errorf("nixie check: %v\n%s", err, out)
	}
}

func resizeAndBack(t *testing.T, program string) {
	x := newTerminal(t, program, size{120, 34})
	x.run("nixie demo --seed 1")
	x.wait(`payments`)
	x.resize(size{20, 5})
	x.wait(`small`)
	x.resize(size{120, 34})
	x.wait(`payments`)
	x.gone(`small`)
	x.press("q")
	x.ended(0)
}

func suspendAndGoOn(t *testing.T, program string) {
	x := newTerminal(t, program, size{80, 24})
	x.run("nixie --db a.db")
	x.wait(`0 queues`)
	x.press("C-z")
	x.wait(`^\$ $|^\$$`)
	x.run("echo 'still a shell'")
	x.wait(`^still a shell`)
	x.run("fg")
	x.wait(`0 queues`)
	x.press("q")
	x.ended(0)
}

func dumbTerminal(t *testing.T, program string) {
	x := newTerminal(t, program, size{80, 24})
	x.run("TERM=dumb nixie demo --seed 1")
	screen := x.wait(`payments`)
	for _, r := range screen {
		if r > '~' {
			t.Fatalf("%q is drawn in a terminal that may not know it:\n%s", r, screen)
		}
	}
	x.press("q")
	x.ended(0)
}

func noColor(t *testing.T, program string) {
	x := newTerminal(t, program, size{80, 24})
	x.run("NO_COLOR=1 nixie demo --seed 1")
	x.wait(`payments .*(flowing|growing)`)
	x.press("j", "j", "Enter")
	x.wait(`Messages`)
	x.press("q")
	x.ended(0)
	if coloured := regexp.MustCompile(`\x1b\[[\d;:]*\b[34]8[;:]|\x1b\[(?:\d+;)*[349][0-7]m`).FindString(x.output()); coloured != "" {
		t.Errorf("NO_COLOR, and yet %q is written", coloured)
	}
}

// pasteMegabyte: a paste is text, however long it is and whatever is in it.
func pasteMegabyte(t *testing.T, program string) {
	x := newTerminal(t, program, size{120, 34})
	x.run("nixie publish orders one --db a.db; nixie --db a.db")
	x.wait(`▶ +orders`)
	x.press("N")
	x.wait(`Publish…`)
	x.enter("q")
	x.wait(`^│ q `)
	line := "qqqDX\t" + strings.Repeat("0123456789", 10) + "\n"
	x.write("paste", strings.Repeat(line, 10_000))
	x.tmux("load-buffer", filepath.Join(x.home, "paste"))
	x.tmux("paste-buffer", "-p")
	x.wait(`1(\.\d+)? M`)
	x.press("Escape")
	x.gone(`leave fields`)
	x.press("C-c")
	x.ended(0)
}

func databaseInUse(t *testing.T, program string) {
	x := newTerminal(t, program, size{80, 24})
	x.run("nixie --db a.db")
	x.wait(`0 queues`)
	for _, args := range [][]string{{"queues"}, {"publish", "orders", "one"}, {"check"}} {
		out, err := x.nixie(program, "", append(args, "--db", "a.db")...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 4 {
			t.Errorf("nixie %s beside a console: %v, want exit code 4\n%s", args[0], err, out)
		}
		if strings.Count(out, "\n") != 1 || !strings.Contains(out, "in use") {
			t.Errorf("nixie %s beside a console says:\n%s", args[0], out)
		}
	}
	x.press("q")
	x.ended(0)
}

// killed ends a demo in four ways; what was confirmed is there afterwards.
func killed(t *testing.T, program string) {
	for _, end := range []string{"TERM", "INT", "HUP", "KILL"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			x := newTerminal(t, program, size{120, 34})
			x.run("nixie demo --seed 1 --db a.db & echo $! > pid; fg")
			x.wait(`\b[1-9]\d* dead`)
			pid, err := os.ReadFile(filepath.Join(x.home, "pid"))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case end == "HUP":
				x.tmux("kill-pane") // as somebody who closes the window
			default:
				x.signal(strings.TrimSpace(string(pid)), end)
			}
			switch end {
			case "TERM":
				x.ended(0)
			case "INT":
				x.ended(0)
			}
			out, err := x.waitFree(program, "a.db")
			if err != nil || !strings.Contains(out, " 0 problems") {
				t.Errorf("nixie check: %v\n%s", err, out)
			}
		})
	}
}

// hostile is text that takes a terminal over, if it gets there.
const hostile = "\x1b]0;pwned\x07\x1b[2J\x1b[1;1Hpwned\u009b31m\x1bP+q706e\x1b\\\u202epwned\x00\x08\r\n\x7f"

// escapesStayText: what strangers wrote is shown as text in every field.
func escapesStayText(t *testing.T, program string) {
	x := newTerminal(t, program, size{120, 34})
	db := filepath.Join(x.home, "a.db")
	bury(t, db, "orders", engine.Outgoing{
		Body: []byte(hostile + "body"), Group: "group", DedupID: hostile,
		Headers: engine.Headers{"tenant": hostile + "header", hostile: "key"},
	}, hostile+"reason")
	x.run("nixie --db a.db")
	x.wait(`orders`)
	x.press("x")
	x.wait(`from orders`)
	x.press("Tab", "d", "d")
	x.wait(`pwned.*body|pwned`)
	x.press("3")
	x.wait(`no message is delayed`)
	x.press("4")
	x.wait(`pwned`)
	x.press("?")
	x.wait(`What can be done here`)
	x.press("Escape")
	x.gone(`What can be done here`)
	x.press("Escape")
	x.press("4", "Enter")
	x.wait(`pwned`)
	x.press("q")
	x.ended(0)
	x.run("nixie peek orders.dead --db a.db; nixie dead --db a.db; nixie queues --db a.db")
	x.wait(`PUBLISHED`)
	written := x.output()
	for _, bad := range []string{"\x1b]0;pwned", "\x1b[2J\x1b[1;1Hpwned", "\u009b", "\x1bP+q706e", "\u202e", "\x00"} {
		if at := strings.Index(written, bad); at >= 0 {
			t.Errorf("%q reached the terminal: %q", bad, written[max(0, at-40):min(len(written), at+60)])
		}
	}
}

// bury publishes a message and lets a consumer fail it for good.
func bury(t *testing.T, db, queue string, m engine.Outgoing, reason string) {
	t.Helper()
	ctx := context.Background()
	e, err := bolt.Open(db, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	policy := engine.DefaultPolicy()
	policy.MaxTries = 1
	if err := e.CreateQueue(ctx, queue, policy); err != nil && !errors.Is(err, engine.ErrQueueExists) {
		t.Fatal(err)
	}
	if _, err := e.Publish(ctx, queue, m); err != nil {
		t.Fatal(err)
	}
	got, err := e.Receive(ctx, queue, engine.ReceiveOptions{Consumer: "test"})
	if err != nil || len(got) != 1 {
		t.Fatal(fmt.Errorf("receive: %d messages, %w", len(got), err))
	}
	if err := e.Nack(ctx, got[0].Receipt, engine.Failure{Reason: reason}); err != nil {
		t.Fatal(err)
	}
}
