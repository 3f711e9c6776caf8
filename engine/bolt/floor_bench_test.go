package bolt_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// BenchmarkFloor is what one caller could have at best: an append with one
// sync, and a value put into a bbolt file, which syncs twice. A publish of one
// caller is to be compared with the second.
func BenchmarkFloor(b *testing.B) {
	value := make([]byte, 1<<10)
	b.Run("append", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for b.Loop() {
			if _, err := f.Write(value); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bbolt", func(b *testing.B) {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600,
			&bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		key := uint64(0)
		for b.Loop() {
			key++
			err := db.Update(func(tx *bbolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("log"))
				if err != nil {
					return err
				}
				bucket.FillPercent = 1
				return bucket.Put(binary.BigEndian.AppendUint64(nil, key), value)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
