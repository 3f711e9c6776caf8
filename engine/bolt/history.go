package bolt

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"nixie/engine"
)

// History is kept at three levels. What happened is counted in memory second
// by second, and added to the file every ten seconds and at the close; a crash
// loses at most the last ten seconds of the graphs, and nothing of the totals.
// Number 0 stands for all queues together. A second in which nothing happened
// has no sample; the bucket uptime tells quiet from closed.
type level struct {
	step   time.Duration
	keep   time.Duration
	bucket time.Duration // of time that one value of the file covers
}

var levels = []level{
	{time.Second, 15 * time.Minute, 10 * time.Second},
	{10 * time.Second, 6 * time.Hour, time.Minute},
	{time.Minute, 7 * 24 * time.Hour, 10 * time.Minute},
}

const (
	flushEvery = 10 * time.Second
	rateWindow = 10 // seconds
	maxPrune   = 16 // values of a queue and level deleted at a flush
	maxFlush   = 64 // queues whose samples are written in one commit
)

// tally is what happened in a queue in the current second.
type tally struct {
	published, delivered, acked, failed, dead, expired, bytes int64
	wait, work                                                histogram
}

type histogram struct{ engine.Histogram }

func (h *histogram) observe(d time.Duration) { h.Observe(d) }

func (t *tally) add(o *tally) {
	t.published += o.published
	t.delivered += o.delivered
	t.acked += o.acked
	t.failed += o.failed
	t.dead += o.dead
	t.expired += o.expired
	t.bytes += o.bytes
	t.wait.Merge(o.wait.Histogram)
	t.work.Merge(o.work.Histogram)
}

func (t *tally) empty() bool {
	return t.published|t.delivered|t.acked|t.failed|t.dead|t.expired == 0
}

func (t *tally) sample(start time.Time, depth int64) engine.Sample {
	return engine.Sample{
		Start: start, Published: t.published, Delivered: t.delivered, Acked: t.acked, Failed: t.failed,
		Dead: t.dead, Expired: t.expired, Bytes: t.bytes, Depth: depth,
		Wait: t.wait.Histogram, Work: t.work.Histogram,
	}
}

// recorder keeps the history of all queues.
type recorder struct {
	mu     sync.Mutex // protects all below
	fresh  map[uint32][]engine.Sample
	recent map[uint32]*recent
	total  int64 // the depth of all queues in the last sample
}

// depth notes the depth of all queues, and reports whether it is as before.
func (h *recorder) depth(total int64) (same bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	same = h.total == total
	h.total = total
	return same
}

// recent are the last seconds of a queue, for its rates.
type recent struct {
	second                      int64 // Unix; that of the last entry
	published, acked, failed    [rateWindow]int64
	publishedN, ackedN, failedN int64 // sums
}

func newRecorder() *recorder {
	return &recorder{fresh: map[uint32][]engine.Sample{}, recent: map[uint32]*recent{}}
}

// forward moves to a second, dropping what is too old.
func (r *recent) forward(second int64) {
	for steps := 0; r.second < second && steps < rateWindow; steps++ {
		r.second++
		i := r.second % rateWindow
		r.publishedN -= r.published[i]
		r.ackedN -= r.acked[i]
		r.failedN -= r.failed[i]
		r.published[i], r.acked[i], r.failed[i] = 0, 0, 0
	}
	r.second = max(r.second, second)
}

func (h *recorder) add(number uint32, s engine.Sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fresh[number] = append(h.fresh[number], s)
	r := h.recent[number]
	if r == nil {
		r = &recent{}
		h.recent[number] = r
	}
	r.forward(s.Start.Unix())
	i := r.second % rateWindow
	r.published[i] += s.Published
	r.acked[i] += s.Acked
	r.failed[i] += s.Failed
	r.publishedN += s.Published
	r.ackedN += s.Acked
	r.failedN += s.Failed
}

// rates are messages a second, over the seconds that are complete.
func (h *recorder) rates(number uint32, now time.Time) (in, out, failing float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.recent[number]
	if r == nil {
		return 0, 0, 0
	}
	r.forward(now.Unix() - 1)
	return float64(r.publishedN) / rateWindow, float64(r.ackedN) / rateWindow, float64(r.failedN) / rateWindow
}

func (h *recorder) take() map[uint32][]engine.Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	fresh := h.fresh
	h.fresh = map[uint32][]engine.Sample{}
	return fresh
}

// stir starts the clock, if it stands still.
func (e *Engine) stir() {
	if !e.ticking.Swap(true) {
		select {
		case e.stirred <- struct{}{}:
		default:
		}
	}
}

// clock closes each second in which something happened, until the engine
// closes. While nothing happens it stands still, and nothing is written.
func (e *Engine) clock() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-e.stirred:
		case <-e.closed:
			return
		}
		e.ticking.Store(true)
		for quiet := false; !quiet; {
			start := time.Now().Truncate(time.Second)
			timer.Reset(time.Until(start.Add(time.Second)))
			select {
			case <-timer.C:
			case <-e.closed:
				return
			}
			// What is done from here on starts the clock anew, if it stops.
			e.ticking.Store(false)
			happened := e.closeSecond(start)
			if time.Now().Unix()%int64(flushEvery/time.Second) == 0 {
				quiet = !e.flushHistory() && !happened
			}
			if !quiet {
				e.ticking.Store(true)
			}
		}
	}
}

