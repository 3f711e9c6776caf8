package views

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/keymap"
	"nixie/views/widget"
)

// detailTab is a part of what is known about a message.
type detailTab int

const (
	bodyTab detailTab = iota
	headersTab
	attemptsTab
	lifeTab
	detailTabs
)

func (t detailTab) String() string { return [...]string{"Body", "Headers", "Attempts", "Life"}[t] }

// messageDetail shows one message: its body, headers, failed attempts and life.
// It reads the message again while it is shown, so that its state is that of
// now; the message of the list is shown until then.
type messageDetail struct {
	env   *Env
	queue string
	fetch *fetcher[engine.Message]

	message engine.Message
	whole   bool // message has all of its body
	gone    bool // it is no longer there
	tab     detailTab
	body    *widget.Body
	lines   []string // of the other tabs; nil: to be made
	top     int      // first of lines on screen

	search *line
	typing bool
	wanted string // is searched for in each body that is shown

	tabZones      []rect // where the tabs were drawn
	width, height int
}

// detailRefresh lies between two readings of the message that is shown.
const detailRefresh = time.Second

// hugeBody is the size above which a body is not read again each second.
const hugeBody = 1 << 20

func newMessageDetail(env *Env, queue string) *messageDetail {
	d := &messageDetail{env: env, queue: queue, body: widget.NewBody(env.Styles), search: newLine("/ ", "search in the body")}
	d.fetch = newFetcher[engine.Message](env, nil)
	d.fetch.rest = detailRefresh
	return d
}

// show shows a message, at first as the list has it.
func (d *messageDetail) show(m engine.Message) tea.Cmd {
	if m.ID == d.message.ID {
		return nil
	}
	d.set(m, len(m.Body) == m.Size)
	d.gone, d.top = false, 0
	e, queue, id := d.env.Engine, d.queue, m.ID
	return d.fetch.Restart(func(ctx context.Context) (engine.Message, error) { return e.Message(ctx, queue, id) })
}

// clear shows no message.
func (d *messageDetail) clear() { d.set(engine.Message{}, true) }

// refresh reads the message again.
func (d *messageDetail) refresh() tea.Cmd {
	d.lines = nil // ages go on
	if d.message.ID == "" || d.gone || d.message.Size > hugeBody && d.whole {
		return nil
	}
	return d.fetch.Load()
}

// set takes a message. A body that is the same stays where it was scrolled to.
func (d *messageDetail) set(m engine.Message, whole bool) {
	other := m.ID != d.message.ID
	same := !other && whole == d.whole && bytes.Equal(m.Body, d.message.Body)
	d.message, d.whole, d.lines = m, whole, nil
	if same {
		return
	}
	d.body.SetContent(m.Body, m.Size)
	if other {
		d.body.Home()
	}
	if d.wanted != "" {
		d.body.Search(d.wanted)
	}
}

func (d *messageDetail) update(msg tea.Msg) tea.Cmd {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		if !d.typing {
			return nil
		}
		cmd, changed := d.search.Update(msg)
		if changed {
			d.find(d.search.Value())
		}
		return cmd
	}
	cmd, fresh := d.fetch.Update(msg)
	if fresh {
		m := d.fetch.value
		switch {
		case d.fetch.err == nil && m.ID == d.message.ID:
			d.set(m, true)
		case errors.Is(d.fetch.err, engine.ErrMessageNotFound):
			d.gone, d.lines = true, nil
		}
	}
	return cmd
}

// find searches in this body and in those that are shown next.
func (d *messageDetail) find(text string) {
	d.wanted = text
	d.body.Search(text)
}

// turn goes to the next tab, or to the previous one.
func (d *messageDetail) turn(a keymap.Action) {
	by := detailTab(1)
	if a == keymap.PrevPane {
		by = detailTabs - 1
	}
	d.setTab((d.tab + by) % detailTabs)
}

func (d *messageDetail) setTab(t detailTab) { d.tab, d.lines, d.top = t, nil, 0 }

