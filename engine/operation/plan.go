package operation

import (
	"time"

	"nixie/engine"
)

// Verb is what an operator does.
type Verb string

const (
	Requeue     Verb = "requeue"      // dead letters back to their origin
	Move        Verb = "move"         // messages to another queue
	Delete      Verb = "delete"       // messages to the trash
	Edit        Verb = "edit"         // a message replaced by another
	Purge       Verb = "purge"        // all of a queue's area to the trash
	Publish     Verb = "publish"      // new messages
	CreateQueue Verb = "create queue" //
	DeleteQueue Verb = "delete queue" // to the trash
	Configure   Verb = "configure"    // a queue's policy
	Pause       Verb = "pause"        // a queue's deliveries
	Resume      Verb = "resume"       // a queue's deliveries
	Bind        Verb = "bind"         // a queue to a topic
	Unbind      Verb = "unbind"       // a queue from a topic
	Undo        Verb = "undo"         // an earlier job
)

// Ref names a message where it is.
type Ref struct {
	Queue string    `json:"queue"`
	ID    engine.ID `json:"id"`
}

// Selection says which messages a request means: those in Refs, or else all in
// the queues and the state that match the filter and have the cause.
type Selection struct {
	Queues []string     `json:"queues,omitempty"` // none: all
	State  engine.State `json:"state,omitempty"`  // "": Dead
	Refs   []Ref        `json:"-"`
	Filter string       `json:"filter,omitempty"` // in the filter language
	// Causes limits it to the dead letters with one of these Cause.Keys. None:
	// any.
	Causes []string `json:"causes,omitempty"`
}

// Request is a change that somebody asks for. Which fields count depends on
// the verb.
type Request struct {
	Verb   Verb      `json:"verb"`
	Select Selection `json:"select,omitzero"` // Requeue, Move, Delete, Edit (one ref)
	// To is the destination. Requeue, Edit: "" is the origin of a dead letter,
	// else the queue itself.
	To   string `json:"to,omitempty"`
	Pace Pace   `json:"pace,omitzero"`
	// Attended: whoever asks sees to it that somebody consumes what arrives.
	Attended bool `json:"attended,omitempty"`
	// Queue is the one that Purge, CreateQueue, DeleteQueue, Configure, Pause,
	// Resume, Bind and Unbind work on.
	Queue       string          `json:"queue,omitempty"`
	Area        engine.Area     `json:"area,omitempty"`  // Purge; "": live
	Policy      engine.Policy   `json:"policy,omitzero"` // Configure, CreateQueue
	Replacement engine.Outgoing `json:"-"`               // Edit
	Load        Load            `json:"load,omitzero"`   // Publish
	Topic       string          `json:"topic,omitempty"` // Bind, Unbind
	Pattern     string          `json:"pattern,omitempty"`
	Undoes      int             `json:"undoes,omitempty"` // Undo: the job
}

// Count is a name with a number, as in "1 700 from payments".
type Count struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
}

// Destination is a queue that a plan sends messages to, as it was when the
// plan was made.
type Destination struct {
	Queue     string
	N         int64 // messages of the plan that go there
	Dead      bool  // among its dead letters
	Ready     int64 // are ready there now
	Missing   bool
	Paused    bool
	Consumers int
	Ordered   bool
}

// Plan is a change before it is made: frozen ids, what they are, and what to
// know before going on. Making one changes nothing.
type Plan struct {
	Request
	At    time.Time // the set is frozen as of then
	Total int64     // messages that it is about (or queues, or trash entries)
	// Of is how many there were in the queues that they are in.
	Of     int64
	Capped bool // the search ended at its limit before the end

	Sources      []Count // by queue
	Origins      []Count // of dead letters: by the queue they died in
	States       []Count
	Groups       int // ordering groups that are concerned
	Destinations []Destination
	Changes      []string // Configure, CreateQueue, Edit: what will be different, in words
	Warnings     []string
	// Impossible are those that an Undo can no longer take back, by reason.
	Impossible []Count
	// Command is the equivalent command line. "": there is none.
	Command string
	// Confirm is what must be typed before it may start. "": nothing.
	Confirm string

	undone string // the title of the job that is undone
	sets   []set
}
