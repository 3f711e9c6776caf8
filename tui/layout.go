package tui

import "image"

// The smallest terminal that the console works in.
const (
	minWidth  = 60
	minHeight = 15
)

// layout gives the parts of the screen their place. It follows from the size
// and from whether jobs or a demo run, and is compared by value.
type layout struct {
	header, tabs, rule, body, demo, jobs, footer image.Rectangle
}

// roomyHeight is the height from which on a rule stands below the tabs.
const roomyHeight = 22

// newLayout places the parts: header, tabs, rule, body, a line for a demo's story, a
// line for jobs if there are any, footer.
func newLayout(width, height int, demo, jobs bool) layout {
	row := func(y, h int) image.Rectangle { return image.Rect(0, y, width, y+h) }
	bottom := height - 1
	l := layout{header: row(0, 1), tabs: row(1, 1), footer: row(bottom, 1)}
	if jobs {
		bottom--
		l.jobs = row(bottom, 1)
	}
	if demo {
		bottom--
		l.demo = row(bottom, 1)
	}
	top := 2
	if height >= roomyHeight {
		l.rule = row(2, 1)
		top++
	}
	l.body = row(top, max(bottom-top, 0))
	return l
}

// tooSmall reports whether nothing sensible can be shown.
func tooSmall(width, height int) bool { return width < minWidth || height < minHeight }

// centered places a box of w × h cells in the middle of the screen, a little
// above it, and never outside.
func centered(width, height, w, h int) image.Rectangle {
	w, h = min(w, width), min(h, height)
	x, y := (width-w)/2, (height-h)*2/5
	return image.Rect(x, y, x+w, y+h)
}
