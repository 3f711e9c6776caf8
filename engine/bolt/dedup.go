package bolt

import (
	"encoding/binary"

	"nixie/engine"
)

// remembered looks a deduplication id up, and says until when it is known.
func (qt *queueTx) remembered(dedup string) (until int64, id uint64, known bool) {
	v := qt.t.Bucket(bucketDedup).Get(append(key32(qt.s.number), dedup...))
	until, id, _ = splitDueKey(v)
	return until, id, until > qt.t.at
}

// duplicate returns the message that had the deduplication id before, or
// remembers it for this one.
func (qt *queueTx) duplicate(dedup string, id uint64) (earlier uint64, ok bool) {
	t := qt.t
	key := append(key32(qt.s.number), dedup...)
	until, earlier, known := qt.remembered(dedup)
	if known {
		return earlier, true
	}
	if until != 0 {
		t.removeFixed(bucketForget, append(key64(uint64(until)), key...))
	}
	window := qt.policy.DedupWindow
	if window == 0 {
		window = engine.DefaultDedupWindow
	}
	until = t.at + int64(window)
	t.putFixed(bucketDedup, key, dueKey(until, id))
	t.putFixed(bucketForget, append(key64(uint64(until)), key...), []byte{})
	t.e.keeper.tidyBy(until)
	return 0, false
}

// forgetDuplicates drops the deduplication ids whose window is over, and
// reports whether there are more.
func (t *tx) forgetDuplicates(turn *turn) (more bool) {
	forget := t.Bucket(bucketForget)
	for !turn.over() {
		var gone [][]byte
		c := forget.Cursor()
		for k, _ := c.First(); k != nil && len(gone) < turnStep; k, _ = c.Next() {
			if len(k) < 8 || int64(binary.BigEndian.Uint64(k)) > t.at {
				break
			}
			gone = append(gone, k)
		}
		for _, k := range gone {
			t.removeFixed(bucketDedup, k[8:])
			t.removeFixed(bucketForget, k)
			turn.took(0)
		}
		if len(gone) < turnStep {
			return false
		}
	}
	return true
}
