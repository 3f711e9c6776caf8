package views

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixie/engine"
)

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
		s.sees(`-  "tenant": "acme"`, `+  "tenant": "umbrella"`, "goes to the trash")
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
