package demo

import (
	"fmt"
	"time"

	"nixie/engine"
	"nixie/views"
	"nixie/views/widget"
)

// witness remembers what the queues looked like lately.
type witness struct {
	looks []look // oldest first
}

type look struct {
	at     time.Time
	queues map[string]engine.QueueInfo
}

// memory is for how long it remembers: long enough to tell a trend, short
// enough to see it turn.
const memory = 4 * time.Second

func (w *witness) note(now time.Time, queues []engine.QueueInfo) {
	l := look{at: now, queues: make(map[string]engine.QueueInfo, len(queues))}
	for _, q := range queues {
		l.queues[q.Name] = q
	}
	w.looks = append(w.looks, l)
	for len(w.looks) > 2 && now.Sub(w.looks[0].at) > memory {
		w.looks = w.looks[1:]
	}
}

func (w *witness) now() look { return w.looks[len(w.looks)-1] }

// queue is a queue as it is now.
func (w *witness) queue(name string) (engine.QueueInfo, bool) {
	q, ok := w.now().queues[name]
	return q, ok
}

// slope is how fast a number of a queue grew lately, in units a second.
func (w *witness) slope(name string, of func(engine.QueueInfo) int64) float64 {
	first, last := w.looks[0], w.now()
	a, ok := first.queues[name]
	b, still := last.queues[name]
	seconds := last.at.Sub(first.at).Seconds()
	if !ok || !still || seconds <= 0 {
		return 0
	}
	return float64(of(b)-of(a)) / seconds
}

func backlog(q engine.QueueInfo) int64 { return q.Ready + q.Delayed }
func dead(q engine.QueueInfo) int64    { return q.Dead }
func acked(q engine.QueueInfo) int64   { return q.Totals.Acked }
func failed(q engine.QueueInfo) int64  { return q.Totals.Failed }
func put(q engine.QueueInfo) int64     { return q.Totals.Published }

// recent is for how long a recovery is news.
const recent = 25 * time.Second

// tell says what is most worth watching now. The first that has something to
// tell does.
func (p *play) tell(now time.Time, w *witness) views.DemoStory {
	for _, teller := range []func(time.Time, *witness) (views.DemoStory, bool){
		p.tellGone, p.tellPaused, p.tellOutage, p.tellNobody, p.tellBurst, p.tellMending, p.tellOddity, p.tellBacklog, p.tellFailing,
	} {
		if story, ok := teller(now, w); ok {
			return story
		}
	}
	return p.tellCalm(now, w)
}

// ago is a time that passed, for a sentence.
func ago(d time.Duration) string { return widget.Age(d) + " ago" }

func (p *play) tellGone(_ time.Time, w *witness) (views.DemoStory, bool) {
	for _, q := range p.queues {
		if _, ok := w.queue(q.name); !ok {
			return views.DemoStory{
				Tone: views.DemoTrouble, Text: q.name + " is deleted: who publishes to it waits",
				Watch: "undo brings it back, with all that was in it",
			}, true
		}
	}
	return views.DemoStory{}, false
}

func (p *play) tellPaused(_ time.Time, w *witness) (views.DemoStory, bool) {
	for _, q := range p.queues {
		if info, _ := w.queue(q.name); info.Paused {
			return views.DemoStory{
				Tone: views.DemoRising, Queue: q.name, Text: q.name + " is paused: it takes messages and hands none out",
				Watch: fmt.Sprintf("*ready* rises (%s now); resume the queue and it drains", widget.Count(info.Ready)),
			}, true
		}
	}
	return views.DemoStory{}, false
}

