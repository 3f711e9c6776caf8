package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"nixie/views/widget"
)

type checkCommand struct {
	JSON bool `name:"json" help:"Print one object."`
}

func (k *checkCommand) Run(c *command) error {
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	report, err := e.Check(c.ctx)
	if err != nil {
		return err
	}
	if k.JSON {
		if report.Problems == nil {
			report.Problems = []string{}
		}
		err = jsonLines(c.Stdout).Encode(struct {
			Queues   int64    `json:"queues"`
			Messages int64    `json:"messages"`
			Problems []string `json:"problems"`
		}{report.Queues, report.Messages, report.Problems})
	} else {
		for _, problem := range report.Problems {
			fmt.Fprintln(c.Stdout, oneLine(problem))
		}
		_, err = fmt.Fprintf(c.Stdout, "%s queues, %s messages, %s problems\n",
			widget.Count(report.Queues), widget.Count(report.Messages), widget.Count(int64(len(report.Problems))))
	}
	if err == nil && len(report.Problems) > 0 {
		return fmt.Errorf("the database is damaged: keep a copy of the file before you go on")
	}
	return err
}

type versionCommand struct {
	JSON bool `name:"json" help:"Print one object."`
}

func (v *versionCommand) Run(c *command) error {
	version, revision := buildVersion()
	if v.JSON {
		return jsonLines(c.Stdout).Encode(struct {
			Version  string `json:"version"`
			Revision string `json:"revision"`
			Go       string `json:"go"`
		}{version, revision, runtime.Version()})
	}
	if revision != "" {
		version += " (" + revision + ")"
	}
	_, err := fmt.Fprintf(c.Stdout, "nixie %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// buildVersion is what the Go tool wrote into the program.
func buildVersion() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	version = info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value[:min(12, len(s.Value))]
		}
	}
	return version, revision
}
