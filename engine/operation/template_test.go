package operation

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"":              `^$`,
		`{"a":{"b":1}}`: `^{"a":{"b":1}}$`,
		"n{{seq}}!":     `^n42!$`,
		"{{ int 5 5 }}": `^5$`,
		"{{int -3 -1}}": `^-[123]$`,
		"{{int -9223372036854775808 9223372036854775807}}": `^-?\d+$`,
		`{{pick "a b" "c}}"}}`:                             `^(a b|c}})$`,
		"{{uuid}}":                                         `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"{{hex 7}}":                                        `^[0-9a-f]{7}$`,
		"{{email}}":                                        `^[a-z]+\.[0-9a-f]{4}@example\.com$`,
		"{{now}} {{unix}}":                                 `^2026-11-22T12:00:00.000Z 1795348800$`,
		`{{"{{"}}x`:                                        `^{{x$`,
		"{{name}}":                                         `^[A-Z][a-z]+$`,
	} {
		tpl, err := ParseTemplate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		got := tpl.expand(newValues(1, 42, noon))
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%q makes %q, not %s", text, got, want)
		}
		if again := tpl.expand(newValues(1, 42, noon)); again != got {
			t.Errorf("%q makes %q, then %q", text, got, again)
		}
	}
}

func TestTemplateErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		what         string
	}{
		{"a\né {{uid}}", 2, 5, `unknown function "uid"; there are uuid, now`},
		{"{{uuid", 1, 1, "not closed"},
		{"{{}}", 1, 1, "nothing stands between"},
		{"{{int 5}}", 1, 3, "int takes two numbers"},
		{"{{int 9 1}}", 1, 3, "the lower one first"},
		{"{{pick}}", 1, 3, "pick takes some texts"},
		{`{{pick "a}}`, 1, 8, "a quote is opened"},
		{"{{hex 100000}}", 1, 3, "from 1 to 1024"},
		{"{{seq 1}}", 1, 3, "seq takes nothing"},
		{`{{"a" "b"}}`, 1, 3, "unknown function"},
	} {
		_, err := ParseTemplate(c.text)
		wrong, ok := errors.AsType[*TemplateError](err)
		if !ok || wrong.Line != c.line || wrong.Column != c.column || !strings.Contains(wrong.Text, c.what) {
			t.Errorf("%q: %v, want %q at %d:%d", c.text, err, c.what, c.line, c.column)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"{{uuid}} {{int 1 2}}", `{{pick "a" "b\"}}`, `{{"{{"}}`, "{{ {{ }}", "{{\xff}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := ParseTemplate(text)
		if err != nil {
			if wrong, ok := errors.AsType[*TemplateError](err); !ok || wrong.Line < 1 || wrong.Column < 1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if got := tpl.expand(newValues(1, 1, noon)); !strings.Contains(text, "{{") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}
