package operation

import (
	"context"
	"fmt"
	"time"
)

// watchEvery is how often a canary and Follow look at the destination.
const watchEvery = 500 * time.Millisecond

// pacer says when a job may go on, and by how much.
type pacer struct {
	*Manager
	job  *job
	pace Pace

	begun time.Time // of the steps counted in done
	done  int64

	// Of Follow.
	rate     float64 // messages a second
	backlog  float64 // of the destinations: the least that was seen
	failing  float64
	lookedAt time.Time
}

func newPacer(m *Manager, j *job) *pacer {
	return &pacer{Manager: m, job: j, pace: j.begin.Request.Pace, begun: time.Now()}
}

// next waits until the job may go on, and returns with how many units, at most
// n: 0 if it was woken. The halt is not nil if the job must pause.
func (p *pacer) next(ctx context.Context, n int64) (int64, *halt) {
	switch p.pace.Kind {
	case PerSecond:
		return p.atRate(ctx, n, p.pace.Rate), nil
	case Canary:
		return p.canary(ctx, n)
	case Follow:
		return p.follow(ctx, n), nil
	default:
		return n, nil
	}
}

// atRate lets through what a steady rate allows, in steps of about a tenth of
// a second.
func (p *pacer) atRate(ctx context.Context, n int64, rate float64) int64 {
	n = min(n, max(int64(rate/10), 1))
	due := p.begun.Add(time.Duration(float64(p.done) / rate * float64(time.Second)))
	if wait := time.Until(due); wait > 0 {
		p.say(Running, fmt.Sprintf("%.4g per second", rate))
		if !p.job.pause(ctx, wait) {
			return 0
		}
	}
	p.done += n
	return n
}

// say tells what the job is at.
func (p *pacer) say(state JobState, stage string) {
	p.mu.Lock()
	changed := p.job.state != state || p.job.stage != stage
	p.job.state, p.job.stage = state, stage
	p.mu.Unlock()
	if changed {
		p.hint()
	}
}

// canary lets a stage through, watches what becomes of it, and lets the next
// one through.
func (p *pacer) canary(ctx context.Context, n int64) (int64, *halt) {
	p.mu.Lock()
	next, cleared, total := p.job.next, p.job.cleared, p.job.total()
	p.mu.Unlock()
	var start, end int64
	for _, size := range stages {
		start, end = end, end+size
		if next < end { // in the middle of this stage
			p.say(Running, fmt.Sprintf("canary %d of %d", min(size, total-start), total))
			return min(n, end-next), nil
		}
		if next == end && cleared < end {
			return 0, p.watch(ctx, start, end, total)
		}
	}
	p.say(Running, "the rest")
	return n, nil
}

// watch looks at the messages of a stage until it is known whether the job may
// go on.
func (p *pacer) watch(ctx context.Context, start, end, total int64) *halt {
	p.mu.Lock()
	sent := p.job.sent(start, end)
	p.mu.Unlock()
	size := float64(len(sent))
	var doneWith, back, waiting int
	for _, ref := range sent {
		where, err := p.trace(ctx, ref.Queue, ref.ID)
		switch {
		case err != nil:
			return &halt{Paused, reasonOf(err)}
		case where == consumed:
			doneWith++
		case where == deadAgain:
			back++
		default:
			waiting++
		}
	}
	p.mu.Lock()
	p.job.cameBack = int64(back)
	p.mu.Unlock()
	limit := p.pace.stop() * size
	if float64(back) > limit {
		return &halt{Paused, fmt.Sprintf("%d of %d came back (> %.0f %%)", back, len(sent), 100*p.pace.stop())}
	}
	if float64(back+waiting) <= limit {
		p.mu.Lock()
		p.job.cleared = end
		p.mu.Unlock()
		return nil
	}
	p.say(Watching, fmt.Sprintf("canary %d of %d: %d done, %d came back, %d under way", len(sent), total, doneWith, back, waiting))
	p.job.pause(ctx, watchEvery)
	return nil
}

// sent are the messages that were done of these units, where they went.
func (j *job) sent(from, to int64) []Ref {
	var refs []Ref
	for _, o := range j.outcomes {
		for unit := max(o.From, from); unit < min(o.To, to); unit++ {
			if fate, _ := o.fate(unit); fate != FateDone {
				continue
			}
			set, i := locate(j.sets, unit)
			refs = append(refs, Ref{o.dest(unit - o.From), set.id(i)})
		}
	}
	return refs
}

// Follow's rates, in messages a second.
const (
	followFirst = 20
	followLeast = 1
	followMost  = 5000
)

// follow goes faster while the destination keeps up, and at half the speed
// when its backlog or its failures have risen.
func (p *pacer) follow(ctx context.Context, n int64) int64 {
	if p.rate == 0 {
		p.rate = followFirst
	}
	if time.Since(p.lookedAt) >= watchEvery {
		p.adjust(ctx)
	}
	n = min(n, max(int64(p.rate/10), 1))
	if !p.job.pause(ctx, time.Duration(float64(n)/p.rate*float64(time.Second))) {
		return 0
	}
	return n
}

func (p *pacer) adjust(ctx context.Context) {
	var backlog, failing float64
	for _, queue := range p.destinations() {
		info, err := p.engine.Queue(ctx, queue)
		if err != nil {
			continue
		}
		backlog += float64(info.Ready + info.Delayed)
		failing += info.Failing
	}
	first := p.lookedAt.IsZero()
	p.lookedAt = time.Now()
	if first || backlog < p.backlog {
		p.backlog = backlog
	}
	if first || failing < p.failing {
		p.failing = failing
	}
	// Half a second's worth of ours may wait on top of what always did.
	rising := backlog > p.backlog+max(p.rate/2, 5) || failing > 1.2*p.failing+0.2
	switch {
	case first:
	case rising:
		p.rate = max(p.rate/2, followLeast)
	default:
		p.rate = min(p.rate*1.25, followMost)
	}
	p.say(Running, fmt.Sprintf("%.3g per second, following the destination", p.rate))
}

// destinations are the queues that the job sends to.
func (p *pacer) destinations() []string {
	r := p.job.begin.Request
	switch {
	case r.Verb == Publish && r.Load.Topic == "":
		return []string{r.Load.Queue}
	case r.To != "":
		return []string{r.To}
	}
	return p.job.begin.Origins
}
