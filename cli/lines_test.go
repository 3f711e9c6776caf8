package cli

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// all reads everything, and the error that is not the end.
func all(l *lineReader) (bodies [][]byte, err error) {
	for {
		batch, err := l.batch()
		bodies = append(bodies, batch...)
		if errors.Is(err, io.EOF) {
			return bodies, nil
		}
		if err != nil || len(batch) == 0 {
			return bodies, err
		}
	}
}

// TestLines compares the reader with the plainest way to cut lines.
func TestLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("ab\x00\xff\r\n\n"))).Draw(t, "text")
		var r io.Reader = bytes.NewReader(text)
		if rapid.Bool().Draw(t, "slow") {
			r = iotest.OneByteReader(r)
		}
		var want [][]byte
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			if len(line) > 0 {
				want = append(want, line)
			}
		}
		got, err := all(newLineReader(r, 1000, false))
		if err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	})
}

func TestLineTooLong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		good int
		err  string
	}{
		{"12345\n12345", 2, ""},
		{"1\n\n123456\n2\n", 1, "line 3 has more than the 5 bytes"},
		{"1\n2\n123456", 2, "line 3 has more"},
		{strings.Repeat("x", 3<<20), 0, "line 1 has more"},
	} {
		got, err := all(newLineReader(strings.NewReader(test.text), 5, false))
		if len(got) != test.good || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%.20q: %d bodies, %v; want %d, %q", test.text, len(got), err, test.good, test.err)
		}
	}
	if _, err := all(newLineReader(strings.NewReader("123456"), 5, true)); err == nil {
		t.Error("a whole message that is too large is taken")
	}
}

// TestBatches: what is there without waiting goes together, in bounded batches;
// what is not there yet holds nothing up.
func TestBatches(t *testing.T) {
	t.Parallel()
	l := newLineReader(strings.NewReader(strings.Repeat("x\n", batchLines+10)), 100, false)
	if batch, err := l.batch(); len(batch) != batchLines || err != nil {
		t.Errorf("%d lines, %v", len(batch), err)
	}
	r, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = w.Write([]byte("one\ntwo\nthr")) }() // ends with the test
	if batch, err := newLineReader(r, 100, false).batch(); len(batch) != 2 || err != nil {
		t.Errorf("%q, %v: want the two lines that are complete", batch, err)
	}
}
