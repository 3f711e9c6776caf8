package widget

import (
	"maps"
	"slices"
)

// ToggleMark marks the row under the cursor, or takes its mark away; a range
// begins there.
func (g *Grid) ToggleMark() {
	if g.rows.Len == 0 {
		return
	}
	g.anchor = g.cursorID
	if _, marked := g.marks[g.cursorID]; marked {
		delete(g.marks, g.cursorID)
		return
	}
	g.marks[g.cursorID] = struct{}{}
}

// MarkRange marks the rows between the last one marked by hand and the cursor,
// both included. If that one is gone it marks the cursor's.
func (g *Grid) MarkRange() {
	if g.rows.Len == 0 {
		return
	}
	from := g.find(g.anchor)
	if from < 0 {
		from = g.cursor
	}
	for i := min(from, g.cursor); i <= max(from, g.cursor); i++ {
		g.marks[g.rows.ID(i)] = struct{}{}
	}
	g.anchor = g.cursorID
}

// Mark marks rows by id, loaded or not.
func (g *Grid) Mark(ids ...string) {
	for _, id := range ids {
		g.marks[id] = struct{}{}
	}
}

// Unmark takes the marks of rows away.
func (g *Grid) Unmark(ids ...string) {
	for _, id := range ids {
		delete(g.marks, id)
	}
}

// ClearMarks takes all marks away and reports whether there were any.
func (g *Grid) ClearMarks() bool {
	had := len(g.marks) > 0
	clear(g.marks)
	g.anchor = ""
	return had
}

// Marked reports whether a row is marked.
func (g *Grid) Marked(id string) bool {
	_, marked := g.marks[id]
	return marked
}

// Marks returns the ids of all marked rows, also of those not loaded, in
// order.
func (g *Grid) Marks() []string { return slices.Sorted(maps.Keys(g.marks)) }

// MarkCount is how many rows are marked.
func (g *Grid) MarkCount() int { return len(g.marks) }
