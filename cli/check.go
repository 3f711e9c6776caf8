package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	"nixie/engine"
	"nixie/engine/bolt"
	"nixie/engine/operation"
	"nixie/views/widget"
)

type checkCommand struct {
	JSON    bool   `name:"json" help:"Print one object."`
	Salvage string `placeholder:"FILE" help:"Instead of verifying it, write all messages that can still be read, as those of peek --json, to a new FILE (-: standard output). For a database that is damaged; it need not open."`
}

func (k *checkCommand) Run(c *command) error {
	if k.Salvage != "" {
		return k.salvage(c)
	}
	e, err := c.openExisting()
	if err != nil {
		return err
	}
	defer e.Close()
	report, err := e.Check(c.ctx)
	if err != nil {
		return err
	}
	if err := k.print(c.Stdout, report); err != nil {
		return err
	}
	switch {
	case len(report.Problems) > 0:
		return errors.New("the database is damaged: keep a copy of the file before you go on")
	case len(report.Unverified) > 0:
		return errors.New("not all could be verified, for what changed meanwhile: check again")
	}
	return nil
}

func (k *checkCommand) print(w io.Writer, report bolt.Report) error {
	if k.JSON {
		return operation.JSONLines(w).Encode(struct {
			Queues     int64    `json:"queues"`
			Messages   int64    `json:"messages"`
			Problems   []string `json:"problems"`
			Unverified []string `json:"unverified"`
		}{report.Queues, report.Messages, append([]string{}, report.Problems...), append([]string{}, report.Unverified...)})
	}
	for _, problem := range report.Problems {
		fmt.Fprintln(w, oneLine(problem))
	}
	for _, what := range report.Unverified {
		fmt.Fprintln(w, "not verified: "+oneLine(what))
	}
	_, err := fmt.Fprintf(w, "%s, %s, %s\n",
		widget.Plural(report.Queues, "queue"), widget.Plural(report.Messages, "message"), widget.Plural(len(report.Problems), "problem"))
	return err
}

// salvage writes what can still be read of a damaged database.
func (k *checkCommand) salvage(c *command) (err error) {
	path, err := c.existing()
	if err != nil {
		return err
	}
	out := c.Stdout
	if k.Salvage != "-" {
		f, err := os.OpenFile(k.Salvage, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return usagef("%s exists: name a new file", k.Salvage)
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	lines := operation.JSONLines(w)
	report, err := bolt.Salvage(c.ctx, path, func(m engine.Message) error {
		return lines.Encode(operation.Export(&m))
	})
	if err = errors.Join(err, w.Flush()); err != nil {
		return err
	}
	for _, problem := range report.Problems {
		fmt.Fprintln(c.Stderr, "nixie: "+oneLine(problem))
	}
	fmt.Fprintf(c.Stderr, "nixie: %s salvaged, %s\n",
		widget.Plural(report.Messages, "message"), widget.Plural(len(report.Problems), "problem"))
	if report.Stray > 0 {
		fmt.Fprintf(c.Stderr, "nixie: %s of them were found beside the damaged parts, and may have been done long ago\n", widget.Count(report.Stray))
	}
	if report.Messages == 0 {
		return nothingf("no message could be read in %s", path)
	}
	return nil
}

type versionCommand struct {
	JSON bool `name:"json" help:"Print one object."`
}

func (v *versionCommand) Run(c *command) error {
	version, revision := buildVersion()
	if v.JSON {
		return operation.JSONLines(c.Stdout).Encode(struct {
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
