package operation

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"nixie/engine"
)

// op is what is done to each unit of a set.
type op string

const (
	opMove        op = "move"
	opDelete      op = "delete"
	opEdit        op = "edit"
	opUnedit      op = "unedit" // takes the replacement away and restores the original
	opRestore     op = "restore"
	opPurge       op = "purge"
	opPause       op = "pause"
	opConfigure   op = "configure"
	opCreate      op = "create"
	opDeleteQueue op = "delete queue"
	opPublish     op = "publish"
	opBind        op = "bind"
	opUnbind      op = "unbind"
)

// set is a run of units that are worked on in the same way. A unit is a
// message, an entry of the trash, a queue, or a message to publish; the units
// of all sets of a job are numbered on from 0.
type set struct {
	Op    op           `json:"op"`
	Queue string       `json:"queue,omitempty"` // where the messages are
	State engine.State `json:"state,omitempty"` // in which they were chosen; "": any
	N     int64        `json:"n"`               // units

	To        string         `json:"to,omitempty"`
	Into      engine.State   `json:"into,omitempty"`
	KeepTries bool           `json:"keep_tries,omitempty"`
	Area      engine.Area    `json:"area,omitempty"`
	Paused    bool           `json:"paused,omitempty"`
	Policy    *engine.Policy `json:"policy,omitempty"`
	Topic     string         `json:"topic,omitempty"`
	Pattern   string         `json:"pattern,omitempty"`

	// Of each unit, as far as the op needs it. They are kept in a file of their
	// own.
	IDs     []engine.ID `json:"-"` // of messages, or (restore, unedit) of trash entries
	Weights []int64     `json:"-"` // messages in each unit; nil: one
	Refs    []Ref       `json:"-"` // unedit: the replacements
}

// bare are sets without what is kept in their file.
func bare(sets []set) []set {
	headers := slices.Clone(sets)
	for i := range headers {
		headers[i].IDs, headers[i].Weights, headers[i].Refs = nil, nil, nil
	}
	return headers
}

// weight is the number of messages that the i-th unit is about.
func (s *set) weight(i int64) int64 {
	if s.Weights == nil {
		return 1
	}
	return s.Weights[i]
}

// id names the i-th unit.
func (s *set) id(i int64) engine.ID {
	if s.IDs == nil {
		return ""
	}
	return s.IDs[i]
}

// units counts those of sets, and the messages that they are about.
func units(sets []set) (n, messages int64) {
	for i := range sets {
		n += sets[i].N
		if sets[i].Weights == nil {
			messages += sets[i].N
		}
		for _, w := range sets[i].Weights {
			messages += w
		}
	}
	return n, messages
}

// locate finds the set of a unit, and its place there.
func locate(sets []set, unit int64) (*set, int64) {
	for i := range sets {
		if unit < sets[i].N {
			return &sets[i], unit
		}
		unit -= sets[i].N
	}
	return nil, 0
}

// chunk is a line of a set file.
type chunk struct {
	Set     int         `json:"set"`
	IDs     []engine.ID `json:"ids"`
	Weights []int64     `json:"weights,omitempty"`
	Refs    []Ref       `json:"refs,omitempty"`
}

const chunkSize = 1000

func setFile(dir string, job int) string { return filepath.Join(dir, fmt.Sprintf("job-%d.ids", job)) }

// writeSets writes the ids of a job's sets to their file, if there are any, so
// that they are on the disk before the job begins.
func writeSets(dir string, job int, sets []set) error {
	any := false
	for _, s := range sets {
		any = any || len(s.IDs) > 0
	}
	if !any {
		return nil
	}
	file, err := os.OpenFile(setFile(dir, job), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	encoder := json.NewEncoder(w)
	for i, s := range sets {
		for from := 0; from < len(s.IDs) && err == nil; from += chunkSize {
			to := min(from+chunkSize, len(s.IDs))
			err = encoder.Encode(chunk{Set: i, IDs: s.IDs[from:to], Weights: part(s.Weights, from, to), Refs: part(s.Refs, from, to)})
		}
	}
	return errors.Join(err, w.Flush(), file.Sync(), file.Close(), syncDir(dir))
}

func part[T any](s []T, from, to int) []T {
	if s == nil {
		return nil
	}
	return s[from:to]
}

// readSets adds the ids to the sets of a job.
func readSets(dir string, job int, sets []set) error {
	file, err := os.Open(setFile(dir, job))
	if errors.Is(err, os.ErrNotExist) {
		return checkSets(sets)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	decoder := json.NewDecoder(bufio.NewReaderSize(file, 1<<16))
	for {
		var c chunk
		if err := decoder.Decode(&c); errors.Is(err, io.EOF) {
			return checkSets(sets)
		} else if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		if c.Set < 0 || c.Set >= len(sets) {
			return fmt.Errorf("%s: there is no set %d", file.Name(), c.Set)
		}
		s := &sets[c.Set]
		s.IDs, s.Weights, s.Refs = append(s.IDs, c.IDs...), append(s.Weights, c.Weights...), append(s.Refs, c.Refs...)
	}
}

// errSetsGone: the ids of an old job are no longer kept.
var errSetsGone = errors.New("the ids of this job are no longer kept")

// syncDir makes a new file's name durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
