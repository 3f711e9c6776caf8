package bolt

import "encoding/binary"

// The top-level buckets of the file. See doc.go for the drawing.
var (
	bucketMeta     = []byte("meta")     // format, identity
	bucketQueues   = []byte("queues")   // name → stored
	bucketPolicies = []byte("policies") // name → engine.Policy as JSON
	bucketTopics   = []byte("topics")   // topic 0 pattern 0 queue → nothing
	bucketTrash    = []byte("trash")    // entry → trashInfo as JSON
	bucketSweep    = []byte("sweep")    // number → nothing: an area, or a queue's history, being deleted
	bucketDedup    = []byte("dedup")    // queue number, deduplication id → until, id
	bucketForget   = []byte("forget")   // until, queue number, deduplication id → nothing
	bucketHistory  = []byte("history")  // queue number, level, start → samples
	bucketUptime   = []byte("uptime")   // opened → closed: when there is a history
)

var fixedBuckets = [][]byte{
	bucketMeta, bucketQueues, bucketPolicies, bucketTopics, bucketTrash,
	bucketSweep, bucketDedup, bucketForget, bucketHistory, bucketUptime,
}

// An area holds a set of messages: the live ones of a queue, its dead letters,
// or an entry of the trash. It is a number, and a top-level bucket for each
// kind of thing in it. Purging a queue is giving it a new area.
type area uint32

// The kinds of buckets in an area. They come into being when first needed.
const (
	kindRuns     = 'r' // first id → run, or a bucket that holds a large run
	kindMarks    = 'm' // first id → marks of that run; none: all untouched
	kindRecords  = 'i' // id → record
	kindReady    = 'o' // id → nothing: the record is ready
	kindDue      = 'd' // due, id → dueAny or dueFirst: the record is delayed
	kindInFlight = 'f' // id → nothing: the record was leased
	kindLarge    = 'l' // id → bucket that holds a payload too big for its record
)

var areaKinds = []byte{kindRuns, kindMarks, kindRecords, kindReady, kindDue, kindInFlight, kindLarge}

func (a area) bucket(kind byte) []byte {
	return binary.BigEndian.AppendUint32([]byte{'a', kind}, uint32(a))
}

// A large value stands alone in a bucket of its own, under this key: bbolt
// splits a leaf only above four keys, so that in a common bucket each large
// value would be written again with the next three.
var largeKey = []byte("v")

// maxInline is the size from which a value gets its own bucket.
const maxInline = 2048

func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func key32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// What the index of the delayed says of a record: it may be a retry, or is none,
// so that nobody who looks for those has to read it.
var (
	dueAny   = []byte{}
	dueFirst = []byte{1}
)

// dueKey sorts by time, then by id.
func dueKey(due int64, id uint64) []byte {
	return binary.BigEndian.AppendUint64(key64(uint64(due)), id)
}

func splitDueKey(k []byte) (due int64, id uint64, ok bool) {
	if len(k) != 16 {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(k)), binary.BigEndian.Uint64(k[8:]), true
}

func id64(k []byte) (uint64, bool) {
	if len(k) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(k), true
}
