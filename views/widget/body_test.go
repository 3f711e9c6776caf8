package widget

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func zip(t interface{ Fatal(...any) }, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const order = `{"tenant":"acme","total":9007199254740993,"zeta":1e400,"lines":[{"sku":"A-1","n":2},{}, [ ]],"paid":false,"note":null,"text":"line\u001b[31m \"quoted\""}`

// proto is {1: 150, 2: "testing", 3: {1: 1, 2: "x"}, 4: fixed32, 5: fixed64, 6: bytes}.
var proto = []byte("\x08\x96\x01\x12\x07testing\x1a\x05\x08\x01\x12\x01x\x25\x00\x00\x80\x3f\x29\x00\x00\x00\x00\x00\x00\xf0\x3f\x32\x02\xff\xfe")

func TestBodyGolden(t *testing.T) {
	show := func(data []byte, size, width, height int, mode Mode) string {
		b := NewBody(testStyles())
		b.SetSize(width, height)
		b.SetContent(data, size)
		if mode != "" {
			b.SetMode(mode)
		}
		return b.Render() + "\n" + Pad(b.Status(), width, Left)
	}
	random := make([]byte, 100)
	for i := range random {
		random[i] = byte(i * 37)
	}
	for name, c := range map[string]struct {
		data          []byte
		size          int
		width, height int
		mode          Mode
	}{
		"json":         {[]byte(order), 0, 60, 20, ""},
		"json narrow":  {[]byte(order), 0, 20, 20, ""},
		"json lines":   {[]byte("{\"a\":1}\n{\"a\":2}\n\n{\"a\":[3]}\n"), 0, 40, 10, ""},
		"json cut":     {[]byte(order[:60]), 5000, 40, 8, ""},
		"broken json":  {[]byte(`{"a": 1,,, ]] "x`), 0, 40, 8, ""},
		"forced json":  {[]byte(`{"a": 1,,, ]] "x`), 0, 40, 8, JSONMode},
		"text":         {[]byte("hello\tthere\r\n\x1b[31mred\x1b[0m\n\nlast line that is far too long for the room"), 0, 30, 8, ""},
		"hex":          {random, 0, 80, 8, ""},
		"hex narrow":   {random, 0, 44, 8, HexMode},
		"gzip":         {zip(t, []byte(order)), 0, 60, 8, ""},
		"gzip cut":     {zip(t, bytes.Repeat([]byte(order), 9))[:90], 700, 60, 8, ""},
		"base64":       {[]byte(base64.StdEncoding.EncodeToString([]byte(order))), 0, 60, 8, Base64Mode},
		"base64 gzip":  {[]byte(base64.URLEncoding.EncodeToString(zip(t, []byte(order)))), 0, 60, 8, Base64Mode},
		"protobuf":     {proto, 0, 60, 12, ProtoMode},
		"empty":        {nil, 0, 30, 3, ""},
		"not protobuf": {[]byte("hello"), 0, 50, 3, ProtoMode},
	} {
		t.Run(name, func(t *testing.T) { golden(t, show(c.data, c.size, c.width, c.height, c.mode)) })
	}
}

func TestBodyStyledGolden(t *testing.T) {
	b := NewBody(testStyles())
	b.SetSize(40, 8)
	b.SetContent([]byte(order), 0)
	b.Search("acme")
	goldenStyled(t, b.Render())
}

func TestBodyModes(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want []Mode
	}{
		"json":     {[]byte(order), []Mode{JSONMode, TextMode, HexMode}},
		"number":   {[]byte("42"), []Mode{TextMode, HexMode}},
		"text":     {[]byte("hello"), []Mode{TextMode, HexMode}},
		"half":     {[]byte(`{"a":`), []Mode{TextMode, HexMode}},
		"random":   {[]byte{0xff, 0, 1, 2}, []Mode{HexMode, TextMode}},
		"protobuf": {proto, []Mode{HexMode, TextMode, ProtoMode}},
		"gzip":     {zip(t, []byte("x")), []Mode{GunzipMode, HexMode, TextMode}},
		"base64":   {[]byte("aGVsbG8gd29ybGQhIQ=="), []Mode{TextMode, HexMode, Base64Mode}},
		"empty":    {nil, []Mode{TextMode, HexMode}},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBody(testStyles())
			b.SetContent(c.data, 0)
			if !slices.Equal(b.Modes(), c.want) {
				t.Fatalf("modes %v, want %v", b.Modes(), c.want)
			}
			for range c.want {
				b.NextMode()
			}
			if b.Mode() != c.want[0] {
				t.Fatalf("after a round: %v", b.Mode())
			}
		})
	}
}

