package bolt

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"nixie/engine"
)

var (
	cutSteps = flag.Int("powercut.steps", 100, "how many steps TestPowerCuts takes, of about 12 cuts each")
	cutSeed  = flag.Uint64("powercut.seed", 0, "what TestPowerCuts chooses by; 0: by chance")
)

// A commit writes its pages, syncs, writes one header, syncs. A power cut
// before the first sync leaves any part of the pages; one before the second
// leaves all pages and any part of the header. TestPowerCuts makes such files
// of what the file was before and after each commit, and opens them.
func TestPowerCuts(t *testing.T) {
	cuts := 12
	if testing.Short() {
		cuts = 3
	}
	seed := *cutSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-powercut.seed %d", seed)
	p := &powerCuts{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 4)), want: map[engine.ID]string{}}
	path := filepath.Join(p.dir, "nixie.db")
	e, err := Open(path, Options{committed: func() { p.add(image(t, path)) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	policy := engine.DefaultPolicy()
	policy.MaxTries = 2
	policy.Backoff = engine.Backoff{Base: time.Hour}
	for _, q := range []string{"jobs", "mail"} {
		if err := e.CreateQueue(ctx, q, policy); err != nil {
			t.Fatal(err)
		}
	}
	p.add(image(t, path))
	p.take()
	for range *cutSteps {
		before := maps.Clone(p.want)
		p.step(ctx, e)
		images := p.take()
		for i := 1; i < len(images); i++ {
			for range cuts {
				p.cut(images[i-1], images[i], before, p.want, i == len(images)-1)
			}
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d power cuts", p.made)
}

type powerCuts struct {
	t      *testing.T
	dir    string
	random *rand.Rand
	want   map[engine.ID]string // what must be there: bodies by id
	made   int

	mu     sync.Mutex // protects images
	images [][]byte   // the file after each commit
}

func (p *powerCuts) add(image []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.images = append(p.images, image)
}

// take returns the images since the last call, and the last one before.
func (p *powerCuts) take() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	images := p.images
	if n := len(images); n > 0 {
		p.images = [][]byte{images[n-1]}
	}
	return images
}

// image is the file without the part that was never written.
func image(t *testing.T, path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer f.Close()
	var pages int64
	for _, at := range []int64{0, guessPageSize} {
		if _, n, ok := readMeta(f, at); ok {
			pages = max(pages, n)
		}
	}
	b := make([]byte, pages*guessPageSize)
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Error(err)
	}
	return b
}

// step does something, and notes what must be there afterwards.
func (p *powerCuts) step(ctx context.Context, e *Engine) {
	p.t.Helper()
	queue := []string{"jobs", "mail"}[p.random.IntN(2)]
	fail := func(err error) {
		if err != nil {
			p.t.Fatal(err)
		}
	}
	got, err := []engine.Delivery(nil), error(nil)
	do := p.random.IntN(6)
	if do < 3 {
		got, err = e.Receive(ctx, queue, engine.ReceiveOptions{Max: 1 + p.random.IntN(3)})
		fail(err)
	}
	switch {
	case do == 0:
		for _, d := range got {
			fail(e.Nack(ctx, d.Receipt, engine.Failure{Reason: "no", Reject: p.random.IntN(2) == 0}))
		}
	case do < 3 && len(got) > 0:
		var receipts []engine.Receipt
		for _, d := range got {
			receipts = append(receipts, d.Receipt)
			delete(p.want, d.ID)
		}
		fail(e.Ack(ctx, receipts...))
	case do == 3:
		page, err := e.List(ctx, queue, engine.ListOptions{State: engine.Dead, Limit: 3})
		fail(err)
		var ids []engine.ID
		for _, m := range page.Messages {
			ids = append(ids, m.ID)
		}
		_, err = e.Move(ctx, engine.MoveRequest{Queue: queue, IDs: ids})
		fail(err)
	default:
		var messages []engine.Outgoing
		for range 1 + p.random.IntN(5) {
			size := []int{3, 500, 5000}[p.random.IntN(3)]
			messages = append(messages, engine.Outgoing{Body: fmt.Appendf(nil, "%0*d", size, p.random.IntN(1000))})
		}
		ids, err := e.Publish(ctx, queue, messages...)
		fail(err)
		for i, id := range ids {
			p.want[id] = string(messages[i].Body)
		}
	}
}

// cut makes a file of two images as a power cut may, and verifies it. last is
// that no other commit of the step came afterwards.
func (p *powerCuts) cut(from, to []byte, before, after map[engine.ID]string, last bool) {
	p.t.Helper()
	file := make([]byte, max(len(from), len(to)))
	copy(file, from)
	const page = guessPageSize
	headerToo := p.random.IntN(3) == 0
	for at := 2 * page; at < len(to); at += page {
		switch {
		case at < len(from) && bytes.Equal(from[at:at+page], to[at:at+page]):
		case headerToo || p.random.IntN(2) == 0:
			copy(file[at:], to[at:at+page])
		case p.random.IntN(2) == 0: // a torn page
			n := 512 * p.random.IntN(page/512)
			copy(file[at:], to[at:at+n])
		}
	}
	whole := headerToo && p.random.IntN(2) == 0
	if headerToo {
		for at := 0; at < 2*page; at += page {
			n := page
			if !whole { // a sector is written whole; what is torn here is less than one
				n = metaOffset + p.random.IntN(metaLength)
			}
			copy(file[at:at+n], to[at:at+n])
		}
	}
	p.made++
	found := p.recovered(file)
	if !maps.Equal(found, after) && (whole && last || !maps.Equal(found, before)) {
		p.t.Fatalf("after cut %d there are %d messages; before the step there were %d, after it %d: %v\n before %v\n after %v\nwhole %v header %v last %v", p.made, len(found), len(before), len(after), slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)), whole, headerToo, last)
	}
}

// recovered opens the file, checks it, and returns what is in it.
func (p *powerCuts) recovered(file []byte) map[engine.ID]string {
	p.t.Helper()
	path := filepath.Join(p.dir, "cut.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		p.t.Fatal(err)
	}
	e, err := Open(path, Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	found := map[engine.ID]string{}
	for _, q := range []string{"jobs", "mail"} {
		for _, state := range engine.States() {
			page, err := e.List(ctx, q, engine.ListOptions{State: state, Limit: 1000})
			if err != nil {
				p.t.Fatal(err)
			}
			for _, m := range page.Messages {
				found[m.ID] = string(m.Body)
			}
		}
	}
	report, err := e.Check(ctx)
	if err != nil || len(report.Problems) > 0 {
		p.t.Fatalf("cut %d: %v %v", p.made, report.Problems, err)
	}
	return found
}
