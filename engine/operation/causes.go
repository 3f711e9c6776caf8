package operation

import "time"

// CauseOptions say where to look for causes.
type CauseOptions struct {
	Queues []string // none: all
	Filter *Filter  // nil: all dead letters
	// Limit ends the search after so many dead letters; the report says so.
	// 0: a million.
	Limit int64
	// Progress, if set, is told now and then how many were looked at.
	Progress func(seen int64)
}

// Cause is all dead letters with the same fingerprint of their failure reason.
type Cause struct {
	Key    string // the fingerprint, see Fingerprint
	Count  int64
	Queues []Count // where they are, most first
	Origin []Count // where they died, most first
	First  time.Time
	Last   time.Time
	// Trend counts deaths in equal steps up to the report's time, oldest first;
	// all causes of a report have the same steps.
	Trend []int
	// Requeued and CameBack are the boomerang: of those with this cause that
	// were sent back, how many died again.
	Requeued, CameBack int64
	Samples            []Ref // a random choice
	Note               string
	Muted              bool
}

// CauseReport is what a search for causes found.
type CauseReport struct {
	At     time.Time
	Causes []Cause // most first, the muted at the end
	Total  int64   // dead letters there were
	Seen   int64   // were looked at
	Match  int64   // passed the filter
	Capped bool
	Step   time.Duration // of the trends
	// Queues holds the deaths that each queue had counted at At, so that a
	// screen can say how many are new.
	Deaths map[string]int64
}

// Trait is a field of the messages that a cause has more often than others.
type Trait struct {
	Field string // "tenant", "order.currency", "header.region", "group"
	Value string
	In    float64 // share among those with the cause, 0 to 1
	Out   float64 // share among those compared with
}

// Explanation answers "why these?".
type Explanation struct {
	Traits  []Trait
	Sampled int    // messages of the cause that were read
	Against string // what they were compared with, in words
}
