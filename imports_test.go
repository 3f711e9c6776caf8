package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goPackage is what `go list` says of a package.
type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages lists the packages of the module by their path in it; "." is the
// program.
func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]goPackage{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		path, _ := own(p.ImportPath)
		all[path] = p
	}
	if len(all) < 10 {
		t.Fatalf("go list finds %d packages", len(all))
	}
	return all
}

// own is the path of one of our packages within the module.
func own(path string) (string, bool) {
	if path == "nixie" {
		return ".", true
	}
	return strings.CutPrefix(path, "nixie/")
}

// ours are those of the imports that belong to the module, in order.
func ours(imports []string) []string {
	var paths []string
	for _, i := range imports {
		if path, ok := own(i); ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func inside(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "nixie"
}

// TestImportLaws holds what the packages may know of one another.
func TestImportLaws(t *testing.T) {
	for path, p := range packages(t) {
		for _, i := range p.Imports {
			to, isOurs := own(i)
			switch {
			case path == "engine" && !isStandard(i):
				t.Errorf("engine imports %s: it is for the standard library alone", i)
			case strings.HasPrefix(i, "go.etcd.io/bbolt") && path != "engine/bolt":
				t.Errorf("%s imports %s: only engine/bolt does", path, i)
			case inside(path, "engine") && isScreen(i):
				t.Errorf("%s imports %s: nothing under engine knows a screen", path, i)
			case (path == "keymap" || path == "themes") && isOurs:
				t.Errorf("%s imports %s: it knows nothing of ours", path, i)
			case inside(path, "views") && isOurs && (to == "tui" || to == "demo" || to == "cli" || to == "engine/bolt" || to == "engine/enginetest"):
				t.Errorf("%s imports %s: views know neither what is around them nor which engine they have", path, i)
			case to == "engine/bolt" && isOurs && path != "cli":
				t.Errorf("%s imports %s: only cli opens an engine", path, i)
			case inside(to, "engine/enginetest") && isOurs:
				t.Errorf("%s imports %s: that is for tests", path, i)
			case to == "tui" && isOurs && path != ".":
				t.Errorf("%s imports %s: only the program does", path, i)
			}
		}
	}
}

// isScreen reports whether an import is one of a package that draws.
func isScreen(path string) bool {
	for _, p := range []string{"nixie/tui", "nixie/views", "nixie/keymap", "nixie/themes", "nixie/demo", "nixie/cli", "charm.land/", "github.com/charmbracelet/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

var layerRow = regexp.MustCompile("(?m)^\\| `([a-z./]+)` \\| .* \\| ([^|]*) \\|$")

// TestArchitectureIsCurrent compares the table of packages in ARCHITECTURE.md
// with what the packages import.
func TestArchitectureIsCurrent(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string][]string{}
	for _, row := range layerRow.FindAllStringSubmatch(string(page), -1) {
		var imports []string
		for word := range strings.FieldsSeq(row[2]) {
			if word != "–" {
				imports = append(imports, strings.Trim(word, "`"))
			}
		}
		slices.Sort(imports)
		written[row[1]] = imports
	}
	all := packages(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		want := ours(all[path].Imports)
		if got, ok := written[path]; !ok {
			t.Errorf("ARCHITECTURE.md has no row for %s (it imports %s)", path, strings.Join(want, " "))
		} else if !slices.Equal(got, want) {
			t.Errorf("ARCHITECTURE.md says that %s imports %v; it imports %v", path, got, want)
		}
		delete(written, path)
	}
	for path := range written {
		t.Errorf("ARCHITECTURE.md has a row for %s, which is not there", path)
	}
}
