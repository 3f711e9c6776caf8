package views

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"nixie/engine/operation"
	"nixie/views/widget"
)

// maxFile bounds the file that is loaded: a job keeps all of it.
const maxFile = 64 << 20

type (
	editedBodyMsg struct {
		content []byte
		err     error
	}
	loadPathMsg   string
	fileLoadedMsg struct {
		path    string
		content []byte
		err     error
	}
	insertMsg     string
	sentBeforeMsg operation.Load
)

// setBody shows a body: in the editor, or, if it is too large for that, as it
// is.
func (v *Publish) setBody(body []byte) {
	v.loaded, v.source = nil, ""
	if len(body) <= v.body.Limit {
		v.body.SetValue(body)
		return
	}
	v.body.SetValue(nil)
	v.loaded = widget.NewBody(v.env.Styles)
	v.loaded.SetContent(body, 0)
	load := operation.Load{Body: body, Lines: true}
	v.inFile, v.first = load.Messages(), nil
	for line := range bytes.Lines(body) {
		if v.first = bytes.TrimSuffix(line, []byte("\n")); len(v.first) > 0 {
			break
		}
	}
}

// scrollLoaded moves through a body that is too large for the editor.
func (v *Publish) scrollLoaded(msg tea.Msg) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || v.loaded == nil {
		return
	}
	switch key.String() {
	case "up":
		v.loaded.Scroll(-1)
	case "down":
		v.loaded.Scroll(1)
	case "pgup":
		v.loaded.Page(-2)
	case "pgdown":
		v.loaded.Page(2)
	case "home":
		v.loaded.Home()
	case "end":
		v.loaded.End()
	}
}

// openEditor edits the body in $EDITOR.
func (v *Publish) openEditor() tea.Cmd {
	name := "body.txt"
	if v.sample.verdict != plainBody || len(v.content()) == 0 {
		name = "body.json"
	}
	if v.lines() {
		name = "body.jsonl"
	}
	return send(EditMsg{
		Name: name, Content: v.content(),
		Done: func(content []byte, err error) tea.Msg { return editedBodyMsg{content, err} },
	})
}

// edited takes what the editor saved. Editors end a file with a newline; one
// that was not there before is theirs.
func (v *Publish) edited(m editedBodyMsg) tea.Cmd {
	if m.err != nil {
		return Notify(NoticeError, m.err.Error())
	}
	if before := v.content(); !bytes.HasSuffix(before, []byte("\n")) {
		m.content = bytes.TrimSuffix(m.content, []byte("\n"))
	}
	v.setBody(m.content)
	v.check()
	return nil
}

func (v *Publish) askFile() tea.Cmd {
	return send(DialogMsg{Dialog: NewPrompt(v.env, "Load from file", v.source, func(path string) tea.Msg { return loadPathMsg(path) })})
}

// fileLimit is the largest file that makes sense.
func (v *Publish) fileLimit() int64 {
	if v.edit != nil && v.fetch.value.limit > 0 {
		return int64(v.fetch.value.limit)
	}
	return maxFile
}

// loadFile reads a file, up to a limit.
func loadFile(path string, limit int64) tea.Cmd {
	return func() tea.Msg {
		content, err := readFile(path, limit)
		return fileLoadedMsg{path, content, err}
	}
}

func readFile(path string, limit int64) ([]byte, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(home, rest)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s has more than %s; publish it with: nixie publish QUEUE --file %s", path, widget.Bytes(limit), shellQuote(path))
	}
	return content, err
}

// fileLoaded takes a file in. One whose lines look like messages is sent line
// by line, unless the operator says otherwise.
func (v *Publish) fileLoaded(m fileLoadedMsg) tea.Cmd {
	if m.err != nil {
		return Notify(NoticeError, m.err.Error())
	}
	v.setBody(m.content)
	v.source = m.path
	lines := v.edit == nil && looksLikeLines(m.path, m.content)
	v.choice(linesKey).Chosen = index(lines)
	v.choice(literalKey).Chosen = 1 // a file holds what it says
	v.onBody, v.typing = false, true
	v.check()
	v.focus()
	v.form.FocusOn(sendKey)
	text := fmt.Sprintf("%s from %s", widget.Bytes(int64(len(m.content))), m.path)
	if lines {
		text += ": " + widget.Plural(v.sample.count, "message") + ", one a line"
	}
	return Notify(NoticeInfo, text)
}

// looksLikeLines guesses whether each line is a message.
func looksLikeLines(path string, content []byte) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jsonl", ".ndjson", ".ldjson":
		return true
	case ".json":
		return false
	}
	n := 0
	for line := range bytes.Lines(content) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !json.Valid(line) {
			return false
		}
		if n++; n == 10 {
			break
		}
	}
	return n > 1
}

// chooseFunction offers the functions of templates.
func (v *Publish) chooseFunction() tea.Cmd {
	var choices []Choice
	for _, f := range operation.TemplateFunctions() {
		choices = append(choices, Choice{Title: f.Use, Help: f.Help, Msg: insertMsg(f.Use)})
	}
	return send(DialogMsg{Dialog: NewChooser(v.env, "Insert a function", choices)})
}

// sentBefore are the loads that were published, newest first, each once.
func (v *Publish) sentBefore() []operation.Job {
	if v.env.Operations == nil {
		return nil
	}
	jobs := slices.DeleteFunc(slices.Clone(v.env.Operations.Jobs()), func(j operation.Job) bool { return j.Request.Verb != operation.Publish })
	slices.SortStableFunc(jobs, func(a, b operation.Job) int { return cmp.Compare(b.ID, a.ID) })
	return jobs[:min(len(jobs), 100)]
}

func (v *Publish) chooseSent() tea.Cmd {
	var choices []Choice
	for _, j := range v.sentBefore() {
		l := j.Request.Load
		choices = append(choices, Choice{
			Kind: moment(v.env, j.Started), Title: l.Queue + l.Topic + "  " + widget.Count(j.Tally.Done),
			Help: widget.Preview(l.Body, 60), Msg: sentBeforeMsg(l),
		})
	}
	return send(DialogMsg{Dialog: NewChooser(v.env, "Sent before", choices)})
}

// loadRun follows the job that was started from here.
type loadRun struct {
	after   time.Time // jobs from then on may be it; zero: none is expected
	job     operation.Job
	rates   []float64 // one a second
	started bool
}

// expect begins to look for a job.
func (r *loadRun) expect(env *Env) { *r = loadRun{after: env.Now()} }

// look reads how the job is doing; once a second, with a tick.
func (r *loadRun) look(env *Env) {
	r.find(env)
	if r.started && r.job.State.Active() {
		r.rates = append(r.rates, r.job.Rate)
		r.rates = r.rates[max(len(r.rates)-600, 0):]
	}
}

// find looks for the job, or reads it again.
func (r *loadRun) find(env *Env) {
	if r.after.IsZero() || env.Operations == nil {
		return
	}
	if r.started {
		if job, err := env.Operations.Job(r.job.ID); err == nil {
			r.job = job
		}
		return
	}
	for _, j := range env.Operations.Jobs() {
		if (j.Request.Verb == operation.Publish || j.Request.Verb == operation.Edit) && !j.Started.Before(r.after) {
			r.job, r.started = j, true
			return
		}
	}
}

// jobs looks at the job that was started; an edit that is done ends the screen.
func (v *Publish) jobs() tea.Cmd {
	v.run.find(v.env)
	if v.edit != nil && v.run.started && v.run.job.State == operation.Done && v.run.job.Tally.Done > 0 {
		return send(BackMsg{})
	}
	v.layout()
	return v.fetch.Load()
}
