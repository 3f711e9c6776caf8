package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"nixie/engine"
)

// damage is an ErrDamaged that says where.
func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", engine.ErrDamaged, fmt.Sprintf(format, args...))
}

// translate puts errors of bbolt and the system into the contract's words.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrMaxSizeReached), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w (%v)", engine.ErrNoSpace, err)
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return engine.ErrClosed
	case errors.Is(err, berrors.ErrTimeout):
		return engine.ErrDatabaseInUse
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return fmt.Errorf("%w (%v)", engine.ErrNotADatabase, err)
	}
	return err
}

// wrapQueue says what failed on which queue, and wrap on which delivery; nil stays
// nil.
func wrapQueue(err error, op, name string) error {
	return wrap(err, op, engine.Receipt{Queue: name})
}

func wrap(err error, op string, r engine.Receipt) error {
	if err == nil {
		return nil
	}
	return &engine.Error{Op: op, Queue: r.Queue, ID: r.ID, Err: err}
}

// guard turns a panic over a damaged page into an error.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = unreadable(p)
	}
}

// unreadable is what a panic over a damaged page says.
func unreadable(p any) error { return damage("a page cannot be read (%v)", p) }

// protect makes a read beyond the end of a file that was cut short a panic that
// guard can turn into an error. It holds for the calling goroutine.
func protect() func() {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}
