package widget

import "testing"

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "500": 500, "10k": 10 << 10, "10 KiB": 10 << 10, "2MB": 2 << 20, "1g": 1 << 30,
	} {
		if got, err := ParseBytes(text); got != want || err != nil {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "k", "-1", "1.5M", "10 apples", "99999999999G"} {
		if got, err := ParseBytes(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

// FuzzParseBytes: what is read as a size is written so that it is read as the
// same.
func FuzzParseBytes(f *testing.F) {
	f.Add("10 KiB")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseBytes(text)
		if err != nil {
			return
		}
		if again, err := ParseBytes(ExactBytes(n)); n < 0 || again != n || err != nil {
			t.Fatalf("%q is %d, written %q, read %d, %v", text, n, ExactBytes(n), again, err)
		}
	})
}
