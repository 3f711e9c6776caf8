package operation

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"nixie/engine"
)

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
	// Deaths holds the deaths that each queue had counted at At, so that a
	// screen can say how many are new.
	Deaths map[string]int64
}

const (
	defaultCauseLimit = 1_000_000
	maxCauses         = 1000 // more are counted together
	sampleSize        = 200  // messages remembered of a cause
	trendSteps        = 8
	progressEvery     = 10_000
)

// OtherCauses is the Key under which causes are counted together when there
// are too many different ones.
const OtherCauses = "(other causes)"

// trendSpans are the times that a trend may cover, shortest first.
var trendSpans = []time.Duration{
	2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

// tallying is a cause while its letters are counted.
type tallying struct {
	Cause
	queues, origins map[string]int64
	trends          [][trendSteps]int // one for each of trendSpans
}

// survey goes over dead letters and groups them.
type survey struct {
	report  CauseReport
	options CauseOptions
	causes  map[string]*tallying
	deaths  []int64    // within each of trendSpans
	random  *rand.Rand // chooses samples: the same for the same letters
}

// Causes searches the dead letters and groups them by cause. Errors:
// ErrQueueNotFound, and those of ctx.
func (m *Manager) Causes(ctx context.Context, options CauseOptions) (CauseReport, error) {
	if options.Limit <= 0 {
		options.Limit = defaultCauseLimit
	}
	s := &survey{
		options: options, causes: map[string]*tallying{}, deaths: make([]int64, len(trendSpans)),
		random: rand.New(rand.NewPCG(1, 2)),
		report: CauseReport{At: time.Now(), Deaths: map[string]int64{}},
	}
	queues, err := m.engine.Queues(ctx)
	if err != nil {
		return CauseReport{}, err
	}
	for _, name := range options.Queues {
		if !slices.ContainsFunc(queues, func(q engine.QueueInfo) bool { return q.Name == name }) {
			return CauseReport{}, &engine.Error{Op: "causes", Queue: name, Err: engine.ErrQueueNotFound}
		}
	}
	for _, q := range queues {
		if len(options.Queues) > 0 && !slices.Contains(options.Queues, q.Name) {
			continue
		}
		s.report.Total += q.Dead
		s.report.Deaths[q.Name] = q.Totals.Dead
		if err := m.surveyQueue(ctx, s, q.Name); err != nil {
			return CauseReport{}, err
		}
	}
	return m.finishSurvey(s), nil
}

func (m *Manager) surveyQueue(ctx context.Context, s *survey, queue string) error {
	list := engine.ListOptions{State: engine.Dead, Limit: pageSize, BodyLimit: -1}
	if s.options.Filter.NeedsBody() {
		list.BodyLimit, list.Limit = 0, bodyPage
	}
	for dead, err := range Messages(ctx, m.engine, queue, list) {
		switch {
		case errors.Is(err, engine.ErrQueueNotFound):
			return nil // deleted meanwhile
		case err != nil:
			return err
		case s.report.Seen >= s.options.Limit:
			s.report.Capped = true
			return nil
		}
		s.take(dead)
	}
	return nil
}

// take counts a dead letter in.
func (s *survey) take(m *engine.Message) {
	s.report.Seen++
	if s.options.Progress != nil && s.report.Seen%progressEvery == 0 {
		s.options.Progress(s.report.Seen)
	}
	if m.Death == nil || !s.options.Filter.Match(*m, s.report.At) {
		return
	}
	s.report.Match++
	c := s.cause(CauseOf(m))
	c.Count++
	c.queues[m.Queue]++
	c.origins[m.Death.Origin]++
	at := m.Death.At
	if c.First.IsZero() || at.Before(c.First) {
		c.First = at
	}
	if at.After(c.Last) {
		c.Last = at
	}
	if cameBack(m) {
		c.CameBack++
	}
	s.trend(c, s.report.At.Sub(at))
	// Each letter of the cause is among the samples with the same chance.
	if ref := (Ref{m.Queue, m.ID}); len(c.Samples) < sampleSize {
		c.Samples = append(c.Samples, ref)
	} else if i := s.random.Int64N(c.Count); i < sampleSize {
		c.Samples[i] = ref
	}
}

func (s *survey) cause(key string) *tallying {
	c := s.causes[key]
	if c != nil {
		return c
	}
	if len(s.causes) >= maxCauses && key != OtherCauses {
		return s.cause(OtherCauses)
	}
	c = &tallying{
		Cause: Cause{Key: key}, queues: map[string]int64{}, origins: map[string]int64{},
		trends: make([][trendSteps]int, len(trendSpans)),
	}
	s.causes[key] = c
	return c
}

// trend counts a death of some time ago in every span that reaches so far.
func (s *survey) trend(c *tallying, age time.Duration) {
	age = max(age, 0)
	for i, span := range trendSpans {
		if age < span {
			s.deaths[i]++
			c.trends[i][trendSteps-1-int(age*trendSteps/span)]++
		}
	}
}

// finishSurvey sorts the causes and adds what is remembered of them.
func (m *Manager) finishSurvey(s *survey) CauseReport {
	// The shortest span with half of the deaths in it shows most.
	span := len(trendSpans) - 1
	for i := range trendSpans {
		if 2*s.deaths[i] >= s.report.Match {
			span = i
			break
		}
	}
	s.report.Step = trendSpans[span] / trendSteps
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.causes)) {
		c := s.causes[key]
		c.Queues, c.Origin = counts(c.queues), counts(c.origins)
		c.Trend = c.trends[span][:]
		if known := m.causes[key]; known != nil {
			c.Note, c.Muted = known.note, known.muted
			c.Requeued = known.back.Requeued
			c.CameBack += known.back.CameBack
		}
		c.Requeued = max(c.Requeued, c.CameBack)
		s.report.Causes = append(s.report.Causes, c.Cause)
	}
	slices.SortStableFunc(s.report.Causes, func(a, b Cause) int {
		if a.Muted != b.Muted {
			return map[bool]int{true: 1, false: -1}[a.Muted]
		}
		return cmp.Compare(b.Count, a.Count)
	})
	return s.report
}