func (d *messageDetail) act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.Accept, keymap.Cancel:
		d.typing = false
		d.search.Blur()
		if a == keymap.Cancel {
			d.search.SetValue("")
			d.find("")
		}
		return nil, true
	case keymap.Filter:
		d.setTab(bodyTab)
		d.typing = true
		return d.search.Focus(), true
	case keymap.NextHit:
		d.body.NextHit(1)
	case keymap.PrevHit:
		d.body.NextHit(-1)
	case keymap.DecodeBody:
		d.setTab(bodyTab)
		d.body.NextMode()
	case keymap.WrapBody:
		d.body.SetWrap(!d.body.Wrap())
	case keymap.ScrollLeft:
		d.body.ScrollSideways(-8)
	case keymap.ScrollRight:
		d.body.ScrollSideways(8)
	default:
		return nil, d.scroll(a)
	}
	return nil, true
}

// scroll moves through the tab that is shown.
func (d *messageDetail) scroll(a keymap.Action) bool {
	page := max(d.contentHeight(), 2)
	by, ok := map[keymap.Action]int{
		keymap.Up: -1, keymap.Down: 1, keymap.PageUp: -page, keymap.PageDown: page,
		keymap.HalfUp: -page / 2, keymap.HalfDown: page / 2,
	}[a]
	switch {
	case ok:
		d.scrollBy(by)
	case a == keymap.Top:
		d.top = 0
		d.body.Home()
	case a == keymap.Bottom:
		d.top = len(d.content())
		d.body.End()
	case a == keymap.Open:
	default:
		return false
	}
	d.clamp()
	return true
}

func (d *messageDetail) scrollBy(rows int) {
	if d.tab == bodyTab {
		d.body.Scroll(rows)
		return
	}
	d.top += rows
	d.clamp()
}

func (d *messageDetail) clamp() {
	d.top = max(min(d.top, len(d.content())-d.contentHeight()), 0)
}

// back ends the search in the body.
func (d *messageDetail) back() (tea.Cmd, bool) {
	if d.search.Value() == "" {
		return nil, false
	}
	d.search.SetValue("")
	d.find("")
	return nil, true
}

func (d *messageDetail) scopes() []keymap.Scope {
	if d.body.Hits() > 0 && d.tab == bodyTab {
		return []keymap.Scope{keymap.Search, keymap.Body}
	}
	return []keymap.Scope{keymap.Body}
}

// Rows of the detail above its content: two of facts, the tabs, a rule.
const detailHead = 4

func (d *messageDetail) contentHeight() int { return max(d.height-detailHead, 0) }

func (d *messageDetail) setSize(width, height int) {
	d.width, d.height = width, height
	d.lines = nil
	d.body.SetSize(max(width-3, 0), max(d.contentHeight()-1, 0))
}

func (d *messageDetail) close() { d.fetch.Close() }

func (d *messageDetail) cursor() *tea.Cursor {
	if !d.typing {
		return nil
	}
	return d.search.Cursor(2, d.height-1)
}

func (d *messageDetail) mouse(msg tea.MouseMsg, x, y int) tea.Cmd {
	switch msg.(type) {
	case tea.MouseWheelMsg:
		d.scrollBy(wheel(msg.Mouse()))
	case tea.MouseClickMsg:
		for i, zone := range d.tabZones {
			if inside(zone, x, y) {
				d.setTab(detailTab(i))
			}
		}
	}
	return nil
}

// render draws the detail behind a rule at its left.
func (d *messageDetail) render(focused bool) string {
	s := d.env.Styles
	if d.width <= 0 || d.height <= 0 {
		return ""
	}
	rule := s.Faint
	if focused {
		rule = s.Accent
	}
	var lines []string
	if d.message.ID == "" {
		lines = []string{"", s.Muted.Render("no message is chosen")}
	} else {
		lines = append(d.head(), d.renderTabs(focused), s.Faint.Render(strings.Repeat(s.Glyphs.Rule, max(d.width-3, 0))))
		lines = append(lines, d.renderContent()...)
	}
	block := strings.Split(widget.Box(strings.Join(lines, "\n"), max(d.width-2, 0), d.height), "\n")
	bar := rule.Render(s.Glyphs.Bar) + " "
	for i := range block {
		block[i] = widget.Fit(bar+block[i], d.width)
	}
	return strings.Join(block, "\n")
}

