//go:build unix

package bolt

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner and the permissions of another.
func keepOwner(path string, of fs.FileInfo) error {
	if stat, ok := of.Sys().(*syscall.Stat_t); ok {
		if err := os.Chown(path, int(stat.Uid), int(stat.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(path, of.Mode().Perm())
}
