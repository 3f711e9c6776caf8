//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// ownGroup lets the command and what it starts be ended together, and keeps
// the interrupt of a terminal from them: the worker decides what it means.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
}

// endGroup ends what did not listen to the end of its context. A command that
// ended by itself may leave something behind on purpose.
func endGroup(cmd *exec.Cmd) {
	if !cmd.ProcessState.Success() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // most have gone
	}
}
