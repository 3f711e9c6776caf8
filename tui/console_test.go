package tui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

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

func TestHome(t *testing.T) {
	drive(t, driverOptions{width: 120, height: 34}, shop, func(d *driver) {
		d.pass(2 * time.Second)
		d.see("payments", "poisoned", "no consumers", "paused", "flowing")
		d.fits()
		d.press("?")
		d.see("What can be done here")
		d.press("esc :")
		d.text("pau")
		d.see("queue.pause")
	})
}

func TestQueue(t *testing.T) {
	drive(t, driverOptions{width: 120, height: 34}, shop, func(d *driver) {
		d.press("enter")
		d.see("Messages 48", "Dead letters 12", "48 total")
		fmt.Println(d.screen())
		d.press("j j space space tab")
		fmt.Println(d.screen())
		d.press("esc x")
		fmt.Println(d.screen())
		d.press("enter tab tab tab")
		fmt.Println(d.screen())
		d.fits()
	})
}
