package bolt

import (
	"context"
	"os"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Storage implements engine.Stored. Free are the pages that nothing is on, and
// what the file is longer than its pages.
func (e *Engine) Storage(ctx context.Context) (s engine.Storage, err error) {
	if err := ctx.Err(); err != nil {
		return s, err
	}
	err = e.view(func(btx *bbolt.Tx) error {
		info, err := os.Stat(e.path)
		if err != nil {
			return err
		}
		stats := e.db.Stats()
		free := int64(stats.FreePageN+stats.PendingPageN) * int64(e.db.Info().PageSize)
		s = engine.Storage{Size: info.Size(), Free: info.Size() - btx.Size() + free}
		return nil
	})
	return s, err
}
