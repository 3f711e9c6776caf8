package widget

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"nixie/themes"
)

// Mode is a way to show a body.
type Mode string

const (
	JSONMode   Mode = "json"
	TextMode   Mode = "text"
	HexMode    Mode = "hex"
	GunzipMode Mode = "gunzip"
	Base64Mode Mode = "base64"
	ProtoMode  Mode = "protobuf"
)

const (
	// sniffed is how much of a body is read to find out what it is.
	sniffed = 64 << 10
	// maxUnpacked bounds what gunzip makes of a body.
	maxUnpacked = 8 << 20
	// maxLayers bounds what is unpacked of what was unpacked.
	maxLayers = 4
)

// Body shows the body of a message: as JSON, text, hex, or decoded. It holds
// the bytes that it was given, never a changed copy of them.
type Body struct {
	styles        *themes.Styles
	width, height int
	data          []byte
	size          int // of the whole body; more than data holds if it was cut
	modes         []Mode
	mode          Mode
	view          opened
	hexRow        int // bytes in a row, if the view is hex

	wrap bool
	top  int // the first line on screen
	sub  int // its first row on screen, if it is wrapped
	left int // cells scrolled to the right, if not wrapped

	hits search
}

// opened is a body as one mode shows it.
type opened struct {
	doc    *document
	pieces func([]byte, line, *themes.Styles) []piece
	label  string // "gunzip ▸ json"
	note   string // what an operator must know: something was cut, or is wrong
	size   int    // of what is shown, in bytes
	hex    bool
}

// NewBody returns a viewer that shows nothing yet. Lines wrap.
func NewBody(styles *themes.Styles) *Body {
	b := &Body{styles: styles, wrap: true}
	b.SetContent(nil, 0)
	return b
}

// SetContent shows another body, in the mode that suits it. size is that of
// the whole body, of which data may be the beginning. Data must not change.
func (b *Body) SetContent(data []byte, size int) {
	b.data, b.size = data, max(size, len(data))
	b.modes = modesOf(data, b.size > len(data))
	b.mode = ""
	b.SetMode(b.modes[0])
}

// Content returns the bytes as they were given.
func (b *Body) Content() []byte { return b.data }

// Modes lists the modes that make sense of this body, the best first.
func (b *Body) Modes() []Mode { return b.modes }

// Mode returns the one it is shown in.
func (b *Body) Mode() Mode { return b.mode }

// SetMode shows the body in another way, from its beginning.
func (b *Body) SetMode(m Mode) {
	if b.mode == m {
		return
	}
	b.mode = m
	b.reopen()
	b.top, b.sub, b.left = 0, 0, 0
	b.hits = search{query: b.hits.query}
	if b.hits.query != "" {
		b.Search(b.hits.query)
	}
}

// NextMode goes to the next of Modes, round and round.
func (b *Body) NextMode() {
	i := slices.Index(b.modes, b.mode)
	b.SetMode(b.modes[(i+1)%len(b.modes)])
}

// SetSize gives it its room in cells.
func (b *Body) SetSize(width, height int) {
	b.width, b.height = max(width, 0), max(height, 0)
	if b.view.hex && hexRow(b.width) != b.hexRow {
		first := b.top * b.hexRow
		b.reopen()
		b.top = first / b.hexRow
	}
	b.clampTop()
}

// reopen makes the view of the current mode.
func (b *Body) reopen() {
	b.hexRow = hexRow(b.width)
	b.view = openMode(b.data, b.mode, b.hexRow, maxLayers)
}

// hexRow is how many bytes of hex find room: 32, 16, 8 or 4.
func hexRow(width int) int {
	for n := 32; n > 4; n /= 2 {
		if hexWidth(n) <= width {
			return n
		}
	}
	return 4
}

// Status says what is shown, and of how much: "json · 1.2 KiB", with what was
// cut.
func (b *Body) Status() string {
	parts := []string{b.view.label}
	switch {
	case b.size > len(b.data):
		parts = append(parts, fmt.Sprintf("cut: first %s of %s", Bytes(int64(len(b.data))), Bytes(int64(b.size))))
	case b.view.size != len(b.data):
		parts = append(parts, fmt.Sprintf("%s, unpacked %s", Bytes(int64(b.size)), Bytes(int64(b.view.size))))
	default:
		parts = append(parts, Bytes(int64(b.size)))
	}
	if b.view.note != "" {
		parts = append(parts, b.view.note)
	}
	if s := b.hits.status(); s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, " "+b.styles.Glyphs.Middle+" ")
}