func (p *play) tellOutage(now time.Time, w *witness) (views.DemoStory, bool) {
	for _, pool := range p.pools {
		if pool.outage == nil || !pool.outage.on() {
			continue
		}
		info, _ := w.queue(pool.queue)
		story := views.DemoStory{
			Tone: views.DemoTrouble, Queue: pool.queue,
			Text: fmt.Sprintf("%s began to %s %s", pool.needs, pool.ails, ago(pool.outage.held(now))),
		}
		switch rising := w.slope(pool.queue, dead); {
		case rising > 0.2:
			story.Watch = fmt.Sprintf("*dead* rises by %s in %s: %s ran out of tries", widget.Rate(rising), pool.queue, widget.Count(info.Dead))
		case info.Delayed > 0:
			story.Watch = fmt.Sprintf("*failed* rises in %s, %s *delayed* until the next try, then *dead*", pool.queue, widget.Count(info.Delayed))
		default:
			story.Watch = fmt.Sprintf("*failed* rises in %s, then *dead*", pool.queue)
		}
		return story, true
	}
	return views.DemoStory{}, false
}

func (p *play) tellNobody(now time.Time, w *witness) (views.DemoStory, bool) {
	for _, pool := range p.pools {
		if pool.consumers.on() {
			continue
		}
		info, _ := w.queue(pool.queue)
		return views.DemoStory{
			Tone: views.DemoRising, Queue: pool.queue,
			Text:  fmt.Sprintf("nobody receives from %s: its consumers went away %s", pool.queue, ago(pool.consumers.held(now))),
			Watch: fmt.Sprintf("*ready* rises: %s now, and nobody who publishes notices", widget.Count(info.Ready)),
		}, true
	}
	return views.DemoStory{}, false
}

func (p *play) tellBurst(now time.Time, w *witness) (views.DemoStory, bool) {
	for _, m := range p.makers {
		if !m.bursting(now) || m.pause.on() {
			continue
		}
		story := views.DemoStory{
			Tone: views.DemoRising, Queue: m.queue,
			Text:  fmt.Sprintf("a burst: %s publishes %g times as much", m.name, m.producerSpec.burst),
			Watch: "*ready* rises while the consumers keep their pace",
		}
		if info, ok := w.queue(m.queue); ok {
			story.Watch = fmt.Sprintf("%s *ready* in %s; its consumers keep their pace of %s", widget.Count(info.Ready), m.queue, widget.Rate(w.slope(m.queue, acked)))
		}
		return story, true
	}
	return views.DemoStory{}, false
}

// tellMending is about a backlog that goes down after something was put right.
func (p *play) tellMending(now time.Time, w *witness) (views.DemoStory, bool) {
	for _, pool := range p.pools {
		info, _ := w.queue(pool.queue)
		waiting := backlog(info)
		falling := -w.slope(pool.queue, backlog)
		story := views.DemoStory{Tone: views.DemoMending, Queue: pool.queue}
		if waiting > 10 && falling > 0.5 {
			left := time.Duration(float64(waiting) / falling * float64(time.Second))
			story.Watch = fmt.Sprintf("%s still wait, %s fewer each second: about %s to go", widget.Count(waiting), widget.Compact(falling), widget.Age(left))
		}
		switch {
		case pool.outage != nil && pool.outage.held(now) < recent && p.ended(pool.outage):
			story.Text = fmt.Sprintf("%s came back %s", pool.needs, ago(pool.outage.held(now)))
			if story.Watch == "" && info.Dead > 0 {
				story.Watch = fmt.Sprintf("requeue %s of %s: look at the causes", widget.Plural(info.Dead, "dead letter"), pool.queue)
			}
			if story.Watch == "" {
				story.Watch = "the retries of " + pool.queue + " succeed: none was lost"
			}
			return story, true
		case story.Watch != "" && waiting > 25:
			story.Text = fmt.Sprintf("%s drains: out faster than in", pool.queue)
			return story, true
		}
	}
	return views.DemoStory{}, false
}

// ended reports whether a switch was on before it was off.
func (p *play) ended(h *handle) bool {
	return !h.on() && time.Unix(0, h.since.Load()).Sub(p.began) > time.Second
}

