package demo

import (
	"slices"
	"strings"
	"testing"
)

// TestScenarios holds each scenario to what it promises to show.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		minutes float64
		kept    func(*testing.T, seen)
	}{
		"shop": {2.5, func(t *testing.T, s seen) {
			died(t, s, "payments", "orders", "webhooks")
			rose(t, s, "emails", 100)
			if len(s.last) != 7 {
				t.Errorf("%d queues", len(s.last))
			}
			told(t, s, "the payment gateway began to time out", "came back", "nobody receives from emails", "a burst: storefront", "all flows")
		}},
		"decoupling": {1, func(t *testing.T, s seen) {
			rose(t, s, "welcome-mails", 200)
			drained(t, s, "welcome-mails")
			told(t, s, "nobody receives from welcome-mails", "drains")
		}},
		"retries": {1, func(t *testing.T, s seen) {
			if s.most["invoices"].Delayed < 10 {
				t.Errorf("at most %d wait for another try", s.most["invoices"].Delayed)
			}
			died(t, s, "invoices")
			told(t, s, "of the tries in invoices fail")
		}},
		"ingestion": {0.7, func(t *testing.T, s seen) {
			rose(t, s, "telemetry", 5000)
			if s.books.Published < 30_000 {
				t.Errorf("%d readings in 40 s", s.books.Published)
			}
		}},
		"fanout": {1.2, func(t *testing.T, s seen) {
			rose(t, s, "analytics", 100)
			if billing := s.most["billing"].Ready; billing > 60 {
				t.Errorf("billing was held up by analytics: %d", billing)
			}
			if a, b := s.last["analytics"].Totals.Published, s.last["billing"].Totals.Published; a <= b || b == 0 {
				t.Errorf("analytics got %d events, billing %d of them", a, b)
			}
			drained(t, s, "analytics")
		}},
		"sharing": {1, func(t *testing.T, s seen) {
			rose(t, s, "videos", 40)
			drained(t, s, "videos")
			told(t, s, "2 consumers cannot keep up")
		}},
		"spike": {1, func(t *testing.T, s seen) {
			rose(t, s, "tickets", 250)
			drained(t, s, "tickets")
			told(t, s, "a burst: box-office")
		}},
		"ordered": {1.2, func(t *testing.T, s seen) {
			groups, done, swapped := s.play.pools[0].order.counts()
			if groups != accounts || done < 300 || swapped != 0 {
				t.Errorf("%d groups, %d done, %d out of order", groups, done, swapped)
			}
			if s.last["ledger"].Totals.Failed == 0 {
				t.Error("no entry failed: the order was not put to the test")
			}
		}},
		"poison": {0.6, func(t *testing.T, s seen) {
			died(t, s, "imports")
			told(t, s, "that no worker survives", "it is a dead letter now")
			if s.most["imports"].Ready > 60 {
				t.Errorf("the others were held up: %d ready", s.most["imports"].Ready)
			}
		}},
		"outage": {1.8, func(t *testing.T, s seen) {
			died(t, s, "payments")
			told(t, s, "began to time out", "ran out of tries", "came back")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := watch(t, name, test.minutes, nil)
			if s.books.Published == 0 || s.books.Done == 0 {
				t.Errorf("nothing happened: %+v", s.books)
			}
			test.kept(t, s)
		})
	}
	for _, name := range Names() {
		if !strings.Contains("shop decoupling retries ingestion fanout sharing spike ordered poison outage", name) {
			t.Errorf("no test for %s", name)
		}
	}
}

func died(t *testing.T, s seen, queues ...string) {
	t.Helper()
	for _, q := range queues {
		if s.last[q].Dead == 0 {
			t.Errorf("no dead letters in %s", q)
		}
	}
}

func rose(t *testing.T, s seen, queue string, to int64) {
	t.Helper()
	if s.most[queue].Ready < to {
		t.Errorf("the backlog of %s rose to %d only, not %d", queue, s.most[queue].Ready, to)
	}
}

func drained(t *testing.T, s seen, queue string) {
	t.Helper()
	if q := s.last[queue]; q.Ready > s.most[queue].Ready/4 {
		t.Errorf("%s did not drain: %d of %d are ready", queue, q.Ready, s.most[queue].Ready)
	}
}

func told(t *testing.T, s seen, words ...string) {
	t.Helper()
	for _, w := range words {
		if !s.told(w) {
			t.Errorf("the story never said %q; it said:\n%s", w, strings.Join(slices.Compact(s.story), "\n"))
		}
	}
}
