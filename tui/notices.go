package tui

import (
	"strings"
	"time"

	"nixie/themes"
	"nixie/views"
	"nixie/views/widget"
)

// notices are the short messages above the footer. Each stays for some
// seconds, an error longer; what answers a key leaves soon after the next one.
// The newest few are shown.
type notices struct{ list []notice }

type notice struct {
	views.NoticeMsg
	answer bool // to a key
	until  time.Time
}

const (
	maxNotices  = 3 // shown at a time
	noticeLines = 3 // of one
	// noticeLeave is how long an answer stays after the next key.
	noticeLeave = time.Second
)

func (n *notices) add(x notice, now time.Time) {
	stay := 4 * time.Second
	if x.Kind >= views.NoticeWarning {
		stay = 8 * time.Second
	}
	for i := range n.list {
		if n.list[i].NoticeMsg == x.NoticeMsg {
			n.list[i].until = now.Add(stay)
			return
		}
	}
	x.until = now.Add(stay)
	n.list = append(n.list, x)
	if len(n.list) > maxNotices {
		n.list = n.list[1:]
	}
}

// key lets those leave that answered an earlier key. What a job did, and what
// went wrong, stay their time.
func (n *notices) key(now time.Time) {
	for i, x := range n.list {
		if leave := now.Add(noticeLeave); x.answer && x.Kind != views.NoticeError && leave.Before(x.until) {
			n.list[i].until = leave
		}
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

// render draws the notices in at most width cells.
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
		text := widget.Wrap(widget.Safe(x.Text), width-5)
		if len(text) > noticeLines {
			text = append(text[:noticeLines-1], widget.Fit(strings.Join(text[noticeLines-1:], " "), width-5))
		}
		longest := 0
		for _, l := range text {
			longest = max(longest, widget.Width(l))
		}
		for _, l := range text {
			lines = append(lines, bar.Foreground(style.GetForeground()).Bold(true).Render(" "+glyph+" ")+bar.Render(widget.Pad(l, longest, widget.Left)+"  "))
			glyph = " "
		}
	}
	return lines
}
