package operation

import (
	"errors"
	"fmt"

	"nixie/engine"
)

// The journal has no checksums: a person may read and repair it. So what does
// not fit together is refused when it is read, not met when a job goes on.

// maxUnits bounds those of a job, so that their sums cannot overflow.
const maxUnits = 1 << 40

func (b *beginning) check() error {
	if len(b.Sets) == 0 {
		return errors.New("a job about nothing")
	}
	left := int64(maxUnits)
	for i := range b.Sets {
		n := b.Sets[i].N
		if n < 1 || n > left {
			return fmt.Errorf("a job about %d units", n)
		}
		left -= n
	}
	return nil
}

// checkRange says why the units from…to are not those that the job comes to
// next: some of one set.
func (j *job) checkRange(from, to int64) error {
	if from == j.next && from < to {
		if set, first := locate(j.begin.Sets, from); set != nil && to-from <= set.N-first {
			return nil
		}
	}
	return fmt.Errorf("a step over the units %d to %d; the next is %d of %d", from, to, j.next, j.total())
}

func (s *step) check(j *job) error {
	if err := j.checkRange(s.From, s.To); err != nil {
		return err
	}
	if n := int64(len(s.Requeues)); n > 0 && n != s.To-s.From {
		return fmt.Errorf("%d counts of requeues for %d units", n, s.To-s.From)
	}
	return checkGone(s.Gone, s.To-s.From)
}

func (o *outcome) check(j *job) error {
	if err := j.checkRange(o.From, o.To); err != nil {
		return err
	}
	if n := int64(len(o.Dests)); n > 0 && n != o.To-o.From {
		return fmt.Errorf("%d destinations for %d units", n, o.To-o.From)
	}
	for _, n := range o.Counts {
		if n < 0 {
			return fmt.Errorf("a count of %d", n)
		}
	}
	return checkGone(o.Gone, o.To-o.From)
}

func checkGone(gone []int64, n int64) error {
	for _, i := range gone {
		if i < 0 || i >= n {
			return fmt.Errorf("unit %d of %d is gone", i, n)
		}
	}
	return nil
}

// checkSets says what is wrong with sets and the ids that were read for them.
func checkSets(sets []set) error {
	for i := range sets {
		s := &sets[i]
		switch s.Op {
		case opMove, opDelete, opEdit, opUnedit, opRestore:
			if int64(len(s.IDs)) != s.N {
				return errSetsGone
			}
		}
		if s.Op == opUnedit && int64(len(s.Refs)) != s.N || s.Weights != nil && int64(len(s.Weights)) != s.N {
			return fmt.Errorf("%w: set %d does not fit its ids", engine.ErrInvalid, i)
		}
	}
	return nil
}
