package enginetest

import (
	"testing"

	"nixie/engine"
)

// modelHarness is the model's. It can be reopened, to prove the tests that
// need it.
func modelHarness() Harness {
	return Harness{
		Open:   func(*testing.T) engine.Engine { return NewModel() },
		Reopen: func(_ *testing.T, e engine.Engine) engine.Engine { return e.(*Model).reopen() },
	}
}

func TestModel(t *testing.T) { Run(t, modelHarness()) }
