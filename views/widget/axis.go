package widget

import (
	"math"
	"time"
)

// Unit says what a chart's numbers are, and so how they are written and which
// steps are round.
type Unit int

const (
	PerSecond Unit = iota // 1.2k/s
	Number                // 28.9k
	Seconds               // 4m 12s
)

// Write writes a value in the unit.
func (u Unit) Write(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case u == PerSecond:
		return Rate(v)
	case u == Seconds:
		return Duration(time.Duration(v * float64(time.Second)))
	default:
		return Compact(v)
	}
}

// scale returns an axis that holds top: round values from 0 on, at most n
// steps, and its upper end, which is round enough to stay where it is while top
// wavers.
func (u Unit) scale(top float64, n int) (ticks []float64, end float64) {
	if top = min(top, 1e18); !(top > 1e-9) {
		top = 0
	}
	step := u.step(top / float64(max(n, 1)))
	end = max(math.Ceil(top/step*2*(1-1e-9))*step/2, step)
	for i := 0; float64(i)*step <= end; i++ {
		ticks = append(ticks, float64(i)*step)
	}
	return ticks, end
}

// step is the smallest round step that is no smaller than least.
func (u Unit) step(least float64) float64 {
	if u == Seconds && least > 1 {
		for _, round := range []float64{2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400} {
			if round >= least {
				return round
			}
		}
		return 86400 * decimalStep(least/86400)
	}
	if u == Number {
		return max(decimalStep(least), 1)
	}
	if least == 0 {
		if u == Seconds {
			return 0.001
		}
		return 1
	}
	return decimalStep(least)
}

// decimalStep is 1, 2 or 5 times a power of ten, at least least.
func decimalStep(least float64) float64 {
	if least <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		// The little extra takes what the division before has rounded up.
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// timeTick is a moment on the time axis.
type timeTick struct {
	at    time.Time
	label string
}

// timeTicks returns round moments between from and to, as many as find room
// with about apart each; labels are in zone.
func timeTicks(from, to time.Time, n int, zone *time.Location) []timeTick {
	span := to.Sub(from)
	if span <= 0 || n < 1 {
		return nil
	}
	least := span / time.Duration(n)
	step := 7 * 24 * time.Hour
	for _, s := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour,
	} {
		if s >= least {
			step = s
			break
		}
	}
	layout := "15:04"
	switch {
	case step < time.Minute:
		layout = "15:04:05"
	case step >= 24*time.Hour:
		layout = "Jan 2"
	case span > 24*time.Hour:
		layout = "Mon 15:04"
	}
	// Round in the zone's own days, not in those of UTC.
	_, offset := from.In(zone).Zone()
	shift := time.Duration(offset) * time.Second
	var ticks []timeTick
	for at := from.Add(shift).Truncate(step).Add(-shift); !at.After(to); at = at.Add(step) {
		if !at.Before(from) {
			ticks = append(ticks, timeTick{at, at.In(zone).Format(layout)})
		}
	}
	return ticks
}
