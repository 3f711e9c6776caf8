package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine"
)

// shop fills an engine with queues in each condition.
func shop(e engine.Engine) {
	ctx := context.Background()
	publish := func(queue string, n int) {
		if err := e.CreateQueue(ctx, queue, engine.DefaultPolicy()); err != nil && !errors.Is(err, engine.ErrQueueExists) {
			panic(err)
		}
		for i := range n {
			body := fmt.Sprintf(`{"order":{"id":%d,"total":9007199254740993},"tenant":"acme","currency":"JPY","items":[{"sku":"A-%d","n":2}]}`, i, i)
			if _, err := e.Publish(ctx, queue, engine.Outgoing{Body: []byte(body), Headers: engine.Headers{"tenant": "acme", "trace": fmt.Sprint(i)}}); err != nil {
				panic(err)
			}
		}
	}
	work := func(queue string, n int, fail string) {
		ds, err := e.Receive(ctx, queue, engine.ReceiveOptions{Max: n, Consumer: "worker-1"})
		if err != nil {
			panic(err)
		}
		for _, d := range ds {
			if fail == "" {
				err = e.Ack(ctx, d.Receipt)
			} else {
				err = e.Nack(ctx, d.Receipt, engine.Failure{Reason: fail, Reject: true})
			}
			if err != nil {
				panic(err)
			}
		}
	}
	publish("payments", 60)
	publish("orders", 30)
	publish("emails", 25)
	publish("thumbnails", 5)
	time.Sleep(3 * time.Second)
	work("payments", 12, "timeout: payment-gw 3012ms")
	work("orders", 30, "")
	publish("orders", 4)
	if _, err := e.Receive(ctx, "orders", engine.ReceiveOptions{Max: 2, Lease: time.Hour, Consumer: "worker-2"}); err != nil {
		panic(err)
	}
	if err := e.SetPaused(ctx, "thumbnails", true); err != nil {
		panic(err)
	}
	time.Sleep(2 * time.Second)
}

func TestPaletteAndHelp(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("?")
		d.see("What can be done here")
		d.press("esc :")
		d.text("pau")
		d.see("queue.pause")
		d.press("esc ctrl+p")
		d.text("orders")
		d.press("enter")
		d.see("local:shop.db ▸ orders", "In flight 2")
	})
}

func TestFilterOwnsTheKeyboard(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("/")
		d.text("qXNpay")
		d.see("qXNpay", "0 of 4")
		if d.quit || len(d.model.dialogs) > 0 || len(d.model.path) > 0 {
			t.Fatal("a key that was typed did something else")
		}
		d.press("backspace backspace backspace backspace backspace backspace")
		d.text("pay")
		d.press("enter")
		d.see("1 of 4 queues match", "payments")
		d.miss("thumbnails")
		d.press("esc")
		d.see("thumbnails")
	})
}

func TestSorting(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.see("sorted by dead ▼")
		d.click("READY")
		d.see("sorted by ready ▼")
		d.click("READY")
		d.see("sorted by ready ▲")
		d.press("<")
		d.see("sorted by name")
		d.press("o >")
		d.see("sorted by ready")
	})
}

func TestMouse(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.click("thumbnails")
		d.click("thumbnails")
		d.see("▸ thumbnails", "Messages 5")
		d.click("Dead letters 0")
		d.see("no message is dead")
		d.press("esc")
		d.click("? help")
		d.see("What can be done here")
		d.press("esc ctrl+t")
		if d.model.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is still on")
		}
	})
}

func TestMarks(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter space space")
		d.see("2 marked")
		d.press("v j j v")
		d.see("5 marked")
		d.press("A")
		d.see("48 marked")
		d.press("esc")
		d.miss("marked")
		d.press("/")
		d.text("sku")
		d.press("enter A")
		d.see("48 match sku", "48 marked")
		d.press("/")
		d.text(" nonsense:(")
		d.press("enter")
		d.see("✗")
		d.press("esc")
		d.see("48 match sku")
	})
}