// closeSecond turns the tallies of all queues into samples, and reports whether
// anything happened. It shares out the windows' memory, too, and lets go of
// buffers.
func (e *Engine) closeSecond(start time.Time) bool {
	all := engine.Sample{Start: start}
	var depth int64
	var changed []string
	moving := int64(0)
	buffers.trim()
	for _, q := range e.all() {
		if q.shed() {
			moving++
		}
		q.mu.Lock()
		s := q.tally.sample(start, q.stored.waiting+q.stored.delayed)
		quiet := q.tally.empty() && s.Depth == q.sampled // a purge is only seen in the depth
		quiet = quiet || q.gone
		if !quiet {
			q.tally, q.sampled = tally{}, s.Depth
			e.recorder.add(q.number, s)
		}
		q.mu.Unlock()
		depth += s.Depth
		if !quiet {
			all.Add(s)
			changed = append(changed, q.name)
		}
	}
	e.budget.moving.Store(moving)
	if same := e.recorder.depth(depth); same && len(changed) == 0 {
		return false
	}
	all.Depth = depth
	e.recorder.add(0, all)
	e.hub.Publish(changed...)
	return true
}

// lastSecond is closeSecond for a queue that is deleted. Its lock is held.
func (e *Engine) lastSecond(q *queue) {
	defer e.recorder.forget(q.number)
	if q.tally.empty() {
		return
	}
	s := q.tally.sample(time.Now().Truncate(time.Second), 0)
	q.tally = tally{}
	e.recorder.add(q.number, s)
	e.recorder.add(0, s)
}

// forget drops the rates of a queue that was deleted.
func (h *recorder) forget(number uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.recent, number)
}

// flushHistory adds the fresh samples to the file, and reports whether there
// were any.
func (e *Engine) flushHistory() bool {
	fresh := e.recorder.take()
	if len(fresh) == 0 {
		return false
	}
	numbers := slices.Sorted(maps.Keys(fresh)) // what is written together lies together
	for some := range slices.Chunk(numbers, maxFlush) {
		_ = e.writer.do(operationFunc(func(t *tx) error {
			b := t.Bucket(bucketHistory)
			for _, number := range some {
				for i, l := range levels {
					t.fail(l.store(b, number, byte(i), fresh[number]))
					t.fail(l.prune(b, number, byte(i), t.now))
				}
			}
			t.noteUptime()
			return nil
		}), 64*len(some), 0, 0) // graphs are not worth an error: a full disk says so elsewhere
	}
	return true
}

// noteUptime writes that the engine was open until now, and forgets what is
// older than all history.
func (t *tx) noteUptime() {
	t.putFixed(bucketUptime, key64(uint64(t.e.openedAt.Unix())), key64(uint64(t.now.Unix())+1))
	b := t.Bucket(bucketUptime)
	if k, v := b.Cursor().First(); k != nil {
		if end, _ := id64(v); int64(end) < t.now.Add(-levels[len(levels)-1].keep).Unix() {
			t.fail(b.Delete(k))
		}
	}
}

// uptime is a piece of time, in Unix seconds, in which the engine was open.
type uptime struct{ from, to int64 }

func (e *Engine) uptimes(btx *bbolt.Tx, now time.Time) []uptime {
	var out []uptime
	c := btx.Bucket(bucketUptime).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		from, _ := id64(k)
		to, _ := id64(v)
		out = append(out, uptime{int64(from), int64(to)})
	}
	return append(out, uptime{e.openedAt.Unix(), now.Unix() + 1})
}

func historyKey(number uint32, l byte, start time.Time) []byte {
	return binary.BigEndian.AppendUint64(append(key32(number), l), uint64(start.Unix()))
}

// store adds samples to the values of the file that cover their time.
func (l level) store(b *bbolt.Bucket, number uint32, index byte, samples []engine.Sample) error {
	for len(samples) > 0 {
		start := samples[0].Start.Truncate(l.bucket)
		n := slices.IndexFunc(samples, func(s engine.Sample) bool { return s.Start.Truncate(l.bucket) != start })
		if n < 0 {
			n = len(samples)
		}
		key := historyKey(number, index, start)
		known, err := decodeSamples(b.Get(key))
		if err != nil {
			known = nil // a damaged graph is begun anew
		}
		for _, s := range samples[:n] {
			known = l.merge(known, s)
		}
		if err := b.Put(key, encodeSamples(known)); err != nil {
			return err
		}
		samples = samples[n:]
	}
	return nil
}

// merge adds a sample to those of this level.
func (l level) merge(to []engine.Sample, s engine.Sample) []engine.Sample {
	s.Start = s.Start.Truncate(l.step)
	for i := len(to) - 1; i >= 0; i-- {
		if to[i].Start.Equal(s.Start) {
			to[i].Add(s)
			return to
		}
	}
	s.Wait.Counts, s.Work.Counts = slices.Clone(s.Wait.Counts), slices.Clone(s.Work.Counts)
	return append(to, s)
}

func (l level) prune(b *bbolt.Bucket, number uint32, index byte, now time.Time) error {
	prefix := append(key32(number), index)
	limit := historyKey(number, index, now.Add(-l.keep-l.bucket))
	var old [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && len(old) < maxPrune && bytes.Compare(k, limit) < 0; k, _ = c.Next() {
		old = append(old, k)
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
