//go:build !unix

package bolt

import (
	"io/fs"
	"os"
)

// keepOwner gives a file the permissions of another.
func keepOwner(path string, of fs.FileInfo) error { return os.Chmod(path, of.Mode().Perm()) }
