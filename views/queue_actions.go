package views

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
	"nixie/views/widget"
)

// actOnQueue does what can be done with a queue on any screen that shows one.
// Known is false if there is none under the cursor.
func actOnQueue(env *Env, a keymap.Action, q engine.QueueInfo, known bool) (tea.Cmd, bool) {
	switch a {
	case keymap.PublishTo:
		return send(OpenMsg{Screen: PublishScreen, Queue: q.Name}), true
	case keymap.JumpDead:
		return send(OpenMsg{Screen: QueueScreen, Queue: q.Name, State: engine.Dead}), true
	case keymap.PauseQueue:
		verb := operation.Pause
		if q.Paused {
			verb = operation.Resume
		}
		return send(PlanMsg{Request: operation.Request{Verb: verb, Queue: q.Name}}), true
	case keymap.PurgeQueue:
		return purge(env, q), true
	case keymap.DeleteQueue:
		return send(PlanMsg{Request: operation.Request{Verb: operation.DeleteQueue, Queue: q.Name}}), true
	case keymap.Configure:
		if !known {
			return send(OpenMsg{Screen: SettingsScreen}), true
		}
		return send(DialogMsg{Dialog: NewChooser(env, "Configure or create", []Choice{
			{Title: "configure " + q.Name, Help: "its policy", Msg: OpenMsg{Screen: SettingsScreen, Queue: q.Name}},
			{Title: "create a queue", Help: "with a policy of its own", Msg: OpenMsg{Screen: SettingsScreen}},
		})}), true
	}
	return nil, false
}

// purge asks what to purge, if there is a choice.
func purge(env *Env, q engine.QueueInfo) tea.Cmd {
	ask := func(area engine.Area) PlanMsg {
		return PlanMsg{Request: operation.Request{Verb: operation.Purge, Queue: q.Name, Area: area}}
	}
	if q.Dead == 0 {
		return send(ask(engine.LiveArea))
	}
	if q.Depth() == 0 {
		return send(ask(engine.DeadArea))
	}
	return send(DialogMsg{Dialog: NewChooser(env, "Purge "+widget.Safe(q.Name), []Choice{
		{Title: fmt.Sprintf("what waits: %s", widget.Count(q.Depth())), Help: "ready, delayed and in flight", Msg: ask(engine.LiveArea)},
		{Title: fmt.Sprintf("the dead letters: %s", widget.Count(q.Dead)), Help: engine.DeadName(q.Name), Msg: ask(engine.DeadArea)},
	})})
}

func copyQueueChoices(q engine.QueueInfo) []Choice {
	choice := func(what, text string) Choice {
		return Choice{Title: what, Help: text, Msg: CopyMsg{What: what, Text: text}}
	}
	return []Choice{
		choice("the name", q.Name),
		choice("the name of its dead letters", engine.DeadName(q.Name)),
		choice("the command to look into it", "nixie peek "+shellQuote(q.Name)),
		choice("the command to publish", "nixie publish "+shellQuote(q.Name)+" BODY"),
		choice("the command to requeue its dead letters", "nixie requeue "+shellQuote(q.Name)+" --all"),
	}
}
