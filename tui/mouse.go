package tui

import (
	"image"

	tea "charm.land/bubbletea/v2"
)

// mouseEvent gives the mouse to what is under it, in its own coordinates: the
// dialog on top alone, if there is one; else tabs, footer keys or the screen.
func (m *model) mouseEvent(msg tea.MouseMsg) tea.Cmd {
	if tooSmall(m.width, m.height) {
		return nil
	}
	mouse := msg.Mouse()
	at := image.Pt(mouse.X, mouse.Y)
	if n := len(m.dialogs); n > 0 {
		d := m.dialogs[n-1]
		if at.In(d.rect) {
			return d.update(translate(msg, d.rect.Min))
		}
		return nil
	}
	_, click := msg.(tea.MouseClickMsg)
	switch {
	case at.In(m.layout.tabs) && click:
		if a, ok := m.tabZones.at(at.X); ok {
			return m.act(a)
		}
	case at.In(m.layout.footer) && click:
		if a, ok := m.keyZones.at(at.X); ok {
			return m.act(a)
		}
	case at.In(m.layout.jobs) && click:
		return m.actRoot(jobsAction)
	case at.In(m.layout.body):
		if p := m.top(); p != nil {
			return p.update(translate(msg, m.layout.body.Min))
		}
	}
	return nil
}

// translate moves a mouse message into the coordinates of a part.
func translate(msg tea.MouseMsg, origin image.Point) tea.Msg {
	mouse := msg.Mouse()
	mouse.X -= origin.X
	mouse.Y -= origin.Y
	switch msg.(type) {
	case tea.MouseClickMsg:
		return tea.MouseClickMsg(mouse)
	case tea.MouseReleaseMsg:
		return tea.MouseReleaseMsg(mouse)
	case tea.MouseWheelMsg:
		return tea.MouseWheelMsg(mouse)
	default:
		return tea.MouseMotionMsg(mouse)
	}
}
