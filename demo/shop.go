package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"nixie/engine"
)

// shop is the default: several things that a queue is for, at once.
func shop() scenario {
	return scenario{
		name:  "shop",
		title: "A web shop",
		lesson: "Orders become payments, payments become mails, parcels, webhooks and statistics. " +
			"Each step has its own queue, so that one can fail without the others.",
		queues: []queueSpec{
			{name: "orders", policy: policy(4, time.Second), pool: poolSpec{
				worker: "checkout", count: 2, latency: 30 * time.Millisecond, failure: 0.01,
				flaw: orderFlaw, hiccup: databaseHiccup, then: charge,
			}},
			payments(3),
			{name: "emails", policy: policy(4, time.Second), pool: mailer(2)},
			{name: "parcels", policy: policy(5, time.Second, ordered), pool: poolSpec{
				worker: "warehouse", count: 3, latency: 60 * time.Millisecond, failure: 0.02, hiccup: databaseHiccup,
			}},
			{name: "thumbnails", policy: policy(3, 2*time.Second), pool: poolSpec{
				worker: "imaging", count: 2, latency: 180 * time.Millisecond, failure: 0.02,
				flaw: imageFlaw, hiccup: imageHiccup,
			}},
			{name: "webhooks", policy: policy(4, 2*time.Second), pool: poolSpec{
				worker: "courier", count: 4, latency: 80 * time.Millisecond, failure: 0.03,
				flaw: endpointFlaw, hiccup: endpointHiccup,
			}},
			{name: "statistics", policy: policy(5, time.Second), pool: poolSpec{
				worker: "loader", count: 1, latency: 100 * time.Millisecond, bulk: 50,
			}},
		},
		topics: []topicSpec{{"order-events", []engine.Binding{
			{Queue: "emails", Pattern: "order.*"},
			{Queue: "parcels", Pattern: "order.paid"},
			{Queue: "webhooks", Pattern: "order.#"},
			{Queue: "statistics", Pattern: "#"},
		}}},
		producers: []producerSpec{
			{name: "storefront", queue: "orders", rate: 12, burst: 8, make: makeOrder, oddity: brokenOrder, what: "a broken order"},
			{name: "uploads", queue: "thumbnails", rate: 5, burst: 6, backlog: 150, make: makeThumbnail},
		},
		acts: []act{
			{at: 0, text: "the shop is open"},
			{at: 12 * time.Second, text: "the payment gateway begins to time out", set: map[string]float64{outageOf("payments"): 1}},
			{at: 40 * time.Second, text: "the gateway is back", set: map[string]float64{outageOf("payments"): 0}},
			{at: 65 * time.Second, text: "the mailer is taken away for an update", set: map[string]float64{consumersOf("emails"): 0}},
			{at: 85 * time.Second, text: "the mailer is back", set: map[string]float64{consumersOf("emails"): 2}},
			{at: 105 * time.Second, text: "a flash sale", set: map[string]float64{burstOf("storefront"): 1}},
		},
		loop: 135 * time.Second,
	}
}

// payments are charged through a gateway that can go away.
func payments(workers int) queueSpec {
	return queueSpec{name: "payments", policy: policy(4, time.Second), pool: poolSpec{
		worker: "charge", count: workers, latency: 90 * time.Millisecond, failure: 0.03,
		flaw: cardFlaw, hiccup: gatewayHiccup, needs: "the payment gateway", down: gatewayDown, ails: "time out",
		then: paid,
	}}
}

func mailer(workers int) poolSpec {
	return poolSpec{
		worker: "mailer", count: workers, latency: 40 * time.Millisecond, failure: 0.02,
		flaw: addressFlaw, hiccup: smtpHiccup, needs: "the mail server", down: smtpDown, ails: "refuse connections",
	}
}

func makeOrder(r *rand.Rand, n int64) engine.Outgoing {
	return outgoing(r, "order.placed", "storefront", drawOrder(r, n))
}

func brokenOrder(r *rand.Rand, n int64) engine.Outgoing {
	o := drawOrder(r, n)
	o.Client, o.Currency = brokenClient, ""
	return outgoing(r, "order.placed", "storefront", o)
}

func makeThumbnail(r *rand.Rand, n int64) engine.Outgoing {
	return outgoing(r, "image.uploaded", "uploads", drawThumbnail(r, n))
}

// charge makes the payment of an order.
func charge(f facts, r *rand.Rand) []emission {
	return []emission{{queue: "payments", message: outgoing(r, "payment.requested", "checkout", drawPayment(r, f.order))}}
}

// paid tells the world of a payment.
func paid(f facts, r *rand.Rand) []emission {
	to := f.Email
	if chance(r, 0.015) {
		to = "n/a" // what some people type into a form
	}
	m := outgoing(r, "order.paid", "charge", orderPaid{
		Event: "order.paid", Order: f.Order, Tenant: f.Tenant, Cents: f.Cents,
		To: to, Template: "receipt", Locale: pick(r, "en", "de", "fr", "ja", "es"), Endpoint: endpointOf(f.Tenant),
	})
	m.Group = f.Tenant // a tenant's parcels leave in order
	return []emission{{topic: "order-events", message: m}}
}

// deadEndpoint has moved, and nobody told the courier.
const deadEndpoint = "hooks.initech.example"

func endpointOf(tenant string) string {
	return fmt.Sprintf("https://hooks.%s.example/v1/orders", tenant)
}
