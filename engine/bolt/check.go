package bolt

import (
	"context"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// Report is what Check found.
type Report struct {
	Queues   int64
	Messages int64    // in queues; what is in the trash does not count
	Problems []string // none: all is well
}

// maxProblems is how many problems a report names.
const maxProblems = 100

// Check reads the whole file, and recounts and cross-checks all that is in it.
// It changes nothing. An error means that it could not be read to its end.
func (e *Engine) Check(ctx context.Context) (Report, error) {
	c := &checker{ctx: ctx}
	// What memory knows must be in the file before the two are compared.
	if err := e.write(func(*tx) error { return nil }); err != nil {
		return c.report, err
	}
	if met := e.damage.Load(); met != nil {
		c.problem("met at work: %v", *met)
	}
	err := e.view(func(btx *bbolt.Tx) error {
		c.btx = btx
		return c.queues()
	})
	if err == nil {
		err = e.checkPages(c)
	}
	return c.report, err
}

// checkPages has bbolt check the pages of the file. It compares them with the
// free list, which is the writer's: nobody may write meanwhile.
func (e *Engine) checkPages(c *checker) (err error) {
	e.readers.RLock()
	defer e.readers.RUnlock()
	if e.isClosed() {
		return engine.ErrClosed
	}
	defer guard(&err)
	defer protect()()
	btx, err := e.db.Begin(true)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = btx.Rollback() }()
	c.queue = ""
	for problem := range btx.Check() {
		c.problem("page: %v", problem)
	}
	return nil
}

type checker struct {
	ctx    context.Context
	btx    *bbolt.Tx
	report Report
	queue  string
}

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) >= maxProblems {
		return
	}
	text := fmt.Sprintf(format, args...)
	if c.queue != "" {
		text = fmt.Sprintf("queue %q: %s", c.queue, text)
	}
	c.report.Problems = append(c.report.Problems, text)
}

func (c *checker) queues() error {
	used := map[area]string{}
	return c.btx.Bucket(bucketQueues).ForEach(func(k, v []byte) error {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		c.queue = string(k)
		c.report.Queues++
		s, err := decodeStored(v)
		if err != nil {
			c.problem("%v", err)
			return nil
		}
		for _, a := range []area{s.live, s.dead} {
			if other, ok := used[a]; ok {
				c.problem("it shares area %d with queue %q", a, other)
			}
			used[a] = c.queue
		}
		var p engine.Policy
		if err := json.Unmarshal(c.btx.Bucket(bucketPolicies).Get(k), &p); err != nil {
			c.problem("its policy: %v", err)
		}
		c.checkQueue(&s)
		c.report.Messages += s.waiting + s.delayed + s.buried
		return nil
	})
}

func (c *checker) checkQueue(s *stored) {
	live := c.records(s.live, s.lastID)
	waiting := live.counts[engine.Ready] + live.counts[engine.InFlight]
	inLog, bytes := c.runs(s)
	c.same("messages that wait or are in flight", s.waiting, waiting+inLog)
	c.same("delayed messages", s.delayed, live.counts[engine.Delayed])
	c.same("bytes", s.bytes, live.bytes+bytes)
	c.index(s.live, kindReady, live.counts[engine.Ready], engine.Ready)
	c.index(s.live, kindInFlight, live.counts[engine.InFlight], engine.InFlight)
	c.index(s.live, kindDue, live.counts[engine.Delayed], engine.Delayed)
	dead := c.records(s.dead, s.lastID)
	c.same("dead letters", s.buried, dead.counts[engine.Dead])
	if n := live.counts[engine.Dead]; n > 0 {
		c.problem("%d dead letters are among the live messages", n)
	}
	if n := dead.total() - dead.counts[engine.Dead]; n > 0 {
		c.problem("%d live messages are among the dead letters", n)
	}
}

func (c *checker) same(what string, counted, found int64) {
	if counted != found {
		c.problem("it counts %d %s, but %d are there", counted, what, found)
	}
}

type recordCounts struct {
	counts map[engine.State]int64
	bytes  int64
}