// head says which message it is and where in its life.
func (d *messageDetail) head() []string {
	s, m := d.env.Styles, d.message
	now := d.env.Now()
	state := stateStyle(s, m.State).Bold(true).Render(stateName(m.State))
	if d.gone {
		state = s.Warn.Render("no longer here: acked, moved or deleted")
	}
	first := []string{s.Muted.Render("id ") + s.Strong.Render(widget.SafeFit(string(m.ID), 36)), state}
	second := []string{
		s.Muted.Render("published ") + s.Text.Render(since(d.env, m.PublishedAt)),
		s.Text.Render(widget.Plural(m.Tries, "try")), s.Text.Render(widget.Bytes(int64(m.Size))),
	}
	switch {
	case d.gone:
	case m.State == engine.InFlight:
		first = append(first, s.Muted.Render("at ")+s.Text.Render(widget.SafeFit(m.Consumer, 24)), s.Muted.Render("lease ends ")+s.Text.Render("in "+widget.Age(m.LeaseUntil.Sub(now))))
	case m.State == engine.Delayed:
		first = append(first, s.Muted.Render("ready ")+s.Text.Render("in "+widget.Age(m.DueAt.Sub(now))))
	case m.State == engine.Dead && m.Death != nil:
		first = append(first, s.Text.Render(strings.ReplaceAll(string(m.Death.Reason), "_", " ")), s.Muted.Render("from ")+s.Text.Render(widget.SafeFit(m.Death.Origin, 24)))
	}
	if m.Group != "" {
		second = append(second, s.Muted.Render("group ")+s.JSON.Literal.Render(widget.SafeFit(m.Group, 20)))
	}
	if m.DedupID != "" {
		second = append(second, s.Muted.Render("dedup ")+s.Text.Render(widget.SafeFit(m.DedupID, 20)))
	}
	if m.Requeues > 0 {
		second = append(second, s.Warn.Render(fmt.Sprintf("requeued %d×", m.Requeues)))
	}
	gap := s.Muted.Render("  ")
	return []string{strings.Join(first, gap), strings.Join(second, gap)}
}

func (d *messageDetail) renderTabs(focused bool) string {
	s := d.env.Styles
	d.tabZones = d.tabZones[:0]
	var b strings.Builder
	x := 2
	for t := range detailTabs {
		name := t.String()
		switch t {
		case headersTab:
			name += fmt.Sprintf(" %d", len(d.message.Headers))
		case attemptsTab:
			name += fmt.Sprintf(" %d", len(d.message.Attempts))
		}
		style := s.Bars.Tab
		if t == d.tab {
			style = s.Bars.ActiveTab
		}
		b.WriteString(style.Render(name) + "   ")
		w := widget.Width(name)
		d.tabZones = append(d.tabZones, rect{Min: point(x, 2), Max: point(x+w, 3)})
		x += w + 3
	}
	return b.String()
}

func (d *messageDetail) renderContent() []string {
	s := d.env.Styles
	height := d.contentHeight()
	if d.tab == bodyTab {
		status := s.Muted.Render(widget.Fit(d.body.Status(), max(d.width-3, 0)))
		if d.typing {
			hits := s.Muted.Render(widget.Plural(d.body.Hits(), "hit"))
			room := max(d.width-4-widget.Width(hits), 1)
			status = widget.Pad(d.search.Render(s, room), room, widget.Left) + hits
		}
		body := widget.Box(d.body.Render(), max(d.width-3, 0), max(height-1, 0))
		return append(strings.Split(body, "\n"), status)
	}
	lines := d.content()
	return lines[min(d.top, len(lines)):min(d.top+height, len(lines))]
}
