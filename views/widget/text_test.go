package widget

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// hostile draws strings that a terminal should never see.
func hostile(t *rapid.T, label string) string {
	pieces := rapid.SliceOf(rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[a-z 0-9]{0,12}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"\x1b[31m", "\x1b]0;title\a", "\x1b]8;;http://x\x1b\\", "\u202e", "\u200b", "\u200d", "\ufeff", "\x9b31m", "\u009b2J",
			"\r\n", "\t", "\x00", "\x7f", "é", "e\u0301", "\u0301\u0302\u0303\u0304\u0305\u0306", "日本語", "👍🏽", "👨‍👩‍👧", "🇩🇪", "❤️", "\u3164", "\u2028", "\u00ad", "नि", "ᄀ\u1161", "\U000e0041",
		}),
	)).Draw(t, label)
	return strings.Join(pieces, "")
}

// mustBeSafe fails if a terminal would act upon s, or hide part of it.
func mustBeSafe(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string,
) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("not UTF-8: %q", s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			t.Fatalf("%U in %q", r, s)
		}
	}
}

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		"":                                "",
		"\x1b[31mred":                     "␛[31mred",
		"a\r\nb\tc\x00":                   "a␍␊b␉c␀",
		"\x7f":                            "␡",
		"\x9b2J":                          `\x9b2J`,
		"\u009b2J":                        "<U+009B>2J",
		"abc\u202edef":                    "abc<U+202E>def",
		"a\u200bb\ufeff":                  "a<U+200B>b<U+FEFF>",
		"a\u00a0b":                        "a b",
		"\u0301x":                         "◌\u0301x",
		"e\u0301":                         "e\u0301",
		"日本":                              "日本",
		"❤\ufe0f":                         "❤",
		"\U000e0041":                      "<U+E0041>",
		"\u3164":                          "<U+3164>",
		"\xff\xfe":                        `\xff\xfe`,
		"\ufffd":                          "\ufffd",
		"a\u0301\u0301\u0301\u0301\u0301": "a\u0301\u0301\u0301\u0301<U+0301>",
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSafeTextIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile(t, "s")
		width := rapid.IntRange(-1, 60).Draw(t, "width")
		safe := Safe(s)
		mustBeSafe(t, safe)
		if again := Safe(safe); again != safe {
			t.Fatalf("safe text changes: %q to %q", safe, again)
		}
		for name, got := range map[string]string{
			"SafeFit": SafeFit(s, width),
			"Preview": Preview([]byte(s), width),
			"Pad":     Pad(safe, width, Align(rapid.IntRange(0, 2).Draw(t, "align"))),
		} {
			mustBeSafe(t, got)
			if w := Width(got); w > max(width, 0) || name == "Pad" && w != max(width, 0) {
				t.Fatalf("%s to %d cells has %d: %q", name, width, w, got)
			}
		}
		if Width(safe) <= width && SafeFit(s, width) != safe {
			t.Fatalf("SafeFit(%q, %d) = %q, though %q fits", s, width, SafeFit(s, width), safe)
		}
		for _, line := range Wrap(safe, width) {
			if Width(line) > width {
				t.Fatalf("wrapped to %d: %q", width, line)
			}
		}
	})
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"", "\x1b[2J", "\xe2\x80", "a\u0301", "\u202e", "日本"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		width %= 200
		mustBeSafe(t, Safe(s))
		got := SafeFit(s, width)
		mustBeSafe(t, got)
		if Width(got) > max(width, 0) {
			t.Fatalf("%q is wider than %d", got, width)
		}
	})
}

func TestPreview(t *testing.T) {
	long := "{\n  \"a\": 1,\n  \"b\": \"" + strings.Repeat("x", 10000) + "\"\n}"
	for _, c := range []struct {
		body  string
		width int
		want  string
	}{
		{"{\n  \"a\": 1\n}", 20, `{ "a": 1 }`},
		{long, 20, `{ "a": 1, "b": "xxx…`},
		{strings.Repeat(" ", 10000), 5, "…"},
		{strings.Repeat("é", 10000), 3, "éé…"},
		{"abc", 0, ""},
	} {
		if got := Preview([]byte(c.body), c.width); got != c.want {
			t.Errorf("Preview(%.20q…, %d) = %q, want %q", c.body, c.width, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"},
		{Count(999), "999"},
		{Count(31402), "31 402"},
		{Count(-1234567), "-1 234 567"},
		{Plural(0, "queue"), "0 queues"},
		{Plural(1, "queue"), "1 queue"},
		{Plural(1, "try"), "1 try"},
		{Plural(int64(2000), "try"), "2 000 tries"},
		{Plural(2, "key"), "2 keys"},
		{Count(math.MinInt64), "-9 223 372 036 854 775 808"},
		{Compact(0), "0"},
		{Compact(0.01), "<0.1"},
		{Compact(0.42), "0.4"},
		{Compact(9.96), "10"},
		{Compact(310), "310"},
		{Compact(999.6), "1k"},
		{Compact(1234), "1.2k"},
		{Compact(28911), "29k"},
		{Compact(3.4e6), "3.4M"},
		{Compact(math.NaN()), "–"},
		{Compact(math.Inf(1)), ">999P"},
		{Rate(-2), "-2/s"},
		{Bytes(850), "850 B"},
		{Bytes(1229), "1.2 KiB"},
		{Bytes(10 << 20), "10 MiB"},
		{Bytes(math.MaxInt64), "8 EiB"},
		{Duration(0), "0s"},
		{Duration(12 * time.Microsecond), "12µs"},
		{Duration(850 * time.Millisecond), "850ms"},
		{Duration(1250 * time.Millisecond), "1.2s"},
		{Duration(2 * time.Second), "2s"},
		{Duration(252 * time.Second), "4m 12s"},
		{Duration(7500 * time.Second), "2h 05m"},
		{Duration(76 * time.Hour), "3d 4h"},
		{Duration(math.MinInt64), "-106751d 23h"},
		{Exact(30 * time.Second), "30s"},
		{Exact(90 * time.Minute), "1h30m"},
		{Exact(7 * 24 * time.Hour), "7d"},
		{Exact(1500 * time.Millisecond), "1.5s"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestCompactIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(0, 1e18).Draw(t, "f")
		if s := Compact(f); len(s) > 5 {
			t.Fatalf("Compact(%g) = %q", f, s)
		}
	})
}

func TestDurationsCanBeTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(366*24*time.Hour)).Draw(t, "d"))
		if rapid.Bool().Draw(t, "whole") {
			d = d.Truncate(time.Second)
		}
		got, err := ParseDuration(Exact(d))
		if err != nil || got != d {
			t.Fatalf("ParseDuration(%q) = %v, %v, want %v", Exact(d), got, err, d)
		}
	})
	for _, s := range []string{"", "x", "5", "-5s", "400d", "1e400d", "NaNd", "5 parsecs", "9999999h", "1d2"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", s, d)
		}
	}
	for s, want := range map[string]time.Duration{"2 w": 14 * 24 * time.Hour, "1.5h": 90 * time.Minute, "1D 2H": 26 * time.Hour, "0": 0} {
		if d, err := ParseDuration(s); err != nil || d != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", s, d, err, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1w2d3h")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDuration(s); err == nil && (d < 0 || d > 366*24*time.Hour) {
			t.Fatalf("%q is %v", s, d)
		}
	})
}
