package keymap

// The actions of the demo's own screen.
const (
	DemoMore  Action = "demo.more"
	DemoLess  Action = "demo.less"
	DemoUp    Action = "demo.up"
	DemoDown  Action = "demo.down"
	DemoLeft  Action = "demo.left"
	DemoRight Action = "demo.right"
	DemoFire  Action = "demo.switch"
	DemoAuto  Action = "demo.auto"
	DemoTour  Action = "demo.tour"
)

// demoTable moves the handles of a demo: its own producers and consumers.
func demoTable() []Binding {
	return []Binding{
		{Action: DemoMore, Keys: []string{"+", "="}, Scope: Demo, Help: "more of the handle under the cursor", Short: "more", Hidden: true},
		{Action: DemoLess, Keys: []string{"-"}, Scope: Demo, Help: "less of the handle under the cursor", Short: "less", Hidden: true},
		{Action: DemoFire, Keys: []string{"enter", "space"}, Scope: Demo, Help: "switch, or fire, the handle under the cursor", Short: "switch", Hidden: true},
		{Action: DemoUp, Keys: []string{"up", "k"}, Scope: Demo, Help: "go to the handle or the scenario above", Hidden: true},
		{Action: DemoDown, Keys: []string{"down", "j"}, Scope: Demo, Help: "go to the handle or the scenario below", Hidden: true},
		{Action: DemoLeft, Keys: []string{"left", "h"}, Scope: Demo, Help: "go to the handle to the left", Hidden: true},
		{Action: DemoRight, Keys: []string{"right", "l"}, Scope: Demo, Help: "go to the handle to the right", Hidden: true},
		{Action: DemoAuto, Keys: []string{"a"}, Scope: Demo, Help: "let the acts happen by themselves, or not", Short: "acts"},
		{Action: DemoTour, Keys: []string{"w"}, Scope: Demo, Help: "take the guided tour of the console, or leave it", Short: "tour"},
	}
}
