package bolt

import (
	"cmp"
	"slices"
)

// grouping is what a queue knows of its groups, if it is ordered or is about to
// be.
type grouping struct {
	groups   map[string]*group // those with somebody in flight or waiting
	ordering uint64            // the work of making it ordered; 0: none is under way
	parked   int               // messages that wait for their group
	parkedAt int64             // a lower bound of when any of them entered, for TTLs
}

// group is a group of an ordered queue while one of its messages is in flight
// or waits for its next try (the holder), or others wait for that one.
type group struct {
	// holders is one message; more only if they were in flight when the queue
	// became ordered.
	holders []uint64
	parked  []*spot // by id
}

func (g *group) held() bool { return len(g.holders) > 0 }

func (g *group) heldBy(id uint64) bool { return slices.Contains(g.holders, id) }

func (g *group) leave(id uint64) {
	g.holders = slices.DeleteFunc(g.holders, func(h uint64) bool { return h == id })
}

// find returns the place of a message among those that wait, and whether it is
// there.
func (g *group) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(g.parked, id, func(s *spot, id uint64) int { return cmp.Compare(s.id, id) })
}

// holdGroupLocked makes the message a holder of its group, and reports whether it
// was none.
func (q *queue) holdGroupLocked(name string, id uint64) bool {
	g := q.groups[name]
	if g == nil {
		g = &group{}
		q.groups[name] = g
	}
	if g.heldBy(id) {
		return false
	}
	g.holders = append(g.holders, id)
	return true
}

// maxParked bounds what waits for groups in memory. Beyond it the queue's log
// is not read on, as in SQS FIFO queues (120,000 there).
const maxParked = 100_000

// enterGroupLocked lets the message be delivered, or parks it if another one
// of its group is under way, or an older one waits: while the one before that is
// on its way out, having expired or been taken away, nobody holds the group.
func (q *queue) enterGroupLocked(s spot) bool {
	g := q.groups[s.group]
	if g == nil {
		g = &group{}
		q.groups[s.group] = g
	}
	if !g.held() && (len(g.parked) == 0 || s.id < g.parked[0].id) {
		g.holders = append(g.holders, s.id)
		return true
	}
	if g.heldBy(s.id) {
		return true
	}
	at, _ := g.find(s.id)
	g.parked = slices.Insert(g.parked, at, &s)
	if q.parked == 0 || s.enteredAt < q.parkedAt {
		q.parkedAt = s.enteredAt
	}
	q.parked++
	return false
}

// isParkedLocked reports that the message waits for its group.
func (q *queue) isParkedLocked(s *spot) bool {
	g := q.groups[s.group]
	if g == nil {
		return false
	}
	_, ok := g.find(s.id)
	return ok
}

// leaveGroupLocked is called for each message of a group that leaves, be it
// the holder or one that was merely ready: with no holder left, the next one
// that waits is ready.
func (q *queue) leaveGroupLocked(name string, id uint64) {
	g := q.groups[name]
	if name == "" || g == nil {
		return
	}
	if g.leave(id); g.held() {
		return
	}
	for len(g.parked) > 0 {
		s := g.parked[0]
		g.parked[0] = nil
		g.parked = g.parked[1:]
		q.parked--
		if !s.gone && (s.run == nil || !s.run.settled.has(s.index)) {
			q.pushLocked(s)
			break
		}
	}
	if len(g.parked) == 0 {
		delete(q.groups, name)
	}
}

// expiredParkedLocked takes out what waits for its group and entered before the
// given time, at most so many.
func (q *queue) expiredParkedLocked(before int64, limit int) (out []*spot) {
	if q.parked == 0 || q.parkedAt > before {
		return nil
	}
	oldest := allTime
	for _, g := range q.groups {
		kept := g.parked[:0]
		for i, s := range g.parked {
			if len(out) == limit {
				kept = append(kept, g.parked[i:]...)
				break
			}
			if s.enteredAt <= before {
				out = append(out, s)
				continue
			}
			oldest = min(oldest, s.enteredAt)
			kept = append(kept, s)
		}
		clear(g.parked[len(kept):])
		g.parked = kept
		if len(out) == limit { // there may be more, which are not looked at now
			oldest = q.parkedAt
			break
		}
	}
	q.parkedAt = oldest
	q.parked -= len(out)
	return out
}

// disbandLocked ends all groups: the queue is no longer ordered, or is read
// anew.
func (q *queue) disbandLocked() {
	for name, g := range q.groups {
		for _, s := range g.parked {
			if !s.gone {
				q.pushLocked(s)
			}
		}
		delete(q.groups, name)
	}
	q.parked = 0
}

func (q *queue) dropParkedLocked(name string, id uint64) *spot {
	g := q.groups[name]
	if g == nil {
		return nil
	}
	i, ok := g.find(id)
	if !ok {
		return nil
	}
	s := g.parked[i]
	g.parked = slices.Delete(g.parked, i, i+1)
	q.parked--
	return s
}
