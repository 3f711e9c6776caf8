package operation

import (
	"slices"
	"time"
)

// JobState says where a job is.
type JobState string

const (
	Running JobState = "running"
	// Watching: a canary waits to see what becomes of its stage. It goes on by
	// itself, or at once by Resume.
	Watching JobState = "watching"
	// Paused by an operator, by a rule or by an error: Why says. Resume goes on.
	Paused JobState = "paused"
	// Interrupted: the program ended before the job did. Resume goes on.
	Interrupted JobState = "interrupted"
	Done        JobState = "done"
	Cancelled   JobState = "cancelled"
)

// Active reports whether the job works by itself.
func (s JobState) Active() bool { return s == Running || s == Watching }

// Over reports whether the job has ended for good.
func (s JobState) Over() bool { return s == Done || s == Cancelled }

// Tally is the reconciliation of a job: Selected is always the sum of the
// others.
type Tally struct {
	Selected int64 `json:"selected"`
	Done     int64 `json:"done"`
	Gone     int64 `json:"gone"`    // were no longer there, or no longer in the state they were chosen in
	Refused  int64 `json:"refused"` // could not be done; each has its reason
	Left     int64 `json:"left"`    // not touched (yet)
}

// Fate is what became of a message of a job.
type Fate string

const (
	FateDone    Fate = "done"
	FateGone    Fate = "gone"
	FateRefused Fate = "refused"
	FateLeft    Fate = "left"
)

// Fates lists them in the order of a reconciliation.
func Fates() []Fate { return []Fate{FateDone, FateGone, FateRefused, FateLeft} }

// Item is one message of a job, with what became of it.
type Item struct {
	Ref
	Fate  Fate
	To    string // where it went
	Error string // why it was refused
}

// Job is a copy of what is known about a job, for a screen: the log is the
// list of all jobs.
type Job struct {
	ID      int
	Request Request
	Title   string // "requeue 312 of payments"
	State   JobState
	Why     string // of Paused and Cancelled
	Who     string // user@host
	Started time.Time
	Ended   time.Time // zero: not yet
	Tally   Tally
	// Rate is in messages a second, over the last seconds; Remaining at that
	// rate, 0 when unknown.
	Rate      float64
	Remaining time.Duration
	// Stage is what a paced job is at, in words: "canary 10 of 312".
	Stage string
	// CameBack counts those of a canary's stage that are dead again.
	CameBack int64
	Command  string
	UndoneBy int // the job that took this one back, or 0
}

// job is a job as its manager has it; all but what newJob sets is protected by
// the manager's mutex.
type job struct {
	id      int
	started time.Time
	begin   *beginning

	state    JobState
	why      string
	ended    time.Time
	undoneBy int
	tally    Tally
	outcomes []*outcome
	next     int64 // the unit to go on with
	doubt    *step // announced, and its outcome not written down
	doubtAt  time.Time

	// While it is not over: with their ids. nil: not read yet.
	sets     []set
	source   *compiled // of a load
	cleared  int64     // up to here a canary needs not be watched
	stage    string
	cameBack int64
	meter    meter
	worker   worker
}

// worker is the goroutine of a job at work.
type worker struct {
	idle     chan struct{} // closed when it ends; nil: none works
	nudge    chan struct{} // one token: look again
	stopping *halt         // what the job shall become
	pending  *halt         // what it becomes once the doubt is settled
}

// halt is why a worker stops.
type halt struct {
	state JobState
	why   string
}

func newJob(id int, at time.Time, begin *beginning) *job {
	return &job{
		id: id, started: at, begin: begin, state: Running,
		tally: Tally{Selected: begin.Total, Left: begin.Total}, worker: worker{nudge: make(chan struct{}, 1)},
	}
}

// wake makes the worker look again.
func (j *job) wake() {
	select {
	case j.worker.nudge <- struct{}{}:
	default:
	}
}

// interrupt asks the worker to stop, and reports whether there is one.
func (j *job) interrupt(state JobState, why string) bool {
	if j.worker.idle == nil {
		return false
	}
	if j.worker.stopping == nil || state == Interrupted || state == Cancelled && j.worker.stopping.state == Paused {
		j.worker.stopping = &halt{state, why}
	}
	j.wake()
	return true
}

// release drops what only a job at work needs.
func (j *job) release() { j.sets, j.source, j.doubt = nil, nil, nil }

// total is the number of units.
func (j *job) total() int64 {
	n, _ := units(j.begin.Sets)
	return n
}

// load returns what a load makes its messages with.
func (j *job) load() (*compiled, error) {
	if j.source == nil {
		var err error
		if j.source, err = j.begin.Request.Load.compile(); err != nil {
			return nil, err
		}
		j.source.began = j.started
	}
	return j.source, nil
}

// settle takes the outcome of a step in.
func (j *job) settle(o *outcome) {
	j.outcomes = append(j.outcomes, o)
	j.next = o.To
	j.doubt = nil
	done, gone, refused := o.Counts[0], o.Counts[1], o.Counts[2]
	if k := j.begin.Sets[0].Op; k == opPurge || k == opDeleteQueue {
		j.tally.Selected = done + gone + refused // it is about as many as it found
	}
	j.tally.Done += done
	j.tally.Gone += gone
	j.tally.Refused += refused
	j.tally.Left = j.tally.Selected - j.tally.Done - j.tally.Gone - j.tally.Refused
}

// info is a copy for a screen.
func (j *job) info() Job {
	i := Job{
		ID: j.id, Request: j.begin.Request, Title: j.begin.Title, State: j.state, Why: j.why, Who: j.begin.Who,
		Started: j.started, Ended: j.ended, Tally: j.tally, Stage: j.stage, CameBack: j.cameBack,
		Command: j.begin.Command, UndoneBy: j.undoneBy,
	}
	if j.state == Running {
		i.Rate = j.meter.rate(time.Now())
		if i.Rate > 0 {
			i.Remaining = time.Duration(float64(j.tally.Left) / i.Rate * float64(time.Second))
		}
	}
	return i
}

// fate is what became of a unit, and why it was refused.
func (o *outcome) fate(unit int64) (Fate, string) {
	i := unit - o.From
	if why, ok := o.Refused[i]; ok {
		return FateRefused, why
	}
	if _, gone := slices.BinarySearch(o.Gone, i); gone {
		return FateGone, ""
	}
	return FateDone, ""
}

// count adds up the messages of the outcome, with the weights of its set.
func (o *outcome) count(s *set, first int64) {
	o.Counts = [3]int64{}
	for unit := o.From; unit < o.To; unit++ {
		w := s.weight(first + unit - o.From)
		switch fate, _ := o.fate(unit); fate {
		case FateDone:
			o.Counts[0] += w
		case FateGone:
			o.Counts[1] += w
		default:
			o.Counts[2] += w
		}
	}
}

// meter measures how fast a job works, over the last seconds.
type meter struct {
	marks []mark
}

type mark struct {
	at time.Time
	n  int64
}

const meterSpan = 5 * time.Second

func (m *meter) add(at time.Time, n int64) {
	m.marks = append(m.marks, mark{at, n})
	for len(m.marks) > 2 && (at.Sub(m.marks[0].at) > meterSpan || len(m.marks) > 1000) {
		m.marks = m.marks[1:]
	}
}

// rate is in units a second; 0 if it cannot be told.
func (m *meter) rate(now time.Time) float64 {
	if len(m.marks) < 2 {
		return 0
	}
	var n int64
	for _, k := range m.marks[1:] {
		n += k.n
	}
	span := now.Sub(m.marks[0].at).Seconds()
	if span <= 0 {
		return 0
	}
	return float64(n) / span
}
