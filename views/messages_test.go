package views

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

type pingMsg struct{}

func TestAddress(t *testing.T) {
	ping := func() tea.Msg { return pingMsg{} }
	if m, ok := Address(1, Address(2, ping))().(Addressed); !ok || m.To != 1 || m.Msg.(Addressed).To != 2 {
		t.Errorf("nested addresses: %#v", m)
	}
	if m := Address(1, func() tea.Msg { return BackMsg{} })(); m != (BackMsg{}) {
		t.Errorf("a request became %#v", m)
	}
	if m := Address(1, tea.Quit)(); m != (tea.QuitMsg{}) {
		t.Errorf("a message for the program became %#v", m)
	}
	batch := Address(1, tea.Batch(ping, tea.Quit))().(tea.BatchMsg)
	if m, ok := batch[0]().(Addressed); !ok || m.To != 1 {
		t.Errorf("in a batch: %#v", m)
	}
	if Address(1, nil) != nil {
		t.Error("no command became one")
	}
	if _, ok := Address(1, tea.Sequence(ping, ping))().(Addressed); ok {
		t.Error("a sequence was addressed as a whole")
	}
}

func TestReply(t *testing.T) {
	m := Address(1, Address(2, func() tea.Msg { return DialogMsg{} }))().(DialogMsg)
	got := m.Reply(pingMsg{}).(Addressed)
	if got.To != 1 || got.Msg.(Addressed).To != 2 {
		t.Errorf("the answer goes to %#v", got)
	}
	if m.Reply(BackMsg{}) != (BackMsg{}) {
		t.Error("an answer that is a request did not stay one")
	}
}
