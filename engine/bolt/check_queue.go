package bolt

import (
	"encoding/json"

	"nixie/engine"
)

// queues checks the trash, and one queue after the other.
func (c *checker) queues() error {
	if err := c.renew(); err != nil {
		return err
	}
	var names []string
	used := map[area]string{}
	err := c.btx.Bucket(bucketQueues).ForEach(func(k, _ []byte) error {
		c.queue = string(k)
		c.report.Queues++
		if !c.readStored() {
			return nil
		}
		names = append(names, c.queue)
		for _, a := range []area{c.s.live, c.s.dead} {
			if other, ok := used[a]; ok {
				c.problem("it shares area %d with queue %q", a, other)
			}
			used[a] = c.queue
		}
		var p engine.Policy
		if err := json.Unmarshal(c.btx.Bucket(bucketPolicies).Get(k), &p); err != nil {
			c.problem("its policy: %v", err)
		}
		return nil
	})
	c.queue = ""
	c.trash()
	for _, name := range names {
		if c.queue = name; err == nil {
			err = c.wholeQueue()
		}
	}
	return err
}

// trash decodes the entries of the trash.
func (c *checker) trash() {
	cursor := c.btx.Bucket(bucketTrash).Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		if _, _, err := decodeTrash(k, v); err != nil {
			c.problem("%v", err)
		}
	}
}

// counted is what was found of a queue.
type counted struct {
	waiting, delayed, buried int64
	bytes                    int64 // known only if all was read
}

// wholeQueue reads all of a queue, and compares what was found with its counts.
// If that took more than one transaction, it counts once more, without reading
// bodies, which takes much less time.
func (c *checker) wholeQueue() error {
	found, atOnce, err := c.atOnce(c.readQueue)
	if err == nil && atOnce {
		c.same("bytes", c.s.bytes, found.bytes)
	}
	for tries := 0; tries < heldTries && !atOnce && err == nil; tries++ {
		if err = c.renew(); err == nil {
			found, atOnce, err = c.atOnce(c.countQueue)
		}
	}
	if err != nil {
		return err
	}
	c.report.Messages += found.waiting + found.delayed + found.buried
	if !atOnce {
		c.report.Unverified = append(c.report.Unverified, "the counts of queue "+c.queue)
		return nil
	}
	c.same("messages that wait or are in flight", c.s.waiting, found.waiting)
	c.same("delayed messages", c.s.delayed, found.delayed)
	c.same("dead letters", c.s.buried, found.buried)
	return nil
}

// atOnce does something with the queue, and reports whether all that it saw was
// of one moment, or might be: the queue did not change.
func (c *checker) atOnce(do func(*counted) error) (found counted, atOnce bool, err error) {
	if !c.readStored() {
		c.s = stored{}
		return found, true, nil // it was deleted meanwhile
	}
	moment, before := c.moment, c.s
	err = do(&found)
	return found, c.moment == moment || c.readStored() && c.s == before, err
}

func (c *checker) same(what string, counted, found int64) {
	if counted != found {
		c.problem("it counts %d %s, but %d are there", counted, what, found)
	}
}

// countQueue counts by keys and marks alone.
func (c *checker) countQueue(found *counted) error {
	count := func(n *int64) func(k, v []byte) { return func(_, _ []byte) { *n++ } }
	live := c.s.live
	for _, each := range []struct {
		a    area
		kind byte
		fn   func(k, v []byte)
	}{
		{live, kindReady, count(&found.waiting)},
		{live, kindInFlight, count(&found.waiting)},
		{live, kindDue, count(&found.delayed)},
		{c.s.dead, kindRecords, count(&found.buried)},
		{live, kindRuns, func(k, v []byte) {
			if first, ok := id64(k); ok {
				if r, err := readRun(first, v); err == nil {
					found.waiting += int64(c.marks(k, r.count).left)
				}
			}
		}},
	} {
		if err := c.each(each.a, each.kind, each.fn); err != nil {
			return err
		}
	}
	return nil
}

// readQueue reads everything of the queue.
func (c *checker) readQueue(found *counted) error {
	live, dead := c.s.live, c.s.dead
	for _, each := range []struct {
		a    area
		kind byte
		fn   func(k, v []byte)
	}{
		{live, kindReady, func(k, _ []byte) { found.waiting++; c.index(k, kindReady, engine.Ready) }},
		{live, kindInFlight, func(k, _ []byte) { found.waiting++; c.index(k, kindInFlight, engine.InFlight) }},
		{live, kindDue, func(k, _ []byte) { found.delayed++; c.index(k, kindDue, engine.Delayed) }},
		{live, kindRecords, func(k, v []byte) { found.bytes += c.record(live, k, v) }},
		{live, kindLarge, func(k, _ []byte) { c.large(live, k) }},
		{live, kindRuns, func(k, v []byte) {
			left, bytes := c.run(k, v)
			found.waiting += left
			found.bytes += bytes
		}},
		{live, kindMarks, func(k, _ []byte) { c.marked(k) }},
		{dead, kindRecords, func(k, v []byte) { found.buried++; c.record(dead, k, v) }},
		{dead, kindLarge, func(k, _ []byte) { c.large(dead, k) }},
	} {
		if err := c.each(each.a, each.kind, each.fn); err != nil {
			return err
		}
	}
	return nil
}

