package demo

import (
	"fmt"
	"math/rand/v2"
	"time"

	"nixie/engine"
)

func decoupling() scenario {
	return scenario{
		name:   "decoupling",
		title:  "A consumer goes away",
		lesson: "The publisher does not know, nor care, whether somebody receives. What nobody can take now waits, and nothing is lost.",
		queues: []queueSpec{{name: "welcome-mails", policy: policy(5, time.Second), pool: mailer(3)}},
		producers: []producerSpec{
			{name: "signups", queue: "welcome-mails", rate: 12, burst: 6, make: makeMail},
		},
		acts: []act{
			{at: 0, text: "mails leave as fast as people sign up"},
			{at: 12 * time.Second, text: "the mailer goes away", set: map[string]float64{consumersOf("welcome-mails"): 0}},
			{at: 35 * time.Second, text: "the mailer comes back", set: map[string]float64{consumersOf("welcome-mails"): 3}},
		},
		loop: 60 * time.Second,
	}
}

func retries() scenario {
	return scenario{
		name:   "retries",
		title:  "Work that fails now and then",
		lesson: "A failed try is not a lost job: it waits, longer each time, and is tried again. Only what fails every time becomes a dead letter.",
		queues: []queueSpec{{name: "invoices", policy: policy(5, 700*time.Millisecond), pool: poolSpec{
			worker: "renderer", count: 4, latency: 150 * time.Millisecond, failure: 0.2, hiccup: rendererHiccup,
		}}},
		producers: []producerSpec{{name: "billing", queue: "invoices", rate: 10, burst: 6, make: makeInvoice}},
		acts: []act{
			{at: 0, text: "one try in five fails, and the next succeeds"},
			{at: 20 * time.Second, text: "three tries in four fail", set: map[string]float64{failureOf("invoices"): 0.75}},
			{at: 45 * time.Second, text: "the renderer is well again", set: map[string]float64{failureOf("invoices"): 0.2}},
		},
		loop: 80 * time.Second,
	}
}

func ingestion() scenario {
	return scenario{
		name:   "ingestion",
		title:  "Many small messages",
		lesson: "Readings arrive in batches and leave in batches: one commit for hundreds. The loader may pause; the sensors never wait.",
		queues: []queueSpec{{name: "telemetry", policy: policy(5, time.Second), pool: poolSpec{
			worker: "loader", count: 2, latency: 80 * time.Millisecond, bulk: 250, failure: 0.0005,
			hiccup: databaseHiccup, needs: "the warehouse", down: databaseHiccup, ails: "refuse writes",
		}}},
		producers: []producerSpec{{name: "sensors", queue: "telemetry", rate: 1000, burst: 4, make: makeReading}},
		acts: []act{
			{at: 0, text: "a thousand readings a second"},
			{at: 15 * time.Second, text: "the loader stops", set: map[string]float64{consumersOf("telemetry"): 0}},
			{at: 30 * time.Second, text: "the loader goes on", set: map[string]float64{consumersOf("telemetry"): 2}},
		},
		loop: 60 * time.Second,
	}
}

func fanout() scenario {
	subscriber := func(queue, worker string, count int, latency time.Duration) queueSpec {
		return queueSpec{name: queue, policy: policy(5, time.Second), pool: poolSpec{
			worker: worker, count: count, latency: latency, failure: 0.01, hiccup: databaseHiccup,
			needs: "its database", down: databaseHiccup, ails: "reset connections",
		}}
	}
	return scenario{
		name:   "fanout",
		title:  "One event, several readers",
		lesson: "A topic hands each event to every queue whose pattern matches, all or none. One slow reader holds nobody else up.",
		queues: []queueSpec{
			subscriber("billing", "biller", 2, 40*time.Millisecond),
			subscriber("warehouse", "picker", 2, 60*time.Millisecond),
			subscriber("notifications", "notifier", 2, 30*time.Millisecond),
			subscriber("analytics", "analyst", 1, 30*time.Millisecond),
		},
		topics: []topicSpec{{"order-events", []engine.Binding{
			{Queue: "billing", Pattern: "order.paid"},
			{Queue: "warehouse", Pattern: "order.paid"},
			{Queue: "warehouse", Pattern: "order.cancelled"},
			{Queue: "notifications", Pattern: "order.*"},
			{Queue: "analytics", Pattern: "#"},
		}}},
		producers: []producerSpec{{name: "storefront", topic: "order-events", rate: 12, burst: 5, make: makeEvent}},
		acts: []act{
			{at: 0, text: "each event reaches the queues that want it"},
			{at: 15 * time.Second, text: "analytics becomes slow", set: map[string]float64{latencyOf("analytics"): 0.5}},
			{at: 40 * time.Second, text: "analytics is itself again", set: map[string]float64{latencyOf("analytics"): 0.03}},
		},
		loop: 70 * time.Second,
	}
}

