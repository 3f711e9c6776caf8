package engine

import (
	"context"
	"time"
)

// Engine keeps queues. All methods may be called from any goroutine. After
// Close they return ErrClosed; any may return ErrDamaged, and those that write or
// receive ErrStopped. What a method changes is on the disk when it returns, unless
// the queue's policy is relaxed.
//
// Ask for the role that you need, not for an Engine.
type Engine interface {
	Producer
	Consumer
	Inspector
	Admin
	Operator
	Router
	Watcher

	Capabilities() Capabilities
	// Close waits for what is under way, gives back what is in flight without
	// counting it, and closes. Its error may be that something is lost which a
	// relaxed queue had confirmed. Calling it again does nothing.
	Close() error
}

// Producer publishes. It never waits for consumers.
type Producer interface {
	// Publish stores all the messages, or none, in one queue and returns their
	// ids in order. Errors: ErrQueueNotFound, ErrQueueFull, ErrTooLarge,
	// ErrInvalid, ErrNoSpace.
	Publish(ctx context.Context, queue string, messages ...Outgoing) ([]ID, error)
	// PublishTopic stores the messages in each queue that is bound to the
	// topic with a pattern that the key matches, in all of them or in none, and
	// says in which. Errors: those of Publish, and ErrNoRoute.
	PublishTopic(ctx context.Context, topic, key string, messages ...Outgoing) (queues []string, err error)
}

// ReceiveOptions say how to receive. The zero value receives one message, if
// one is ready now.
type ReceiveOptions struct {
	Max      int           // at most so many; 0: 1
	Wait     time.Duration // for the first one, if none is ready
	Lease    time.Duration // 0: the queue's visibility timeout
	Consumer string        // a name to be seen by operators; may be empty
}

// Consumer receives and settles.
type Consumer interface {
	// Receive leases ready messages, oldest first. It returns none, and no
	// error, if none became ready in time or the queue is paused. Receivers
	// that wait are served in the order in which they came. A cancelled ctx
	// gives its error, and leases nothing. Errors: ErrQueueNotFound,
	// ErrInvalid.
	Receive(ctx context.Context, queue string, options ReceiveOptions) ([]Delivery, error)
	// Ack ends deliveries: the messages are done. Of several it acks those it
	// can; the error then joins one *Error for each that it could not.
	// Errors: ErrLeaseLost, ErrNoSpace.
	Ack(ctx context.Context, receipts ...Receipt) error
	// Nack says that a delivery failed. It counts, is kept with the message,
	// and makes it Delayed, Ready or Dead as the failure and the policy say.
	// Errors: ErrLeaseLost, ErrNoSpace.
	Nack(ctx context.Context, receipt Receipt, failure Failure) error
	// Release gives a delivery back; it does not count as a try. With a delay
	// the message is ready only after that. Errors: ErrLeaseLost, ErrNoSpace.
	Release(ctx context.Context, receipt Receipt, delay time.Duration) error
	// Extend makes the lease end so long from now, and returns its new
	// deadline. Errors: ErrLeaseLost, ErrInvalid.
	Extend(ctx context.Context, receipt Receipt, lease time.Duration) (time.Time, error)
}

// ListOptions choose a page of messages.
type ListOptions struct {
	State State // which; "" is Ready
	// After is a Page's Next or Prev, or the id of a message: the page begins
	// behind it. "" begins at the first message, or at the last if Backward.
	After    string
	Backward bool // towards the first one; the page is in that order too
	Limit    int  // at most so many; 0: 100
	// BodyLimit cuts bodies to so many bytes. 0: whole bodies; negative: none.
	BodyLimit int
}

// Page is a part of a listing: ready, in flight and dead messages by age,
// delayed ones by when they are due.
type Page struct {
	Messages []Message
	// Next is the ListOptions.After of the page behind this one in the same
	// direction. "" if this is the last.
	Next string
}

// Inspector looks, and touches nothing: no message, counter or lease.
type Inspector interface {
	// Queues returns all queues, by name.
	Queues(ctx context.Context) ([]QueueInfo, error)
	// Queue returns one. Errors: ErrQueueNotFound.
	Queue(ctx context.Context, name string) (QueueInfo, error)
	// List returns a page of messages. Errors: ErrQueueNotFound, ErrInvalid.
	List(ctx context.Context, queue string, options ListOptions) (Page, error)
	// Message returns one message, whole, in whatever state it is. Errors:
	// ErrQueueNotFound, ErrMessageNotFound.
	Message(ctx context.Context, queue string, id ID) (Message, error)
	// History returns what happened in a queue, or with "" in all of them
	// together. Errors: ErrQueueNotFound.
	History(ctx context.Context, queue string, span Span) (Series, error)
	// Consumers returns those seen within the last minute, by name. Errors:
	// ErrQueueNotFound.
	Consumers(ctx context.Context, queue string) ([]ConsumerInfo, error)
}