// index compares an entry of an index with the record that it is for.
func (c *checker) index(k []byte, kind byte, state engine.State) {
	id, ok := id64(k)
	due := int64(0)
	if kind == kindDue {
		due, id, ok = splitDueKey(k)
	}
	rec, err := readRecord(c.btx.Bucket(c.s.live.bucket(kindRecords)), id)
	if !ok || err != nil || rec == nil || rec.state != state || rec.dueAt != due {
		c.problem("the index of %s messages has %x, which is not there like that", state, k)
	}
}

// record decodes a record, and returns the size of its body.
func (c *checker) record(a area, k, v []byte) int64 {
	id, ok := id64(k)
	rec, err := decodeRecord(id, v)
	if !ok || err != nil {
		c.problem("record %x: %v", k, err)
		return 0
	}
	if id > c.s.lastID {
		c.problem("record %d has an id that was not given yet", id)
	}
	p, err := decodePayload(rec.data(c.btx, a))
	if err != nil || len(p.body) != rec.size {
		c.problem("the payload of record %d: %d bytes of %d: %v", id, len(p.body), rec.size, err)
	}
	switch kind, isIndexed := indexOf(rec.state); {
	case isIndexed != (a == c.s.live):
		c.problem("record %d is %s, and in the wrong place", id, rec.state)
	case isIndexed:
		key := k
		if kind == kindDue {
			key = dueKey(rec.dueAt, id)
		}
		if b := c.btx.Bucket(a.bucket(kind)); b == nil || b.Get(key) == nil {
			c.problem("record %d is %s, but not in the index of these", id, rec.state)
		}
	}
	return int64(rec.size)
}

// indexOf is the index of live records in a state; dead letters have none.
func indexOf(s engine.State) (kind byte, ok bool) {
	switch s {
	case engine.Ready:
		return kindReady, true
	case engine.InFlight:
		return kindInFlight, true
	case engine.Delayed:
		return kindDue, true
	}
	return 0, false
}

// large looks for the record of a large payload.
func (c *checker) large(a area, k []byte) {
	id, ok := id64(k)
	rec, err := readRecord(c.btx.Bucket(a.bucket(kindRecords)), id)
	if !ok || err != nil || rec == nil || rec.payload != nil {
		c.problem("the large payload %x is of no record", k)
	}
}

// run decodes a run, and returns what of it is not settled.
func (c *checker) run(k, v []byte) (left, bytes int64) {
	first, ok := id64(k)
	r, err := wholeRun(first, v)
	if !ok || err != nil {
		c.problem("%v (key %x)", err, k)
		return 0, 0
	}
	touched := c.marks(k, r.count)
	if touched.left == 0 {
		c.problem("run %d is settled but still there", first)
	}
	for p := r.next(); p != nil; p = r.next() {
		_, size, err := payloadHead(p)
		if err != nil {
			c.problem("message %d: %v", r.id, err)
		}
		if !touched.settled.has(r.index) {
			bytes += int64(size)
		}
	}
	if r.r.err != nil || r.index+1 != r.count {
		c.problem("run %d: %d of %d messages can be read: %v", first, r.index+1, r.count, r.r.err)
	}
	if r.id > c.s.lastID {
		c.problem("message %d has an id that was not given yet", r.id)
	}
	return int64(touched.left), bytes
}

// marks returns what of a run is settled.
func (c *checker) marks(k []byte, count int) *run {
	first, _ := id64(k)
	v := getValue(c.btx.Bucket(c.s.live.bucket(kindMarks)), k)
	if v == nil {
		return newRun(first, count)
	}
	r, err := decodeMarks(first, v)
	if err != nil || r.count != count {
		c.problem("marks of run %d: %v", first, err)
		return newRun(first, count)
	}
	return r
}

// marked looks for the run of marks.
func (c *checker) marked(k []byte) {
	if getValue(c.btx.Bucket(c.s.live.bucket(kindRuns)), k) == nil {
		c.problem("the marks %x are for a run that is not there", k)
	}
}
