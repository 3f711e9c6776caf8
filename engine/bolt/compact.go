package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.etcd.io/bbolt"
)

// CompactReport says how large the file was and is, in bytes.
type CompactReport struct{ Before, After int64 }

// Compact writes a database that nobody has open anew, without the free space:
// a file keeps the size of the largest backlog there was. The copy is made
// beside it, compared with it, and only then takes its place, so that whatever
// happens one of the two is there as a whole. progress, if it is not nil, is
// told now and then how many bytes were copied, of how many. Errors: those of
// Open and ctx, ErrNoSpace and ErrDamaged; the database is as it was then.
func Compact(ctx context.Context, path string, o Options, progress func(copied, all int64)) (report CompactReport, err error) {
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return report, err
	}
	e, err := Open(path, o)
	if err != nil {
		return report, err
	}
	checked, err := e.Check(ctx)
	if err == nil && len(checked.Problems) > 0 {
		err = damage("%s", checked.Problems[0])
	}
	if err != nil {
		return report, errors.Join(err, e.Close())
	}
	c := &compaction{ctx: ctx, e: e, path: path + compactSuffix, progress: progress}
	err = e.shut(func() (err error) {
		defer guard(&err)
		defer protect()()
		return c.run(&report)
	})
	if err != nil {
		err = fmt.Errorf("compact %s: %w", path, translate(err))
	}
	return report, err
}

// compactSuffix makes the name of the copy. Open removes one that was left.
const compactSuffix = ".compact"

// compaction is one under way. The engine has stopped, but still has the file.
type compaction struct {
	ctx      context.Context
	e        *Engine
	path     string // of the copy
	progress func(copied, all int64)
	to       *bbolt.DB
	tx       *bbolt.Tx // of the copy
	pending  int       // bytes in it
	copied   int64
	all      int64
}

func (c *compaction) run(report *CompactReport) (err error) {
	info, err := os.Stat(c.e.path)
	if err != nil {
		return err
	}
	report.Before, report.After = info.Size(), info.Size()
	stats := c.e.db.Stats()
	c.all = info.Size() - int64(stats.FreePageN+stats.PendingPageN)*int64(c.e.db.Info().PageSize)
	options := &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, NoSync: true}
	if c.to, err = bbolt.Open(c.path, info.Mode().Perm(), options); err != nil {
		return err
	}
	c.to.AllocSize = 0 // it grows as far as it needs, no further
	defer func() {
		if err = errors.Join(err, c.to.Close()); err != nil {
			_ = os.Remove(c.path) // if it has another name by now, it is not removed
		}
	}()
	for i, do := range []func() error{c.copyAll, c.verify, c.finish, func() error { return keepOwner(c.path, info) }, c.replace} {
		if fail := c.e.options.compacting; fail != nil {
			err = fail(i)
		}
		if err == nil {
			err = do()
		}
		if err != nil {
			return err
		}
	}
	if info, err = os.Stat(c.e.path); err == nil {
		report.After = info.Size()
	}
	return err
}

// copyAll copies all buckets, some of them in a transaction.
func (c *compaction) copyAll() error {
	err := c.begin()
	if err == nil {
		err = c.e.db.View(func(from *bbolt.Tx) error {
			return from.ForEach(func(name []byte, b *bbolt.Bucket) error {
				return c.bucket([][]byte{name}, b)
			})
		})
	}
	if err != nil {
		if c.tx != nil {
			_ = c.tx.Rollback()
		}
		return err
	}
	return c.tx.Commit()
}

func (c *compaction) begin() (err error) {
	c.pending = 0
	c.tx, err = c.to.Begin(true)
	return err
}

// bucket copies a bucket, and those in it.
func (c *compaction) bucket(path [][]byte, from *bbolt.Bucket) error {
	to, err := c.at(path)
	if err != nil {
		return err
	}
	if err := to.SetSequence(from.Sequence()); err != nil {
		return err
	}
	return from.ForEach(func(k, v []byte) error {
		if v == nil {
			return c.bucket(append(slices.Clip(path), k), from.Bucket(k))
		}
		if c.pending > compactBatch {
			if err := c.next(); err != nil {
				return err
			}
		}
		if to.Tx() != c.tx {
			if to, err = c.at(path); err != nil {
				return err
			}
		}
		size := len(k) + len(v)
		c.pending += size
		c.copied += int64(size)
		return to.Put(k, v)
	})
}

// compactBatch is how many bytes are copied in a transaction.
const compactBatch = 16 << 20

// next commits what was copied so far.
func (c *compaction) next() error {
	if c.progress != nil {
		c.progress(c.copied, c.all)
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	err := c.tx.Commit()
	c.tx = nil
	if err != nil {
		return err
	}
	return c.begin()
}

// at returns the bucket of the copy, made if need be.
func (c *compaction) at(path [][]byte) (*bbolt.Bucket, error) {
	b, err := c.tx.CreateBucketIfNotExists(path[0])
	for _, name := range path[1:] {
		if err == nil {
			b, err = b.CreateBucketIfNotExists(name)
		}
	}
	if err == nil {
		b.FillPercent = 1
	}
	return b, err
}

// verify compares the copy with the file, and checks its pages.
func (c *compaction) verify() error {
	v := &checker{ctx: c.ctx, e: &Engine{db: c.to, path: c.path, options: c.e.options}}
	defer v.end()
	if err := v.pages(); err != nil {
		return err
	}
	if len(v.report.Problems) > 0 {
		return fmt.Errorf("the copy is damaged, and was not used: %s", v.report.Problems[0])
	}
	return c.e.db.View(func(from *bbolt.Tx) error {
		return c.to.View(func(to *bbolt.Tx) error {
			return c.same(from.Cursor(), to.Cursor(), from.Bucket, to.Bucket)
		})
	})
}

var errNotSame = errors.New("the copy is not the same, and was not used")

// same compares what is in two buckets.
func (c *compaction) same(a, b *bbolt.Cursor, inA, inB func([]byte) *bbolt.Bucket) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	k, v := a.First()
	l, w := b.First()
	for ; k != nil && bytes.Equal(k, l) && (v == nil) == (w == nil) && bytes.Equal(v, w); k, v = a.Next() {
		if v == nil {
			x, y := inA(k), inB(k)
			if x.Sequence() != y.Sequence() {
				return errNotSame
			}
			if err := c.same(x.Cursor(), y.Cursor(), x.Bucket, y.Bucket); err != nil {
				return err
			}
		}
		l, w = b.Next()
	}
	if k != nil || l != nil {
		return errNotSame
	}
	return nil
}

// finish writes the free list, as a close does, and all of the copy to the disk.
func (c *compaction) finish() error {
	c.to.NoFreelistSync = false
	if err := c.to.Update(func(*bbolt.Tx) error { return nil }); err != nil {
		return err
	}
	return c.to.Sync()
}

// replace gives the copy the name of the file. Both are locked meanwhile: who
// waits for the file finds that it has another one, see Open.
func (c *compaction) replace() error {
	if runtime.GOOS == "windows" { // where what is open keeps its name
		if err := errors.Join(c.to.Close(), c.e.db.Close()); err != nil {
			return err
		}
	}
	if err := os.Rename(c.path, c.e.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(c.e.path))
}

// syncDir makes sure that a power cut does not undo a renaming.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it knows nothing like it
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
