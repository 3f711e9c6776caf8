package operation

import "time"

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
