package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Options say how to open a database. The zero value is what most want.
type Options struct {
	// MaxSize is how large the file may grow, in bytes. 0: as large as the disk
	// lets it.
	MaxSize int64
	// LockWait is how long to wait for another process to close the file. 0: not
	// at all.
	LockWait time.Duration
	// TrashRetention is how long what was deleted can be restored. 0: 7 days.
	TrashRetention time.Duration
	// Window is how much of the queues' fronts is kept in memory, in bytes, all
	// together. 0: 64 MiB.
	Window int64
	// SyncDelay makes each sync take so much longer, to see how slower disks
	// behave.
	SyncDelay time.Duration

	committed func() // called by the writer after each commit: for tests
	maxHeld   int64  // how much that was deleted Check may hold, in bytes

	compacting func(step int) error // called by Compact before each step: for tests
}

const (
	formatVersion = 2

	defaultTrashRetention = 7 * 24 * time.Hour
	defaultWindow         = 64 << 20
	defaultMaxHeld        = 64 << 20
	// addressSpace is mapped at once, as mapping anew later would wait for all
	// readers. It costs no memory. 64 GiB; where an int has 32 bits it is not done.
	addressSpace = 1 << (strconv.IntSize/2 + 4)
	mapAhead     = runtime.GOOS != "windows" && strconv.IntSize == 64
	// skipIDs after a crash: relaxed publishers may hold ids that were lost, of
	// all that waited for a commit or was in one.
	skipIDs = 1 << 20
)

var (
	keyVersion = []byte("version")
	keyClean   = []byte("clean") // closed in order
	keyLastID  = []byte("last id")
	keyNumber  = []byte("last number") // of queues and areas
)

// Open opens the database, and makes it if there is none. Errors:
// engine.ErrDatabaseInUse, ErrNotADatabase, ErrNewerVersion, ErrDamaged,
// ErrNoSpace, and those of the file system; nothing is changed then.
func Open(path string, o Options) (_ *Engine, err error) {
	if o.TrashRetention == 0 {
		o.TrashRetention = defaultTrashRetention
	}
	if o.maxHeld == 0 {
		o.maxHeld = defaultMaxHeld
	}
	if o.Window == 0 {
		o.Window = defaultWindow
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open %s: %w", path, err)
		}
	}()
	defer guard(&err)
	defer protect()()
	isNew, err := inspectFile(path)
	if err != nil {
		return nil, err
	}
	options := &bbolt.Options{
		Timeout:        max(o.LockWait, time.Millisecond),
		NoFreelistSync: true, // else each commit writes all free pages: see doc.go
		FreelistType:   bbolt.FreelistMapType,
		MaxSize:        int(o.MaxSize),
	}
	if o.MaxSize == 0 && mapAhead {
		options.InitialMmapSize = addressSpace
	}
	warmUp(path)
	db, file, err := openLocked(path, options)
	if err != nil {
		return nil, translate(err)
	}
	_ = os.Remove(path + compactSuffix) // what a compaction left that was killed
	e := &Engine{
		path: path, options: o, db: db,
		topics:   map[string][]engine.Binding{},
		recorder: newRecorder(), closed: make(chan struct{}), stopped: make(chan struct{}), notKept: map[string]uint64{},
		openedAt: time.Now(), stirred: make(chan struct{}, 1),
	}
	e.tokens.Store(rand.Uint64()) // no receipt of an earlier opening fits
	e.budget.limit = o.Window
	if err := e.start(isNew, file); err != nil {
		_ = db.Close()
		return nil, translate(err)
	}
	return e, nil
}

// openLocked opens the file, and makes sure that it is the one that has the
// name when it is locked: Compact may have given that to another.
func openLocked(path string, options *bbolt.Options) (_ *bbolt.DB, file *os.File, err error) {
	options.OpenFile = func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	}
	for {
		db, err := bbolt.Open(path, 0o600, options)
		if err != nil {
			return nil, nil, err
		}
		ours, err := file.Stat()
		if err == nil {
			var named os.FileInfo
			if named, err = os.Stat(path); err == nil && os.SameFile(ours, named) {
				return db, file, nil
			}
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, nil, err
		}
	}
}

