package widget

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"nixie/engine"
)

// Count writes a whole number with its thousands apart: 31 402.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= 3 {
		return sign + digits
	}
	var b strings.Builder
	b.WriteString(sign)
	head := len(digits) % 3
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// Plural is a number with its noun, which is given for one: 1 queue, 3 queues.
func Plural[N int | int64](n N, one string) string { return Count(int64(n)) + " " + Noun(n, one) }

// Noun is the noun of Plural, without the number.
func Noun[N int | int64](n N, one string) string {
	if n == 1 {
		return one
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok && stem != "" && !strings.ContainsAny(stem[len(stem)-1:], "aeiou") {
		return stem + "ies"
	}
	return one + "s"
}

// Compact writes a number in at most five characters: 0.4, 31, 1.2k, 3.4M.
func Compact(f float64) string {
	if math.IsNaN(f) {
		return "–"
	}
	if f < 0 {
		return "-" + Compact(-f)
	}
	if f > 0 && f < 0.05 {
		return "<0.1"
	}
	for _, unit := range []string{"", "k", "M", "G", "T", "P"} {
		if f < 9.95 {
			return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + unit
		}
		if f < 999.5 {
			return strconv.FormatFloat(f, 'f', 0, 64) + unit
		}
		f /= 1000
	}
	return ">999P"
}

// Rate is Compact, a second.
func Rate(f float64) string { return Compact(f) + "/s" }

// Bytes writes a size: 850 B, 1.2 KiB, 10 MiB.
func Bytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB", "PiB"} {
		if f /= 1024; f < 9.95 {
			return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + " " + unit
		}
		if f < 1023.5 {
			return strconv.FormatFloat(f, 'f', 0, 64) + " " + unit
		}
	}
	return strconv.FormatFloat(f/1024, 'f', 0, 64) + " EiB"
}

// Duration writes a length of time in its two largest units: 850ms, 14s,
// 4m 12s, 2h 05m, 3d 4h.
func Duration(d time.Duration) string {
	if d < 0 {
		if d == math.MinInt64 {
			d++
		}
		return "-" + Duration(-d)
	}
	switch {
	case d < time.Millisecond:
		if d == 0 {
			return "0s"
		}
		return strconv.FormatInt(max(d.Microseconds(), 1), 10) + "µs"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 10*time.Second:
		tenths := d.Milliseconds() / 100
		if tenths%10 == 0 {
			return strconv.FormatInt(tenths/10, 10) + "s"
		}
		return fmt.Sprintf("%d.%ds", tenths/10, tenths%10)
	}
	return Age(d)
}

// Age is Duration in whole seconds: how long ago something was.
func Age(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm %02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh %02dm", s/3600, s/60%60)
	default:
		return fmt.Sprintf("%dd %dh", s/86400, s/3600%24)
	}
}

// Exact writes a duration without loss, as ParseDuration reads it: 30s, 5m,
// 1h30m, 7d.
func Exact(d time.Duration) string {
	if d <= 0 || d%time.Second != 0 {
		return d.String()
	}
	var b strings.Builder
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / unit.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.size
		}
	}
	return b.String()
}

// ParseDuration reads what a person types: 30s, 5m, 1h30m, 1.5h, 7d, 2w; 0
// needs no unit. Errors say what is expected.
func ParseDuration(text string) (time.Duration, error) {
	s := strings.ToLower(strings.Join(strings.Fields(text), ""))
	if s == "0" {
		return 0, nil
	}
	total, rest := time.Duration(0), s
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		head, tail, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(head, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > float64(engine.MaxDuration/unit.size) {
			return 0, errDuration(text)
		}
		total, rest = total+time.Duration(n*float64(unit.size)), tail
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, errDuration(text)
		}
		total += d
	}
	if s == "" || total < 0 || total > engine.MaxDuration {
		return 0, errDuration(text)
	}
	return total, nil
}

func errDuration(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("a duration such as 30s, 5m, 2h or 7d")
	}
	return fmt.Errorf("%q is no duration: write 30s, 5m, 1h30m or 7d, up to 366d", SafeFit(s, 24))
}
