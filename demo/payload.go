package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"nixie/engine"
)

// maker makes the n-th message (from 1 on) of a producer. It draws from r
// alone, so that a seed always makes the same sequence.
type maker func(r *rand.Rand, n int64) engine.Outgoing

// pick draws one of several.
func pick[T any](r *rand.Rand, choices ...T) T { return choices[r.IntN(len(choices))] }

// chance is true with a probability of p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

var (
	firstNames = []string{"Mia", "Noah", "Aiko", "Lena", "Omar", "Zoë", "Ravi", "Ines", "Jonas", "Chiara", "Tomás", "Freya"}
	lastNames  = []string{"Lopez", "Keller", "Tanaka", "Novak", "Haddad", "Moreau", "Iyer", "Sousa", "Berg", "Ricci", "Vega", "Lund"}
	tenants    = []string{"acme", "globex", "initech", "hooli", "soylent"}
	currencies = []string{"EUR", "EUR", "USD", "USD", "GBP", "JPY"}
	products   = []string{"mug-blue", "tee-black-m", "lamp-arc", "book-go", "poster-a2", "cable-usbc", "chair-oak", "tea-sencha"}
)

type customer struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

func drawCustomer(r *rand.Rand) customer {
	first, last := pick(r, firstNames...), pick(r, lastNames...)
	plain := strings.NewReplacer("ë", "e", "á", "a").Replace(strings.ToLower(first + "." + last))
	return customer{first + " " + last, plain + "@" + pick(r, "example.com", "example.net", "example.org")}
}

type item struct {
	SKU   string `json:"sku"`
	Count int    `json:"count"`
	Cents int64  `json:"cents"`
}

type order struct {
	Order    string   `json:"order"`
	Tenant   string   `json:"tenant"`
	Customer customer `json:"customer"`
	Items    []item   `json:"items"`
	Total    int64    `json:"total_cents"`
	Currency string   `json:"currency,omitempty"`
	Client   string   `json:"client"`
}

// brokenClient leaves the currency out of some orders: a bug that somebody can
// find among the dead letters.
const brokenClient = "ios/4.2.1"

func drawOrder(r *rand.Rand, n int64) order {
	o := order{
		Order:    fmt.Sprintf("ord_%06d", 100_000+n),
		Tenant:   pick(r, tenants...),
		Customer: drawCustomer(r),
		Currency: pick(r, currencies...),
		Client:   pick(r, "web/7.1", "web/7.1", "ios/4.2.0", "android/4.2.0"),
	}
	for range 1 + r.IntN(3) {
		it := item{pick(r, products...), 1 + r.IntN(3), int64(490 + 100*r.IntN(90))}
		o.Items = append(o.Items, it)
		o.Total += int64(it.Count) * it.Cents
	}
	if o.Tenant == "acme" && chance(r, 0.12) {
		o.Client, o.Currency = brokenClient, ""
	}
	return o
}

type payment struct {
	Payment  string `json:"payment"`
	Order    string `json:"order"`
	Tenant   string `json:"tenant"`
	Email    string `json:"email"`
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"`
	Method   string `json:"method"`
	Card     string `json:"card,omitempty"`
}

func drawPayment(r *rand.Rand, o order) payment {
	p := payment{
		Payment: "pay_" + hex(r, 10), Order: o.Order, Tenant: o.Tenant, Email: o.Customer.Email,
		Cents: o.Total, Currency: o.Currency, Method: pick(r, "card", "card", "card", "paypal", "sepa"),
	}
	if p.Method == "card" {
		p.Card = fmt.Sprintf("•••• %04d", r.IntN(10_000))
	}
	return p
}

type email struct {
	To       string `json:"to"`
	Template string `json:"template"`
	Locale   string `json:"locale"`
	Order    string `json:"order,omitempty"`
	Tenant   string `json:"tenant"`
}

type thumbnail struct {
	Image  string `json:"image"`
	Format string `json:"format"`
	Bytes  int    `json:"bytes"`
	Widths []int  `json:"widths"`
	Tenant string `json:"tenant"`
}

func drawThumbnail(r *rand.Rand, n int64) thumbnail {
	t := thumbnail{
		Image: fmt.Sprintf("img_%s_%d", hex(r, 6), n), Format: pick(r, "jpeg", "jpeg", "jpeg", "png", "webp"),
		Bytes: 80_000 + r.IntN(4_000_000), Widths: []int{160, 640, 1280}, Tenant: pick(r, tenants...),
	}
	if chance(r, 0.03) {
		t.Format = "heic" // no decoder for it here
	}
	return t
}

// orderPaid has what each of its readers needs.
type orderPaid struct {
	Event    string `json:"event"`
	Order    string `json:"order"`
	Tenant   string `json:"tenant"`
	Cents    int64  `json:"cents"`
	To       string `json:"to"`
	Template string `json:"template"`
	Locale   string `json:"locale"`
	Endpoint string `json:"endpoint"`
}

type reading struct {
	Device  string  `json:"device"`
	Seq     int64   `json:"seq"`
	Celsius float64 `json:"celsius"`
	Volts   float64 `json:"volts"`
	RSSI    int     `json:"rssi"`
}

func drawReading(r *rand.Rand, n int64) reading {
	return reading{
		Device: fmt.Sprintf("sensor-%03d", r.IntN(240)), Seq: n,
		Celsius: float64(150+r.IntN(120)) / 10, Volts: float64(300+r.IntN(40)) / 100, RSSI: -40 - r.IntN(50),
	}
}

// hex draws so many hexadecimal digits.
func hex(r *rand.Rand, digits int) string {
	const alphabet = "0123456789abcdef"
	b := make([]byte, digits)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// outgoing makes a message of a payload, with the headers that one finds in
// the field.
func outgoing(r *rand.Rand, kind, source string, payload any) engine.Outgoing {
	body, err := json.Marshal(payload)
	if err != nil {
		panic("demo: a payload that is no JSON: " + err.Error())
	}
	return engine.Outgoing{
		Body: body,
		Headers: engine.Headers{
			"content-type": "application/json",
			"event":        kind,
			"source":       source,
			"trace":        hex(r, 16),
		},
	}
}

// facts are the fields of all payloads that workers look at. They are read from
// the body as it arrives, so that an edit by the operator counts.
type facts struct {
	order
	Payment  string `json:"payment"`
	Email    string `json:"email"`
	Method   string `json:"method"`
	Cents    int64  `json:"cents"`
	To       string `json:"to"`
	Image    string `json:"image"`
	Format   string `json:"format"`
	Bytes    int    `json:"bytes"`
	Endpoint string `json:"endpoint"`
	Account  string `json:"account"`
	Entry    int64  `json:"entry"`
	Rows     int    `json:"rows"`
	Device   string `json:"device"`
	headers  engine.Headers
}

func readFacts(m engine.Message) (facts, error) {
	f := facts{headers: m.Headers}
	err := json.Unmarshal(m.Body, &f)
	return f, err
}
