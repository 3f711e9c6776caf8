package cli

import (
	"fmt"

	"nixie/engine/bolt"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type compactCommand struct {
	JSON bool `name:"json" help:"Print one object."`
}

func (k *compactCommand) Run(c *command) error {
	path, err := c.existing()
	if err != nil {
		return err
	}
	var progress func(copied, all int64)
	if isTerminal(c.Stderr) {
		progress = func(copied, all int64) {
			fmt.Fprintf(c.Stderr, "\r%s of %s copied\x1b[K", widget.Bytes(copied), widget.Bytes(max(copied, all)))
		}
		defer fmt.Fprint(c.Stderr, "\r\x1b[K")
	}
	report, err := bolt.Compact(c.ctx, path, bolt.Options{LockWait: lockWait}, progress)
	if err != nil {
		return openError(path, err)
	}
	if k.JSON {
		return operation.JSONLines(c.Stdout).Encode(struct {
			Before int64 `json:"before_bytes"`
			After  int64 `json:"after_bytes"`
		}{report.Before, report.After})
	}
	_, err = fmt.Fprintf(c.Stdout, "%s before, %s now\n", widget.Bytes(report.Before), widget.Bytes(report.After))
	return err
}
