package cli

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// holder names the process that has a lock on the file: "process 4711 (nixie
// demo)". "": not known. The kernel lists locks with the device and the inode
// of their file.
func holder(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino)
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK  ADVISORY  WRITE 4711 08:01:1048 0 EOF
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || fields[5] != file {
			continue
		}
		pid, err := strconv.Atoi(fields[4])
		if err != nil || pid <= 0 {
			return ""
		}
		return describe(pid)
	}
	return ""
}

func describe(pid int) string {
	name := fmt.Sprintf("process %d", pid)
	words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return name
	}
	line := string(bytes.TrimRight(bytes.ReplaceAll(words, []byte{0}, []byte{' '}), " "))
	if line == "" {
		return name
	}
	return fmt.Sprintf("%s (%.60s)", name, oneLine(line))
}
