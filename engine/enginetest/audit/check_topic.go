package audit

import (
	"slices"

	"nixie/engine"
)

// topics: each queue that a topic's message goes to has it once; of what is
// published together each has all or none, and all of them or none.
func (x *index) topics() {
	for _, c := range x.h.Calls {
		if c.Op != PublishTopic {
			continue
		}
		surely, maybe := x.bound(c)
		x.routes(c, surely, maybe)
		x.fan(c, surely, maybe)
		if c.Error == engine.ErrQueueFull.Error() && !slices.ContainsFunc(maybe, func(queue string) bool { return !x.hasRoom(c, queue) }) {
			x.report(Room, "a publish to %s was refused, and no queue was full", c.Topic)
		}
	}
}

// bound are the queues that were bound for a message while it was published.
func (x *index) bound(c *Call) (surely, maybe []string) {
	for b, writes := range x.bindings {
		if b.topic != c.Topic || !(engine.Binding{Queue: b.queue, Pattern: b.pattern}).Matches(c.Key) {
			continue
		}
		last, none := writes.at(c.Begin, c.End)
		if slices.ContainsFunc(last, func(w write) bool { return w.Op == Bind }) {
			maybe = append(maybe, b.queue)
		}
		if !none && !slices.ContainsFunc(last, func(w write) bool { return w.Op == Unbind }) {
			surely = append(surely, b.queue)
		}
	}
	return surely, maybe
}

// routes: a publish goes where the bindings say.
func (x *index) routes(c *Call, surely, maybe []string) {
	if c.Result != Done {
		return
	}
	for _, queue := range surely {
		if !slices.Contains(c.Queues, queue) {
			x.report(Topics, "%s was bound to %s for %q, and has nothing", queue, c.Topic, c.Key)
		}
	}
	for _, queue := range c.Queues {
		if !slices.Contains(maybe, queue) {
			x.report(Topics, "%s has something of %s for %q, and was not bound", queue, c.Topic, c.Key)
		}
	}
}

// fan: all the queues have all of the messages, or none has any, in the order in
// which they were published.
func (x *index) fan(c *Call, surely, maybe []string) {
	should := c.Queues
	if c.Result != Done {
		should = surely
	}
	somewhere, missing := c.Result == Done, ""
	for queue := range x.h.Policies {
		var last engine.ID
		there := 0
		for _, s := range c.Sent {
			all := x.copies[topical{queue, s.Name}]
			if len(all) == 0 || !x.isSafe(all[0]) {
				continue
			}
			if there++; compareIDs(all[0].id, last) <= 0 {
				x.report(IDs, "%s of %s was published after %s", all[0].id, queue, last)
			}
			last = all[0].id
		}
		switch {
		case there > 0 && !slices.Contains(maybe, queue):
			x.report(Topics, "%s has what was published to %s for %q, and was not bound", queue, c.Topic, c.Key)
		case there > 0 && there < len(c.Sent), there == 0 && slices.Contains(should, queue):
			missing = queue
		}
		somewhere = somewhere || there > 0
	}
	if somewhere && missing != "" {
		x.report(Topics, "%s has not all of what was published to %s for %q", missing, c.Topic, c.Key)
	}
}
