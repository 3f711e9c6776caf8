package bolt

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// willNeedAt has the system read a part of the mapped file, and does not wait
// for it. It is of use only for speed, so its errors are none.
func willNeedAt(at uintptr, size int) {
	over := at % uintptr(os.Getpagesize())
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, at-over, uintptr(size)+over, unix.MADV_WILLNEED)
}

func address(part []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(part))) }
