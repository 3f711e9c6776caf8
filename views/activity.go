package views

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/keymap"
	"nixie/views/widget"
)

// Activity draws what happens in one queue, in all together, or in several
// over one another: messages a second, depth, time in queue. A read-out shows
// the numbers of any moment.
type Activity struct {
	env    *Env
	queues []string // none: all together; one: that one; more: compared
	window int      // in activityWindows
	metric int      // in activityRates, of queues compared
	pane   int      // the panel that is shown where there is room for one
	fetch  *fetcher[activityData]
	names  *fetcher[[]engine.QueueInfo] // to choose from

	charts        [3]*widget.Chart // rates, depth, time in queue
	cursor        time.Time        // of the read-out; zero: none
	width, height int
}

// activityWindow is how far back the graphs reach, and in which steps.
type activityWindow struct {
	name string
	span time.Duration
	step time.Duration
	rest time.Duration // between two readings
}

var activityWindows = []activityWindow{
	{"1 m", time.Minute, time.Second, 250 * time.Millisecond},
	{"15 m", 15 * time.Minute, time.Second, time.Second},
	{"6 h", 6 * time.Hour, 10 * time.Second, 5 * time.Second},
	{"7 d", 7 * 24 * time.Hour, time.Minute, 30 * time.Second},
}

// activityZone is a word of the head that can be clicked.
type activityZone struct {
	from, to int
	action   keymap.Action
	window   int
}

// NewActivity returns the graphs of OpenMsg.Queues, or of OpenMsg.Queue, or of
// all queues together.
func NewActivity(env *Env, open OpenMsg) View {
	queues := open.Queues
	if len(queues) == 0 && open.Queue != "" {
		queues = []string{open.Queue}
	}
	e := env.Engine
	v := &Activity{env: env, queues: slices.Clone(queues)}
	v.names = newFetcher(env, e.Queues)
	v.fetch = newFetcher(env, v.reader())
	v.fetch.rest = activityWindows[v.window].rest
	for i := range v.charts {
		v.charts[i] = widget.NewChart(env.Styles)
	}
	return v
}

// Init begins to read.
func (v *Activity) Init() tea.Cmd { return tea.Batch(v.fetch.Load(), v.names.Load()) }

// Update takes ticks, results and the mouse.
func (v *Activity) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case ChangesMsg, TickMsg, ShownMsg:
		return v.fetch.Load()
	case activityQueuesMsg:
		return v.show(m)
	case tea.MouseMsg:
		return v.mouse(m)
	}
	cmd, fresh := v.fetch.Update(msg)
	if fresh {
		v.fill()
		return cmd
	}
	other, _ := v.names.Update(msg)
	return tea.Batch(cmd, other)
}

// restart reads for another question; what is drawn stays until the answer.
func (v *Activity) restart() tea.Cmd {
	v.fetch.rest = activityWindows[v.window].rest
	return v.fetch.Restart(v.reader())
}

// Act changes the window, the queues, and the read-out.
func (v *Activity) Act(a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.CursorLeft:
		v.moveCursor(-1)
	case keymap.CursorRight:
		v.moveCursor(1)
	case keymap.CursorFarLeft:
		v.moveCursor(-10)
	case keymap.CursorFarRight:
		v.moveCursor(10)
	case keymap.NextWindow:
		v.window = (v.window + 1) % len(activityWindows)
		return v.restart(), true
	case keymap.Shorter:
		return v.setWindow(v.window - 1), true
	case keymap.Longer:
		return v.setWindow(v.window + 1), true
	case keymap.NextMetric:
		if len(v.queues) > 1 {
			v.metric = (v.metric + 1) % len(activityRates)
			v.fill()
		} else {
			v.pane = (v.pane + 1) % len(v.charts)
			v.layout()
		}
	case keymap.ChooseQueue:
		return tea.Batch(v.names.Load(), v.choose(false)), true
	case keymap.CompareQueue:
		return tea.Batch(v.names.Load(), v.choose(true)), true
	default:
		return nil, false
	}
	return nil, true
}

func (v *Activity) setWindow(i int) tea.Cmd {
	if i = min(max(i, 0), len(activityWindows)-1); i == v.window {
		return nil
	}
	v.window = i
	return v.restart()
}

// moveCursor moves the read-out by columns; the first move puts it at the end.
func (v *Activity) moveCursor(columns int) {
	d := v.fetch.value
	if d.to.IsZero() {
		return
	}
	step := max(v.charts[v.mainPane()].Step(), time.Millisecond)
	if v.cursor.IsZero() {
		v.cursor = d.to
	}
	v.cursor = v.cursor.Add(time.Duration(columns) * step)
	if v.cursor.Before(d.from) {
		v.cursor = d.from
	}
	if v.cursor.After(d.to) {
		v.cursor = d.to
	}
	v.placeCursor()
}

