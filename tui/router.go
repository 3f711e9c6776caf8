package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"nixie/keymap"
	"nixie/views"
)

// page is a view with the address that its messages come back to.
type page struct {
	id     views.ID
	view   views.View
	inited bool
	reply  func(tea.Msg) tea.Msg // of a dialog: addresses its answer
	rect   rect                  // of a dialog: where it is drawn
}

func (p *page) update(msg tea.Msg) tea.Cmd { return views.Address(p.id, p.view.Update(msg)) }

func (p *page) act(a keymap.Action) (tea.Cmd, bool) {
	cmd, ok := p.view.Act(a)
	return views.Address(p.id, cmd), ok
}

// router keeps the screens: those of the first level, which stay as they were
// when another one is shown, and the path that was opened from the current one.
type router struct {
	env           *views.Env
	tabs          []tab
	first         []*page // by tab; nil: not opened yet
	current       int     // tab
	path          []*page // on top of it
	lastID        views.ID
	width, height int
}

func newRouter(env *views.Env) router {
	t := tabs(env)
	return router{env: env, tabs: t, first: make([]*page, len(t))}
}

func (r *router) newPage(v views.View) *page {
	r.lastID++
	return &page{id: r.lastID, view: v}
}

// top is the screen that is shown; nil only before the first.
func (r *router) top() *page {
	if n := len(r.path); n > 0 {
		return r.path[n-1]
	}
	if r.current < len(r.first) {
		return r.first[r.current]
	}
	return nil
}

// show makes the top screen current after it was hidden or new.
func (r *router) show() tea.Cmd {
	p := r.top()
	if p == nil {
		return nil
	}
	p.view.SetSize(r.width, r.height)
	if !p.inited {
		p.inited = true
		return views.Address(p.id, p.view.Init())
	}
	return p.update(views.ShownMsg{})
}

// goTab shows a screen of the first level and forgets the path from the one
// before.
func (r *router) goTab(i int) tea.Cmd {
	if i < 0 || i >= len(r.tabs) {
		return views.Notify(views.NoticeInfo, fmt.Sprintf("there is no tab %d here", i+1))
	}
	r.closePath()
	r.current = i
	r.env.Tour.Visit(r.tabs[i].screen)
	if r.first[i] == nil {
		r.first[i] = r.newPage(screens[r.tabs[i].screen](r.env, views.OpenMsg{Screen: r.tabs[i].screen}))
	}
	return r.show()
}

// push shows a screen on top of the current one.
func (r *router) push(open views.OpenMsg) tea.Cmd {
	make := screens[open.Screen]
	if make == nil {
		return views.Notify(views.NoticeWarning, "there is no screen "+string(open.Screen))
	}
	r.path = append(r.path, r.newPage(make(r.env, open)))
	r.env.Tour.Visit(open.Screen)
	return r.show()
}

// pop goes back one screen. It reports false at home.
func (r *router) pop() (tea.Cmd, bool) {
	if n := len(r.path); n > 0 {
		r.path[n-1].view.Close()
		r.path = r.path[:n-1]
		return r.show(), true
	}
	if r.current != 0 {
		return r.goTab(0), true
	}
	return nil, false
}

// remove takes a page away that closed itself. It reports whether it was there.
func (r *router) closePath() {
	for _, p := range r.path {
		p.view.Close()
	}
	r.path = nil
}

// find returns the page with an address.
func (r *router) find(id views.ID) *page {
	for _, p := range r.first {
		if p != nil && p.id == id {
			return p
		}
	}
	for _, p := range r.path {
		if p.id == id {
			return p
		}
	}
	return nil
}

// setSize gives the visible screen its size; the others get theirs when they
// are shown.
func (r *router) setSize(width, height int) {
	r.width, r.height = width, height
	if p := r.top(); p != nil {
		p.view.SetSize(width, height)
	}
}

func (r *router) close() {
	r.closePath()
	for _, p := range r.first {
		if p != nil {
			p.view.Close()
		}
	}
}

// titles are the steps of the path in the header.
func (r *router) titles() []string {
	var titles []string
	if r.current > 0 && r.current < len(r.tabs) && len(r.path) > 0 {
		titles = append(titles, r.tabs[r.current].title)
	}
	for _, p := range r.path {
		titles = append(titles, p.view.Title())
	}
	return titles
}
