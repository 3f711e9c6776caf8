package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"nixie/cli"
	"nixie/engine"
	"nixie/engine/bolt"
)

// The scripts in testdata run this test binary as "nixie": everything but the
// console itself, which needs a terminal.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nixie": func() {
			program := cli.Program{
				Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Scenarios: []string{"shop", "outage"},
				Console: func(context.Context, cli.Session) error { return nil },
				Demo:    func(context.Context, cli.DemoSession) error { return nil },
			}
			os.Exit(program.Main(os.Args[1:]))
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("NIXIE_DB", filepath.Join(env.WorkDir, "test.db"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":      code,
			"fields":    fields,
			"hold":      hold,
			"impatient": impatient,
			"lines":     lines,
			"pause":     pause,
			"until":     until,
		},
	})
}

// code N COMMAND…: the command ends with that exit code.
func code(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		got = -1
		if exit, ok := err.(interface{ ExitCode() int }); ok {
			got = exit.ExitCode()
		}
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// fields FILE KEY…: each line of the file is an object with exactly these keys,
// in this order.
func fields(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
	for line := range strings.Lines(text) {
		decoder := json.NewDecoder(strings.NewReader(line))
		var keys []string
		depth := 0
		for {
			token, err := decoder.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case json.Delim:
				depth += map[bool]int{true: 1, false: -1}[token == '{' || token == '[']
			case string:
				if depth == 1 {
					keys = append(keys, token)
					var skipped any
					ts.Check(decoder.Decode(&skipped))
				}
			}
		}
		if !slices.Equal(keys, args[1:]) {
			ts.Fatalf("%s has the fields\n%v, want\n%v", line, keys, args[1:])
		}
	}
}

// hold: from now on this process has the database open.
func hold(ts *testscript.TestScript, _ bool, _ []string) {
	e, err := bolt.Open(ts.Getenv("NIXIE_DB"), bolt.Options{})
	ts.Check(err)
	ts.Defer(func() { e.Close() })
}

// impatient QUEUE N: makes a queue that tries N times, without back-off.
func impatient(ts *testscript.TestScript, _ bool, args []string) {
	e, err := bolt.Open(ts.Getenv("NIXIE_DB"), bolt.Options{})
	ts.Check(err)
	defer e.Close()
	tries, err := strconv.Atoi(args[1])
	ts.Check(err)
	p := engine.DefaultPolicy()
	p.MaxTries, p.Backoff = tries, engine.Backoff{}
	ts.Check(e.CreateQueue(context.Background(), args[0], p))
}

// pause QUEUE: it hands nothing out any more.
func pause(ts *testscript.TestScript, _ bool, args []string) {
	e, err := bolt.Open(ts.Getenv("NIXIE_DB"), bolt.Options{})
	ts.Check(err)
	defer e.Close()
	ts.Check(e.SetPaused(context.Background(), args[0], true))
}

// lines N FILE: the file has so many lines.
func lines(ts *testscript.TestScript, _ bool, args []string) {
	if got := strings.Count(ts.ReadFile(args[1]), "\n"); fmt.Sprint(got) != args[0] {
		ts.Fatalf("%d lines in %s, want %s", got, args[1], args[0])
	}
}

// until FILE TEXT: waits for the text to be in the file. It looks again and
// again: a file that another process writes tells nobody.
func until(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(20 * time.Second)
	for {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Contains(string(text), args[1]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s never had %q in it", args[0], args[1])
		}
		time.Sleep(5 * time.Millisecond)
	}
}