func sharing() scenario {
	return scenario{
		name:   "sharing",
		title:  "Load shared by many",
		lesson: "Consumers of one queue share its load without knowing one another. More of them empty it faster; none gets what another has.",
		queues: []queueSpec{{name: "videos", policy: policy(5, time.Second), pool: poolSpec{
			worker: "encoder", count: 2, latency: 400 * time.Millisecond, failure: 0.01, hiccup: imageHiccup,
		}}},
		producers: []producerSpec{{name: "uploads", queue: "videos", rate: 8, burst: 5, make: makeThumbnail}},
		acts: []act{
			{at: 0, text: "two encoders for eight videos a second: too few", set: map[string]float64{consumersOf("videos"): 2}},
			{at: 20 * time.Second, text: "two more help", set: map[string]float64{consumersOf("videos"): 4}},
			{at: 35 * time.Second, text: "eight in all", set: map[string]float64{consumersOf("videos"): 8}},
		},
		loop: 60 * time.Second,
	}
}

func spike() scenario {
	return scenario{
		name:   "spike",
		title:  "A spike, smoothed",
		lesson: "When everybody comes at once the queue grows, and the workers go on at the pace that they can keep. Nobody is turned away.",
		queues: []queueSpec{{name: "tickets", policy: policy(5, time.Second), pool: poolSpec{
			worker: "seller", count: 3, latency: 120 * time.Millisecond, failure: 0.01, hiccup: databaseHiccup,
			needs: "the seat map", down: databaseHiccup, ails: "reset connections",
		}}},
		producers: []producerSpec{{name: "box-office", queue: "tickets", rate: 8, burst: 12, make: makeOrder}},
		acts: []act{
			{at: 0, text: "a quiet morning"},
			{at: 10 * time.Second, text: "the sale opens", set: map[string]float64{burstOf("box-office"): 1}},
		},
		loop: 60 * time.Second,
	}
}

func orderedGroups() scenario {
	return scenario{
		name:   "ordered",
		title:  "Order where it matters",
		lesson: "The entries of one account are delivered in order, one at a time; other accounts go on beside it. A failing entry holds up its own account alone.",
		queues: []queueSpec{{name: "ledger", policy: policy(6, 500*time.Millisecond, ordered), pool: poolSpec{
			worker: "booker", count: 6, latency: 90 * time.Millisecond, failure: 0.05, hiccup: ledgerHiccup,
		}}},
		producers: []producerSpec{{name: "bank", queue: "ledger", rate: 15, burst: 6, make: makeEntry}},
		acts: []act{
			{at: 0, text: "twelve accounts, six bookers"},
			{at: 20 * time.Second, text: "entries fail more often", set: map[string]float64{failureOf("ledger"): 0.3}},
			{at: 45 * time.Second, text: "as before", set: map[string]float64{failureOf("ledger"): 0.05}},
		},
		loop: 70 * time.Second,
	}
}

