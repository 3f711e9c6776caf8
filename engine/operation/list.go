package operation

import (
	"context"
	"iter"

	"nixie/engine"
)

// Messages goes over a listing from page to page; options.Limit is the size of
// a page. An error ends it.
func Messages(ctx context.Context, e engine.Inspector, queue string, options engine.ListOptions) iter.Seq2[*engine.Message, error] {
	return func(yield func(*engine.Message, error) bool) {
		for {
			page, err := e.List(ctx, queue, options)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Messages {
				if !yield(&page.Messages[i], nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			options.After = page.Next
		}
	}
}
