package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// pageFile reads the pages of a bbolt file without bbolt, which gives up, or
// worse, on a damaged one. It trusts nothing that it reads.
//
//	page     id 8 │ flags 2 │ count 2 │ overflow 4 │ elements …
//	branch   position 4 │ key size 4 │ page 8
//	leaf     flags 4 │ position 4 │ key size 4 │ value size 4
//	bucket   root page 8 (0: a page of its own follows) │ sequence 8
type pageFile struct {
	r        io.ReaderAt
	size     int64
	pageSize int64
	visited  bitset
	used     int64 // pages visited
	problems []string
	elements int64              // visited so far: overlapping ones would never end
	pause    func() (stop bool) // called now and then, if it is set
	pauseAt  int64
	stopped  bool
	unlisted bool // the free pages do not stand in the file
}

const (
	pageHeader    = 16
	branchFlag    = 0x01
	leafFlag      = 0x02
	bucketFlag    = 0x01 // of a leaf's element
	bucketHeader  = 16
	maxTreeDepth  = 64
	metaRoot      = 16 // offsets in the meta
	metaFreelist  = 32
	metaTx        = 48
	noFreelist    = 1<<64 - 1
	guessPageSize = 4096
	pauseEvery    = 256 // pages
)

// entry is a value of a leaf, with the names of the buckets around it.
type entry struct {
	path       [][]byte
	key, value []byte
	stray      bool // found beside the tree: it may be long out of date
}

func openPages(path string) (*pageFile, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return &pageFile{r: f, size: info.Size()}, f.Close, nil
}

func (p *pageFile) problem(format string, args ...any) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, fmt.Sprintf(format, args...))
	}
}

// walk visits the values in the tree of the newest valid header. If anything
// in it cannot be read, it visits those of all other pages afterwards.
func (p *pageFile) walk(visit func(entry)) {
	root, ok := p.newestRoot()
	if ok {
		p.tree(root, nil, 0, visit)
	} else {
		p.problem("neither header is valid")
	}
	if len(p.problems) == 0 {
		return
	}
	for id := uint64(0); int64(id)*p.pageSize < p.size; id++ {
		if p.visited.has(int(id)) {
			continue
		}
		if page, err := p.read(id); err == nil && flagsOf(page)&leafFlag != 0 {
			p.leaf(page, id, nil, maxTreeDepth, false, func(e entry) {
				e.stray = true
				visit(e)
			})
		}
	}
}

// newestRoot finds the root of the newest header that is whole, to begin
// there.
func (p *pageFile) newestRoot() (root uint64, ok bool) {
	p.pageSize = guessPageSize
	defer p.begin()
	var newest uint64
	for _, at := range metaOffsets {
		size, _, valid := readMeta(p.r, at)
		if !valid || at != 0 && at != size {
			continue
		}
		var b [metaLength]byte
		if _, err := p.r.ReadAt(b[:], at+metaOffset); err != nil {
			continue
		}
		if tx := binary.LittleEndian.Uint64(b[metaTx:]); !ok || tx > newest {
			newest, root, ok = tx, binary.LittleEndian.Uint64(b[metaRoot:]), true
			p.pageSize = size
			p.unlisted = binary.LittleEndian.Uint64(b[metaFreelist:]) == noFreelist
		}
	}
	return root, ok
}

// begin forgets what was visited.
func (p *pageFile) begin() {
	p.visited = newBitset(int(p.size/p.pageSize) + 1)
	p.used, p.elements, p.problems = 0, 0, nil
}

func flagsOf(page []byte) uint16 { return binary.LittleEndian.Uint16(page[8:]) }

// read returns a page with its overflow, if its header makes sense.
func (p *pageFile) read(id uint64) ([]byte, error) {
	if id > uint64(p.size/p.pageSize) {
		return nil, fmt.Errorf("page %d is beyond the end of the file", id)
	}
	var head [pageHeader]byte
	at := int64(id) * p.pageSize
	if _, err := p.r.ReadAt(head[:], at); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	if own := binary.LittleEndian.Uint64(head[:]); own != id {
		return nil, fmt.Errorf("page %d says that it is %d", id, own)
	}
	length := (int64(binary.LittleEndian.Uint32(head[12:])) + 1) * p.pageSize
	if length > p.size-at {
		return nil, fmt.Errorf("page %d runs over the end of the file", id)
	}
	page := make([]byte, length)
	if _, err := p.r.ReadAt(page, at); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return page, nil
}

