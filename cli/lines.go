package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A batch of lines is one commit: large enough that its sync is cheap for each
// line, small enough for memory and for others that wait to publish.
const (
	batchLines = 2000
	batchBytes = 4 << 20
)

// lineReader cuts a stream into bodies: each line that is not empty, or the
// whole as one. Memory is bounded by a batch and a body.
type lineReader struct {
	r     *bufio.Reader
	limit int // of a body, in bytes
	whole bool
	line  int // the number of the last one
}

func newLineReader(r io.Reader, limit int, whole bool) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 1<<20), limit: limit, whole: whole}
}

// batch returns the next bodies: at least one, unless the stream ends, and then
// as many as are there without waiting for more input. The error is io.EOF at
// the end; bodies may come with it.
func (l *lineReader) batch() (bodies [][]byte, err error) {
	if l.whole {
		body, err := io.ReadAll(io.LimitReader(l.r, int64(l.limit)+1))
		if err == nil && len(body) > l.limit {
			err = l.tooLarge("the message")
		}
		if err != nil {
			return nil, err
		}
		return [][]byte{body}, io.EOF
	}
	size := 0
	for len(bodies) < batchLines && size < batchBytes {
		if len(bodies) > 0 && !l.lineBuffered() {
			return bodies, nil
		}
		line, err := l.next()
		if len(line) > 0 {
			bodies = append(bodies, line)
			size += len(line)
		}
		if err != nil {
			return bodies, err
		}
	}
	return bodies, nil
}

// lineBuffered reports whether a whole line can be had without a read.
func (l *lineReader) lineBuffered() bool {
	buffered, _ := l.r.Peek(l.r.Buffered()) // never more than there is
	return bytes.IndexByte(buffered, '\n') >= 0
}

// next returns the next line without its end, as a slice of its own.
func (l *lineReader) next() ([]byte, error) {
	l.line++
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		line = append(line, part...)
		if bytes.HasSuffix(part, []byte("\n")) {
			line = line[:len(line)-1]
		}
		if len(line) > l.limit {
			return nil, l.tooLarge(fmt.Sprintf("line %d", l.line))
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (l *lineReader) tooLarge(what string) error {
	return fmt.Errorf("%s has more than the %d bytes that a message may have", what, l.limit)
}
