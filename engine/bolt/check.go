package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Report is what Check found.
type Report struct {
	Queues   int64
	Messages int64    // in queues; what is in the trash does not count
	Problems []string // none: all is well
	// Unverified is what changed too much meanwhile to be compared at one
	// moment: see Check.
	Unverified []string
}

// maxProblems is how many problems a report names.
const maxProblems = 100

// Check reads the whole file, and cross-checks and recounts all that is in it.
// It changes nothing and holds nobody up. What it reads must stay in the file
// meanwhile, even if it was deleted, which makes the file grow: beyond some
// growth it goes on in the file as it has become, and counts apart what must be
// counted at one moment. An error means that it could not be read to its end.
func (e *Engine) Check(ctx context.Context) (report Report, err error) {
	// What memory knows must be in the file before the two are compared.
	if err := e.write(func(*tx) error { return nil }); err != nil {
		return Report{}, err
	}
	e.readers.RLock()
	defer e.readers.RUnlock()
	if e.isClosed() {
		return Report{}, engine.ErrClosed
	}
	c := &checker{ctx: ctx, e: e}
	defer func() { report = c.report }()
	defer c.end()
	defer guard(&err)
	defer protect()()
	if met := e.damage.Load(); met != nil {
		c.problem("met at work: %v", *met)
	}
	if err := c.pages(); err != nil {
		return c.report, translate(err)
	}
	return c.report, translate(c.queues())
}

// heldTries is how often Check tries to see at one moment what must be.
const heldTries = 3

type checker struct {
	ctx    context.Context
	e      *Engine
	btx    *bbolt.Tx
	moment int // counts the transactions: what was seen in one is of one moment
	report Report
	queue  string
	s      stored // of the queue
}

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) >= maxProblems {
		return
	}
	text := fmt.Sprintf(format, args...)
	if c.queue != "" {
		text = fmt.Sprintf("queue %q: %s", c.queue, text)
	}
	c.report.Problems = append(c.report.Problems, text)
}

func (c *checker) end() {
	if c.btx != nil {
		_ = c.btx.Rollback()
		c.btx = nil
	}
}

// renew goes on with the file as it is now.
func (c *checker) renew() error {
	c.end()
	c.moment++
	writer, err := c.e.db.Begin(true) // gives free what was held
	if err != nil {
		return err
	}
	c.btx, err = c.e.db.Begin(false)
	return errors.Join(err, writer.Rollback())
}

// renewBetween is renew between two commits, when what bbolt says of the file as
// a whole is true of this moment; do may ask it.
func (c *checker) renewBetween(do func()) error {
	if c.e.writer == nil { // nobody else works on the file
		err := c.renew()
		if err == nil {
			do()
		}
		return err
	}
	c.end()
	c.moment++
	var failed error
	err := c.e.write(func(t *tx) error {
		t.then(func() {
			if c.btx, failed = c.e.db.Begin(false); failed == nil {
				do()
			}
		})
		return nil
	})
	return errors.Join(err, failed)
}

// pause is called every now and then. It reports whether so much was deleted
// meanwhile, and is held, that it must be given free.
func (c *checker) pause() (enough bool, err error) {
	if err := c.ctx.Err(); err != nil {
		return false, err
	}
	if c.e.isClosed() {
		return false, engine.ErrClosed
	}
	held := int64(c.e.db.Stats().PendingPageN) * int64(c.e.db.Info().PageSize)
	return held > c.e.options.maxHeld, nil
}

// pages looks at the pages and their tree, without bbolt, and whether each is
// either in use or free.
func (c *checker) pages() error {
	var miscounted string
	for range heldTries {
		var done bool
		var err error
		// A check that goes on beside this one can have bbolt say how many were
		// free before, so that a miscount is believed only if it stays.
		if done, miscounted, err = c.walkPages(); err != nil || done && miscounted == "" {
			return err
		}
	}
	if miscounted != "" {
		c.problem("%s", miscounted)
		return nil
	}
	c.report.Unverified = append(c.report.Unverified, "the pages of the file")
	return nil
}

// walkPages visits all pages, unless too much is deleted meanwhile.
func (c *checker) walkPages() (done bool, miscounted string, err error) {
	pages, closeFile, err := openPages(c.e.path)
	if err != nil {
		return false, "", err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	var root uint64
	var valid bool
	var free int64
	if err := c.renewBetween(func() {
		pages.size = c.btx.Size() // it may have grown since it was opened
		root, valid = pages.newestRoot()
		stats := c.e.db.Stats()
		free = int64(stats.FreePageN + stats.PendingPageN)
	}); err != nil {
		return false, "", err
	}
	if !valid {
		return false, "", damage("neither header is valid")
	}
	var stopped error
	pages.pause = func() (stop bool) {
		stop, stopped = c.pause()
		return stop || stopped != nil
	}
	pages.tree(root, nil, 0, func(entry) {})
	if pages.stopped {
		return false, "", stopped
	}
	for _, problem := range pages.problems {
		c.problem("%s", problem)
	}
	const headers = 2
	if all := c.btx.Size() / pages.pageSize; len(pages.problems) == 0 && headers+pages.used+free != all {
		miscounted = fmt.Sprintf("of %d pages %d are in use and %d are free", all, headers+pages.used, free)
	}
	return true, miscounted, nil
}

// each calls fn for the values of a bucket of the queue; what it gets is good
// until it returns. In between another transaction may begin; if the bucket is
// not the queue's any more then, that was all.
func (c *checker) each(a area, kind byte, fn func(k, v []byte)) error {
	var last []byte
	for {
		b := c.btx.Bucket(a.bucket(kind))
		if b == nil {
			return nil
		}
		var err error
		if last, err = c.some(b, last, fn); last == nil || err != nil {
			return err
		}
		if err := c.renew(); err != nil {
			return err
		}
		if !c.readStored() || a != c.s.live && a != c.s.dead {
			return nil
		}
	}
}

// pauseBytes is after how many bytes there is a pause; a value counts as so
// many more.
const (
	pauseBytes = 1 << 20
	valueBytes = 4 << 10
)

// some is each for one transaction. It returns the key to go on behind, or nil
// if there is no more.
func (c *checker) some(b *bbolt.Bucket, after []byte, fn func(k, v []byte)) ([]byte, error) {
	var ahead leafAhead
	since := 0
	cursor := b.Cursor()
	for k := seekKey(cursor, after, false); k != nil; k = move(cursor, false) {
		ahead.enter(k, false)
		v := getValue(b, k)
		fn(k, v)
		if since += valueBytes + len(v); since < pauseBytes {
			continue
		}
		since = 0
		if enough, err := c.pause(); enough || err != nil {
			return slices.Clone(k), err
		}
	}
	return nil, nil
}

// readStored reads what the file says of the queue; false if there is none.
func (c *checker) readStored() bool {
	v := c.btx.Bucket(bucketQueues).Get([]byte(c.queue))
	if v == nil {
		return false
	}
	s, err := decodeStored(v)
	if err != nil {
		c.problem("%v", err)
		return false
	}
	c.s = s
	return true
}
