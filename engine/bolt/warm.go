package bolt

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// warmUp reads the pages that bbolt visits to find the free ones in a file that
// was not closed in order. It visits them one by one, and waits for each; here
// those of a level of the tree are read together, neighbours at once. It is of
// use only for speed, so what cannot be read is left to bbolt to find.
func warmUp(path string) {
	if !needsWalk(path) {
		return
	}
	// A file that somebody has open is not clean either, but not for us to read.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Millisecond})
	if err != nil {
		return
	}
	defer db.Close()
	pages, done, err := openPages(path)
	if err != nil {
		return
	}
	defer func() { _ = done() }()
	root, ok := pages.newestRoot()
	w := warmer{pages: pages, seen: newBitset(int(pages.size/pages.pageSize) + 1)}
	for level := []uint64{root}; ok && len(level) > 0; {
		level = w.level(level)
	}
}

// needsWalk reports that the free pages do not stand in the file.
func needsWalk(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	pages := pageFile{r: f}
	pages.newestRoot()
	return pages.unlisted
}

type warmer struct {
	pages *pageFile
	seen  bitset

	mu   sync.Mutex
	next []uint64 // the level below
}

const (
	warmReaders = 16
	warmBytes   = 256 << 10 // read at once, at most
	warmGap     = 16 << 10  // that is read along between two pages
)

// level reads pages, and returns those below them.
func (w *warmer) level(ids []uint64) []uint64 {
	slices.Sort(ids)
	parts := make(chan []uint64)
	var readers sync.WaitGroup
	for range warmReaders {
		readers.Go(func() {
			var buffer []byte // as large as the largest part
			for part := range parts {
				buffer = w.part(part, buffer)
			}
		})
	}
	for len(ids) > 0 {
		n := 1
		for n < len(ids) && int64(ids[n]-ids[n-1])*w.pages.pageSize <= warmGap && int64(ids[n]-ids[0]+1)*w.pages.pageSize <= warmBytes {
			n++
		}
		parts <- ids[:n]
		ids = ids[n:]
	}
	close(parts)
	readers.Wait()
	next := w.next
	w.next = nil
	return next
}

// part reads neighbours into the buffer, or a larger one, and returns that.
func (w *warmer) part(ids []uint64, buffer []byte) []byte {
	size := w.pages.pageSize
	n := int(int64(ids[len(ids)-1]-ids[0]+1) * size)
	if n > len(buffer) {
		buffer = make([]byte, n)
	}
	if _, err := w.pages.r.ReadAt(buffer[:n], int64(ids[0])*size); err != nil && !errors.Is(err, io.EOF) {
		return buffer
	}
	var below []uint64
	for _, id := range ids {
		at := int64(id-ids[0]) * size
		below = appendBelow(below, buffer[at:at+size])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range below {
		if id > 1 && int64(id) < w.pages.size/size && !w.seen.has(int(id)) {
			w.seen.set(int(id))
			w.next = append(w.next, id)
		}
	}
	return buffer
}

// appendBelow adds the pages that a branch, or the buckets in a leaf, lead to,
// as far as they stand in the first page of it.
func appendBelow(ids []uint64, page []byte) []uint64 {
	le := binary.LittleEndian
	for i := range int(le.Uint16(page[10:])) {
		at := pageHeader + 16*i
		if at+16 > len(page) {
			break
		}
		e := page[at:]
		if flagsOf(page) == branchFlag {
			ids = append(ids, le.Uint64(e[8:]))
			continue
		}
		root := uint64(at) + uint64(le.Uint32(e[4:])) + uint64(le.Uint32(e[8:]))
		if flagsOf(page) == leafFlag && le.Uint32(e)&bucketFlag != 0 && root+8 <= uint64(len(page)) {
			ids = append(ids, le.Uint64(page[root:])) // 0: the bucket is in this page
		}
	}
	return ids
}
