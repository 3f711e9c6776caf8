package cli

import (
	"strings"
	"testing"

	"nixie/engine/bolt"
)

// TestCheckReport: what could not be verified is said, and is not a problem.
func TestCheckReport(t *testing.T) {
	t.Parallel()
	report := bolt.Report{Queues: 1, Messages: 2, Unverified: []string{"the counts of queue q"}}
	for json, want := range map[bool]string{
		false: "not verified: the counts of queue q\n1 queue, 2 messages, 0 problems\n",
		true:  `{"queues":1,"messages":2,"problems":[],"unverified":["the counts of queue q"]}` + "\n",
	} {
		var out strings.Builder
		if err := (&checkCommand{JSON: json}).print(&out, report); err != nil || out.String() != want {
			t.Errorf("got %q, %v, want %q", out.String(), err, want)
		}
	}
}
