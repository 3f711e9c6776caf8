package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// trashInfo is an entry of the trash. Purging and deleting a queue cost the
// same however much is in it: the entry gets the area.
type trashInfo struct {
	What     engine.TrashKind            `json:"what"`
	Queue    string                      `json:"queue"`
	Count    int64                       `json:"count"`
	At       time.Time                   `json:"at"`
	KeptTil  time.Time                   `json:"kept_til"`
	Live     area                        `json:"live,omitempty"`
	Dead     area                        `json:"dead,omitempty"`
	Chosen   area                        `json:"chosen,omitempty"` // records, each with the state that it had
	Stored   []byte                      `json:"stored,omitempty"` // of a deleted queue, as its policy and bindings
	Policy   engine.Policy               `json:"policy,omitzero"`
	Bindings map[string][]engine.Binding `json:"bindings,omitempty"`
}

func (i *trashInfo) entry(id uint64) engine.TrashEntry {
	return engine.TrashEntry{
		ID: strconv.FormatUint(id, 10), What: i.What, Queue: i.Queue, Count: i.Count, At: i.At, KeptTil: i.KeptTil,
	}
}

// putTrash makes a new entry.
func (t *tx) putTrash(i *trashInfo) engine.TrashEntry {
	i.At, i.KeptTil = t.now, t.now.Add(t.e.options.TrashRetention)
	id := uint64(t.newNumber())
	t.writeTrash(id, i)
	t.then(func() { t.e.keeper.tidyBy(i.KeptTil.UnixNano()) })
	return i.entry(id)
}

func (t *tx) writeTrash(id uint64, i *trashInfo) {
	v, err := json.Marshal(i)
	if t.fail(err) == nil {
		t.putFixed(bucketTrash, key64(id), v)
	}
}

func readTrash(btx *bbolt.Tx, id uint64) (*trashInfo, error) {
	v := btx.Bucket(bucketTrash).Get(key64(id))
	if v == nil {
		return nil, engine.ErrTrashNotFound
	}
	_, i, err := decodeTrash(key64(id), v)
	return i, err
}

func decodeTrash(k, v []byte) (id uint64, i *trashInfo, err error) {
	id, ok := id64(k)
	if !ok {
		return 0, nil, damage("an entry of the trash has the key %x", k)
	}
	i = &trashInfo{}
	if err := json.Unmarshal(v, i); err != nil {
		return 0, nil, damage("entry %d of the trash: %v", id, err)
	}
	return id, i, nil
}

// keepOneFor is how long the messages of a queue that keeps no dead letters
// share an entry of the trash.
const keepOneFor = time.Hour

// throwAway puts a message into an entry that takes all of its kind for a
// while.
func (qt *queueTx) throwAway(rec *record, what engine.TrashKind, from area) {
	t := qt.t
	id, name := t.e.notKept[qt.q.name], qt.q.name
	i, err := readTrash(t.Tx, id)
	if err != nil || i.Queue != name || i.What != what || t.now.Sub(i.At) > keepOneFor {
		i = &trashInfo{What: what, Queue: name, Chosen: area(t.newNumber())}
		e := t.putTrash(i)
		id, _ = strconv.ParseUint(e.ID, 10, 64)
		t.e.notKept[name] = id
	}
	i.Count++
	qt.putRecord(i.Chosen, rec, from)
	t.writeTrash(id, i)
}

// Trash implements engine.Operator. What of it cannot be read is left out: check
// names it.
func (e *Engine) Trash(ctx context.Context) ([]engine.TrashEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var entries []engine.TrashEntry
	err := e.view(func(btx *bbolt.Tx) error {
		return btx.Bucket(bucketTrash).ForEach(func(k, v []byte) error {
			if id, i, err := decodeTrash(k, v); err == nil {
				entries = append(entries, i.entry(id))
			}
			return nil
		})
	})
	slices.Reverse(entries)
	return entries, err
}

// Discard implements engine.Operator.
func (e *Engine) Discard(ctx context.Context, trashID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := e.write(func(t *tx) error {
		id, err := strconv.ParseUint(trashID, 10, 64)
		if err != nil {
			return engine.ErrTrashNotFound
		}
		i, err := readTrash(t.Tx, id)
		if err != nil {
			return err
		}
		t.discard(id, i)
		t.then(func() { t.e.keeper.set(nil, t.at) })
		return nil
	})
	if err != nil {
		return &engine.Error{Op: "discard from the trash", Err: err}
	}
	return nil
}

// discard gives the areas of an entry to the sweeper, and the history of a queue,
// which has its number.
func (t *tx) discard(id uint64, i *trashInfo) {
	t.removeFixed(bucketTrash, key64(id))
	rest := []uint32{uint32(i.Live), uint32(i.Dead), uint32(i.Chosen)}
	if i.What == engine.TrashQueue {
		if s, err := decodeStored(i.Stored); err == nil {
			rest = append(rest, s.number)
		}
	}
	for _, number := range rest {
		if number != 0 {
			t.putFixed(bucketSweep, key32(number), []byte{})
		}
	}
}

// emptyOldTrash discards the oldest entry if it was kept long enough.
func (t *tx) emptyOldTrash() (more bool) {
	id, i := t.oldestTrash()
	if i == nil || i.KeptTil.After(t.now) {
		return false
	}
	t.discard(id, i)
	return true
}

// oldestTrash returns the first entry that can be read; nil if there is none. One
// that cannot stays: nobody knows its areas, but salvage finds what is in them.
func (t *tx) oldestTrash() (uint64, *trashInfo) {
	c := t.Bucket(bucketTrash).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if id, i, err := decodeTrash(k, v); err == nil {
			return id, i
		}
	}
	return 0, nil
}

// sweep deletes areas and histories bit by bit, so that nobody waits behind
// millions of messages. It reports whether there is more.
func (t *tx) sweep(turn *turn) (more bool) {
	k, _ := t.Bucket(bucketSweep).Cursor().First()
	if len(k) != 4 {
		return false
	}
	k = slices.Clone(k)
	a := area(binary.BigEndian.Uint32(k))
	for _, kind := range areaKinds {
		if b := t.Bucket(a.bucket(kind)); b != nil {
			if t.sweepBucket(b, nil, turn) {
				return true
			}
			t.changed = true
			t.fail(t.DeleteBucket(a.bucket(kind)))
		}
	}
	if t.sweepBucket(t.Bucket(bucketHistory), k, turn) {
		return true
	}
	t.removeFixed(bucketSweep, k)
	return true
}

// sweepBucket deletes the values of a bucket whose keys begin so, and reports
// whether some are left.
func (t *tx) sweepBucket(b *bbolt.Bucket, prefix []byte, turn *turn) (more bool) {
	for !turn.over() {
		left := step(turnStep)
		var keys [][]byte
		var own []bool
		c := b.Cursor()
		k, v := c.Seek(prefix)
		for ; k != nil && bytes.HasPrefix(k, prefix) && left > 0; k, v = c.Next() {
			keys = append(keys, k)
			own = append(own, v == nil)
			size := len(getValue(b, k))
			left.take(size / 16)
			turn.freed(size)
		}
		t.changed = t.changed || len(keys) > 0
		for i, k := range keys {
			if own[i] {
				t.fail(b.DeleteBucket(k))
			} else {
				t.fail(b.Delete(k))
			}
		}
		if left > 0 {
			return false
		}
	}
	return true
}
