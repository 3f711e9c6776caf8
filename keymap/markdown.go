package keymap

import (
	"fmt"
	"strings"
)

// Markers stand around the key table in the README.
const (
	MarkdownBegin = "<!-- keys: written by keymap.Markdown -->"
	MarkdownEnd   = "<!-- end of keys -->"
)

// Markdown is the key reference of the README: one table for each scope.
func (m *Map) Markdown() string {
	var b strings.Builder
	for _, s := range scopes {
		rows := m.Bindings(s)
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "**%s**\n\n| keys | | action |\n| --- | --- | --- |\n", strings.ToUpper(string(s[:1]))+string(s[1:]))
		for _, row := range rows {
			fmt.Fprintf(&b, "| %s | %s | `%s` |\n", markdownKeys(row.Keys), row.Help, row.Action)
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func markdownKeys(keys []string) string {
	if len(keys) == 0 {
		return "palette"
	}
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = "`" + strings.ReplaceAll(Show(k), "|", `\|`) + "`"
	}
	return strings.Join(quoted, " ")
}