func poison() scenario {
	return scenario{
		name:   "poison",
		title:  "A poison message",
		lesson: "One message crashes every worker that takes it. After its last try it is set aside as a dead letter, and the others were never stopped.",
		queues: []queueSpec{{name: "imports", policy: policy(4, time.Second), pool: poolSpec{
			worker: "importer", count: 3, latency: 100 * time.Millisecond, failure: 0.005,
			flaw: importFlaw, hiccup: databaseHiccup,
		}}},
		producers: []producerSpec{{
			name: "partners", queue: "imports", rate: 10, burst: 5, make: makeImport,
			oddity: poisonImport, what: "a poison file",
		}},
		acts: []act{
			{at: 0, text: "files arrive and are imported"},
			{at: 8 * time.Second, text: "one file is poison", set: map[string]float64{oddityOf("partners"): 1}},
			{at: 30 * time.Second, text: "and another", set: map[string]float64{oddityOf("partners"): 1}},
		},
		loop: 50 * time.Second,
	}
}

func outage() scenario {
	charged := payments(4)
	charged.pool.then = nil
	return scenario{
		name:   "outage",
		title:  "Something downstream is out",
		lesson: "While the gateway is away every try fails. Retries bridge a short outage; a long one fills the dead letters, from where all can be sent back.",
		queues: []queueSpec{charged},
		producers: []producerSpec{
			{name: "checkout", queue: "payments", rate: 12, burst: 5, make: makePayment},
		},
		acts: []act{
			{at: 0, text: "payments are charged"},
			{at: 12 * time.Second, text: "the gateway goes away for a moment", set: map[string]float64{outageOf("payments"): 1}},
			{at: 16 * time.Second, text: "it is back: retries bridge it", set: map[string]float64{outageOf("payments"): 0}},
			{at: 40 * time.Second, text: "it goes away for long", set: map[string]float64{outageOf("payments"): 1}},
			{at: 70 * time.Second, text: "it is back; the dead letters stay", set: map[string]float64{outageOf("payments"): 0}},
		},
		loop: 110 * time.Second,
	}
}

func makeMail(r *rand.Rand, _ int64) engine.Outgoing {
	c := drawCustomer(r)
	return outgoing(r, "user.signed-up", "signups", email{To: c.Email, Template: "welcome", Locale: pick(r, "en", "de", "fr"), Tenant: pick(r, tenants...)})
}

func makeInvoice(r *rand.Rand, n int64) engine.Outgoing {
	o := drawOrder(r, n)
	o.Currency = pick(r, currencies...)
	return outgoing(r, "invoice.requested", "billing", o)
}

func makePayment(r *rand.Rand, n int64) engine.Outgoing {
	o := drawOrder(r, n)
	o.Currency = pick(r, currencies...)
	return outgoing(r, "payment.requested", "checkout", drawPayment(r, o))
}

func makeReading(r *rand.Rand, n int64) engine.Outgoing {
	return outgoing(r, "reading", "sensors", drawReading(r, n))
}

func makeEvent(r *rand.Rand, n int64) engine.Outgoing {
	kind := pick(r, "order.placed", "order.placed", "order.paid", "order.paid", "order.cancelled")
	return outgoing(r, kind, "storefront", drawOrder(r, n))
}

// accounts is how many groups the ledger has.
const accounts = 12

func makeEntry(r *rand.Rand, n int64) engine.Outgoing {
	account := fmt.Sprintf("DE%02d-4711", n%accounts)
	m := outgoing(r, "entry", "bank", struct {
		Account string `json:"account"`
		Entry   int64  `json:"entry"`
		Cents   int64  `json:"cents"`
		Text    string `json:"text"`
	}{account, n / accounts, int64(r.IntN(200_000)) - 100_000, pick(r, "rent", "salary", "coffee", "refund", "groceries")})
	m.Group = account
	return m
}

type importFile struct {
	File   string `json:"file"`
	Tenant string `json:"tenant"`
	Rows   int    `json:"rows"`
	SHA    string `json:"sha1"`
}

func drawImport(r *rand.Rand, n int64) importFile {
	return importFile{fmt.Sprintf("catalogue-%05d.csv", n), pick(r, tenants...), 10 + r.IntN(5000), hex(r, 40)}
}

func makeImport(r *rand.Rand, n int64) engine.Outgoing {
	return outgoing(r, "file.arrived", "partners", drawImport(r, n))
}

func poisonImport(r *rand.Rand, n int64) engine.Outgoing {
	f := drawImport(r, n)
	f.Rows = -1 - r.IntN(9)
	return outgoing(r, "file.arrived", "partners", f)
}
