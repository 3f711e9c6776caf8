//go:build !linux

package cli

import "runtime"

// anonymousMemory is what the runtime took from the system.
func anonymousMemory() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// bytesWritten is what rusage counted.
func bytesWritten(blocks int64) int64 { return blocks }