// Admin makes, configures and empties queues.
type Admin interface {
	// CreateQueue makes a queue. Errors: ErrQueueExists, ErrInvalid.
	CreateQueue(ctx context.Context, name string, policy Policy) error
	// Configure replaces the policy and returns the one before. Errors:
	// ErrQueueNotFound, ErrInvalid (also for a dead-letter queue that does not
	// exist or closes a circle).
	Configure(ctx context.Context, name string, policy Policy) (Policy, error)
	// SetPaused stops and starts receiving; publishing goes on. Errors:
	// ErrQueueNotFound.
	SetPaused(ctx context.Context, name string, paused bool) error
	// Purge puts all that is in an area of the queue into the trash; leases on
	// it are lost. Errors: ErrQueueNotFound, ErrInvalid.
	Purge(ctx context.Context, name string, area Area) (TrashEntry, error)
	// DeleteQueue puts the queue, and all that is in it, into the trash.
	// Errors: ErrQueueNotFound, ErrInvalid (another queue keeps its dead
	// letters there).
	DeleteQueue(ctx context.Context, name string) (TrashEntry, error)
}

// MoveRequest says which messages go where.
type MoveRequest struct {
	Queue string // where they are
	IDs   []ID
	// To is the queue to move to. "": the origin of a dead letter, else the
	// queue itself. A message that arrives takes the place of its age.
	To string
	// Into makes them Ready there (the zero value means that too) or Dead.
	Into State
	// KeepTries leaves the count as it is; else it begins again at 0. The
	// attempts are kept in either case.
	KeepTries bool
}

// Outcome is what became of one message of a request.
type Outcome struct {
	ID    ID
	Queue string // where it is now
	// Err is nil if it was done; ErrMessageNotFound if it is not there (any
	// more); ErrInFlight, ErrQueueNotFound (the destination is gone) or
	// ErrQueueFull if it was refused.
	Err error
}

// EditRequest replaces one message by another.
type EditRequest struct {
	Queue       string
	ID          ID
	Replacement Outgoing
	To          string // as in MoveRequest
}

// Operator repairs: it works on messages by id. Each call is one transaction,
// so callers keep it to some hundreds of messages at a time.
type Operator interface {
	// Move moves, or requeues, messages that are ready, delayed or dead. The
	// outcomes are in the order of the ids. Errors: ErrQueueNotFound (the
	// source, or a named destination), ErrNoSpace.
	Move(ctx context.Context, request MoveRequest) ([]Outcome, error)
	// Edit publishes the replacement and puts the original into the trash.
	// Errors: ErrQueueNotFound, ErrMessageNotFound, ErrInFlight, ErrQueueFull,
	// ErrTooLarge, ErrNoSpace.
	Edit(ctx context.Context, request EditRequest) (ID, TrashEntry, error)
	// Delete puts messages into the trash; leases on them are lost. An entry
	// without an id is returned if none was there. Errors: ErrQueueNotFound,
	// ErrNoSpace.
	Delete(ctx context.Context, queue string, ids ...ID) (TrashEntry, []Outcome, error)
	// Trash returns what can be restored, newest first.
	Trash(ctx context.Context) ([]TrashEntry, error)
	// Restore puts an entry back to where it was, each message in the place of
	// its age (what was in flight is ready), and returns how many. Errors:
	// ErrTrashNotFound, ErrQueueNotFound (it was deleted since), ErrQueueExists
	// (another one has the name of the deleted queue), ErrNoSpace.
	Restore(ctx context.Context, trashID string) (int64, error)
	// Discard deletes an entry for good. Errors: ErrTrashNotFound.
	Discard(ctx context.Context, trashID string) error
}

// Router binds queues to topics.
type Router interface {
	// Bind lets the queue have the topic's messages whose key matches the
	// pattern; the topic comes into being with its first binding. Binding twice
	// does nothing. Errors: ErrQueueNotFound, ErrInvalid.
	Bind(ctx context.Context, topic string, binding Binding) error
	// Unbind takes a binding away; one that is not there is no error.
	Unbind(ctx context.Context, topic string, binding Binding) error
	// Topics returns all topics, by name.
	Topics(ctx context.Context) ([]Topic, error)
}

// Watcher tells what changed.
type Watcher interface {
	// Watch returns a new subscription to change hints. Close it.
	Watch() *Subscription
}

// Stored is an engine that keeps its queues on a disk of this machine. Not all
// are: a type assertion says whether.
type Stored interface {
	Storage(ctx context.Context) (Storage, error)
}

// Storage is what an engine takes of the disk, in bytes. What is free of that
// is used again before more is taken; only compacting gives it back.
type Storage struct{ Size, Free int64 }

// Capabilities say what an engine can do, and what looking costs.
type Capabilities struct {
	Name string // of the engine: "bolt"
	// Place is what it works on, for people: "local:shop.db".
	Place string
	// AscendingIDs: the order of ids is the order of publishing.
	AscendingIDs bool
	// FreePeek: looking changes nothing. Else PeekCost says what it does.
	FreePeek bool
	PeekCost string
	// AtomicMove: a Move is one transaction; a death in the middle neither
	// loses nor doubles.
	AtomicMove bool
	Trash      bool
	History    bool
	Ordered    bool
	Topics     bool
	// MaxBody is the largest body it takes, in bytes.
	MaxBody int
}
