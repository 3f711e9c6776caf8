package demo

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"nixie/views"
)

// handle is a value that the operator and the acts move, and that producers and
// workers read while they run.
type handle struct {
	id                              string
	group, part, role, queue, label string // see views.DemoHandle
	kind                            views.DemoHandleKind
	caption                         string    // of a button: its value
	ladder                          []float64 // of a number: what it can be
	format                          func(float64) string
	alarm                           func(float64) bool

	bits    atomic.Uint64 // of the value
	since   atomic.Int64  // when it last changed, in Unix nanoseconds
	changed chan struct{} // one token: it changed
}

func newHandle(id string, kind views.DemoHandleKind, value float64) *handle {
	h := &handle{id: id, kind: kind, changed: make(chan struct{}, 1)}
	h.bits.Store(math.Float64bits(value))
	h.since.Store(time.Now().UnixNano())
	return h
}

func (h *handle) value() float64 { return math.Float64frombits(h.bits.Load()) }

func (h *handle) on() bool { return h.value() > 0 }

// held is for how long the value has been what it is.
func (h *handle) held(now time.Time) time.Duration {
	return now.Sub(time.Unix(0, h.since.Load()))
}

func (h *handle) set(value float64) {
	if math.Float64frombits(h.bits.Swap(math.Float64bits(value))) == value && h.kind != views.DemoButton {
		return
	}
	h.since.Store(time.Now().UnixNano())
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// move goes so many steps up or down.
func (h *handle) move(steps int) {
	switch {
	case steps == 0:
	case h.kind == views.DemoSwitch:
		h.set(1 - h.value())
	case h.kind == views.DemoButton:
		h.set(h.value() + 1)
	default:
		h.set(h.rung(steps))
	}
}

// rung is the value so many steps of the ladder away. A value between two rungs
// goes to the next one.
func (h *handle) rung(steps int) float64 {
	value := h.value()
	below, above := -1, len(h.ladder)
	for i, rung := range h.ladder {
		if rung < value {
			below = i
		}
		if rung > value && above == len(h.ladder) {
			above = i
		}
	}
	i := below + 1 + steps
	if steps > 0 {
		i = above + steps - 1
	}
	return h.ladder[min(max(i, 0), len(h.ladder)-1)]
}

// level is where a number stands in its range, 0 to 1.
func (h *handle) level() float64 {
	if h.kind != views.DemoNumber {
		return min(h.value(), 1)
	}
	reached := 0
	for i, rung := range h.ladder {
		if rung <= h.value() {
			reached = i
		}
	}
	return float64(reached) / float64(len(h.ladder)-1)
}

// show is the handle for the console.
func (h *handle) show(now time.Time) views.DemoHandle {
	v := h.value()
	s := views.DemoHandle{
		ID: h.id, Group: h.group, Part: h.part, Role: h.role, Queue: h.queue, Label: h.label, Kind: h.kind,
		Level: h.level(), Alarm: h.alarm != nil && h.alarm(v),
	}
	switch h.kind {
	case views.DemoSwitch:
		s.On = v > 0
		s.Value = map[bool]string{true: "on", false: "off"}[s.On]
	case views.DemoButton:
		s.On = v > 0 && h.held(now) < burstTime
		s.Value = h.caption
	default:
		s.Value = h.format(v)
	}
	return s
}

// Where numbers can stand.
var (
	consumerLadder = []float64{0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32}
	failureLadder  = []float64{0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1}
	latencyLadder  = []float64{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5}
)

// rateLadder are the rates around a base, in messages a second.
func rateLadder(base float64) []float64 {
	return []float64{0, base / 4, base / 2, base, base * 2, base * 4, base * 8}
}

func formatCount(v float64) string { return strconv.Itoa(int(v)) }

func formatShare(v float64) string { return strconv.FormatFloat(100*v, 'f', -1, 64) + " %" }

func formatRate(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'g', 3, 64) + "/s"
	}
	return fmt.Sprintf("%.0f/s", v)
}

func formatLatency(v float64) string {
	return time.Duration(v * float64(time.Second)).Round(time.Millisecond).String()
}
