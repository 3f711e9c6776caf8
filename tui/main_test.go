package tui

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fixes the time zone, so that clocks on golden screens are the same
// everywhere.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println("goroutines are left:", err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
