package enginetest

import (
	"context"

	"nixie/engine"
)

// calls are all methods that work on one queue, or on none.
var calls = []struct {
	name    string
	queue   bool // wants one, which the call names "nowhere"
	receipt bool // wants a receipt
	call    func(ctx context.Context, e engine.Engine) error
}{
	{"publish", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Publish(ctx, "nowhere", engine.Outgoing{})
		return err
	}},
	{"publish to a topic", false, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.PublishTopic(ctx, "nowhere", "k", engine.Outgoing{})
		return err
	}},
	{"receive", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Receive(ctx, "nowhere", engine.ReceiveOptions{})
		return err
	}},
	{"ack", false, true, func(ctx context.Context, e engine.Engine) error { return e.Ack(ctx, engine.Receipt{}) }},
	{"nack", false, true, func(ctx context.Context, e engine.Engine) error {
		return e.Nack(ctx, engine.Receipt{}, engine.Failure{})
	}},
	{"release", false, true, func(ctx context.Context, e engine.Engine) error {
		return e.Release(ctx, engine.Receipt{}, 0)
	}},
	{"extend", false, true, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Extend(ctx, engine.Receipt{}, 1)
		return err
	}},
	{"queues", false, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Queues(ctx)
		return err
	}},
	{"queue", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Queue(ctx, "nowhere")
		return err
	}},
	{"list", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.List(ctx, "nowhere", engine.ListOptions{})
		return err
	}},
	{"message", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Message(ctx, "nowhere", "1")
		return err
	}},
	{"history", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.History(ctx, "nowhere", engine.Span{})
		return err
	}},
	{"consumers", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Consumers(ctx, "nowhere")
		return err
	}},
	{"create", false, false, func(ctx context.Context, e engine.Engine) error {
		return e.CreateQueue(ctx, "new", engine.DefaultPolicy())
	}},
	{"configure", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Configure(ctx, "nowhere", engine.DefaultPolicy())
		return err
	}},
	{"pause", true, false, func(ctx context.Context, e engine.Engine) error { return e.SetPaused(ctx, "nowhere", true) }},
	{"purge", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Purge(ctx, "nowhere", engine.LiveArea)
		return err
	}},
	{"delete queue", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.DeleteQueue(ctx, "nowhere")
		return err
	}},
	{"move", true, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Move(ctx, engine.MoveRequest{Queue: "nowhere", IDs: []engine.ID{"1"}})
		return err
	}},
	{"edit", true, false, func(ctx context.Context, e engine.Engine) error {
		_, _, err := e.Edit(ctx, engine.EditRequest{Queue: "nowhere", ID: "1"})
		return err
	}},
	{"delete", true, false, func(ctx context.Context, e engine.Engine) error {
		_, _, err := e.Delete(ctx, "nowhere", "1")
		return err
	}},
	{"trash", false, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Trash(ctx)
		return err
	}},
	{"restore", false, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Restore(ctx, "1")
		return err
	}},
	{"discard", false, false, func(ctx context.Context, e engine.Engine) error { return e.Discard(ctx, "1") }},
	{"bind", true, false, func(ctx context.Context, e engine.Engine) error {
		return e.Bind(ctx, "events", engine.Binding{Queue: "nowhere", Pattern: "#"})
	}},
	{"unbind", false, false, func(ctx context.Context, e engine.Engine) error {
		return e.Unbind(ctx, "events", engine.Binding{Queue: "nowhere", Pattern: "#"})
	}},
	{"topics", false, false, func(ctx context.Context, e engine.Engine) error {
		_, err := e.Topics(ctx)
		return err
	}},
}

var errorTests = []test{
	{"an unknown queue", func(f *fixture) {
		for _, c := range calls {
			if c.queue {
				f.refused(c.name, c.call(f.ctx, f.Engine), engine.ErrQueueNotFound)
			}
		}
		equal(f, "queues", len(f.infos()), 0)
	}},
	{"a receipt of nothing", func(f *fixture) {
		for _, c := range calls {
			if c.receipt {
				f.refused(c.name, c.call(f.ctx, f.Engine), engine.ErrLeaseLost)
			}
		}
	}},
	{"an unknown message", func(f *fixture) {
		f.create("jobs")
		f.create("other")
		id := f.publish("other", "x")[0]
		for _, id := range []engine.ID{"", "0", "-1", "999999", "18446744073709551616", "0x1", " 1", "01", "\x00", id} {
			_, err := f.Message(f.ctx, "jobs", id)
			f.refused("message "+string(id), err, engine.ErrMessageNotFound)
		}
	}},
	{"a cancelled context changes nothing", func(f *fixture) {
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		for _, c := range calls {
			f.refused(c.name, c.call(ctx, f.Engine), context.Canceled)
		}
		equal(f, "queues", len(f.infos()), 0)
	}},
	{"a closed engine", func(f *fixture) {
		f.do(f.Close())
		f.closed = true
		for _, c := range calls {
			f.refused(c.name, c.call(f.ctx, f.Engine), engine.ErrClosed)
		}
		f.do(f.Close())
	}},
	{"capabilities are told", func(f *fixture) {
		c := f.Capabilities()
		if c.Name == "" || c.Place == "" || c.MaxBody < 1<<20 {
			f.Errorf("the engine does not say what it is: %+v", c)
		}
		if !c.FreePeek && c.PeekCost == "" {
			f.Error("the engine does not say what looking costs")
		}
	}},
}
