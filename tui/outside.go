package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/atotto/clipboard"

	"nixie/keymap"
	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// jobsAction is what a click on the line of jobs does.
const jobsAction = keymap.JobList

func themeNames() []string { return append([]string{themes.Auto}, themes.Names()...) }

// maxOSC52 bounds what is sent through the terminal: many drop more.
const maxOSC52 = 256 << 10

// copy puts text into the clipboard by both ways there are: through the
// terminal, which also works over SSH but may be refused silently, and through
// the desktop's own tools, if they are there.
func (m *model) copy(msg views.CopyMsg) tea.Cmd {
	text := msg.Text
	size := widget.Bytes(int64(len(text)))
	native := func() tea.Msg {
		if clipboard.Unsupported || os.Getenv("SSH_TTY") != "" || clipboard.WriteAll(text) != nil {
			if len(text) > maxOSC52 {
				return views.NoticeMsg{Kind: views.NoticeWarning, Text: msg.What + " (" + size + ") is too large for the terminal's clipboard; export it with ctrl+s"}
			}
			return views.NoticeMsg{Kind: views.NoticeDone, Text: "copied " + msg.What + " (" + size + ") through the terminal, if it allows that"}
		}
		return views.NoticeMsg{Kind: views.NoticeDone, Text: "copied " + msg.What + " (" + size + ")"}
	}
	if len(text) > maxOSC52 {
		return native
	}
	return tea.Batch(tea.SetClipboard(text), native)
}

// edit writes a file and opens the editor on it.
func (m *model) edit(msg views.EditMsg) tea.Cmd {
	ctx := m.env.Context
	return func() tea.Msg {
		path, remove, err := writeTemp(msg.Name, msg.Content, msg.ReadOnly)
		if err != nil {
			return views.NoticeMsg{Kind: views.NoticeError, Text: "cannot write a file for the editor: " + err.Error()}
		}
		command := editor()
		run := exec.CommandContext(ctx, command[0], append(command[1:], path)...)
		return tea.ExecProcess(run, func(err error) tea.Msg {
			defer remove()
			return edited(msg, command[0], path, err)
		})()
	}
}

// edited makes the message that tells what came of it.
func edited(msg views.EditMsg, command, path string, err error) tea.Msg {
	if err != nil {
		err = fmt.Errorf("%s: %w (set $EDITOR to another one)", command, err)
	}
	if msg.ReadOnly || msg.Done == nil {
		if err != nil {
			return views.NoticeMsg{Kind: views.NoticeError, Text: err.Error()}
		}
		return nil
	}
	if err != nil {
		return msg.Reply(msg.Done(nil, err))
	}
	content, err := os.ReadFile(path)
	return msg.Reply(msg.Done(content, err))
}

// editor is the operator's editor, with its arguments.
func editor() []string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if command := strings.Fields(os.Getenv(name)); len(command) > 0 {
			return command
		}
	}
	return []string{"vi"}
}

// writeTemp writes a file that nobody else can read, in a directory of its own.
func writeTemp(name string, content []byte, readOnly bool) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "nixie-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	mode := os.FileMode(0o600)
	if readOnly {
		mode = 0o400
	}
	path = filepath.Join(dir, filepath.Base(filepath.Clean("/"+name)))
	if err := os.WriteFile(path, content, mode); err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}
