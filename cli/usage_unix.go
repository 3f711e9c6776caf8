//go:build unix

package cli

import (
	"syscall"
	"time"
)

// usage is what the process has cost so far.
type usage struct {
	cpu     time.Duration
	written int64 // bytes handed to the file system
	memory  int64
}

func readUsage() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}
	}
	return usage{
		cpu:     time.Duration(r.Utime.Nano() + r.Stime.Nano()),
		written: bytesWritten(int64(r.Oublock) * 512),
		memory:  anonymousMemory(),
	}
}
