package enginetest

import (
	"testing"
	"testing/synctest"
	"time"

	"nixie/engine"
)

// TestModelReopens: the model keeps what an engine on a disk would keep, and
// gives back what was in flight.
func TestModelReopens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		m := NewModel()
		if err := m.CreateQueue(ctx, "jobs", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Publish(ctx, "jobs", engine.Outgoing{Body: []byte("a")}, engine.Outgoing{Delay: time.Minute}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Receive(ctx, "jobs", engine.ReceiveOptions{}); err != nil {
			t.Fatal(err)
		}
		m = m.reopen()
		defer m.Close()
		info, err := m.Queue(ctx, "jobs")
		if err != nil {
			t.Fatal(err)
		}
		if info.Ready != 1 || info.Delayed != 1 || info.InFlight != 0 {
			t.Errorf("after reopening: %d ready, %d delayed, %d in flight", info.Ready, info.Delayed, info.InFlight)
		}
		got, err := m.Receive(ctx, "jobs", engine.ReceiveOptions{})
		if err != nil || len(got) != 1 || got[0].Tries != 1 {
			t.Fatalf("received %v, %v", got, err)
		}
		if err := m.Ack(ctx, got[0].Receipt); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		got, err = m.Receive(ctx, "jobs", engine.ReceiveOptions{Wait: time.Minute, Max: 2})
		if err != nil || len(got) != 1 || string(got[0].ID) != "2" {
			t.Errorf("received %v, %v", got, err)
		}
	})
}
