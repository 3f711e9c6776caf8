package cli

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// bytesWritten is what the process handed to the file system. (What rusage
// counts is whole blocks of its cache, up to twice as much.)
func bytesWritten(int64) int64 { return procNumber("/proc/self/io", "wchar:") }

// anonymousMemory is what the process has in memory but for mapped files,
// which are the system's cache.
func anonymousMemory() int64 { return procNumber("/proc/self/status", "RssAnon:") << 10 }

// procNumber returns the number behind a name in a file of the system; 0 if
// there is none.
func procNumber(file, name string) int64 {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if text, ok := strings.CutPrefix(s.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 10, 64)
			return n
		}
	}
	return 0
}
