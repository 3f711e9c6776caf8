package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"

	"nixie/engine"
)

// The first two pages of a bbolt file say, each with a checksum, where its
// root is and how many pages it has.
const (
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	metaOffset   = 16 // behind the page header
	metaLength   = 64
	checksummed  = metaLength - 8
	minPageSize  = 512
	maxPageSize  = 1 << 20
	metaPageSize = 8 // offsets in the meta
	metaPages    = 40
)

// metaOffsets are where a header may be: the second is one page behind the
// first.
var metaOffsets = []int64{0, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16}

// inspectFile looks at a file before bbolt maps it into memory, where a file
// that was cut short would kill the process. It reports whether the file is
// new or empty.
func inspectFile(path string) (isNew bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return false, err
	case info.IsDir():
		return false, fmt.Errorf("%w: it is a directory", engine.ErrNotADatabase)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: it is not a regular file", engine.ErrNotADatabase)
	case info.Size() == 0:
		return true, nil
	}
	pages, pageSize := int64(0), int64(0)
	for _, at := range metaOffsets {
		size, n, ok := readMeta(f, at)
		if ok && (at == 0 || at == size) {
			pageSize = size
			pages = max(pages, n)
		}
	}
	if pageSize == 0 {
		return false, fmt.Errorf("%w: it has no valid header", engine.ErrNotADatabase)
	}
	if pages > info.Size()/pageSize {
		return false, damage("the file was cut short: it has %d of %d bytes", info.Size(), pages*pageSize)
	}
	return false, nil
}

// readMeta reads the meta page at an offset, if there is a valid one.
func readMeta(r io.ReaderAt, at int64) (pageSize, pages int64, ok bool) {
	var b [metaLength]byte
	if _, err := r.ReadAt(b[:], at+metaOffset); err != nil {
		return 0, 0, false
	}
	h := fnv.New64a()
	h.Write(b[:checksummed])
	le := binary.LittleEndian
	pageSize = int64(le.Uint32(b[metaPageSize:]))
	ok = le.Uint32(b[0:]) == metaMagic && le.Uint32(b[4:]) == metaVersion && h.Sum64() == le.Uint64(b[checksummed:]) &&
		pageSize >= minPageSize && pageSize <= maxPageSize
	return pageSize, int64(le.Uint64(b[metaPages:])), ok
}

// secureHeader makes sure that the header is on the disk before anything else is
// written: who wrote it may have been killed before its sync, or that failed, and
// then the file only seems to have it. It is written again, as a sync that failed
// leaves nothing for the next one to do.
func secureHeader(file *os.File, pageSize int) error {
	header := make([]byte, 2*pageSize)
	_, err := file.ReadAt(header, 0)
	if err == nil {
		_, err = file.WriteAt(header, 0)
	}
	if err == nil {
		err = file.Sync()
	}
	return err
}
