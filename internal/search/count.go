package search

import (
	"context"
	"math"
)

// Counter is what a backend offers a count: bounded reads within one workspace.
type Counter interface {
	Source

	// Size is how many contacts the workspace has.
	Size(ctx context.Context) (int, error)

	// CountNames counts the contacts of a range of names whose text f lets through, n at most.
	CountNames(ctx context.Context, r Range, f Filter, n int) (int, error)

	// CountGrams counts the contacts whose text contains every token, n at most, through the gram index. Ask it only when
	// HasGrams and [Indexable] say so.
	CountGrams(ctx context.Context, tokens []string, n int) (int, error)

	// Sample looks at some of a workspace of so many contacts for those that match but have no name that starts with the
	// search; nil while it does not know where to look.
	Sample(ctx context.Context, q Query, size int) (Sample, error)
}

// Sample is what the stretches hold that represent all contacts of a workspace; see [SampleBounds].
type Sample []Stretch

// Stretch is some contacts that came one after the other: how many there are, and how many of them match.
type Stretch struct{ Looked, Matched int }

const (
	// scanSize is how many contacts are looked at one by one rather than by grams or by sample.
	scanSize = 20_000
	// matchCosts is how many looks at names a match in the gram index costs, for it has to be fetched: 5 on PostgreSQL, and
	// on SQLite 5 to 10.
	matchCosts = 5
)

// Count counts the contacts that match q, as far as limit: a number above the limit says that there are more, and nothing
// else.
//
// Up to the limit a count is exact. That there are more is found out by counting names that start with the search, or
// else by a sample, when it leaves no doubt: reading as many matches as the limit takes would cost many times a page.
func Count(ctx context.Context, src Counter, q Query, limit int) (int, error) {
	if q.masker != nil {
		return countFound(ctx, src, q, limit)
	}
	tokens := q.Tokens()
	size, err := src.Size(ctx)
	if err != nil {
		return 0, err
	}
	indexed := src.HasGrams() && Indexable(tokens)
	few := indexed && selective(tokens) > 0
	whole := func() (int, error) { return src.CountNames(ctx, Everything(), Filter{With: tokens}, limit+1) }
	if size <= scanSize && !few {
		return whole()
	}
	starting, err := src.CountNames(ctx, StartingWith(q.Text()), Filter{}, limit+1)
	if err != nil || starting > limit {
		return starting, err
	}
	if few {
		return src.CountGrams(ctx, tokens, limit+1)
	}
	sample, err := src.Sample(ctx, q, size)
	switch {
	case err != nil:
		return 0, err
	case starting+sample.atLeast(size) > limit:
		return limit + 1, nil
	case !indexed || sample.share()*matchCosts > 1:
		return whole()
	}
	return src.CountGrams(ctx, tokens, limit+1)
}

// looked is how many contacts were looked at, at least one, because it is a divisor.
func (s Sample) looked() float64 {
	n := 0
	for _, of := range s {
		n += of.Looked
	}
	return float64(max(n, 1))
}

// share is the part of the contacts looked at that match.
func (s Sample) share() float64 {
	n := 0
	for _, of := range s {
		n += of.Matched
	}
	return float64(n) / s.looked()
}

// confidence is by how many standard errors the estimate of a sample is lowered to be beyond doubt.
const confidence = 4

// atLeast is how many of so many contacts match beyond doubt: the estimate for a sample of clusters of equal size, less so
// many standard errors (Cochran, Sampling Techniques, third edition, section 9.3). Where those that match come together, in a
// list that was imported by name for one, the error is large.
func (s Sample) atLeast(size int) int {
	n, share := float64(len(s)), s.share()
	if n < 2 {
		return 0
	}
	var squares float64
	for _, of := range s {
		off := float64(of.Matched) - share*float64(of.Looked)
		squares += off * off
	}
	deviation := math.Sqrt(squares*n/(n-1)) / s.looked()
	return int((share - confidence*deviation) * float64(size))
}
