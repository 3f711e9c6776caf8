package main_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// counted is a number before nouns or a verb that are right for more than one
// alone. Behind "1 to" there are always more.
var counted = regexp.MustCompile(`(1 to )?(?:%[dsv] (?:[a-z]+ )?|^["\x60] (?:more |other )?)(?:messages|queues|dead letters|letters|causes|consumers|headers|jobs|tries|lines|groups|entries|problems|changes|times|hits)\b|%d are\b`)

// notCounted are texts that look so, and have no number.
var notCounted = []string{
	`"%s messages of %s, in %s; each phase %s\n\n"`, // how durable they are
}

// TestCountsHaveTheirNoun: what people read says "1 queue" and "3 queues"
// (widget.Plural), never "1 queues".
func TestCountsHaveTheirNoun(t *testing.T) {
	for _, dir := range []string{"cli", "demo", "engine/operation", "tui", "views"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files := token.NewFileSet()
			var s scanner.Scanner
			s.Init(files.AddFile(path, -1, len(source)), source, nil, 0)
			for pos, tok, text := s.Scan(); tok != token.EOF; pos, tok, text = s.Scan() {
				match := counted.FindStringSubmatch(text)
				if tok == token.STRING && match != nil && match[1] == "" && !strings.Contains(strings.Join(notCounted, "\n"), text) {
					t.Errorf("%s: %s is wrong for one", files.Position(pos), text)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
