package bolt

import (
	"errors"
	"fmt"
	"io/fs"
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
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return err
	}
	return err
}
