package views

// DemoControls are the handles of a running demo.
type DemoControls interface {
	// Scenario is the name of the one that runs.
	Scenario() string
}