// jsonText joins the lines of the JSON document without their indents.
func jsonText(src []byte) string {
	d := newDocument(src, jsonStep)
	var b strings.Builder
	for i := range d.lines() {
		l, _ := d.line(i)
		for _, p := range jsonPieces(src, l, testStyles()) {
			if p.off >= 0 {
				b.WriteString(p.text)
			}
		}
	}
	return b.String()
}

func anyJSON() *rapid.Generator[any] {
	return rapid.Deferred(func() *rapid.Generator[any] {
		return rapid.OneOf(
			rapid.Just[any](nil),
			rapid.Bool().AsAny(),
			rapid.Int64().AsAny(),
			rapid.String().AsAny(),
			rapid.SliceOfN(anyJSON(), 0, 4).AsAny(),
			rapid.MapOfN(rapid.String(), anyJSON(), 0, 4).AsAny(),
		)
	})
}

func TestPrettyJSONLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyJSON().Draw(t, "v")
		compact, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		spaced, err := json.MarshalIndent(v, rapid.StringMatching(`[ \t]{0,3}`).Draw(t, "prefix"), "   ")
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonText(spaced); got != string(compact) {
			t.Fatalf("shown as %s, want %s", got, compact)
		}
		// One line for each element, as json.Indent would write them.
		var indented bytes.Buffer
		if err := json.Indent(&indented, compact, "", "  "); err != nil {
			t.Fatal(err)
		}
		if len(compact) < maxLine {
			if got, want := newDocument(spaced, jsonStep).lines(), 1+strings.Count(indented.String(), "\n"); got != want {
				t.Fatalf("%d lines, want %d:\n%s", got, want, indented.String())
			}
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, s := range []string{order, "", "{", `"\`, "[[[[", "\x1f\x8b\x08", string(proto), "aGVsbG8gd29ybGQhIQ==", "}}}}", ",,,", `{"a":"` + strings.Repeat("x", 3000)} {
		f.Add([]byte(s), 20, 5)
	}
	f.Fuzz(func(t *testing.T, data []byte, width, height int) {
		width, height = abs(width)%100, abs(height)%30
		b := NewBody(testStyles())
		b.SetSize(width, height)
		b.SetContent(data, 0)
		for _, m := range []Mode{JSONMode, TextMode, HexMode, GunzipMode, Base64Mode, ProtoMode} {
			b.SetMode(m)
			mustFill(t, b.Render(), width, height)
			b.Search("a")
			b.NextHit(1)
			b.SetWrap(!b.Wrap())
			b.Scroll(7)
			b.ScrollSideways(3)
			mustFill(t, b.Render(), width, height)
			b.End()
			mustFill(t, b.Render(), width, height)
			b.Scroll(-3)
			if fraction, _ := b.Position(); fraction < 0 || fraction > 1 {
				t.Fatalf("at %v", fraction)
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}

// Lines found by index must be those found by going on from the line before,
// and every byte must be in the line that lineAt names.
func TestDocumentIsTheSameFromAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var src []byte
		for range rapid.IntRange(0, 300).Draw(t, "lines") {
			src = append(src, rapid.SampledFrom([]string{"{\"a\":", "[1,2,", "]", "},", "\n", "\"x\",", strings.Repeat("é", 700), "\"" + strings.Repeat("é", 700) + "\",", " "}).Draw(t, "piece")...)
		}
		for name, step := range map[string]func([]byte, mark) (line, mark){"text": textStep, "json": jsonStep, "hex": hexStep(16)} {
			var straight []line
			for at := (mark{}); at.off < len(src); {
				var l line
				l, at = step(src, at)
				straight = append(straight, l)
			}
			d := newDocument(src, step)
			if rapid.Bool().Draw(t, "counted first") {
				d.lines()
			}
			for range 20 {
				i := rapid.IntRange(0, len(straight)).Draw(t, "i")
				l, ok := d.line(i)
				if ok != (i < len(straight)) || ok && l != straight[i] {
					t.Fatalf("%s: line %d is %+v", name, i, l)
				}
			}
			for i, l := range straight {
				if l.to > l.from {
					if got := newDocument(src, step).lineAt(l.from); got != i && i%97 == 0 {
						t.Fatalf("%s: byte %d is in line %d, not %d", name, l.from, got, i)
					}
				}
			}
			if got := d.lines(); got != len(straight) {
				t.Fatalf("%s: %d lines, want %d", name, got, len(straight))
			}
		}
	})
}

func TestBodyScrollsThere(t *testing.T) {
	var src strings.Builder
	for i := range 500 {
		fmt.Fprintf(&src, "line %d %s\n", i, strings.Repeat("x", i%90))
	}
	b := NewBody(testStyles())
	b.SetSize(40, 10)
	b.SetContent([]byte(src.String()), 0)
	first := b.Render()
	n := 0
	for fraction, _ := b.Position(); fraction < 1; fraction, _ = b.Position() {
		if b.Scroll(1); n > 2000 {
			t.Fatal("scrolling does not end")
		}
		n++
	}
	last := b.Render()
	b.Home()
	b.End()
	if b.Render() != last {
		t.Fatalf("the end is not where scrolling ends:\n%s\n\n%s", last, b.Render())
	}
	b.Scroll(-n)
	if b.Render() != first {
		t.Fatalf("%d rows down and up again ends elsewhere:\n%s", n, b.Render())
	}
	b.Scroll(n + 1000)
	if b.Render() != last {
		t.Fatal("scrolling too far goes too far")
	}
}

func TestBodySearch(t *testing.T) {
	b := NewBody(testStyles())
	b.SetSize(40, 5)
	b.SetContent([]byte(strings.Repeat("filler\n", 100)+"Needle one\n"+strings.Repeat("filler\n", 100)+"needle two\n"), 0)
	for query, want := range map[string]int{"needle": 2, "Needle": 1, "absent": 0, "": 0, "filler": 200} {
		if got := b.Search(query); got != want {
			t.Errorf("Search(%q) = %d, want %d", query, got, want)
		}
	}
	b.Home()
	b.Search("needle")
	if !strings.Contains(ansi.Strip(b.Render()), "Needle one") {
		t.Fatalf("the first hit is not shown:\n%s", b.Render())
	}
	b.NextHit(1)
	if !strings.Contains(ansi.Strip(b.Render()), "needle two") || !strings.Contains(b.Status(), "hit 2 of 2") {
		t.Fatalf("the second hit is not shown: %s\n%s", b.Status(), b.Render())
	}
	b.NextHit(1)
	if !strings.Contains(ansi.Strip(b.Render()), "Needle one") {
		t.Fatal("after the last hit comes the first")
	}
	b.SetMode(HexMode)
	if got := b.Search("0x4e656564"); got != 1 {
		t.Fatalf("%d hits of the bytes, want 1", got)
	}
}

func TestBodyHitsAreMarkedAcrossPieces(t *testing.T) {
	b := NewBody(testStyles())
	b.SetSize(40, 5)
	b.SetContent([]byte(`{"a":true}`), 0)
	b.Search(`"a":tr`)
	var marked strings.Builder
	l, _ := b.view.doc.line(1)
	for _, p := range b.view.pieces(b.view.doc.src, l, b.styles) {
		for _, s := range b.hits.split(p, b.styles) {
			if s.Style.GetReverse() {
				marked.WriteString(s.Text)
			}
		}
	}
	if marked.String() != `"a":tr` {
		t.Fatalf("marked %q", marked.String())
	}
}

// Opening a body, and looking at it, must not depend on its size.
func BenchmarkBodyOpen10MB(b *testing.B) {
	data := []byte("[" + strings.Repeat(order+",", 10<<20/len(order)) + "0]")
	body := NewBody(testStyles())
	body.SetSize(100, 40)
	for b.Loop() {
		body.SetContent(data, 0)
		body.Render()
		body.Page(2)
		body.Render()
	}
}

func BenchmarkBodyEnd10MB(b *testing.B) {
	data := []byte("[" + strings.Repeat(order+",", 10<<20/len(order)) + "0]")
	body := NewBody(testStyles())
	body.SetSize(100, 40)
	for b.Loop() {
		body.SetContent(data, 0)
		body.End()
		body.Render()
		body.Search("acme")
	}
}
