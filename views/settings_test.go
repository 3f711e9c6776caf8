package views

import (
	"fmt"
	"testing"
	"time"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
)

func TestSettingsGolden(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.must(s.model.Bind(s.env.Context, "events", engine.Binding{Queue: "orders", Pattern: "order.*"}))
				s.show(NewSettings(s.env, OpenMsg{Screen: SettingsScreen, Queue: "orders"}), size[0], size[1])
				s.typeText("x")
				s.press("tab")
				s.keys("backspace")
				s.typeText("7")
				s.golden()
				s.fits(size[0], size[1])
			})
		})
	}
}

func TestSettingsConfigure(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewSettings(s.env, OpenMsg{Screen: SettingsScreen, Queue: "orders"}), 160, 40)
		s.press("ctrl+s")
		if n, ok := s.last().(NoticeMsg); !ok || n.Text != "nothing was changed" {
			t.Fatalf("nothing was changed, and %#v", s.last())
		}
		v := s.view.(*Settings)
		set := func(key, text string) {
			v.form.Field(key).Item.(interface{ SetValue([]byte) }).SetValue([]byte(text))
			v.changed()
		}
		set("lease", "400d")
		s.sees("is no duration")
		set("jitter", "150 %")
		s.sees("the jitter must be between 0 and 1")
		set("lease", "1m30s")
		set("jitter", "50")
		set("bytes", "10M")
		s.sees("3 changes, not applied yet", "was 30s", "lease: 30s → 1m30s")
		s.press("ctrl+s")
		r := s.plan()
		if r.Verb != operation.Configure || r.Policy.VisibilityTimeout != 90*time.Second || r.Policy.Backoff.Jitter != 0.5 || r.Policy.MaxBytes != 10<<20 {
			t.Fatalf("the plan is %+v", r)
		}
		s.do()
		info, err := s.model.Queue(s.env.Context, "orders")
		s.must(err)
		if info.Policy != r.Policy {
			t.Fatalf("the policy is %+v", info.Policy)
		}
		time.Sleep(time.Second)
		s.run(v.Update(TickMsg{}))
		if n := len(v.changes()); n != 0 {
			t.Fatalf("%d changes after they were applied: %q", n, v.changes())
		}
	})
}

func TestSettingsRoundTrip(t *testing.T) {
	onStage(t, func(s *stage) {
		want := engine.Policy{
			VisibilityTimeout: 1500 * time.Millisecond, MaxTries: 0, DeadLetter: "payments", Delay: 7 * time.Second, TTL: 49 * time.Hour,
			Backoff: engine.Backoff{Base: time.Minute, Factor: 1.5, Max: time.Hour, Jitter: 0.25}, MaxDepth: 12345, MaxBytes: 1000,
			Overflow: engine.DropOldest, Ordered: true, DedupWindow: time.Hour, Durability: engine.Relaxed,
		}
		s.must(s.model.CreateQueue(s.env.Context, "odd", want))
		s.show(NewSettings(s.env, OpenMsg{Screen: SettingsScreen, Queue: "odd"}), 160, 40)
		v := s.view.(*Settings)
		if got, ok := v.policy(); !ok || got != want || len(v.changes()) != 0 {
			t.Fatalf("%+v\nbecame %+v, %v, %q", want, got, ok, v.changes())
		}
	})
}

func TestSettingsCreate(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewSettings(s.env, OpenMsg{Screen: SettingsScreen}), 120, 30)
		s.typeText("orders")
		s.sees("exists already")
		s.typeText("2")
		s.press("ctrl+s")
		if r := s.plan(); r.Verb != operation.CreateQueue || r.Queue != "orders2" || r.Policy != engine.DefaultPolicy() {
			t.Fatalf("the plan is %+v", r)
		}
		s.do()
		time.Sleep(time.Second)
		s.run(s.view.Update(TickMsg{}))
		if _, err := s.model.Queue(s.env.Context, "orders2"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSettingsBindings(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewSettings(s.env, OpenMsg{Screen: SettingsScreen, Queue: "orders"}), 120, 40)
		s.press("ctrl+o")
		s.typeText("events")
		s.press("tab")
		s.typeText("order..x")
		s.sees("between dots stands a word")
		s.keys("backspace", "backspace", "backspace")
		s.typeText(".*")
		s.press("tab")
		s.keys("enter")
		if r := s.plan(); r.Verb != operation.Bind || r.Topic != "events" || r.Pattern != "order.*" || r.Queue != "orders" {
			t.Fatalf("the plan is %+v", r)
		}
		s.do()
		time.Sleep(time.Second)
		s.run(s.view.Update(TickMsg{}))
		s.sees("bound to", "events   order.*")
		s.press("shift+tab", "shift+tab", "shift+tab")
		s.keys("enter")
		if r := s.plan(); r.Verb != operation.Unbind || r.Topic != "events" || r.Pattern != "order.*" {
			t.Fatalf("the plan is %+v", r)
		}
		s.fitsEverywhere()
	})
}

func TestSettingsFitsEverywhere(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewSettings(s.env, OpenMsg{Queue: "orders"}), 120, 30)
		s.fitsEverywhere()
		s.press("enter")
		for range 12 {
			s.press("tab")
			s.fitsEverywhere()
		}
		if a, _ := s.env.Keys.Resolve("tab", NewSettings(s.env, OpenMsg{Queue: "orders"}).Scopes()...); a == keymap.FormNext {
			t.Error("as a tab of the queue it takes the key that goes on to the next tab")
		}
	})
}
