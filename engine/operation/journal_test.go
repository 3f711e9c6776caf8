package operation

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"nixie/engine"
	"nixie/engine/enginetest"
)

var digits = regexp.MustCompile(`\b\d+\b`)

// FuzzJournal: whatever stands in the files of the journal, it opens or says what
// is wrong, and what it then shows and goes on with does no harm.
func FuzzJournal(f *testing.F) {
	journal, err := os.ReadFile(filepath.Join("testdata", "journal.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	ids, err := os.ReadFile(filepath.Join("testdata", "job-1.ids"))
	if err != nil {
		f.Fatal(err)
	}
	lines := slices.Collect(bytes.Lines(journal))
	for cut := range lines { // killed behind each record
		f.Add(bytes.Join(lines[:cut+1], nil), ids, uint16(0), int64(1))
	}
	f.Fuzz(func(t *testing.T, journal, ids []byte, place uint16, value int64) {
		// Most that chance does to it is no JSON any more; a number stays one.
		if numbers := digits.FindAllIndex(journal, -1); int(place) < len(numbers) {
			at := numbers[place]
			journal = slices.Concat(journal[:at[0]], strconv.AppendInt(nil, value, 10), journal[at[1]:])
		}
		dir := t.TempDir()
		err := errors.Join(
			os.WriteFile(journalPath(dir), journal, 0o600),
			os.WriteFile(setFile(dir, 1), ids, 0o600))
		if err != nil {
			t.Fatal(err)
		}
		e := enginetest.NewModel()
		defer e.Close()
		if err := e.CreateQueue(t.Context(), "payments", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		m, err := Open(e, dir)
		if err != nil {
			return
		}
		for _, j := range m.Jobs() {
			for _, fate := range []Fate{FateDone, FateGone, FateRefused, FateLeft} {
				_, _ = m.Items(j.ID, fate, 0, 100)
			}
			_, _ = m.PlanUndo(t.Context(), j.ID)
			_ = m.Resume(j.ID)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
