//go:build !unix

package cli

import "time"

// usage is what the process has cost so far; here only its memory is known.
type usage struct {
	cpu     time.Duration
	written int64
	memory  int64
}

func readUsage() usage { return usage{written: bytesWritten(0), memory: anonymousMemory()} }
