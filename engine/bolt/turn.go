package bolt

import "time"

// turn is what somebody who works on his own account (time, the sweeper, a long
// restore) may do in the commit under way, so that nobody waits behind it much
// longer than behind any other: so many messages, so many bytes, so many pages,
// so much time, whatever comes first.
type turn struct {
	t     *tx
	left  int   // messages
	pages int64 // that are changed when it is over
	until time.Time
}

const (
	turnMessages = 256
	turnUnit     = 4 << 10 // bytes written that count as another message
	turnPages    = 64
	turnTime     = 600 * time.Microsecond
	// turnStep is how many messages are taken up before the turn may be over.
	turnStep = 16
)

func (t *tx) turn() *turn {
	return &turn{t: t, left: turnMessages, pages: t.pages() + turnPages, until: time.Now().Add(turnTime)}
}

// took counts a message that was dealt with, and the bytes written for it.
func (u *turn) took(size int) { u.left -= 1 + size/turnUnit }

// freed counts bytes that were deleted: of their pages only a list is kept.
func (u *turn) freed(size int) { u.took(size / 16) }

func (u *turn) over() bool {
	return u.left <= 0 || u.t.pages() >= u.pages || !time.Now().Before(u.until)
}

// pages counts those that the transaction has changed so far.
func (t *tx) pages() int64 {
	stats := t.Stats()
	return stats.GetNodeCount()
}

// step is what is taken up at a time, in messages; large ones count as several.
type step int

// stepUnit is how many bytes count as another message of a step.
const stepUnit = 16 << 10

func (s *step) take(size int) { *s -= step(1 + size/stepUnit) }
