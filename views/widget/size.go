package widget

import (
	"fmt"
	"strconv"
	"strings"
)

var byteUnits = []struct {
	suffix string
	size   int64
}{{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}}

// ExactBytes writes a size without loss, as ParseBytes reads it.
func ExactBytes(n int64) string {
	for _, u := range byteUnits {
		if n > 0 && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

// ParseBytes reads what a person types: 500, 10k, 2M, 1G. Errors say what is
// expected.
func ParseBytes(text string) (int64, error) {
	digits := strings.TrimRight(strings.ReplaceAll(text, " ", ""), "iIbB")
	size := int64(1)
	for _, u := range byteUnits {
		if head, ok := strings.CutSuffix(strings.ToLower(digits), strings.ToLower(u.suffix)); ok {
			digits, size = head, u.size
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > (1<<62)/size || n < 0 {
		return 0, fmt.Errorf("%q is no size: write 500, 10k, 2M or 1G", SafeFit(text, 20))
	}
	return n * size, nil
}
