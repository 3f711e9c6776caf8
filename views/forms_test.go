package views

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
	"nixie/engine/operation"
	"nixie/keymap"
)

// keys types keys that are no actions, as a field gets them.
func (s *stage) keys(names ...string) {
	s.Helper()
	codes := map[string]rune{
		"backspace": tea.KeyBackspace, "enter": tea.KeyEnter, "right": tea.KeyRight, "left": tea.KeyLeft, "up": tea.KeyUp,
		"down": tea.KeyDown, "end": tea.KeyEnd, "home": tea.KeyHome,
	}
	for _, name := range names {
		s.run(s.view.Update(tea.KeyPressMsg{Code: codes[name]}))
	}
}

func (s *stage) paste(text string) { s.run(s.view.Update(tea.PasteMsg{Content: text})) }

// plan is the request that was asked for last.
func (s *stage) plan() operation.Request {
	s.Helper()
	m, ok := s.last().(PlanMsg)
	if !ok {
		s.Fatalf("no plan was asked for, but %#v", s.last())
	}
	return m.Request
}

// do runs the plan that was asked for to its end.
func (s *stage) do() operation.Job {
	s.Helper()
	plan, err := s.env.Operations.Plan(s.env.Context, s.plan())
	s.must(err)
	job, err := s.env.Operations.Start(plan)
	s.must(err)
	job, err = s.env.Operations.Wait(s.env.Context, job.ID)
	s.must(err)
	s.run(s.view.Update(JobsMsg{}))
	return job
}

func (s *stage) messages(queue string, state engine.State) []engine.Message {
	s.Helper()
	page, err := s.model.List(s.env.Context, queue, engine.ListOptions{State: state, Limit: 1000})
	s.must(err)
	return page.Messages
}

func (s *stage) fitsEverywhere() {
	s.Helper()
	for _, size := range [][2]int{{20, 5}, {1, 1}, {60, 11}, {69, 20}, {70, 13}, {100, 14}, {139, 40}, {140, 40}, {400, 116}, {3, 2}} {
		s.view.SetSize(size[0], size[1])
		s.fits(size[0], size[1])
		if c := s.view.Cursor(); c != nil && (c.X < 0 || c.X >= size[0] || c.Y < 0 || c.Y >= size[1]) {
			s.Errorf("the cursor is at %d, %d of %d×%d", c.X, c.Y, size[0], size[1])
		}
	}
}

func TestPublishGolden(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), size[0], size[1])
				s.paste("{\"id\": {{seq}}, \"odd\": \"" + hostile + "\"}")
				s.press("tab", "tab", "tab", "tab")
				s.typeText("5 parsecs")
				s.golden()
				s.fits(size[0], size[1])
			})
		})
	}
}

func TestPublishSendsWhatItShows(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.paste(`{"id":"{{uuid}}","n":{{seq}}}`)
		v := s.view.(*Publish)
		shown := string(v.sample.out.Body)
		v.text(timesKey).SetValue([]byte("3"))
		v.headers().Set(map[string]string{"tenant": "acme", "n": "{{seq}}"})
		v.check()
		s.press("ctrl+s")
		s.do()
		got := s.messages("orders", engine.Ready)
		if len(got) != 3 || string(got[0].Body) != shown || got[2].Headers["n"] != "3" || got[0].Headers["tenant"] != "acme" {
			t.Fatalf("%q was shown, published %+v", shown, got)
		}
		s.press("ctrl+r")
		d, ok := s.last().(DialogMsg)
		if !ok {
			t.Fatalf("no history, but %#v", s.last())
		}
		choices := d.Dialog.(*Chooser).choices
		v.setBody(nil)
		s.run(v.Update(choices[0].Msg))
		if string(v.content()) != `{"id":"{{uuid}}","n":{{seq}}}` || v.sample.count != 3 {
			t.Fatalf("taken back %q, %d times", v.content(), v.sample.count)
		}
	})
}

func TestPublishSaysWhatIsWrong(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		for body, want := range map[string]string{
			"{\n  \"a\": 1,\n}":      "line 3, column 1",
			"{{nonsense}}":           "unknown function",
			"{\"a\": {{int 9 1}}}":   "lower one first",
			"hello":                  "text",
			"[1, 2, 3]":              "JSON",
			"{\"a\": \"{{email}}\"}": "JSON",
		} {
			v := s.view.(*Publish)
			v.setBody([]byte(body))
			v.check()
			if !strings.Contains(v.bodyTitle(100), want) {
				t.Errorf("of %q it says %q, not %q", body, v.bodyTitle(100), want)
			}
		}
		v := s.view.(*Publish)
		v.setBody([]byte("x"))
		for key, text := range map[string]string{delayKey: "-5s", timesKey: "0", rateKey: "fast", toKey: "two words"} {
			before := v.text(key).String()
			v.text(key).SetValue([]byte(text))
			v.check()
			s.asked = nil
			s.press("ctrl+s")
			if _, planned := s.last().(PlanMsg); planned || v.form.Field(key).Problem == "" {
				t.Errorf("%s may be %q", key, text)
			}
			v.text(key).SetValue([]byte(before))
		}
		v.text(toKey).SetValue([]byte("brand-new"))
		v.check()
		s.sees("does not exist yet")
		s.press("ctrl+s")
		s.do()
		if got := s.messages("brand-new", engine.Ready); len(got) != 1 {
			t.Fatalf("%d messages in the new queue", len(got))
		}
	})
}

func TestPublishLinesOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte("{\"n\":1}\n{\"n\":2}\n\n{\"n\":3,\"t\":\"{{uuid}}\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.run(s.view.Update(loadPathMsg(path)))
		s.sees("3 messages, each JSON", "Publish 3")
		s.keys("enter")
		if r := s.plan(); !r.Load.Lines || r.Load.Messages() != 3 {
			t.Fatalf("the plan is %+v", r)
		}
		s.do()
		got := s.messages("orders", engine.Ready)
		if len(got) != 3 || string(got[2].Body) != `{"n":3,"t":"{{uuid}}"}` {
			t.Fatalf("published %+v", got)
		}
		s.run(s.view.Update(loadPathMsg(path + ".none")))
		if n, ok := s.last().(NoticeMsg); !ok || n.Kind != NoticeError {
			t.Fatalf("no such file, and %#v", s.last())
		}
	})
}

func TestPublishLargeFile(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.run(s.view.Update(fileLoadedMsg{path: "big.jsonl", content: []byte(strings.Repeat("{\"n\":1}\n", 200_000))}))
		s.sees("200 000 messages", "too large to edit")
		s.fits(120, 30)
		s.press("shift+tab")
		v := s.view.(*Publish)
		v.onBody = true
		v.focus()
		s.keys("down", "end", "backspace")
		if len(v.content()) != 0 {
			t.Fatal("backspace does not drop it")
		}
	})
}

func TestPublishTakesAMegabyte(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.paste(strings.Repeat("quit:q!\x1b[2J", 200_000))
		s.fits(120, 30)
		s.sees("only 1 MiB of")
	})
}

func TestEditReplacesAndKeepsTheOriginal(t *testing.T) {
	onStage(t, func(s *stage) {
		dead := s.messages("payments", engine.Dead)[0]
		s.show(NewEdit(s.env, OpenMsg{Queue: "payments", ID: dead.ID}), 120, 30)
		v := s.view.(*Publish)
		if string(v.content()) != string(dead.Body) || v.headers().Headers()["odd"] != hostile {
			t.Fatalf("begins with %q, %q", v.content(), v.headers().Headers())
		}
		s.sees("none yet")
		s.press("ctrl+s")
		if n, ok := s.last().(NoticeMsg); !ok || !strings.Contains(n.Text, "nothing was changed") {
			t.Fatalf("unchanged, and %#v", s.last())
		}
		v.setBody([]byte(strings.Replace(string(dead.Body), "acme", "umbrella", 1)))
		v.check()
		s.sees(`-  "tenant": "acme"`, `+  "tenant": "umbrella"`, "kept in the trash")
		s.fits(120, 30)
		s.press("ctrl+s")
		if job := s.do(); job.Tally.Done != 1 {
			t.Fatalf("%+v", job)
		}
		if _, ok := s.last().(BackMsg); !ok {
			t.Errorf("it stays open: %#v", s.last())
		}
		got := s.messages("payments", engine.Ready)
		if len(got) != 1 || got[0].EditedFrom != dead.ID || got[0].Headers["odd"] != hostile || !strings.Contains(string(got[0].Body), "umbrella") {
			t.Fatalf("replaced by %+v", got)
		}
		trash, err := s.model.Trash(s.env.Context)
		s.must(err)
		if len(trash) != 1 || trash[0].What != engine.TrashEdit {
			t.Fatalf("in the trash: %+v", trash)
		}
	})
}

func TestEditGolden(t *testing.T) {
	onStage(t, func(s *stage) {
		dead := s.messages("payments", engine.Dead)[0]
		s.show(NewEdit(s.env, OpenMsg{Queue: "payments", ID: dead.ID}), 120, 30)
		v := s.view.(*Publish)
		v.setBody([]byte(`{"tenant":"globex","total":9007199254740993}`))
		v.check()
		s.golden()
		s.fitsEverywhere()
	})
}

func TestPublishFitsEverywhere(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen}), 120, 30)
		s.typeText("o")
		s.fitsEverywhere()
		s.press("shift+tab")
		s.paste("{\"odd\": \"" + hostile + "\"}")
		s.fitsEverywhere()
	})
}

func TestFormsGiveTheKeysBack(t *testing.T) {
	onStage(t, func(s *stage) {
		s.show(NewPublish(s.env, OpenMsg{Screen: PublishScreen, Queue: "orders"}), 120, 30)
		s.typeText("quit?")
		if !s.view.Capturing() || !strings.Contains(s.plain(), "quit?") {
			t.Fatal("what is typed is not in the body")
		}
		s.press("esc")
		if s.view.Capturing() || s.view.Cursor() != nil {
			t.Fatal("esc does not leave the fields")
		}
		s.press("enter")
		if !s.view.Capturing() {
			t.Fatal("enter does not go back into them")
		}
		// No action that types a character may be found while a field is typed in.
		for _, scope := range s.view.Scopes() {
			for _, b := range s.env.Keys.Bindings(scope) {
				for _, k := range b.Keys {
					if len([]rune(k)) == 1 || k == "space" {
						t.Errorf("%s has %q in a form", b.Action, k)
					}
				}
			}
		}
	})
}

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
