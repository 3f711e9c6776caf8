package tui

import (
	"image"

	tea "charm.land/bubbletea/v2"

	"nixie/views"
)

type rect = image.Rectangle

// focus is what has the keyboard: the dialog on top, or the screen.
func (m *model) focus() *page {
	if n := len(m.dialogs); n > 0 {
		return m.dialogs[n-1]
	}
	return m.top()
}

// fit gives a dialog its place and size.
func (m *model) fit(d *page) {
	w, h := d.view.(views.Dialog).Bounds(m.width, m.height)
	d.rect = centered(m.width, m.height, max(w, 1), max(h, 1))
	d.view.SetSize(d.rect.Dx(), d.rect.Dy())
}

// refit gives the dialog on top another place if it wants another size.
func (m *model) refit() {
	n := len(m.dialogs)
	if n == 0 {
		return
	}
	d := m.dialogs[n-1]
	w, h := d.view.(views.Dialog).Bounds(m.width, m.height)
	if max(w, 1) != d.rect.Dx() || max(h, 1) != d.rect.Dy() {
		m.fit(d)
	}
}

func (m *model) openDialog(msg views.DialogMsg) tea.Cmd {
	d := m.newPage(msg.Dialog)
	d.reply = msg.Reply
	m.dialogs = append(m.dialogs, d)
	m.fit(d)
	d.inited = true
	return views.Address(d.id, d.view.Init())
}

// plan shows what a change would do.
func (m *model) plan(msg views.PlanMsg) tea.Cmd {
	if m.env.Operations == nil {
		return views.Notify(views.NoticeWarning, "nothing can be changed here")
	}
	return m.openDialog(views.DialogMsg{Dialog: views.NewPlan(m.env, msg)})
}

// closeDialog takes the dialog on top away.
func (m *model) closeDialog() *page {
	n := len(m.dialogs)
	if n == 0 {
		return nil
	}
	d := m.dialogs[n-1]
	d.view.Close()
	m.dialogs = m.dialogs[:n-1]
	return d
}

func (m *model) closeDialogs() {
	for m.closeDialog() != nil {
	}
}

// answer closes the dialog on top and passes on what it answers.
func (m *model) answer(msg views.AnswerMsg) tea.Cmd {
	d := m.closeDialog()
	if msg.Msg == nil {
		return nil
	}
	if d != nil && d.reply != nil {
		return m.update(d.reply(msg.Msg))
	}
	return m.update(msg.Msg)
}

// back closes the dialog on top, or goes back one screen.
func (m *model) back() tea.Cmd {
	if m.closeDialog() != nil {
		return nil
	}
	cmd, _ := m.pop()
	return cmd
}

// open shows a screen: one of the first level in its tab, if it is asked for
// without anything special.
func (m *model) open(msg views.OpenMsg) tea.Cmd {
	for i, t := range m.tabs {
		if t.screen == msg.Screen && msg.Queue == "" && msg.Queues == nil && msg.Job == 0 && msg.Message == nil && msg.Filter == "" && msg.Cause == "" {
			return m.goTab(i)
		}
	}
	return m.push(msg)
}

// deliver gives a message to the view that asked for it. If that is closed the
// message is dropped.
func (m *model) deliver(msg views.Addressed) tea.Cmd {
	for _, d := range m.dialogs {
		if d.id == msg.To {
			return d.update(msg.Msg)
		}
	}
	if p := m.find(msg.To); p != nil {
		return p.update(msg.Msg)
	}
	return nil
}
