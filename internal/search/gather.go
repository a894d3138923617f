package search

import (
	"context"

	"github.com/google/uuid"
)

// largestBatch is how many rows one read asks for while rows of other tiers have to be passed over.
const largestBatch = 1000

// readFunc reads the next rows of one range, at most n.
type readFunc func(ctx context.Context, r Range, n int) ([]Hit, error)

// batch is how many rows to ask for so that the page gets full even if those come along that have been read in better tiers:
// the names that start with the search, and with several tokens whatever else there is.
func (p *pager) batch() int {
	if len(p.Query.Tokens()) > 1 {
		return p.Want
	}
	return p.Want - len(p.found) + max(p.starting, 0)
}

// gather reads on within r until the page is full or r is at its end.
func (p *pager) gather(ctx context.Context, r Range, read readFunc, keep keepFunc) error {
	n := p.batch()
	for !p.full() {
		hits, err := read(ctx, r, n)
		if err != nil {
			return err
		}
		p.add(hits, keep)
		if len(hits) < n {
			return nil
		}
		r = p.behind(r, hits[len(hits)-1].IndexKey)
		n = min(4*n, largestBatch) // this one held rows to pass over: the next may hold many
	}
	return nil
}

// keepFunc gives the position of a hit; it is not ok when the hit does not match, or is read elsewhere.
type keepFunc func(Hit, Keys) (at Position, ok bool)

func (p *pager) keep(tier int) keepFunc {
	return func(h Hit, k Keys) (Position, bool) {
		t, ok := p.Query.Rank(k)
		return Position{Tier: t, IndexKey: IndexKey{Key: h.Name}}, ok && t == tier
	}
}

// keepAny is for the order by name, which knows no tiers.
func (p *pager) keepAny(h Hit, k Keys) (Position, bool) {
	return Position{IndexKey: IndexKey{Key: h.Key}}, Contains(k.Text, p.Query.Tokens())
}

func (p *pager) add(hits []Hit, keep keepFunc) {
	for _, h := range hits {
		if p.full() {
			return
		}
		k := p.Query.Keys(h)
		at, ok := keep(h, k)
		if !ok {
			continue
		}
		at.ID = uuid.UUID(h.Contact.ID)
		p.found = append(p.found, Found{Position: at, Contact: h.Contact, Match: p.Query.Match(k)})
	}
}

// within is the rest of a tier's range when the page starts within that tier.
func (p *pager) within(tier int, r Range) Range {
	r.Desc = p.Desc
	if p.From == nil || p.From.Tier != tier {
		return r
	}
	return p.beyondFrom(r)
}

// beyondFrom is the part of r after the page's starting bound.
func (p *pager) beyondFrom(r Range) Range {
	r.Desc = p.Desc
	if p.From == nil {
		return r
	}
	at := p.From.IndexKey
	if after(at, r.After) && !p.Desc || after(r.Before, at) && p.Desc {
		return p.behind(r, at)
	}
	return r
}

// behind is r from a key onwards, in the direction of reading.
func (p *pager) behind(r Range, at IndexKey) Range {
	if p.Desc {
		r.Before = at
	} else {
		r.After = at
	}
	return r
}
