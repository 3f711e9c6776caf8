package tui

import (
	"nixie/views"
)

// constructor makes a screen from what it was opened with.
type constructor func(*views.Env, views.OpenMsg) views.View

// screens are all that can be opened.
var screens = map[views.Screen]constructor{
	views.QueuesScreen:   views.NewQueues,
	views.QueueScreen:    views.NewQueue,
	views.JobsScreen:     views.NewJobs,
	views.LogScreen:      views.NewJobs,
	views.DeadScreen:     views.NewDead,
	views.DemoScreen:     views.NewDemo,
	views.ActivityScreen: views.NewActivity,
	views.PublishScreen:  views.NewPublish,
	views.EditScreen:     views.NewEdit,
	views.SettingsScreen: views.NewSettings,
}

// tab is a screen of the first level, with a number.
type tab struct {
	screen views.Screen
	title  string
}

// tabs lists the screens of the first level.
func tabs(env *views.Env) []tab {
	all := []tab{
		{views.QueuesScreen, "Queues"},
		{views.DeadScreen, "Dead letters"},
		{views.ActivityScreen, "Activity"},
		{views.PublishScreen, "Publish"},
		{views.JobsScreen, "Jobs"},
	}
	if env.Demo != nil {
		all = append(all, tab{views.DemoScreen, "Demo"})
	}
	shown := all[:0]
	for _, t := range all {
		if screens[t.screen] != nil {
			shown = append(shown, t)
		}
	}
	return shown
}
