package bolt

import (
	"testing"

	"nixie/engine"
)

var _ engine.Stored = (*Engine)(nil)

// TestStorage: what is said to be free is what compacting gives back.
func TestStorage(t *testing.T) {
	path := drained(t)
	e, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	said, err := e.Storage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Storage(t.Context()); err == nil {
		t.Error("a closed engine says what it takes")
	}
	report, err := Compact(t.Context(), path, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if gone := report.Before - report.After; said.Free < gone*8/10 || said.Free > gone*11/10 {
		t.Errorf("%d of %d are said to be free; compacting gave %d of %d back", said.Free, said.Size, gone, report.Before)
	}
	t.Logf("%+v, then %+v", said, report)
}
