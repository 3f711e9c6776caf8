package widget

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is decoded as protobuf: a guess at larger messages would
// take longer than it is worth.
const (
	maxProto      = 1 << 20
	maxProtoDepth = 16
)

// decodeProto writes the fields of a protobuf message, read without its
// schema: number, value, and wire type; nested messages indented. ok is false
// if data is none.
func decodeProto(data []byte) (text []byte, ok bool) {
	if len(data) == 0 || len(data) > maxProto {
		return nil, false
	}
	var out bytes.Buffer
	if !protoFields(&out, data, 0) {
		return nil, false
	}
	return out.Bytes(), true
}

// protoFields writes all fields of one message, or fails.
func protoFields(out *bytes.Buffer, data []byte, depth int) bool {
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		number, wire := tag>>3, tag&7
		if n <= 0 || number == 0 || number > 1<<29-1 {
			return false
		}
		data = data[n:]
		fmt.Fprintf(out, "%s%d: ", strings.Repeat("  ", depth), number)
		var used int
		switch wire {
		case 0:
			used = protoVarint(out, data)
		case 1:
			used = protoFixed64(out, data)
		case 2:
			used = protoBytes(out, data, depth)
		case 5:
			used = protoFixed32(out, data)
		default: // groups are not in use any more, the rest never was
			return false
		}
		if used <= 0 {
			return false
		}
		data = data[used:]
	}
	return true
}

func protoVarint(out *bytes.Buffer, data []byte) int {
	v, n := binary.Uvarint(data)
	if n <= 0 {
		return 0
	}
	switch signed := int64(v>>1) ^ -int64(v&1); {
	case v <= 1:
		fmt.Fprintf(out, "%d (varint)\n", v)
	case int64(v) < 0:
		fmt.Fprintf(out, "%d (varint; unsigned %d)\n", int64(v), v)
	default:
		fmt.Fprintf(out, "%d (varint; zigzag %d)\n", v, signed)
	}
	return n
}

func protoFixed64(out *bytes.Buffer, data []byte) int {
	if len(data) < 8 {
		return 0
	}
	v := binary.LittleEndian.Uint64(data)
	fmt.Fprintf(out, "%d (64 bit; double %v)\n", v, math.Float64frombits(v))
	return 8
}

func protoFixed32(out *bytes.Buffer, data []byte) int {
	if len(data) < 4 {
		return 0
	}
	v := binary.LittleEndian.Uint32(data)
	fmt.Fprintf(out, "%d (32 bit; float %v)\n", v, math.Float32frombits(v))
	return 4
}

// protoBytes writes text as text, else a message as a message, else bytes.
func protoBytes(out *bytes.Buffer, data []byte, depth int) int {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return 0
	}
	value := data[n : n+int(size)]
	if len(value) == 0 {
		out.WriteString("\"\"\n")
		return n
	}
	if printable(value) {
		fmt.Fprintf(out, "%q\n", value)
		return n + len(value)
	}
	start := out.Len()
	if depth < maxProtoDepth {
		out.WriteString("{\n")
		if protoFields(out, value, depth+1) {
			fmt.Fprintf(out, "%s}\n", strings.Repeat("  ", depth))
			return n + len(value)
		}
		out.Truncate(start)
	}
	fmt.Fprintf(out, "%x (%s)\n", value, Bytes(int64(len(value))))
	return n + len(value)
}

// printable reports whether value is text that somebody could have written.
func printable(value []byte) bool {
	if !utf8.Valid(value) {
		return false
	}
	for _, r := range string(value) {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
	}
	return true
}
