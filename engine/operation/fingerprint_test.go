package operation

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFingerprint(t *testing.T) {
	for _, c := range []struct{ reason, want string }{
		{"timeout: payment-gw 3021ms", "timeout: payment-gw <time>"},
		{"timeout: payment-gw 1.2s", "timeout: payment-gw <time>"},
		{"timeout after 1m30s", "timeout after <time>"},
		{`schema: missing "currency"`, `schema: missing "<s>"`},
		{"schema: missing 'currency' in body", `schema: missing "<s>" in body`},
		{"don't know what isn't there", "don't know what isn't there"},
		{"panic: nil deref\n\ngoroutine 17 [running]:", "panic: nil deref"},
		{"order 01J7QZ8K3M9XV2B5N6P7R8S9T0 not found", "order <id> not found"},
		{"order 7f3c2a10-8b1e-4c55-9f02-00a1b2c3d4e5 not found", "order <id> not found"},
		{"no such customer: cus_9s6XKzkNRiz8i3", "no such customer: cus_<id>"},
		{"commit deadbeef01 is bad", "commit <id> is bad"},
		{"dial tcp 10.0.3.17:5432: connect: connection refused", "dial tcp <addr>: connect: connection refused"},
		{"dial tcp [2001:db8::1]:443: i/o timeout", "dial tcp <addr>: i/o timeout"},
		{"dial tcp fe80::1: no route", "dial tcp <addr>: no route"},
		{`Post "https://api.stripe.com/v1/charges/ch_1": EOF`, `Post "<s>": EOF`},
		{"Post https://bob:pw@api.stripe.com:443/v1/charges?x=1: EOF", "Post https://api.stripe.com/… EOF"},
		{"GET https://10.0.0.1:8080/x failed", "GET https://<addr>/… failed"},
		{"gateway answered 503", "gateway answered 503"},
		{"503 Service Unavailable from node-17", "503 Service Unavailable from node-<n>"},
		{"status=429 retry in 12s", "status=429 retry in <time>"},
		{"exit status 2", "exit status 2"},
		{"17 items left of 1,204", "<n> items left of <n>"},
		{"at 2026-11-22T02:01:41.123Z it broke", "at <time> it broke"},
		{"at 12:04:31 it broke", "at <time> it broke"},
		{"user bob@example.com unknown", "user <email> unknown"},
		{"need 10MB, have 9.5MB", "need <n>MB, have <n>MB"},
		{"worker12 on http2 lost s3", "worker<n> on http2 lost s3"},
		{"pointer 0xc0000123 is nil", "pointer <id> is nil"},
		{"decode img_88db1e_2.png", "decode img_<id>_<id>.png"},
		{"decode img_123456_800x600.png", "decode img_<id>_<id>.png"},
		{"POST https://hooks.example/v1/orders 410 gone after 310ms", "POST https://hooks.example/… 410 gone after <time>"},
		{"smtp: 501 syntax error in 3 parameters", "smtp: 501 syntax error in <n> parameters"},
		{"  a \t b\r\n", "a b"},
		{"", ""},
	} {
		if got := Fingerprint(c.reason); got != c.want {
			t.Errorf("Fingerprint(%q) = %q, want %q", c.reason, got, c.want)
		}
	}
}

// checkFingerprint holds what must be true of every text.
func checkFingerprint(t interface{ Fatalf(string, ...any) }, reason string) {
	print := Fingerprint(reason)
	if again := Fingerprint(print); again != print {
		t.Fatalf("not its own fingerprint: %q → %q → %q", reason, print, again)
	}
	if n := utf8.RuneCountInString(print); n > maxFingerprint || !utf8.ValidString(print) {
		t.Fatalf("%d characters, or not UTF-8: %q", n, print)
	}
}

func TestFingerprintIsItsOwn(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"timeout", "http", "status", "https://", "a.b/", "@x.com", "10.0.0.1", ":", "[::1]", "\"", "'", "`", "<n>", "<id>", "<", ">", "0x", "ff01",
		"1m", "2.5", "2026-01-02", "12:30", "-", "_", " ", "=", "503", " Service", "…", "/", "é", "7", "\\", ",", "e5", "fe80::", "deadbeef", "cus",
	})
	rapid.Check(t, func(t *rapid.T) {
		var reason string
		for _, p := range rapid.SliceOfN(pieces, 0, 20).Draw(t, "pieces") {
			reason += p
		}
		checkFingerprint(t, reason+rapid.StringN(0, 20, -1).Draw(t, "tail"))
	})
}

func FuzzFingerprint(f *testing.F) {
	f.Add("timeout: payment-gw 3021ms")
	f.Add(`Post "https://10.0.0.1:8080/v1": EOF '1`)
	f.Fuzz(func(t *testing.T, reason string) { checkFingerprint(t, reason) })
}

func BenchmarkFingerprint(b *testing.B) {
	for b.Loop() {
		Fingerprint("timeout: payment-gw did not answer POST https://gw.example.com/v1/charges/8812 within 3021ms (attempt 4)")
	}
}
