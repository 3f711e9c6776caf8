package views

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
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

// TestListStaysLive: an older message that comes back pushes the one under the
// cursor down; nobody scrolled, so the list goes on, from its first row.
func TestListStaysLive(t *testing.T) {
	onStage(t, func(s *stage) {
		publish := func(body string) {
			_, err := s.model.Publish(s.env.Context, "orders", engine.Outgoing{Body: []byte(body)})
			s.must(err)
		}
		again := func() {
			time.Sleep(time.Second)
			s.run(s.view.Update(TickMsg{Now: s.env.Now()}))
		}
		publish("oldest")
		publish("second")
		deliveries, err := s.model.Receive(s.env.Context, "orders", engine.ReceiveOptions{Max: 1})
		s.must(err)
		s.show(NewQueue(s.env, OpenMsg{Queue: "orders"}), 120, 30)
		s.sees("▶       1", "1 total")
		s.must(s.model.Release(s.env.Context, deliveries[0].Receipt, 0))
		again()
		s.sees("showing 1–2", "▶       2")
		publish("third")
		again()
		s.sees("showing 1–3", "3 total", "▶       2")
		s.press("j")
		publish("fourth")
		again()
		s.sees("4 total", "1 new")
	})
}