// start makes or reads what is in the file, and begins to work.
func (e *Engine) start(isNew bool, file *os.File) error {
	if isNew {
		if err := e.db.Update(create); err != nil {
			return err
		}
	}
	var lastID uint64
	if err := e.db.View(func(btx *bbolt.Tx) (err error) {
		lastID, err = e.readAll(btx)
		return err
	}); err != nil {
		return err
	}
	if err := secureHeader(file, e.db.Info().PageSize); err != nil {
		return err
	}
	// From now on the file is in use: what comes back from a crash is not clean,
	// and what is written is of this format.
	inUse := func(write func(meta *bbolt.Bucket) error) error {
		return e.db.Update(func(btx *bbolt.Tx) error {
			meta := btx.Bucket(bucketMeta)
			err := meta.Delete(keyClean)
			if err == nil && !bytes.Equal(meta.Get(keyVersion), key32(formatVersion)) {
				err = meta.Put(keyVersion, key32(formatVersion))
			}
			return errors.Join(err, write(meta))
		})
	}
	// Ids that were skipped are so for good, also if nothing else is written.
	err := inUse(func(meta *bbolt.Bucket) error { return meta.Put(keyLastID, key64(lastID)) })
	if errors.Is(translate(err), engine.ErrNoSpace) { // for no more than need be
		err = inUse(func(*bbolt.Bucket) error { return nil })
	}
	if err != nil {
		return err
	}
	e.writer = newWriter(e, lastID+1)
	e.keeper = &keeper{e: e, wake: make(chan struct{}, 1)}
	e.background.Go(e.writer.run)
	e.background.Go(e.keeper.run)
	e.background.Go(e.clock)
	e.keeper.set(nil, time.Now().UnixNano())
	for _, q := range e.all() {
		q.mu.Lock()
		q.armLocked()
		q.mu.Unlock()
	}
	return nil
}

// create makes an empty database.
func create(btx *bbolt.Tx) error {
	for _, name := range fixedBuckets {
		if _, err := btx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return btx.Bucket(bucketMeta).Put(keyVersion, key32(formatVersion))
}

// readAll reads the queues and what is not merely waiting in them, and returns
// the last id that was given.
func (e *Engine) readAll(btx *bbolt.Tx) (lastID uint64, err error) {
	meta := btx.Bucket(bucketMeta)
	if meta == nil {
		return 0, fmt.Errorf("%w: the file belongs to another program", engine.ErrNotADatabase)
	}
	version := meta.Get(keyVersion)
	if len(version) != 4 {
		return 0, fmt.Errorf("%w: it does not say its version", engine.ErrNotADatabase)
	}
	if v := binary.BigEndian.Uint32(version); v > formatVersion {
		return 0, fmt.Errorf("%w (%d; this one reads up to %d): update nixie", engine.ErrNewerVersion, v, formatVersion)
	}
	for _, name := range fixedBuckets {
		if btx.Bucket(name) == nil {
			return 0, damage("the bucket %q is missing", name)
		}
	}
	if v := meta.Get(keyLastID); len(v) == 8 {
		lastID = binary.BigEndian.Uint64(v)
	}
	policies := btx.Bucket(bucketPolicies)
	err = btx.Bucket(bucketQueues).ForEach(func(k, v []byte) error {
		s, err := decodeStored(v)
		if err != nil {
			return damage("queue %q: %v", k, err)
		}
		var p engine.Policy
		if err := json.Unmarshal(policies.Get(k), &p); err != nil {
			return damage("the policy of queue %q: %v", k, err)
		}
		q := newQueue(e, string(k), s, p)
		if err = q.recover(btx, doomCrashed); err == nil {
			_, err = q.recoverRetries(btx, nil, math.MaxInt)
		}
		if err != nil {
			return fmt.Errorf("queue %q: %w", k, err)
		}
		e.queues.put(q)
		e.recorder.total += q.sampled
		lastID = max(lastID, s.lastID)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if meta.Get(keyClean) == nil && lastID > 0 {
		lastID += skipIDs
	}
	return lastID, e.readTopics(btx)
}

// Close implements engine.Engine.
func (e *Engine) Close() error { return e.shut(func() error { return nil }) }

// shut closes the engine. Before it lets go of the file, but when nothing else
// works on that any more, it does what is left to do.
func (e *Engine) shut(last func() error) error {
	e.closeOnce.Do(func() {
		close(e.closed)
		e.closeSecond(time.Now().Truncate(time.Second))
		e.flushHistory()
		err := e.writer.close(operationFunc(func(t *tx) error {
			t.noteUptime()
			t.giveAllBack()
			return nil
		}))
		e.background.Wait()
		e.readers.Lock()
		defer e.readers.Unlock()
		if e.hasStopped() == nil {
			e.leaveClean()
		}
		if err == nil {
			err = last()
		}
		e.closeErr = translate(errors.Join(err, e.db.Close()))
		e.hub.Close()
	})
	return e.closeErr
}

// leaveClean writes what makes the next opening quick: that this one ended in
// order, and a free list. Without it that takes longer, and nothing else.
func (e *Engine) leaveClean() {
	e.db.NoFreelistSync = false
	_ = e.db.Update(func(btx *bbolt.Tx) error {
		meta := btx.Bucket(bucketMeta)
		return errors.Join(meta.Put(keyClean, []byte{1}), meta.Put(keyLastID, key64(e.writer.nextID-1)))
	})
}

// giveAllBack ends all leases as if they had never been, but for those that a
// crash ended: they count. It comes last: who was promised to settle one either did,
// or will be refused.
func (t *tx) giveAllBack() {
	for _, q := range t.e.all() {
		q.mu.Lock()
		for _, l := range q.leases {
			if l.doom != doomCrashed {
				q.giveBackLocked(l)
			}
		}
		q.mu.Unlock()
		t.queue(q).delivered = true
	}
}
