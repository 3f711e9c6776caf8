package widget

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	xgolden "github.com/charmbracelet/x/exp/golden"
)

// golden compares a block without its colours with the file of the test's
// name. A bar at the end of each line shows where it ends. `go test -update`
// writes the files.
func golden(t *testing.T, block string) {
	t.Helper()
	xgolden.RequireEqual(t, strings.ReplaceAll(ansi.Strip(block), "\n", "▏\n")+"▏\n")
}

// goldenStyled compares a block with its colours.
func goldenStyled(t *testing.T, block string) {
	t.Helper()
	xgolden.RequireEqual(t, block)
}
