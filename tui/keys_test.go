package tui

import (
	"strings"
	"testing"
	"time"

	"nixie/engine"
	"nixie/views"
)

// TestPreviewMoves: the key of the preview changes the screen each time, or
// says why it cannot.
func TestPreviewMoves(t *testing.T) {
	for _, size := range sizes {
		for _, place := range []string{"esc", "enter", "2"} {
			drive(t, driverOptions{width: size[0], height: size[1]}, shop, func(d *driver) {
				d.press(place)
				for range 4 {
					before := d.screen()
					d.press("p")
					if d.screen() == before {
						t.Errorf("at %v, after %q, p does nothing:\n%s", size, place, before)
					}
					if strings.Contains(d.screen(), "there is no room") {
						break
					}
				}
			})
		}
	}
}

// TestMuteStaysUnderTheCursor: what is muted goes to the end, and the same key
// takes it back.
func TestMuteStaysUnderTheCursor(t *testing.T) {
	two := func(e engine.Engine) {
		shop(e)
		ds, err := e.Receive(t.Context(), "emails", engine.ReceiveOptions{Max: 3})
		if err != nil {
			panic(err)
		}
		for _, d := range ds {
			if err := e.Nack(t.Context(), d.Receipt, engine.Failure{Reason: "smtp: no", Reject: true}); err != nil {
				panic(err)
			}
		}
	}
	drive(t, driverOptions{width: 120, height: 34}, two, func(d *driver) {
		d.press("2")
		d.see("▶       12")
		d.press("m")
		d.see("▶       12", "muted  timeout")
		d.pass(3 * time.Second)
		d.see("▶       12", "muted  timeout")
		if strings.Index(d.screen(), "smtp: no") > strings.Index(d.screen(), "muted  timeout") {
			t.Errorf("what is muted is not at the end:\n%s", d.screen())
		}
		d.press("m m m")
		d.pass(3 * time.Second)
		d.see("▶       12")
		d.miss("muted")
	})
}

// TestAnswersLeave: what a key was answered leaves soon after the next one.
func TestAnswersLeave(t *testing.T) {
	drive(t, driverOptions{width: 80, height: 24}, shop, func(d *driver) {
		d.press("f")
		d.pass(3 * time.Second)
		d.see("not in the table of queues")
		d.press("j")
		d.see("not in the table of queues")
		d.pass(2 * time.Second)
		d.miss("not in the table of queues")
	})
}

// TestLongNotice: a notice is broken into lines, not cut.
func TestLongNotice(t *testing.T) {
	drive(t, driverOptions{width: 60, height: 15}, shop, func(d *driver) {
		d.send(views.NoticeMsg{Kind: views.NoticeError, Text: "nothing of what was asked for could be done: the disk is full, and the last word is here"})
		d.see("✗ nothing of what", "last word is here")
		d.fits()
	})
}

// TestPaletteKnowsOtherScreens: an action that has no meaning here is found, and
// the palette says where it has one.
func TestPaletteKnowsOtherScreens(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press(":")
		d.text("message.req")
		d.see("message.requeue", "only in messages")
		d.press("enter")
		d.see("only in messages: requeue to where it came from")
	})
}

// TestHeaderStandsStill: the totals have room to grow.
func TestHeaderStandsStill(t *testing.T) {
	driveShop(t, func(d *driver) {
		at := strings.Index(d.screen(), "4 queues")
		publish(d, 30)
		d.pass(3 * time.Second)
		d.see("110 ready")
		if now := strings.Index(d.screen(), "4 queues"); now != at {
			t.Errorf("the header moved from column %d to %d:\n%s", at, now, d.screen())
		}
	})
}

func publish(d *driver, n int) {
	for range n {
		if _, err := d.model.env.Engine.Publish(d.t.Context(), "payments", engine.Outgoing{Body: []byte("{}")}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// TestGraphsOfAWideScreen: all are shown, so there is no next one.
func TestGraphsOfAWideScreen(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("3 m")
		d.see("all graphs are shown")
	})
}

// TestTimesFit: times of the day are not cut, of another day neither.
func TestTimesFit(t *testing.T) {
	for _, size := range sizes[1:] {
		drive(t, driverOptions{width: size[0], height: size[1]}, shop, func(d *driver) {
			d.press("t t")
			look := func(died string) {
				d.pass(2 * time.Second)
				d.press("2")
				d.see(died + " ") // when the newest of the cause died
				d.press("1 enter 4")
				d.see(died + "      1") // and the first, with its one try
				d.press("esc")
			}
			look("00:00:03")
			time.Sleep(26 * time.Hour)
			look("01-01 00:00")
		})
	}
}

// TestJobWithoutMessages: keys that would list messages say why they cannot.
func TestJobWithoutMessages(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("P tab enter")
		d.pass(2 * time.Second)
		d.press("@ s")
		d.see("this job has no list of messages")
		d.press("enter")
		d.see("open what the cursor is on: this job has no list of messages")
	})
}

// TestAttemptsFit: where there is no room for the day of an attempt, it goes,
// and not the name of the consumer.
func TestAttemptsFit(t *testing.T) {
	fill := func(e engine.Engine) {
		if err := e.CreateQueue(t.Context(), "jobs", engine.DefaultPolicy()); err != nil {
			panic(err)
		}
		if _, err := e.Publish(t.Context(), "jobs", engine.Outgoing{Body: []byte("x")}); err != nil {
			panic(err)
		}
		ds, err := e.Receive(t.Context(), "jobs", engine.ReceiveOptions{Consumer: "checkout-7.example.com"})
		if err != nil {
			panic(err)
		}
		if err := e.Nack(t.Context(), ds[0].Receipt, engine.Failure{Reason: "no", Reject: true}); err != nil {
			panic(err)
		}
	}
	for width, want := range map[int]string{100: "1  00:00:00.000  took", 200: "1  2000-01-01 00:00:00.000  took"} {
		drive(t, driverOptions{width: width, height: 34}, fill, func(d *driver) {
			d.press("enter 4 tab tab")
			d.see(want, "by checkout-7.example.com")
		})
	}
}

// TestDeadKeys: a key that can do nothing where it is pressed says so.
func TestDeadKeys(t *testing.T) {
	for keys, want := range map[string]string{
		"tab":           "there is no other pane here",
		"9":             "there is no tab 9 here",
		"3 +":           "this is the shortest",
		"3 - - - -":     "this is the longest",
		"2 f":           "what arrives is followed already",
		"enter 4 l l":   "it is open",
		"enter 4 l f":   "leave the message first",
		"enter 7 C":     "these are its settings",
		"enter 3 space": "there is no message under the cursor",
	} {
		driveShop(t, func(d *driver) {
			d.press(keys)
			d.see(want)
			time.Sleep(time.Minute) // a week is read every half a minute
		})
	}
}