func (r recordCounts) total() (n int64) {
	for _, c := range r.counts {
		n += c
	}
	return n
}

// records decodes all records of an area.
func (c *checker) records(a area, lastID uint64) recordCounts {
	out := recordCounts{counts: map[engine.State]int64{}}
	b := c.btx.Bucket(a.bucket(kindRecords))
	large := c.btx.Bucket(a.bucket(kindLarge))
	var inLarge int64
	if b != nil {
		_ = b.ForEach(func(k, v []byte) error {
			id, ok := id64(k)
			rec, err := decodeRecord(id, v)
			if !ok || err != nil {
				c.problem("record %x: %v", k, err)
				return nil
			}
			if id > lastID {
				c.problem("record %d has an id that was not given yet", id)
			}
			data := rec.payload
			if data == nil {
				inLarge++
				data = getValue(large, k)
			}
			p, err := decodePayload(data)
			if err != nil || len(p.body) != rec.size {
				c.problem("the payload of record %d: %d bytes of %d: %v", id, len(p.body), rec.size, err)
			}
			out.counts[rec.state]++
			out.bytes += int64(rec.size)
			return nil
		})
	}
	var found int64
	if large != nil {
		_ = large.ForEach(func(_, _ []byte) error { found++; return nil })
	}
	c.same("large payloads", inLarge, found)
	return out
}

// index compares an index with the records that it is for.
func (c *checker) index(a area, kind byte, want int64, state engine.State) {
	records := c.btx.Bucket(a.bucket(kindRecords))
	var found int64
	if b := c.btx.Bucket(a.bucket(kind)); b != nil {
		_ = b.ForEach(func(k, _ []byte) error {
			found++
			id, ok := id64(k)
			due := int64(0)
			if kind == kindDue {
				due, id, ok = splitDueKey(k)
			}
			rec, err := readRecord(records, id)
			if !ok || err != nil || rec == nil || rec.state != state || rec.dueAt != due {
				c.problem("the index of %s messages has %x, which is not there like that", state, k)
			}
			return nil
		})
	}
	c.same("entries in the index of "+string(state)+" messages", want, found)
}

// runs decodes the log and returns what of it is not settled.
func (c *checker) runs(s *stored) (waiting, bytes int64) {
	b := c.btx.Bucket(s.live.bucket(kindRuns))
	marks := c.btx.Bucket(s.live.bucket(kindMarks))
	known := 0
	if b != nil {
		_ = b.ForEach(func(k, v []byte) error {
			first, ok := id64(k)
			if v == nil {
				v = getValue(b, k)
			}
			r, err := wholeRun(first, v)
			if !ok || err != nil {
				c.problem("%v (key %x)", err, k)
				return nil
			}
			touched := newRun(first, r.count)
			if marks != nil {
				if m := marks.Get(k); m != nil {
					known++
					if touched, err = decodeMarks(first, m); err != nil || touched.count != r.count {
						c.problem("marks of run %d: %v", first, err)
						return nil
					}
				}
			}
			if touched.left == 0 {
				c.problem("run %d is settled but still there", first)
			}
			c.run(&r, touched, s.lastID, &bytes)
			waiting += int64(touched.left)
			return nil
		})
	}
	all := 0
	if marks != nil {
		_ = marks.ForEach(func(_, _ []byte) error { all++; return nil })
	}
	if all != known {
		c.problem("%d marks are for runs that are not there", all-known)
	}
	return waiting, bytes
}

func (c *checker) run(r *runReader, touched *run, lastID uint64, bytes *int64) {
	first := touched.first
	for p := r.next(); p != nil; p = r.next() {
		_, size, err := payloadHead(p)
		if err != nil {
			c.problem("message %d: %v", r.id, err)
		}
		if !touched.settled.has(r.index) {
			*bytes += int64(size)
		}
	}
	if r.r.err != nil || r.index+1 != r.count {
		c.problem("run %d: %d of %d messages can be read: %v", first, r.index+1, r.count, r.r.err)
	}
	if r.id > lastID {
		c.problem("message %d has an id that was not given yet", r.id)
	}
}
