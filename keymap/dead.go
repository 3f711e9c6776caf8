package keymap

// The actions of the dead letters by cause.
const (
	NextSample Action = "cause.next-sample"
	CauseNote  Action = "cause.note"
	MuteCause  Action = "cause.mute"
)

// deadTable works on the cause under the cursor. What it changes is nixie's own
// memory, no broker.
func deadTable() []Binding {
	return []Binding{
		{Action: NextSample, Keys: []string{"s"}, Scope: Dead, Help: "show another message of the cause", Short: "sample"},
		{Action: CauseNote, Keys: []string{"c"}, Scope: Dead, Help: "write a note that stays with the cause", Short: "note"},
		{Action: MuteCause, Keys: []string{"m"}, Scope: Dead, Help: "keep the cause at the end of the list, or not"},
	}
}

// The actions of jobs and the log of changes.
const (
	JobPause  Action = "job.pause"
	JobResume Action = "job.resume"
	JobCancel Action = "job.cancel"
	JobUndo   Action = "job.undo"
	NextFate  Action = "job.next-outcome"
)

// jobsTable works on the job under the cursor.
func jobsTable() []Binding {
	return []Binding{
		{Action: JobPause, Keys: []string{"P"}, Scope: Jobs, Help: "pause the job between two steps", Short: "pause"},
		{Action: JobResume, Keys: []string{"R"}, Scope: Jobs, Help: "let the job go on", Short: "resume"},
		{Action: JobCancel, Keys: []string{"D"}, Scope: Jobs, Help: "cancel the job; what it did stays done", Short: "cancel"},
		{Action: JobUndo, Keys: []string{"U"}, Scope: Jobs, Help: "take the job back (with a plan)", Short: "undo"},
		{Action: NextFate, Keys: []string{"s"}, Scope: Jobs, Help: "list the next outcome: done, gone, refused, left", Short: "outcome"},
	}
}
