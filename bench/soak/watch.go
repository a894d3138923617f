package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kith/bench/rig"
)

// sample is what Kith holds at one moment.
type sample struct {
	memory     float64 // MB, anonymous
	goroutines float64
}

// samples are taken at even intervals.
type samples []sample

// watch takes a hundred samples while the load goes on. The first quarter of the time is for warming up.
func watch(ctx context.Context, k *rig.Kith, lasting time.Duration) (seen samples, err error) {
	tick := time.NewTicker(lasting / 100)
	defer tick.Stop()
	for len(seen) < 100 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		n, err := goroutines(ctx, k)
		if err != nil {
			return nil, err
		}
		seen = append(seen, sample{memory: k.Memory() / 1024, goroutines: n})
	}
	return seen, nil
}

// goroutines reads how many there are from the metrics.
func goroutines(ctx context.Context, k *rig.Kith) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.Base+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	token, err := rig.Token("admin")
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			return strconv.ParseFloat(n, 64)
		}
	}
	return 0, errors.New("the metrics do not include goroutines")
}

// What may be more at the end than at the start: the collector and the connections of the moment.
const (
	memorySlack    = 1.25
	goroutineSlack = 1.2
)

// flat compares the second quarter of the time with the last, by their medians, and refuses growth.
func (s samples) flat(out io.Writer) error {
	n := len(s) / 4
	start, end := s[n:2*n], s[len(s)-n:]
	memory := func(s sample) float64 { return s.memory }
	routines := func(s sample) float64 { return s.goroutines }
	m0, m1 := median(start, memory), median(end, memory)
	g0, g1 := median(start, routines), median(end, routines)
	_, _ = fmt.Fprintf(out, "memory %.0f MB, then %.0f MB; goroutines %.0f, then %.0f\n", m0, m1, g0, g1)
	if m1 > m0*memorySlack || g1 > g0*goroutineSlack {
		return errors.New("it grows")
	}
	return nil
}

func median(of samples, value func(sample) float64) float64 {
	var all []float64
	for _, s := range of {
		all = append(all, value(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
