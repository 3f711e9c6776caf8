package bolt

import "go.etcd.io/bbolt"

// readAhead has the system read the log in front of a scan while that is at
// work: else each page would be waited for. It reads no further ahead than the
// scan has come, as most look at a few messages only.
type readAhead struct {
	db       *bbolt.DB
	runs     *bbolt.Bucket
	backward bool
	passed   int           // bytes that the scan has come
	rest     []byte        // of the run: not asked for yet
	sure     int           // bytes of the run that were, and are still to come
	c        *bbolt.Cursor // at the last run that was asked for
	lead     int           // so many runs are between
	leaves   leafAhead
}

const (
	minAhead = 64 << 10
	maxStep  = 256 << 10
	maxAhead = 4 << 20
)

// enter is told of the run that the scan comes to.
func (a *readAhead) enter(k, v []byte) {
	if len(v) <= maxInline {
		a.leaves.enter(v, a.backward)
		return
	}
	a.rest, a.sure = v, 0
	if a.backward { // to be read from its beginning all the same
		willNeedAt(address(v), len(v))
		a.rest = nil
	}
	a.lead = max(a.lead-1, 0)
	for a.lead*len(v) < min(a.passed, maxAhead) {
		if a.c == nil {
			a.c = a.runs.Cursor()
			a.c.Seek(k)
		}
		next := move(a.c, a.backward)
		if next == nil {
			break
		}
		if own := a.runs.Bucket(next); own != nil && own.Root() != 0 {
			info := a.db.Info()
			willNeedAt(info.Data+uintptr(own.Root())*uintptr(info.PageSize), len(v)) // as long as this one, most likely
		}
		a.lead++
	}
	a.step(0)
}

// step is told that the scan goes on by n bytes.
func (a *readAhead) step(n int) {
	a.passed += n
	a.sure -= n
	if want := min(max(a.passed, minAhead), maxStep); a.sure < want/2 && len(a.rest) > 0 {
		n := min(len(a.rest), want)
		willNeedAt(address(a.rest), n)
		a.rest = a.rest[n:]
		a.sure += n
	}
}

// leafAhead does the same for values that stand in a page with others. Where
// the next page is cannot be known, but if the last ones were neighbours it is
// near, too.
type leafAhead struct {
	at    int64 // the last value, counted in the direction of the scan
	until int64 // asked for up to here
	step  int64
}

const (
	// near is how far apart neighbours are, at most: a commit writes a few pages.
	near     = 64 << 10
	leafStep = 16 << 10
)

// enter is told of the value that the scan comes to.
func (a *leafAhead) enter(v []byte, backward bool) {
	last := a.at
	if a.at = int64(address(v)); backward {
		a.at = -a.at
	}
	if a.at < last || a.at > last+near {
		a.step, a.until = leafStep, a.at+leafStep/4
	}
	if a.at+a.step/2 <= a.until {
		return
	}
	from := max(a.at, a.until)
	a.until = from + a.step
	if backward {
		from = -a.until
	}
	willNeedAt(uintptr(from), int(a.step))
	a.step = min(2*a.step, maxStep)
}
