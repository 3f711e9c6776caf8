package keymap

// The actions of the dialog of a plan.
const (
	PlanPace   Action = "plan.pace"
	PlanFaster Action = "plan.faster"
	PlanSlower Action = "plan.slower"
	PlanCopy   Action = "plan.copy-command"
)

// planTable chooses how fast a plan is carried out.
func planTable() []Binding {
	return []Binding{
		{Action: PlanPace, Keys: []string{"p"}, Scope: Plan, Help: "choose the pace: all at once, a rate, canary, follow", Short: "pace", Hidden: true},
		{Action: PlanFaster, Keys: []string{"+", "="}, Scope: Plan, Help: "go at a higher rate", Hidden: true},
		{Action: PlanSlower, Keys: []string{"-"}, Scope: Plan, Help: "go at a lower rate", Hidden: true},
		{Action: PlanCopy, Keys: []string{"y"}, Scope: Plan, Help: "copy the command line that does the same", Short: "copy command", Hidden: true},
	}
}