// Back takes the read-out away before the screen is left.
func (v *Activity) Back() (tea.Cmd, bool) {
	if v.cursor.IsZero() {
		return nil, false
	}
	v.cursor = time.Time{}
	v.placeCursor()
	return nil, true
}

// placeCursor shows the read-out in all charts, if its moment is still there.
func (v *Activity) placeCursor() {
	if d := v.fetch.value; v.cursor.Before(d.from) || v.cursor.After(d.to) {
		v.cursor = time.Time{}
	}
	for _, c := range v.charts {
		c.SetCursorTime(v.cursor)
	}
}

// activityQueuesMsg shows these queues.
type activityQueuesMsg []string

func (v *Activity) show(queues activityQueuesMsg) tea.Cmd {
	v.queues = queues
	return v.restart()
}

// choose asks which queue to show; with others, which to put over them or take
// away.
func (v *Activity) choose(compare bool) tea.Cmd {
	var choices []Choice
	title := "Show"
	if !compare {
		choices = append(choices, Choice{Title: "all queues", Help: "together", Msg: activityQueuesMsg(nil)})
	}
	for _, q := range v.names.value {
		c := Choice{Title: q.Name, Kind: "queue", Help: widget.Rate(q.In) + " in, " + widget.Rate(q.Out) + " out", Msg: activityQueuesMsg{q.Name}}
		if compare {
			title = "Show over one another"
			queues := slices.Clone(v.queues)
			if i := slices.Index(queues, q.Name); i >= 0 {
				queues = slices.Delete(queues, i, i+1)
				c.Help = "is shown: take it away"
			} else {
				queues = append(queues, q.Name)
			}
			c.Msg = activityQueuesMsg(queues)
		}
		choices = append(choices, c)
	}
	return send(DialogMsg{Dialog: NewChooser(v.env, title, choices)})
}

// mouse puts the read-out where it is clicked or dragged; the wheel changes
// the window.
func (v *Activity) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		if at.Button == tea.MouseWheelUp {
			return v.setWindow(v.window - 1)
		}
		return v.setWindow(v.window + 1)
	case tea.MouseClickMsg:
		if at.Y == 0 {
			return v.clickHead(at.X)
		}
	case tea.MouseMotionMsg:
		if at.Button != tea.MouseLeft {
			return nil
		}
	default:
		return nil
	}
	c := v.charts[v.mainPane()]
	c.SetCursor(at.X)
	v.cursor, _ = c.CursorTime()
	v.placeCursor()
	return nil
}

func (v *Activity) clickHead(x int) tea.Cmd {
	_, zones := v.head()
	for _, z := range zones {
		if x >= z.from && x < z.to {
			if z.action == "" {
				return v.setWindow(z.window)
			}
			cmd, _ := v.Act(z.action)
			return cmd
		}
	}
	return nil
}

// Why says why an action cannot act now.
func (v *Activity) Why(a keymap.Action) string {
	switch {
	case a == keymap.Shorter && v.window == 0:
		return "this is the shortest"
	case a == keymap.Longer && v.window == len(activityWindows)-1:
		return "this is the longest"
	case a == keymap.NextMetric && len(v.queues) < 2 && v.height-activityHead >= allPanes:
		return "all graphs are shown"
	case a == keymap.CompareQueue && len(v.queues) >= maxCompared:
		return "more lines cannot be told apart; choose others first"
	case (a == keymap.ChooseQueue || a == keymap.CompareQueue) && v.names.loaded && len(v.names.value) == 0:
		return "there is no queue yet"
	}
	return ""
}

// maxCompared is how many queues are drawn over one another.
const maxCompared = 6

// SetSize gives the cells to draw in.
func (v *Activity) SetSize(width, height int) {
	v.width, v.height = width, height
	v.fill()
}

// Cursor is none: nothing is typed.
func (v *Activity) Cursor() *tea.Cursor { return nil }

// Title names the screen.
func (v *Activity) Title() string { return "Activity" }

// Scopes are where keys are looked up.
func (v *Activity) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Activity} }

// Capturing is never: nothing is typed.
func (v *Activity) Capturing() bool { return false }

// Close ends reading.
func (v *Activity) Close() {
	v.fetch.Close()
	v.names.Close()
}

// subject names what is shown.
func (v *Activity) subject() string {
	if len(v.queues) == 0 {
		return "all queues"
	}
	names := make([]string, len(v.queues))
	for i, q := range v.queues {
		names[i] = widget.SafeFit(q, 30)
	}
	return strings.Join(names, ", ")
}
