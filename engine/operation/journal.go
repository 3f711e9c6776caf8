package operation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"nixie/engine"
)

// The journal is what a Manager knows, as lines of JSON that are only ever
// appended:
//
//	begin   a job, with all but its ids (those are in job-N.ids, written before)
//	step    a job is about to work on the units from…to
//	out     … and this is what became of them
//	state   a job was paused, resumed, cancelled or done
//	note    of a cause
//	mute    of a cause
//	ledger  how many of a cause were requeued and came back, from jobs that are
//	        no longer in the journal
//
// A step is on the disk before it is made; an out may be lost, and then the
// step is in doubt: see recover.
type record struct {
	Kind string    `json:"t"`
	At   time.Time `json:"at"`
	Job  int       `json:"job,omitempty"`

	Begin *beginning `json:"begin,omitempty"`
	Step  *step      `json:"step,omitempty"`
	Out   *outcome   `json:"out,omitempty"`
	State JobState   `json:"state,omitempty"`
	Why   string     `json:"why,omitempty"`

	Cause    string `json:"cause,omitempty"`
	Note     string `json:"note,omitempty"`
	Muted    bool   `json:"muted,omitempty"`
	Requeued int64  `json:"requeued,omitempty"`
	CameBack int64  `json:"came_back,omitempty"`
}

const (
	kindBegin  = "begin"
	kindStep   = "step"
	kindOut    = "out"
	kindState  = "state"
	kindNote   = "note"
	kindMute   = "mute"
	kindLedger = "ledger"
)

// beginning is a job as it was started.
type beginning struct {
	Request Request `json:"request"`
	Title   string  `json:"title"`
	Who     string  `json:"who"`
	Command string  `json:"command,omitempty"`
	Undone  Verb    `json:"undone,omitempty"` // what an Undo takes back
	Total   int64   `json:"total"`            // messages
	Sets    []set   `json:"sets"`
	// Message is the replacement of an edit, or what a load publishes.
	Message *packed  `json:"message,omitempty"`
	Origins []string `json:"origins,omitempty"` // queues that dead letters may go back to
}

// step is what a job is about to do.
type step struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Gone are units that were found gone just before, counted from From.
	Gone []int64 `json:"gone,omitempty"`
	// Requeues of the units, if any of them is more than 0.
	Requeues []int `json:"requeues,omitempty"`
	// Policy and Paused are those that are replaced.
	Policy *engine.Policy `json:"policy,omitempty"`
	Paused bool           `json:"paused,omitempty"`
}

// outcome is what a step did. Units are counted from From; those that are
// neither gone nor refused are done.
type outcome struct {
	From    int64            `json:"from"`
	To      int64            `json:"to"`
	Gone    []int64          `json:"gone,omitempty"`
	Refused map[int64]string `json:"refused,omitempty"`
	// Dest is where the messages are now, if it is the same for all, else Dests
	// is, for each unit.
	Dest  string    `json:"dest,omitempty"`
	Dests []string  `json:"dests,omitempty"`
	Trash string    `json:"trash,omitempty"`  // the entry that they are in now
	NewID engine.ID `json:"new_id,omitempty"` // of an edit
	// Counts are the messages that are done, gone and refused: units may be of
	// several.
	Counts [3]int64       `json:"n"`
	Policy *engine.Policy `json:"policy,omitempty"` // before
	Paused bool           `json:"paused,omitempty"` // before
	// Ledger counts by cause what was requeued, and what had come back before.
	Ledger map[string]back `json:"ledger,omitempty"`
}

// back is an account of the boomerang ledger. A message that is requeued again
// proves that it had come back from the time before.
type back struct {
	Requeued int64 `json:"r,omitempty"`
	CameBack int64 `json:"b,omitempty"`
}

// dest is where the i-th unit is now.
func (o *outcome) dest(i int64) string {
	if o.Dests != nil {
		return o.Dests[i]
	}
	return o.Dest
}

// journal is the file. Its methods may be called from any goroutine.
type journal struct {
	mu   sync.Mutex // protects the file's end
	file *os.File
	size int64 // of whole lines
}

func journalPath(dir string) string { return filepath.Join(dir, "journal.jsonl") }

// openJournal opens or makes the journal and gives each record to the function,
// oldest first. A last line that is torn is cut off: what it announced was not
// begun.
func openJournal(dir string, each func(record) error) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(journalPath(dir), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file}
	if err := j.replay(each); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := file.Truncate(j.size); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	_, err = file.Seek(j.size, io.SeekStart)
	if err = errors.Join(err, syncDir(dir)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *journal) replay(each func(record) error) error {
	r := bufio.NewReaderSize(j.file, 1<<16)
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left is torn
		}
		if err != nil {
			return err
		}
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			if _, err := r.Peek(1); errors.Is(err, io.EOF) {
				return nil // torn, and the newline of it came through
			}
			return fmt.Errorf("%s:%d: %w", j.file.Name(), number, err)
		}
		if err := each(rec); err != nil {
			return fmt.Errorf("%s:%d: %w", j.file.Name(), number, err)
		}
		j.size += int64(len(line))
	}
}

// append writes records, and has them on the disk if sync is asked for.
func (j *journal) append(sync bool, records ...record) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	for _, r := range records {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	n, err := j.file.Write(b.Bytes())
	if err != nil {
		// Half a line would spoil those behind it.
		if n > 0 {
			err = errors.Join(err, j.file.Truncate(j.size))
			_, seek := j.file.Seek(j.size, io.SeekStart)
			err = errors.Join(err, seek)
		}
		return fmt.Errorf("writing the journal: %w", err)
	}
	j.size += int64(n)
	if !sync {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.file.Sync(), j.file.Close())
}

// rewriteJournal replaces the journal by these records, all at once.
func rewriteJournal(dir string, records []record) error {
	file, err := os.CreateTemp(dir, "journal-*.tmp")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	encoder := json.NewEncoder(w)
	for _, r := range records {
		if err = encoder.Encode(r); err != nil {
			break
		}
	}
	if err = errors.Join(err, w.Flush(), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return errors.Join(os.Rename(file.Name(), journalPath(dir)), syncDir(dir))
}
