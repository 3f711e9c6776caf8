package views

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"nixie/engine/operation"
	"nixie/keymap"
)

// planDialog shows a change before it is made: what it is about, where it goes,
// how fast, what to know before going on. The focus is on Cancel.
type planDialog struct {
	env     *Env
	request operation.Request
	fetch   *fetcher[*operation.Plan]
	seen    *atomic.Int64 // messages looked at so far

	focus    planFocus
	confirm  *line
	starting bool
	startErr error
	nagged   bool // enter was pressed before the confirmation was typed

	rows          []planRow // as drawn at width; nil: to be made
	zones         map[planFocus]rect
	confirmY      int
	width, height int
}

// planFocus is what has the keyboard.
type planFocus int

const (
	focusCancel planFocus = iota
	focusGo
	focusConfirm
)

type planStartedMsg struct {
	from *planDialog
	job  operation.Job
	err  error
}

// NewPlan returns the dialog of a change that somebody asks for.
func NewPlan(env *Env, msg PlanMsg) Dialog {
	d := &planDialog{
		env: env, request: msg.Request, confirm: newLine("", ""), zones: map[planFocus]rect{}, seen: &atomic.Int64{},
	}
	request := msg.Request
	d.fetch = newFetcher(env, func(ctx context.Context) (*operation.Plan, error) { return env.Operations.Plan(ctx, request) })
	return d
}

func (d *planDialog) Init() tea.Cmd { return d.fetch.Load() }

// plan is what was found out; nil while that is not known.
func (d *planDialog) plan() *operation.Plan {
	if !d.fetch.loaded {
		return nil
	}
	return d.fetch.value
}

func (d *planDialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		return d.typed(m)
	case tea.MouseClickMsg:
		return d.click(m)
	case planStartedMsg:
		if m.from == d {
			return d.started(m)
		}
		return nil
	}
	cmd, fresh := d.fetch.Update(msg)
	if fresh {
		d.rows = nil
		if p := d.plan(); p != nil && p.Confirm != "" {
			return tea.Batch(cmd, d.setFocus(focusConfirm))
		}
	}
	return cmd
}

// typed takes what is typed to confirm. Once it is right, enter goes on.
func (d *planDialog) typed(msg tea.Msg) tea.Cmd {
	if d.focus != focusConfirm {
		return nil
	}
	cmd, _ := d.confirm.Update(msg)
	d.nagged = false
	return cmd
}

// confirmed reports whether what must be typed was typed.
func (d *planDialog) confirmed() bool {
	p := d.plan()
	if p == nil {
		return false
	}
	typed := strings.TrimSpace(d.confirm.Value())
	if p.Confirm == "" || typed == p.Confirm {
		return true
	}
	digits := strings.NewReplacer(" ", "", ",", "", ".", "", "\u202f", "").Replace(typed)
	return digits == p.Confirm && strings.Trim(digits, "0123456789") == ""
}

func (d *planDialog) setFocus(f planFocus) tea.Cmd {
	d.focus, d.rows = f, nil
	if f == focusConfirm {
		return d.confirm.Focus()
	}
	d.confirm.Blur()
	return nil
}

func (d *planDialog) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.ButtonNext, keymap.Next:
		return d.turn(1), true
	case keymap.ButtonPrev, keymap.Prev:
		return d.turn(-1), true
	case keymap.ButtonPress:
		return d.press(d.focus), true
	case keymap.Accept:
		return d.accept(), true
	case keymap.Cancel:
		return answer(nil), true
	case keymap.PlanPace:
		d.nextPace()
		return nil, true
	case keymap.PlanFaster, keymap.PlanSlower:
		d.changeRate(a == keymap.PlanFaster)
		return nil, true
	case keymap.PlanCopy:
		return send(CopyMsg{What: "the command line", Text: d.plan().Command}), true
	}
	return nil, false
}

// order is in which the focus goes round.
func (d *planDialog) order() []planFocus {
	p := d.plan()
	switch {
	case p == nil:
		return []planFocus{focusCancel}
	case p.Confirm != "":
		return []planFocus{focusConfirm, focusCancel, focusGo}
	default:
		return []planFocus{focusCancel, focusGo}
	}
}

func (d *planDialog) turn(by int) tea.Cmd {
	order := d.order()
	for i, f := range order {
		if f == d.focus {
			return d.setFocus(order[(i+by+len(order))%len(order)])
		}
	}
	return d.setFocus(order[0])
}

// accept is enter in the field: the right text goes on, none cancels, and a
// wrong one is asked for again.
func (d *planDialog) accept() tea.Cmd {
	switch {
	case d.confirmed():
		return d.press(focusGo)
	case strings.TrimSpace(d.confirm.Value()) == "":
		return answer(nil)
	}
	d.nagged = true
	return nil
}

