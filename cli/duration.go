package cli

import (
	"math"
	"time"

	"nixie/views/widget"
)

// duration is what a person types: 30s, 5m, 7d.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	v, err := widget.ParseDuration(string(text))
	*d = duration(v)
	return err
}

// patience is a duration, or forever.
type patience time.Duration

const forever = patience(math.MaxInt64)

func (p *patience) UnmarshalText(text []byte) error {
	if string(text) == "forever" {
		*p = forever
		return nil
	}
	return (*duration)(p).UnmarshalText(text)
}

// size is what a person types: 500, 10k, 2M.
type size int64

func (s *size) UnmarshalText(text []byte) error {
	v, err := widget.ParseBytes(string(text))
	*s = size(v)
	return err
}
