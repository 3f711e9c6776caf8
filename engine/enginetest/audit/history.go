package audit

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"nixie/engine"
)

// History is all that the clients of an engine did and saw.
type History struct {
	Policies map[string]engine.Policy // of the queues
	Lives    []Life
	Calls    []*Call            // as they began
	Final    map[string]*Census // of each queue, when all had ended
}

// Life is the time from an opening of the engine to its end.
type Life struct {
	Closing int64 // when its end began: leases are safe until then
	Ended   int64
	Clean   bool // it was closed without an error
	Full    bool // there was hardly any space
}

// Op is what a call does.
type Op string

const (
	Publish      Op = "publish"
	PublishTopic Op = "publish to topic"
	Receive      Op = "receive"
	Ack          Op = "ack"
	Nack         Op = "nack"
	Release      Op = "release"
	Extend       Op = "extend"
	Look         Op = "look"
	Move         Op = "move"
	Edit         Op = "edit"
	Delete       Op = "delete"
	Purge        Op = "purge"
	DeleteQueue  Op = "delete queue"
	Restore      Op = "restore"
	Discard      Op = "discard"
	Pause        Op = "pause"
	Resume       Op = "resume"
	Configure    Op = "configure"
	Bind         Op = "bind"
	Unbind       Op = "unbind"
)

// Result is how a call ended.
type Result string

const (
	Done    Result = "done"
	Refused Result = "refused" // and changed nothing
	Unknown Result = "unknown" // nobody can tell whether it was done
)

// Call is one call of a client. Times are Unix nanoseconds.
type Call struct {
	Life   int    `json:"life"` // in which it was made
	Client int    `json:"client"`
	Op     Op     `json:"op"`
	Queue  string `json:"queue"`
	Begin  int64  `json:"begin"`
	End    int64  `json:"end"` // of an unknown one: when its life was over
	Result Result `json:"result,omitempty"`
	Error  string `json:"error,omitempty"` // of a refused one: the contract's

	Sent   []Sent      `json:"sent,omitempty"`   // published
	IDs    []engine.ID `json:"ids,omitempty"`    // that it returned for them; or was told to move or delete
	Topic  string      `json:"topic,omitempty"`  // published to, bound or unbound
	Key    string      `json:"key,omitempty"`    // of what was published to it; or the pattern of the binding
	Queues []string    `json:"queues,omitempty"` // in which it then is

	Max   int           `json:"max,omitempty"`
	Wait  time.Duration `json:"wait,omitempty"`
	Lease time.Duration `json:"lease,omitempty"` // of receive (0: the policy's) and extend
	Got   []Got         `json:"got,omitempty"`   // received

	Receipts []engine.Receipt `json:"receipts,omitempty"` // settled or extended
	Lost     []bool           `json:"lost,omitempty"`     // which of several had lost their leases; nil: none
	Delay    time.Duration    `json:"delay,omitempty"`    // of nack and release
	Reject   bool             `json:"reject,omitempty"`
	Deadline int64            `json:"deadline,omitempty"` // that extend returned

	Edited   engine.ID      `json:"edited,omitempty"` // that the message published took the place of
	To       string         `json:"to,omitempty"`     // of a move, as are Into and Keep
	Into     engine.State   `json:"into,omitempty"`
	Keep     bool           `json:"keep,omitempty"`
	Outcomes []Outcome      `json:"outcomes,omitempty"` // of a move or a deletion, for each id
	Area     engine.Area    `json:"area,omitempty"`     // purged
	Entry    string         `json:"entry,omitempty"`    // of the trash: made, restored or discarded
	Count    int64          `json:"count,omitempty"`    // of messages in it, or restored
	Policy   *engine.Policy `json:"policy,omitempty"`   // that was configured
	Depth    int64          `json:"depth,omitempty"`    // that was seen
	Bytes    int64          `json:"bytes,omitempty"`
}

// Outcome is what a move or a deletion did with one message.
type Outcome struct {
	Queue string `json:"queue,omitempty"` // where it is then
	Error string `json:"error,omitempty"`
}

// resultOn is the result of a move or a deletion for the i-th message.
func (c *Call) resultOn(i int) Result {
	if c.Result == Done && c.Outcomes[i].Error != "" {
		return Refused
	}
	return c.Result
}

// resultFor is the result for the i-th receipt.
func (c *Call) resultFor(i int) Result {
	if c.Result == Done && c.Lost != nil && c.Lost[i] {
		return Refused
	}
	return c.Result
}

// Sent is a message as it was published. No two have the same name.
type Sent struct {
	Name   string        `json:"name"`
	Digest uint64        `json:"digest"`
	Size   int           `json:"size"`
	Group  string        `json:"group,omitempty"`
	Dedup  string        `json:"dedup,omitempty"`
	Delay  time.Duration `json:"delay,omitempty"`
}

// Got is a delivery.
type Got struct {
	ID       engine.ID `json:"id"`
	Name     string    `json:"name"`
	Digest   uint64    `json:"digest"`
	Token    string    `json:"token"`
	Tries    int       `json:"tries"`
	Failures int       `json:"failures,omitempty"`
	Requeues int       `json:"requeues,omitempty"`
	Deadline int64     `json:"deadline"`
}

// Census is what a queue holds and says of itself.
type Census struct {
	Info     engine.QueueInfo `json:"info"`
	Messages []Found          `json:"messages"`
}

// Found is a message in a census.
type Found struct {
	ID       engine.ID     `json:"id"`
	Name     string        `json:"name"`
	Digest   uint64        `json:"digest"`
	State    engine.State  `json:"state"`
	Tries    int           `json:"tries"`
	Failures int           `json:"failures,omitempty"`
	Requeues int           `json:"requeues,omitempty"`
	Death    *engine.Death `json:"death,omitempty"` // the latest
}

// Summary counts the calls by what they do and how they ended.
func (h *History) Summary() string {
	counts := map[string]int{}
	for _, c := range h.Calls {
		counts[fmt.Sprint(c.Op, " ", c.Result)]++
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d %s", counts[k], k))
	}
	return strings.Join(words, ", ")
}

// nameHeader carries the name of a message.
const nameHeader = "audit-name"

// digest is of all that the producer gave, so that a changed byte is seen.
func digest(body []byte, headers engine.Headers, group, dedup string) uint64 {
	h := fnv.New64a()
	for _, s := range append([]string{string(body), group, dedup}, pairs(headers)...) {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0xff})
	}
	return h.Sum64()
}

func pairs(headers engine.Headers) (s []string) {
	for _, k := range slices.Sorted(maps.Keys(headers)) {
		s = append(s, k, headers[k])
	}
	return s
}

// compareIDs orders ids as the numbers that they are.
func compareIDs(a, b engine.ID) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