// modesOf lists the modes that make sense of data, the best first. cut says
// that it is only the beginning.
func modesOf(data []byte, cut bool) []Mode {
	var modes []Mode
	gzipped := isGzip(data)
	if gzipped {
		modes = append(modes, GunzipMode)
	}
	if isJSON(data, cut) {
		modes = append(modes, JSONMode)
	}
	text := isText(data)
	if text {
		modes = append(modes, TextMode, HexMode)
	} else {
		modes = append(modes, HexMode, TextMode)
	}
	if isBase64(data) {
		modes = append(modes, Base64Mode)
	}
	if !text && !gzipped {
		if _, ok := decodeProto(data); ok {
			modes = append(modes, ProtoMode)
		}
	}
	return modes
}

// openMode shows data in a mode. Of what was unpacked it shows the best mode.
func openMode(data []byte, m Mode, hexBytes, layers int) opened {
	o := opened{label: string(m), size: len(data)}
	switch m {
	case JSONMode:
		o.doc, o.pieces = newDocument(data, jsonStep), jsonPieces
		if len(data) > sniffed {
			o.note = "first " + Bytes(sniffed) + " checked"
		}
	case HexMode:
		o.doc, o.pieces, o.hex = newDocument(data, hexStep(hexBytes)), hexPieces(hexBytes), true
	case ProtoMode:
		text, ok := decodeProto(data)
		o.doc, o.pieces = newDocument(text, textStep), protoPieces
		if !ok {
			o.note = "this is no protobuf message"
		}
	case GunzipMode:
		unpacked, note := gunzip(data)
		return openInner(o, unpacked, note, hexBytes, layers)
	case Base64Mode:
		unpacked, note := unbase64(data)
		return openInner(o, unpacked, note, hexBytes, layers)
	default:
		o.doc, o.pieces = newDocument(data, textStep), textPieces
	}
	return o
}

// openInner shows what was unpacked, in the mode that suits it.
func openInner(o opened, unpacked []byte, note string, hexBytes, layers int) opened {
	m := modesOf(unpacked, note != "")[0]
	if m == GunzipMode && layers <= 1 {
		m = HexMode
	}
	inner := openMode(unpacked, m, hexBytes, layers-1)
	inner.label = o.label + " ▸ " + inner.label
	if note != "" {
		inner.note = note
	}
	return inner
}

func isGzip(data []byte) bool {
	return len(data) > 3 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8
}

// gunzip unpacks as much as is allowed and there; the note says what is not.
func gunzip(data []byte) (unpacked []byte, note string) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, "gunzip: " + err.Error()
	}
	unpacked, err = io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	switch {
	case len(unpacked) > maxUnpacked:
		return unpacked[:maxUnpacked], "unpacking ended at " + Bytes(maxUnpacked)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unpacked, "the packed data ends too early"
	case err != nil:
		return unpacked, "gunzip: " + err.Error()
	}
	return unpacked, ""
}

// isText reports whether data is UTF-8 without control characters but those
// of text, as far as it is looked at.
func isText(data []byte) bool {
	head := data[:min(len(data), sniffed)]
	if len(head) < len(data) {
		head = head[:runeStart(data, len(head))]
	}
	if !utf8.Valid(head) {
		return false
	}
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			return false
		}
	}
	return true
}

// isJSON reports whether data is JSON with more to it than one word or
// number, as far as it is looked at; several values are JSON lines. cut says
// that data may end in the middle.
func isJSON(data []byte, cut bool) bool {
	start := skipSpace(data, 0)
	if start == len(data) || strings.IndexByte(`{["`, data[start]) < 0 {
		return false
	}
	if len(data) > sniffed {
		data, cut = data[:sniffed], true
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		switch {
		case err != nil && cut:
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		case err != nil:
			return errors.Is(err, io.EOF) && depth == 0
		case token == json.Delim('{'), token == json.Delim('['):
			depth++
		case token == json.Delim('}'), token == json.Delim(']'):
			depth--
		}
	}
}

// isBase64 reports whether data could be base64 of something.
func isBase64(data []byte) bool {
	text := bytes.TrimSpace(data)
	if len(text) < 16 {
		return false
	}
	for i, c := range text[:min(len(text), 4096)] {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("+/-_\r\n", c) >= 0:
		case c == '=' && i >= len(text)-2:
		default:
			return false
		}
	}
	return len(text) > 4096 || len(decode64(text)) > 0
}

// unbase64 decodes base64 in either alphabet, with padding or without.
func unbase64(data []byte) (decoded []byte, note string) {
	if decoded = decode64(bytes.TrimSpace(data)); decoded == nil {
		return data, "this is no base64"
	}
	return decoded, ""
}

// decode64 returns nil if text is no base64.
func decode64(text []byte) []byte {
	text = bytes.TrimRight(text, "=")
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	decoded := make([]byte, encoding.DecodedLen(len(text)))
	n, err := encoding.Decode(decoded, text)
	if err != nil {
		return nil
	}
	return decoded[:n]
}