// TestStandsStill: rows that come or go do not move what is under the cursor
// once the operator has scrolled; what is new is counted.
func TestStandsStill(t *testing.T) {
	driveShop(t, func(d *driver) {
		e := d.model.env.Engine
		d.press("enter j j j")
		before := d.screen()
		for range 3 {
			if _, err := e.Publish(t.Context(), "payments", engine.Outgoing{Body: []byte("new")}); err != nil {
				t.Fatal(err)
			}
		}
		ds, err := e.Receive(t.Context(), "payments", engine.ReceiveOptions{Max: 2})
		if err != nil || len(ds) != 2 {
			t.Fatal(err, len(ds))
		}
		d.pass(2 * time.Second)
		d.see("3 new", "49 total")
		if want, got := strings.Split(before, "\n")[5][:50], strings.Split(d.screen(), "\n")[5][:50]; want[len(want)-10:] != got[len(got)-10:] {
			t.Errorf("the row moved: %q, was %q", got, want)
		}
		d.press("g")
		d.miss("new")
	})
}

func TestFreeze(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press(".")
		d.see("held")
		if _, err := d.model.env.Engine.Publish(t.Context(), "emails", engine.Outgoing{Body: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		d.pass(3 * time.Second)
		d.see("25          0")
		d.press(".")
		d.see("26          0")
	})
}

func TestLookingNeverTouches(t *testing.T) {
	driveShop(t, func(d *driver) {
		e := d.model.env.Engine
		before, err := e.Queue(t.Context(), "payments")
		if err != nil {
			t.Fatal(err)
		}
		d.press("enter j j G g space v j v / 1 0 enter esc esc tab tab tab enter ctrl+d ctrl+u 2 3 4 enter 1 x x f f . . t t t p p p")
		after, err := e.Queue(t.Context(), "payments")
		if err != nil {
			t.Fatal(err)
		}
		if before.Totals != after.Totals || before.Ready != after.Ready || before.Dead != after.Dead || before.InFlight != after.InFlight {
			t.Errorf("looking changed the queue:\nbefore %+v\nafter  %+v", before, after)
		}
	})
}

func TestPaste(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.send(tea.PasteMsg{Content: "qqX"})
		if d.quit || len(d.model.dialogs) > 0 {
			t.Fatal("a paste triggered a key")
		}
		d.press("/")
		d.send(tea.PasteMsg{Content: strings.Repeat("pasted ", 2<<20)})
		d.see("cut to 1 MiB")
		d.fits()
	})
}

// TestMarkAll: all that match when the key is pressed are marked, and what
// comes later is not swept in.
func TestMarkAll(t *testing.T) {
	driveShop(t, func(d *driver) {
		d.press("enter A")
		d.see("48 marked")
		if _, err := d.model.env.Engine.Publish(t.Context(), "payments", engine.Outgoing{Body: []byte("late")}); err != nil {
			t.Fatal(err)
		}
		d.pass(2 * time.Second)
		d.see("48 marked", "1 new", "49 total")
		d.press("space")
		d.see("47 marked")
	})
}

func TestMarkAllOfVeryMany(t *testing.T) {
	fill := func(e engine.Engine) {
		if err := e.CreateQueue(t.Context(), "many", engine.DefaultPolicy()); err != nil {
			t.Fatal(err)
		}
		messages := make([]engine.Outgoing, 10_001)
		if _, err := e.Publish(t.Context(), "many", messages...); err != nil {
			t.Fatal(err)
		}
	}
	drive(t, driverOptions{width: 120, height: 34}, fill, func(d *driver) {
		d.press("enter A")
		d.see("all that match marked (more than 10 000)")
		d.press("G")
		d.see("10 001", "showing 9 974–10 001")
		d.press("space")
		d.miss("all that match marked")
	})
}
