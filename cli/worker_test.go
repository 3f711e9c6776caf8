package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"nixie/engine"
	"nixie/views/widget"
)

func TestLastLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                               "",
		"\n \n":                          "",
		"one":                            "one",
		"one\ntwo\n":                     "two",
		"one\r\ntwo  \r\n\r\n":           "two",
		"progress 1\rprogress 2\r":       "progress 2",
		"bad \xff byte":                  "bad  byte",
		strings.Repeat("x", 3*maxReason): strings.Repeat("x", maxReason),
	} {
		var l lastLine
		for chunk := range slices.Chunk([]byte(text), 3) {
			_, _ = l.Write(chunk) // never fails
		}
		if got := l.String(); got != want {
			t.Errorf("%.30q: got %.30q, want %.30q", text, got, want)
		}
	}
	var l lastLine
	fmt.Fprint(&l, strings.Repeat("noise\n", 100_000), strings.Repeat("é", maxReason))
	if got := l.String(); len(got) > maxReason || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid: %v", len(got), utf8.ValidString(got))
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	got := environment(engine.Delivery{Message: engine.Message{
		ID: "7", Queue: "q", Tries: 2, Group: "g",
		Headers: engine.Headers{"a-b": "1", "a.b": "2", "zero": "x\x00y", "é": "3"},
	}})
	want := []string{"NIXIE_ID=7", "NIXIE_QUEUE=q", "NIXIE_TRIES=2", "NIXIE_GROUP=g", "NIXIE_HEADER_A_B=1", "NIXIE_HEADER__=3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTable: nothing of a message reaches a terminal as it is, and no line is
// longer than the terminal.
func TestTable(t *testing.T) {
	t.Parallel()
	tab := table{columns: []column{{"A", widget.Left}, {"N", widget.Right}, {"B", widget.Left}}}
	tab.add("x\x1b[2J", "1", "first\nsecond")
	tab.add("日本", "10", strings.Repeat("long ", 20))
	var b strings.Builder
	if err := tab.write(&b, 40); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		if strings.ContainsAny(line, "\x1b\r") || widget.Width(line) > 40 {
			t.Errorf("%q is %d wide", line, widget.Width(line))
		}
	}
}