func (d *planDialog) press(f planFocus) tea.Cmd {
	if f != focusGo || d.plan() == nil {
		return answer(nil)
	}
	if !d.confirmed() {
		d.nagged = true
		return d.setFocus(focusConfirm)
	}
	if d.starting {
		return nil
	}
	d.starting = true
	manager, plan := d.env.Operations, d.plan()
	return func() tea.Msg {
		job, err := manager.Start(plan)
		return planStartedMsg{from: d, job: job, err: err}
	}
}

func (d *planDialog) started(m planStartedMsg) tea.Cmd {
	d.starting = false
	if m.err != nil {
		d.startErr, d.rows = m.err, nil
		return nil
	}
	return answer(nil)
}

// paces are those that make sense for the plan, none if there is no choice.
func (d *planDialog) paces() []operation.PaceKind {
	p := d.plan()
	if p == nil || p.Total < 2 {
		return nil
	}
	switch p.Verb {
	case operation.Requeue, operation.Move:
		return operation.Paces()
	case operation.Delete, operation.Publish:
		return []operation.PaceKind{operation.AllAtOnce, operation.PerSecond}
	}
	return nil
}

// rates are those that "+" and "-" go through, in messages a second.
var rates = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}

const firstRate = 10

func (d *planDialog) nextPace() {
	kinds := d.paces()
	p := d.plan()
	if len(kinds) == 0 {
		return
	}
	at := 0
	for i, k := range kinds {
		if k == p.Pace.Kind {
			at = i
		}
	}
	pace := operation.Pace{Kind: kinds[(at+1)%len(kinds)]}
	if pace.Kind == operation.PerSecond {
		pace.Rate = firstRate
	}
	p.SetPace(pace)
	d.rows = nil
}

func (d *planDialog) changeRate(faster bool) {
	p := d.plan()
	pace := p.Pace
	switch {
	case faster:
		for _, r := range rates {
			if r > pace.Rate {
				pace.Rate = r
				break
			}
		}
	default:
		for i := len(rates) - 1; i >= 0; i-- {
			if rates[i] < pace.Rate {
				pace.Rate = rates[i]
				break
			}
		}
	}
	p.SetPace(pace)
	d.rows = nil
}

func (d *planDialog) Why(a keymap.Action) string {
	p := d.plan()
	switch a {
	case keymap.PlanPace:
		if len(d.paces()) == 0 {
			return "there is one pace for this"
		}
	case keymap.PlanFaster, keymap.PlanSlower:
		if p == nil || p.Pace.Kind != operation.PerSecond {
			return "the pace is no rate; choose one first"
		}
	case keymap.PlanCopy:
		if p == nil || p.Command == "" {
			return "no command line does this"
		}
	}
	return ""
}

func (d *planDialog) click(m tea.MouseClickMsg) tea.Cmd {
	for _, f := range d.order() {
		if inside(d.zones[f], m.X, m.Y) {
			if f == focusConfirm {
				return d.setFocus(f)
			}
			return d.press(f)
		}
	}
	return nil
}

func (d *planDialog) SetSize(width, height int) {
	if width != d.width {
		d.rows = nil
	}
	d.width, d.height = width, height
}

func (d *planDialog) Cursor() *tea.Cursor {
	if d.focus != focusConfirm || d.confirmY == 0 {
		return nil
	}
	zone := d.zones[focusConfirm]
	return d.confirm.Cursor(zone.Min.X, zone.Min.Y)
}

func (d *planDialog) Title() string { return "plan" }

func (d *planDialog) Scopes() []keymap.Scope {
	if d.focus == focusConfirm {
		return []keymap.Scope{keymap.Input}
	}
	return []keymap.Scope{keymap.Plan, keymap.Dialog}
}

func (d *planDialog) Capturing() bool { return d.focus == focusConfirm }
func (d *planDialog) Close()          { d.fetch.Close() }

// problem is what keeps the plan from being made, in words.
func (d *planDialog) problem() string {
	switch err := d.fetch.err; {
	case err == nil:
		return ""
	case errors.Is(err, operation.ErrNothing):
		if d.request.Verb == operation.Configure {
			return "nothing would change"
		}
		if text := err.Error(); text != operation.ErrNothing.Error() {
			return "nothing of it can be taken back: " + strings.TrimPrefix(text, operation.ErrNothing.Error()+": ")
		}
		return "nothing matches (any more)"
	default:
		return strings.TrimPrefix(err.Error(), operation.ErrNotNow.Error()+": ")
	}
}
