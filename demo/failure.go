package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Failures as one meets them: with numbers, addresses and ids in them, which
// differ from one to the next though the cause is the same.

func orderFlaw(f facts, _ *rand.Rand) (string, bool) {
	if f.Currency == "" {
		return fmt.Sprintf(`schema: missing "currency" in order %s from %s`, f.Order, f.Client), true
	}
	return "", false
}

func databaseHiccup(_ facts, r *rand.Rand) string {
	return pick(r,
		fmt.Sprintf("database: deadlock detected, process %d waits for process %d", 2000+r.IntN(900), 2000+r.IntN(900)),
		fmt.Sprintf("database: connection reset by 10.4.0.%d:5432", 10+r.IntN(8)))
}

func cardFlaw(f facts, r *rand.Rand) (string, bool) {
	if f.Method == "card" && chance(r, 0.01) {
		return fmt.Sprintf("card declined: issuer answered 05 do_not_honor for %s", f.Payment), true
	}
	return "", false
}

func gatewayHiccup(_ facts, r *rand.Rand) string {
	return fmt.Sprintf("gateway: 502 bad gateway (ray %s)", hex(r, 12))
}

func gatewayDown(_ facts, r *rand.Rand) string {
	return fmt.Sprintf("timeout: payment-gw did not answer within %dms", 1000+r.IntN(400))
}

func addressFlaw(f facts, _ *rand.Rand) (string, bool) {
	if !strings.Contains(f.To, "@") {
		return fmt.Sprintf("smtp: 501 syntax error in address %q", f.To), true
	}
	return "", false
}

func smtpHiccup(_ facts, r *rand.Rand) string {
	return fmt.Sprintf("smtp: 421 too many connections from 10.2.%d.%d, try again later", r.IntN(8), r.IntN(250))
}

func smtpDown(_ facts, r *rand.Rand) string {
	return fmt.Sprintf("dial tcp 10.2.0.%d:25: connect: connection refused", 2+r.IntN(3))
}

func imageFlaw(f facts, _ *rand.Rand) (string, bool) {
	if f.Format == "heic" {
		return fmt.Sprintf("decode %s: no decoder for heic (%d bytes)", f.Image, f.Bytes), false
	}
	return "", false
}

func imageHiccup(f facts, r *rand.Rand) string {
	return fmt.Sprintf("decode %s: killed, %d MiB is over the limit of 512 MiB", f.Image, 513+r.IntN(300))
}

func endpointFlaw(f facts, r *rand.Rand) (string, bool) {
	if strings.Contains(f.Endpoint, deadEndpoint) && chance(r, 0.2) {
		return fmt.Sprintf("POST %s: 410 gone after %dms", f.Endpoint, 20+r.IntN(80)), false
	}
	return "", false
}

func endpointHiccup(f facts, r *rand.Rand) string {
	return fmt.Sprintf("POST %s: 503 service unavailable, retry after %ds", f.Endpoint, 1+r.IntN(30))
}

func rendererHiccup(f facts, r *rand.Rand) string {
	return pick(r,
		fmt.Sprintf("render %s: the template service closed the stream after %d bytes", f.Order, 1000+r.IntN(90_000)),
		fmt.Sprintf("render %s: the font cache is locked by process %d", f.Order, 300+r.IntN(90)))
}

func importFlaw(f facts, r *rand.Rand) (string, bool) {
	if f.Rows < 0 {
		return fmt.Sprintf("panic: runtime error: makeslice: len out of range [%d] at 0x%s", f.Rows, hex(r, 6)), false
	}
	return "", false
}

func ledgerHiccup(f facts, r *rand.Rand) string {
	return fmt.Sprintf("ledger: account %s is locked by transaction %d", f.Account, 70_000+r.IntN(9000))
}