// tree visits what is below a page.
func (p *pageFile) tree(id uint64, path [][]byte, depth int, visit func(entry)) {
	if p.stopped {
		return
	}
	if p.pause != nil && p.used >= p.pauseAt {
		p.pauseAt = p.used + pauseEvery
		if p.stopped = p.pause(); p.stopped {
			return
		}
	}
	page, err := p.read(id)
	if err != nil {
		p.problem("%v", err)
		return
	}
	for over := range len(page) / int(p.pageSize) {
		at := int(id) + over
		if p.visited.has(at) || depth > maxTreeDepth {
			p.problem("page %d is reached twice", at)
			return
		}
		p.visited.set(at)
		p.used++
	}
	switch flagsOf(page) {
	case leafFlag:
		p.leaf(page, id, path, depth, false, visit)
	case branchFlag:
		p.branch(page, id, path, depth, visit)
	default:
		p.problem("page %d is neither a branch nor a leaf", id)
	}
}

func (p *pageFile) branch(page []byte, id uint64, path [][]byte, depth int, visit func(entry)) {
	count := int(binary.LittleEndian.Uint16(page[10:]))
	if pageHeader+16*count > len(page) {
		p.problem("page %d counts %d elements, more than it can hold", id, count)
		return
	}
	for i := range count {
		p.tree(binary.LittleEndian.Uint64(page[pageHeader+16*i+8:]), path, depth+1, visit)
	}
}

// leaf visits the values of a leaf, and goes into its buckets. Of a stray leaf
// (depth is the maximum) buckets with pages of their own are met by themselves.
// inline is that the leaf is a bucket within another leaf: such a one holds no
// buckets.
func (p *pageFile) leaf(page []byte, id uint64, path [][]byte, depth int, inline bool, visit func(entry)) {
	count := int(binary.LittleEndian.Uint16(page[10:]))
	if pageHeader+16*count > len(page) {
		p.problem("page %d counts %d elements, more than it can hold", id, count)
		return
	}
	var before []byte
	for i := range count {
		if p.elements++; p.elements > p.size/8 {
			p.problem("page %d: there are more elements than the file can hold", id)
			return
		}
		at := pageHeader + 16*i
		e := page[at:]
		flags, pos := binary.LittleEndian.Uint32(e), uint64(binary.LittleEndian.Uint32(e[4:]))
		keySize, valueSize := uint64(binary.LittleEndian.Uint32(e[8:])), uint64(binary.LittleEndian.Uint32(e[12:]))
		start := uint64(at) + pos
		if start+keySize+valueSize > uint64(len(page)) {
			p.problem("element %d of page %d runs over its end", i, id)
			continue
		}
		key, value := page[start:start+keySize], page[start+keySize:start+keySize+valueSize]
		if i > 0 && bytes.Compare(before, key) >= 0 {
			p.problem("element %d of page %d is out of order", i, id)
		}
		before = key
		if flags&bucketFlag == 0 {
			visit(entry{path: path, key: key, value: value})
			continue
		}
		if len(value) < bucketHeader {
			p.problem("bucket %x of page %d is cut short", key, id)
			continue
		}
		inside := append(path[:len(path):len(path)], key)
		root := binary.LittleEndian.Uint64(value)
		switch {
		case root == 0 && inline:
			p.problem("bucket %x of page %d is inside one that can hold none", key, id)
		case root == 0 && len(value) >= bucketHeader+pageHeader:
			p.leaf(value[bucketHeader:], id, inside, depth, true, visit)
		case root != 0 && depth < maxTreeDepth:
			p.tree(root, inside, depth+1, visit)
		}
	}
}
