package tui

import (
	"time"

	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// notices are the short messages above the footer. Each stays for some
// seconds, an error longer; the newest few are shown.
type notices struct{ list []notice }

type notice struct {
	views.NoticeMsg
	until time.Time
}

// maxNotices are shown at a time.
const maxNotices = 3

func (n *notices) add(msg views.NoticeMsg, now time.Time) {
	stay := 4 * time.Second
	if msg.Kind >= views.NoticeWarning {
		stay = 8 * time.Second
	}
	for i := range n.list {
		if n.list[i].NoticeMsg == msg {
			n.list[i].until = now.Add(stay)
			return
		}
	}
	n.list = append(n.list, notice{msg, now.Add(stay)})
	if len(n.list) > maxNotices {
		n.list = n.list[1:]
	}
}

// expire takes away what has been shown long enough.
func (n *notices) expire(now time.Time) {
	kept := n.list[:0]
	for _, x := range n.list {
		if now.Before(x.until) {
			kept = append(kept, x)
		}
	}
	n.list = kept
}

// render draws the notices, one a line, in at most width cells.
func (n *notices) render(s *themes.Styles, width int) []string {
	var lines []string
	for _, x := range n.list {
		glyph, style := s.Glyphs.Middle, s.Info
		switch x.Kind {
		case views.NoticeDone:
			glyph, style = s.Glyphs.Check, s.Good
		case views.NoticeWarning:
			glyph, style = s.Glyphs.Warning, s.Warn
		case views.NoticeError:
			glyph, style = s.Glyphs.Cross, s.Bad
		}
		bar := s.Bars.Bar
		text := widget.SafeFit(x.Text, width-5)
		lines = append(lines, bar.Foreground(style.GetForeground()).Bold(true).Render(" "+glyph+" ")+bar.Render(text+"  "))
	}
	return lines
}
