package views

import (
	"image"
	"strings"

	tea "charm.land/bubbletea/v2"

	"nixie/keymap"
	"nixie/views/widget"
)

type rect = image.Rectangle

func inside(r rect, x, y int) bool { return image.Pt(x, y).In(r) }

// wheel is how many rows a turn of the wheel moves.
func wheel(m tea.Mouse) int {
	if m.Button == tea.MouseWheelUp {
		return -3
	}
	return 3
}

// send is a command that only sends a message.
func send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// moveGrid does the actions that move a cursor.
func moveGrid(g *widget.Grid, a keymap.Action) bool {
	switch a {
	case keymap.Up:
		g.Move(-1)
	case keymap.Down:
		g.Move(1)
	case keymap.Top:
		g.Home()
	case keymap.Bottom:
		g.End()
	case keymap.PageUp:
		g.MovePages(-2)
	case keymap.PageDown:
		g.MovePages(2)
	case keymap.HalfUp:
		g.MovePages(-1)
	case keymap.HalfDown:
		g.MovePages(1)
	default:
		return false
	}
	return true
}

// previewPlace is where the preview is.
type previewPlace int

const (
	previewAuto previewPlace = iota // as there is room
	previewRight
	previewBottom
	previewHidden
)

// next is the next place where the screen looks different; p if there is none:
// two places may come to the same where there is little room.
func (p previewPlace) next(differ func(a, b previewPlace) bool) previewPlace {
	for step := range previewHidden {
		if place := (p+step)%previewHidden + 1; differ(p, place) {
			return place
		}
	}
	return p
}

// noPreview says why the preview cannot go anywhere else.
const noPreview = "there is no room for it; enlarge the window"

func (v *Queues) nextPlace() previewPlace {
	return v.place.next(func(a, b previewPlace) bool { return v.previewBox(a) != v.previewBox(b) })
}

// previewBox is where the preview goes; empty: nowhere.
func (v *Queues) previewBox(place previewPlace) rect {
	height := v.height - 1 // the status line
	if place == previewAuto {
		switch {
		case v.width >= 150:
			place = previewRight
		case height >= 26:
			place = previewBottom
		default:
			place = previewHidden
		}
	}
	switch {
	case place == previewRight && v.width >= 90:
		w := min(max(v.width*2/5, 44), 72)
		return image.Rect(v.width-w, 0, v.width, height)
	case (place == previewBottom || place == previewRight) && height >= 14:
		h := min(height/2, 13)
		return image.Rect(0, height-h, v.width, height)
	}
	return rect{}
}

// tableBox is what the preview leaves.
func (v *Queues) tableBox() rect {
	height := max(v.height-1, 0)
	p := v.previewBox(v.place)
	switch {
	case p.Empty():
		return image.Rect(0, 0, v.width, height)
	case p.Min.X > 0:
		return image.Rect(0, 0, p.Min.X, height)
	default:
		return image.Rect(0, 0, v.width, p.Min.Y)
	}
}

// renderEmpty teaches the first steps.
func (v *Queues) renderEmpty() string {
	s, keys := v.env.Styles, v.env.Keys
	key := func(a keymap.Action) string {
		return s.Bars.Key.UnsetBackground().Render(widget.Pad(keys.Key(a), 3, widget.Right))
	}
	lines := []string{
		"", "",
		s.Strong.Render("No queues yet. Here is how to begin:"),
		"",
		key(keymap.PublishTo) + "  " + s.Text.Render("publish a message: the queue is made with it"),
		key(keymap.Configure) + "  " + s.Text.Render("create a queue and choose how it behaves"),
		key(keymap.Help) + "  " + s.Text.Render("see what can be done, here and on every screen"),
		"",
		s.Muted.Render("From a shell, while this console is closed:"),
		"",
		"     " + s.Accent.Render(`nixie publish orders '{"total": 42}'`),
		"     " + s.Accent.Render("nixie publish orders --file events.jsonl"),
		"     " + s.Accent.Render("nixie receive orders --exec ./worker"),
		"",
		s.Muted.Render("Or watch queues at work, with failures to repair:"),
		"",
		"     " + s.Accent.Render("nixie demo"),
	}
	if v.height < len(lines)+1 {
		lines = lines[2:]
	}
	indent := strings.Repeat(" ", max((v.width-56)/2, 2))
	for i := range lines {
		if lines[i] != "" {
			lines[i] = indent + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}
