package operation

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"time"
)

const (
	// compactAbove is the size of a journal, in bytes, that is worth making
	// smaller.
	compactAbove = 4 << 20
	// keepFor is how long the jobs that are over stay in the log, the newest
	// keepJobs of them in any case.
	keepFor  = 90 * 24 * time.Hour
	keepJobs = 100
)

// compact makes a long journal shorter before it is opened: without the jobs
// that were over long ago, and their ids. What they say for the ledger stays.
func (m *Manager) compact() error {
	if info, err := os.Stat(journalPath(m.dir)); err != nil || info.Size() < compactAbove {
		return nil
	}
	var records []record
	old, err := openJournal(m.dir, func(r record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		return err
	}
	if err := old.close(); err != nil {
		return err
	}
	dropped := oldJobs(records, time.Now())
	if err := rewriteJournal(m.dir, withoutJobs(records, dropped)); err != nil {
		return err
	}
	for id := range dropped {
		if err := os.Remove(setFile(m.dir, id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// oldJobs are those that can be forgotten.
func oldJobs(records []record, now time.Time) map[int]bool {
	var over []record
	for _, r := range records {
		if r.Kind == kindState && r.State.Over() {
			over = append(over, r)
		}
	}
	slices.SortFunc(over, func(a, b record) int { return cmp.Compare(b.Job, a.Job) })
	dropped := map[int]bool{}
	for i, r := range over {
		if i >= keepJobs && now.Sub(r.At) > keepFor {
			dropped[r.Job] = true
		}
	}
	return dropped
}

// withoutJobs leaves out jobs, but for their part in the ledger, and what later
// notes and mutes have replaced.
func withoutJobs(records []record, dropped map[int]bool) []record {
	sums := map[string]back{}
	newest := map[string]int{} // the last note and mute of each cause
	for i, r := range records {
		switch {
		case r.Kind == kindNote || r.Kind == kindMute:
			newest[r.Kind+r.Cause] = i
		case r.Kind == kindLedger:
			b := sums[r.Cause]
			sums[r.Cause] = back{b.Requeued + r.Requeued, b.CameBack + r.CameBack}
		case r.Kind == kindOut && dropped[r.Job] && r.Out != nil:
			for cause, add := range r.Out.Ledger {
				b := sums[cause]
				sums[cause] = back{b.Requeued + add.Requeued, b.CameBack + add.CameBack}
			}
		}
	}
	var kept []record
	for cause, b := range sums {
		kept = append(kept, record{Kind: kindLedger, At: time.Now(), Cause: cause, Requeued: b.Requeued, CameBack: b.CameBack})
	}
	slices.SortFunc(kept, func(a, b record) int { return cmp.Compare(a.Cause, b.Cause) })
	for i, r := range records {
		switch {
		case r.Kind == kindLedger || r.Job != 0 && dropped[r.Job]:
		case (r.Kind == kindNote || r.Kind == kindMute) && newest[r.Kind+r.Cause] != i:
		default:
			kept = append(kept, r)
		}
	}
	return kept
}
