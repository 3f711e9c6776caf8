package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"nixie/engine"
)

// SalvageReport says what Salvage could and could not read.
type SalvageReport struct {
	Messages int64
	// Stray are those of them that were found beside the tree, as it is damaged:
	// they may have been done or deleted long ago.
	Stray    int64
	Problems []string
}

// Salvage reads the messages out of a database that is damaged, even if it
// cannot be opened any more, and hands each to take, which may keep it. It
// changes nothing, and asks for no lock: nobody else should have the file open.
// A message without a queue that can be told has the queue "unknown-N".
// Settled messages are left out as far as that can be read. Errors: those of
// the file system, of ctx and of take.
func Salvage(ctx context.Context, path string, take func(engine.Message) error) (SalvageReport, error) {
	pages, done, err := openPages(path)
	if err != nil {
		return SalvageReport{}, err
	}
	defer func() { _ = done() }()
	s := &salvage{
		ctx: ctx, take: take, pages: pages, names: map[uint32]string{},
		marks: map[uint64]*run{}, seen: map[uint64]bool{}, thrown: map[area]bool{},
	}
	// Once for what messages need to be told apart, once for the messages: a
	// database may be larger than memory.
	pages.walk(s.learn)
	pages.walk(s.collect)
	s.report.Problems = append(s.report.Problems, pages.problems...)
	return s.report, s.err
}

type salvage struct {
	ctx    context.Context
	take   func(engine.Message) error
	pages  *pageFile
	names  map[uint32]string
	thrown map[area]bool   // those in the trash
	marks  map[uint64]*run // by the first id of the run
	seen   map[uint64]bool
	report SalvageReport
	err    error
}

// learn notes names, marks and areas. Of what is not in the tree nothing is
// believed.
func (s *salvage) learn(e entry) {
	if e.stray || len(e.path) == 0 {
		return
	}
	switch in := e.path[0]; {
	case bytes.Equal(in, bucketQueues):
		if q, err := decodeStored(e.value); err == nil {
			s.names[q.number] = string(e.key)
		}
	case bytes.Equal(in, bucketTrash):
		var i trashInfo
		if json.Unmarshal(e.value, &i) == nil {
			s.thrown[i.Live], s.thrown[i.Dead], s.thrown[i.Chosen] = true, true, true
		}
	case bytes.Equal(in, bucketSweep) && len(e.key) == 4:
		s.thrown[area(binary.BigEndian.Uint32(e.key))] = true
	case len(in) == 6 && in[0] == 'a' && in[1] == kindMarks:
		if first, ok := id64(e.key); ok {
			if r, err := decodeMarks(first, e.value); err == nil {
				s.marks[first] = r
			}
		}
	}
}

// collect hands messages over.
func (s *salvage) collect(e entry) {
	if s.err != nil {
		return
	}
	if s.err = s.ctx.Err(); s.err != nil || len(e.value) == 0 {
		return
	}
	if !e.stray && len(e.path) > 0 {
		a, ok := areaOf(e.path[0])
		if !ok || s.thrown[a] {
			return
		}
	}
	switch e.value[0] {
	case runVersion, runVersion1:
		s.run(e)
	case recordVersion:
		s.record(e)
	}
}

func areaOf(name []byte) (area, bool) {
	if len(name) != 6 || name[0] != 'a' {
		return 0, false
	}
	return area(binary.BigEndian.Uint32(name[2:])), true
}

// run hands over what is not settled of a run.
func (s *salvage) run(e entry) {
	header := runHeaderOf(e.value)
	if len(e.value) < header+2 {
		return
	}
	head := reader{b: e.value[header:]}
	head.uvarint()
	first := head.uvarint()
	r, err := wholeRun(first, e.value)
	if err != nil {
		s.problem(e, "%v", err) // what of it can be read is taken all the same
	}
	touched := s.marks[first]
	for p := r.next(); p != nil; p = r.next() {
		if touched != nil && r.index < touched.count && touched.settled.has(r.index) {
			continue
		}
		m, err := oneFromLog(r.id, r.at, p)
		if err != nil {
			s.problem(e, "%v", err)
			continue
		}
		m.Tries = 0
		s.hand(e, r.id, r.queue, m)
	}
	if r.r.err != nil {
		s.problem(e, "run %d: %v", first, r.r.err)
	}
}

// record hands over a record. The payload of a large one is in another bucket:
// it is handed over only if that was readable.
func (s *salvage) record(e entry) {
	id, ok := id64(e.key)
	if !ok {
		return
	}
	rec, err := decodeRecord(id, e.value)
	if err != nil {
		s.problem(e, "record %d: %v", id, err)
		return
	}
	m := engine.Message{
		ID: formatID(id), State: rec.state, Size: rec.size, PublishedAt: time.Unix(0, rec.publishedAt),
		EnteredAt: time.Unix(0, rec.enteredAt), Tries: rec.tries, Attempts: rec.attempts, Death: rec.death, Requeues: rec.requeues,
	}
	data := rec.payload
	if data == nil {
		data, err = s.largePayload(e, id)
	}
	var p payload
	if err == nil {
		p, err = decodePayload(data)
	}
	if err != nil {
		s.problem(e, "record %d: %v", id, err)
		return
	}
	m.Body, m.Headers, m.Group, m.DedupID = bytes.Clone(p.body), p.headers, p.group, p.dedup
	s.hand(e, id, rec.queue, m)
}

// largePayload looks for the payload of a record in its area. There are few of
// them, so the walk is worth its simplicity.
func (s *salvage) largePayload(e entry, id uint64) ([]byte, error) {
	if len(e.path) == 0 {
		return nil, errors.New("its body is elsewhere, and cannot be found")
	}
	a, _ := areaOf(e.path[0])
	bucket, key := a.bucket(kindLarge), key64(id)
	var found []byte
	again := &pageFile{r: s.pages.r, size: s.pages.size}
	if root, ok := again.newestRoot(); ok {
		again.tree(root, nil, 0, func(o entry) {
			if len(o.path) == 2 && bytes.Equal(o.path[0], bucket) && bytes.Equal(o.path[1], key) {
				found = bytes.Clone(o.value)
			}
		})
	}
	if found == nil {
		return nil, errors.New("its body cannot be found")
	}
	return found, nil
}

func (s *salvage) hand(e entry, id uint64, queue uint32, m engine.Message) {
	if s.seen[id] {
		return
	}
	s.seen[id] = true
	m.Queue = s.names[queue]
	if m.Queue == "" {
		m.Queue = fmt.Sprintf("unknown-%d", queue)
	}
	if m.State == engine.InFlight {
		m.State = engine.Ready
	}
	s.report.Messages++
	if e.stray {
		s.report.Stray++
	}
	s.err = s.take(m)
}

func (s *salvage) problem(e entry, format string, args ...any) {
	if e.stray || len(s.report.Problems) >= maxProblems {
		return // what lies beside the tree is mostly what is left of old pages
	}
	s.report.Problems = append(s.report.Problems, strings.TrimSpace(fmt.Sprintf(format, args...)))
}
