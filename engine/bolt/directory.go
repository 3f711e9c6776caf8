package bolt

import (
	"hash/maphash"
	"iter"
	"maps"
	"sync/atomic"
)

// directory has the queues by name. Every call looks one up, and takes no lock
// for that: the parts of it are never changed but replaced, by the writer's
// goroutine alone, and there are so many that none is large.
type directory [1024]atomic.Pointer[map[string]*queue]

var directorySeed = maphash.MakeSeed()

func (d *directory) part(name string) *atomic.Pointer[map[string]*queue] {
	return &d[maphash.String(directorySeed, name)%uint64(len(d))]
}

// find returns the queue of that name, or nil.
func (d *directory) find(name string) *queue {
	part := d.part(name).Load()
	if part == nil {
		return nil
	}
	return (*part)[name]
}

// put makes a queue known, and drop forgets it.
func (d *directory) put(q *queue) {
	part := map[string]*queue{q.name: q}
	p := d.part(q.name)
	if old := p.Load(); old != nil {
		maps.Copy(part, *old)
		part[q.name] = q
	}
	p.Store(&part)
}

func (d *directory) drop(name string) {
	p := d.part(name)
	if old := p.Load(); old != nil {
		part := maps.Clone(*old)
		delete(part, name)
		p.Store(&part)
	}
}

// all goes over the queues, in no order.
func (d *directory) all() iter.Seq[*queue] {
	return func(yield func(*queue) bool) {
		for i := range d {
			part := d[i].Load()
			if part == nil {
				continue
			}
			for _, q := range *part {
				if !yield(q) {
					return
				}
			}
		}
	}
}