// tellOddity follows a message that was sent by hand until it is dead.
func (p *play) tellOddity(now time.Time, w *witness) (views.DemoStory, bool) {
	for _, m := range p.makers {
		if m.oddity == nil || !m.oddity.on() || m.oddity.held(now) > recent {
			continue
		}
		info, _ := w.queue(m.queue)
		story := views.DemoStory{
			Tone: views.DemoTrouble, Queue: m.queue,
			Text: fmt.Sprintf("%s sent a message to %s %s that no worker survives", m.name, m.queue, ago(m.oddity.held(now))),
		}
		if w.slope(m.queue, dead) > 0 {
			story.Watch = fmt.Sprintf("it is a dead letter now (%s in %s): open it, see its attempts; edit it, requeue it", widget.Count(info.Dead), m.queue)
		} else {
			story.Watch = fmt.Sprintf("it fails and comes back, later each time; the others flow on (%s done)", widget.Rate(w.slope(m.queue, acked)))
		}
		return story, true
	}
	return views.DemoStory{}, false
}

// tellBacklog is about a queue that grows for want of workers.
func (p *play) tellBacklog(now time.Time, w *witness) (views.DemoStory, bool) {
	if now.Sub(p.began) < memory {
		return views.DemoStory{}, false // what there was to begin with is no trend
	}
	for _, pool := range p.pools {
		info, _ := w.queue(pool.queue)
		if rising := w.slope(pool.queue, backlog); rising > 0.8 && info.Ready > 20 {
			return views.DemoStory{
				Tone: views.DemoRising, Queue: pool.queue,
				Text:  fmt.Sprintf("%s grows by %s: %s cannot keep up", pool.queue, widget.Rate(rising), pool.crew()),
				Watch: fmt.Sprintf("*ready* (%s) and the age of the oldest; add consumers and they fall", widget.Count(info.Ready)),
			}, true
		}
	}
	return views.DemoStory{}, false
}

// tellFailing is about a queue many of whose tries fail.
func (p *play) tellFailing(_ time.Time, w *witness) (views.DemoStory, bool) {
	for _, pool := range p.pools {
		bad, good := w.slope(pool.queue, failed), w.slope(pool.queue, acked)
		if bad < 2 || bad < (bad+good)*2/5 {
			continue
		}
		info, _ := w.queue(pool.queue)
		story := views.DemoStory{
			Tone: views.DemoTrouble, Queue: pool.queue,
			Text:  fmt.Sprintf("%.0f %% of the tries in %s fail", 100*bad/(bad+good), pool.queue),
			Watch: fmt.Sprintf("*delayed*: %s wait for another try, longer each time; most get through", widget.Count(info.Delayed)),
		}
		if dying := w.slope(pool.queue, dead); dying > 0.2 {
			story.Watch = fmt.Sprintf("%s *delayed* for another try; those without luck die (*dead* rises by %s)", widget.Count(info.Delayed), widget.Rate(dying))
		}
		return story, true
	}
	return views.DemoStory{}, false
}

func (p *play) tellCalm(_ time.Time, w *witness) views.DemoStory {
	var in, out float64
	for _, q := range p.queues {
		in += w.slope(q.name, put)
		out += w.slope(q.name, acked)
	}
	story := views.DemoStory{
		Tone: views.DemoCalm, Text: fmt.Sprintf("all flows: %s in, %s out", widget.Rate(in), widget.Rate(out)),
		Watch: "*in* and *out* keep pace, and *ready* stays low",
	}
	for _, pool := range p.pools {
		if pool.order == nil {
			continue
		}
		if groups, seen, swapped := pool.order.counts(); seen > 0 && len(p.pools) == 1 {
			story.Text = fmt.Sprintf("%s of %s done, %s out of order", widget.Plural(seen, "entry"), widget.Plural(groups, "group"), widget.Count(swapped))
		}
	}
	return story
}
