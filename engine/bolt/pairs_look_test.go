package bolt

import (
	"fmt"
	"strings"

	"nixie/engine"
)

// look writes all that can be seen.
func (s *scene) look(b *strings.Builder, heading string) {
	ctx := s.t.Context()
	fmt.Fprintf(b, "== %s\n", heading)
	everyMessageIsKnown(s.t, s.e)
	infos, err := s.e.Queues(ctx)
	s.do(err)
	for _, info := range infos {
		fmt.Fprintf(b, "%s: ready %d, in flight %d, delayed %d, dead %d, %d bytes, paused %t, totals %+v, consumers %d, oldest %t\n", info.Name,
			info.Ready, info.InFlight, info.Delayed, info.Dead, info.Bytes, info.Paused, info.Totals, info.Consumers, info.OldestAt.IsZero())
		fmt.Fprintf(b, "%s: %+v\n", info.Name, info.Policy)
		for _, state := range engine.States() {
			page, err := s.e.List(ctx, info.Name, engine.ListOptions{State: state})
			s.do(err)
			if int64(len(page.Messages)) != info.Count(state) {
				fmt.Fprintf(b, "%s: %d are %s, but %d are listed\n", info.Name, info.Count(state), state, len(page.Messages))
			}
			fmt.Fprintf(b, "%s: %s:", info.Name, state)
			for _, m := range page.Messages {
				fmt.Fprintf(b, " %s", describe(&m))
				one, err := s.e.Message(ctx, info.Name, m.ID)
				if err != nil || describe(&one) != describe(&m) {
					fmt.Fprintf(b, " (alone it is %s, %v)", describe(&one), err)
				}
			}
			fmt.Fprintln(b)
		}
		consumers, err := s.e.Consumers(ctx, info.Name)
		s.do(err)
		for _, c := range consumers {
			fmt.Fprintf(b, "%s: consumer %q: in flight %d, %+v\n", info.Name, c.Name, c.InFlight, c.Totals)
		}
	}
	topics, err := s.e.Topics(ctx)
	s.do(err)
	fmt.Fprintf(b, "topics: %v\n", topics)
	entries, err := s.e.Trash(ctx)
	s.do(err)
	for _, entry := range entries {
		fmt.Fprintf(b, "trash: %s of %s, %d\n", entry.What, entry.Queue, entry.Count)
	}
	report, err := s.e.Check(ctx)
	s.do(err)
	for _, p := range report.Problems {
		fmt.Fprintf(b, "check: %s\n", p)
	}
}

func describe(m *engine.Message) string {
	text := fmt.Sprintf("%s[%s %d/%d", nameOf(m.Body), m.State, m.Tries, len(m.Attempts))
	if m.Requeues > 0 {
		text += fmt.Sprintf(" requeued %d", m.Requeues)
	}
	if m.Death != nil {
		text += fmt.Sprintf(" %s in %s", m.Death.Reason, m.Death.Origin)
	}
	if m.Consumer != "" {
		text += " by " + m.Consumer
	}
	return text + "]"
}

// drain receives from every queue until nothing comes any more, one by one; what
// has a group is acked, so that the next one of it comes.
func (s *scene) drain(b *strings.Builder) {
	ctx := s.t.Context()
	infos, err := s.e.Queues(ctx)
	s.do(err)
	for _, info := range infos {
		s.do(s.e.SetPaused(ctx, info.Name, false))
		fmt.Fprintf(b, "received from %s:", info.Name)
		for range 50 {
			got, err := s.e.Receive(ctx, info.Name, engine.ReceiveOptions{})
			s.do(err)
			if len(got) == 0 {
				break
			}
			fmt.Fprintf(b, " %s", describe(&got[0].Message))
			if got[0].Group != "" {
				s.do(s.e.Ack(ctx, got[0].Receipt))
				s.settleWriter()
			}
		}
		fmt.Fprintln(b)
	}
}

// restoreAll restores the whole trash, the oldest first.
func (s *scene) restoreAll(b *strings.Builder) {
	entries, err := s.e.Trash(s.t.Context())
	s.do(err)
	for i := len(entries) - 1; i >= 0; i-- {
		n, err := s.e.Restore(s.t.Context(), entries[i].ID)
		s.settle()
		fmt.Fprintf(b, "restored %s of %s: %d, %v\n", entries[i].What, entries[i].Queue, n, err)
	}
}
