package engine

import (
	"errors"
	"strings"
)

// The errors of the contract, for errors.Is. Methods return them bare or
// inside an *Error.
var (
	// ErrQueueNotFound: there is no queue of that name.
	ErrQueueNotFound = errors.New("no such queue")
	// ErrQueueExists: a queue of that name is there already.
	ErrQueueExists = errors.New("the queue exists already")
	// ErrMessageNotFound: no message with that id is in that queue (any more).
	ErrMessageNotFound = errors.New("no such message")
	// ErrLeaseLost: the receipt is not, or no longer, that of a current
	// delivery: the lease ran out, the delivery was settled, or an operator
	// took the message away.
	ErrLeaseLost = errors.New("the lease is lost")
	// ErrQueueFull: the queue is at its maximum depth or size and rejects.
	ErrQueueFull = errors.New("the queue is full")
	// ErrInFlight: the message is leased to a consumer, so it cannot be moved.
	ErrInFlight = errors.New("the message is in flight")
	// ErrNoRoute: no queue is bound to the topic for this key.
	ErrNoRoute = errors.New("no queue is bound for this key")
	// ErrTrashNotFound: no such entry in the trash (any more).
	ErrTrashNotFound = errors.New("no such entry in the trash")
	// ErrInvalid: a name, a policy or an argument is not acceptable; the text
	// says what and why.
	ErrInvalid = errors.New("invalid")
	// ErrTooLarge: the message is larger than the engine takes.
	ErrTooLarge = errors.New("the message is too large")
	// ErrNoSpace: the disk, or the configured maximum size, is full. Nothing
	// was changed.
	ErrNoSpace = errors.New("no space left for the database")
	// ErrDatabaseInUse: another process has the database open.
	ErrDatabaseInUse = errors.New("the database is in use by another process")
	// ErrNotADatabase: the file is something else, or damaged beyond opening.
	ErrNotADatabase = errors.New("not a nixie database")
	// ErrNewerVersion: a newer nixie wrote the file.
	ErrNewerVersion = errors.New("the database was written by a newer version")
	// ErrDamaged: the file's content contradicts itself; check says where.
	ErrDamaged = errors.New("the database is damaged")
	// ErrStopped: a write failed in such a way that nobody knows whether it is on
	// the disk. What was asked for may have happened or not; nothing is written
	// or received any more until the database is opened again.
	ErrStopped = errors.New("the engine has stopped, as it is not known what is on the disk: see to the disk, then start nixie again")
	// ErrClosed: the engine was closed.
	ErrClosed = errors.New("the engine is closed")
	// ErrUnsupported: this engine cannot do that; see Capabilities.
	ErrUnsupported = errors.New("not supported by this engine")
)

// Error says what failed, on what. Unwrap gives the cause.
type Error struct {
	Op    string // "publish", "ack", …
	Queue string // if one is concerned
	ID    ID     // if one is concerned
	Err   error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Queue != "" {
		b.WriteString(" " + quoteName(e.Queue))
	}
	if e.ID != "" {
		b.WriteString(" message " + string(e.ID))
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
