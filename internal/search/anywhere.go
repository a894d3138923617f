package search

import (
	"context"
	"slices"
	"strings"
)

// Bounds of one step. They were found by measuring: a scan of so many names answers every common fragment with a full
// page, and costs less than a look into the gram index.
const (
	scanLook = 1000   // names looked at before the gram index is asked
	scanMore = 3500   // names looked at after these, where they promise to fill the page
	scanFar  = 12_000 // the same for several words: the names of a bucket that have them are many to fetch and sort
	homeLook = 3000   // names in a search's own script that are looked at rather than asking the gram index
	sideLook = 30_000 // the same for names in scripts of the same buckets
)

// anywhere reads the contacts whose text f lets through, by name key. Texts in one script seldom hold another's letters,
// so what a short search in a script other than Latin finds is among the names in that script: these are looked at
// by name, those around them by grams. Where names around them share a bucket with these, the grams would fetch these as
// well, so as long as they are not too many they are looked at too.
func (p *pager) anywhere(ctx context.Context, r Range, f Filter, keep keepFunc) error {
	home, ok := Script(f.With)
	if !ok || !p.indexed(f) {
		return p.scanFirst(ctx, r, f, keep)
	}
	beside := besides(home, f.With[0])
	parts := []struct {
		Range
		look int // so many names are looked at rather than asking the gram index
	}{
		{Range{After: r.After, Before: beside.After}, 0},
		{Range{After: beside.After, Before: home.After}, sideLook},
		{home, homeLook},
		{Range{After: home.Before, Before: beside.Before}, sideLook},
		{Range{After: beside.Before, Before: r.Before}, 0},
	}
	if p.Desc {
		slices.Reverse(parts)
	}
	for _, part := range parts {
		r := overlap(r, part.Range)
		if p.full() || !after(r.Before, r.After) {
			continue
		}
		var err error
		if part.look == 0 {
			err = p.gather(ctx, r, p.containing(f), keep)
		} else {
			err = p.look(ctx, r, f, part.look, keep)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// look reads the range whole when it holds fewer than most names: grams would fetch what the rest of its bucket has as well.
func (p *pager) look(ctx context.Context, r Range, f Filter, most int, keep keepFunc) error {
	more, err := p.src.Reaches(ctx, r, most)
	if err != nil {
		return err
	}
	if !more {
		return p.gather(ctx, r, func(ctx context.Context, r Range, n int) ([]Hit, error) {
			return p.src.Scan(ctx, r, f, 0, n)
		}, keep)
	}
	return p.scanFirst(ctx, r, f, keep)
}

// scanFirst looks at the first names of the range one by one, which is all it takes for a common fragment, and into the
// gram index where that did not fill the page. Of a fragment that is neither common nor rare every bucket holds more than
// a page: fetching and sorting these would cost more than to look at some more names. Names that have two words of a search are always few.
func (p *pager) scanFirst(ctx context.Context, r Range, f Filter, keep keepFunc) error {
	if !p.indexed(f) || selective(f.With) > 0 || len(f.With) > 1 && strings.HasPrefix(f.With[0], ofName) {
		return p.gather(ctx, r, p.containing(f), keep)
	}
	looks := []int{scanLook, scanMore}
	if len(f.With) > 1 {
		looks = append(looks, scanFar)
	}
	looked, seen := 0, 0
	for i, look := range looks {
		n := p.batch()
		hits, err := p.src.Scan(ctx, r, f, look, n)
		if err != nil {
			return err
		}
		if p.add(hits, keep); p.full() {
			return nil
		}
		if len(hits) > 0 {
			r = p.behind(r, hits[len(hits)-1].IndexKey)
		}
		looked, seen = looked+look, seen+len(hits)
		if i+1 < len(looks) && (p.Want-len(p.found))*looked > seen*looks[i+1] { // at this rate the rest would take more
			break
		}
	}
	return p.gather(ctx, r, p.containing(f), keep)
}

// indexed reports whether the gram index helps to find what f lets through.
func (p *pager) indexed(f Filter) bool { return p.src.HasGrams() && Indexable(f.With) }

// containing reads the contacts whose text f lets through, by name key, by the cheapest way there is to read them all.
func (p *pager) containing(f Filter) readFunc {
	return func(ctx context.Context, r Range, n int) ([]Hit, error) {
		r.Desc = p.Desc
		if p.indexed(f) {
			return p.src.Grams(ctx, r, f, n)
		}
		return p.src.Scan(ctx, r, f, 0, n)
	}
}

// few reads all that f lets through, in no order; not ok when that is more than one sorts in memory.
func (p *pager) few(ctx context.Context, f Filter) (hits []Hit, ok bool, err error) {
	if p.indexed(f) {
		return p.src.Few(ctx, f, fewMatches)
	}
	hits, err = p.src.Scan(ctx, Everything(), f, 0, fewMatches+1)
	return hits, len(hits) <= fewMatches, err
}
