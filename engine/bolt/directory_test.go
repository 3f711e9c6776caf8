package bolt

import (
	"fmt"
	"slices"
	"testing"
)

func TestDirectory(t *testing.T) {
	const n = 5000 // several in each part
	var d directory
	name := func(i int) string { return fmt.Sprintf("q%d", i) }
	for i := range n {
		d.put(&queue{name: name(i)})
	}
	again := &queue{name: name(7)}
	d.put(again)
	d.drop(name(8))
	d.drop("never there")
	if d.find(name(7)) != again || d.find(name(8)) != nil || d.find("never there") != nil {
		t.Error("one that was replaced, dropped or never there is known as it is not")
	}
	var names []string
	for q := range d.all() {
		if d.find(q.name) != q {
			t.Errorf("%s is not found", q.name)
		}
		names = append(names, q.name)
	}
	slices.Sort(names)
	if got := len(slices.Compact(names)); got != n-1 {
		t.Errorf("%d queues are there, want %d", got, n-1)
	}
}
