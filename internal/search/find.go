package search

import (
	"cmp"
	"context"
	"slices"

	"kith/internal/crm"
)

// fewMatches is how many matches are ranked and sorted in memory rather than found in order.
const fewMatches = 250

// Request asks for some of the contacts that a search finds.
type Request struct {
	Query  Query
	ByName bool // by name; else by relevance
	Desc   bool // from the end of the order to its beginning
	// From is where reading starts, exclusive; nil for the end of the order that is read first. By name its tier does not
	// count.
	From *Position
	Want int // as many contacts at most
}

// Found is a contact that a search finds, with its position.
type Found struct {
	Position
	Contact *crm.Contact
	Match   Match
}

// Position is the position of a contact in the order of a search. By name every tier is 0.
type Position struct {
	Tier int
	IndexKey
}

// Compare orders positions, as [cmp.Compare] does: by tier, then as in an index.
func (p Position) Compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Tier, o.Tier), p.IndexKey.Compare(o.IndexKey))
}

// Find reads contacts that a search finds, in the order asked for. Few matches are all read and sorted. Of more each tier is
// read in its order, only while contacts are wanted; where a later one meets a contact again, its rank shows that it was read
// before, so that a page needs no memory of earlier ones.
//
// One read grows with the number of matches: the last page by relevance, when all but a few matches belong to better
// tiers, for then everything that holds the text has to be passed over.
func Find(ctx context.Context, src Source, r Request) ([]Found, error) {
	p := pager{src: src, Request: r, starting: -1}
	read := p.byRelevance
	if r.ByName {
		read = p.byName
	}
	if err := read(ctx); err != nil {
		return nil, err
	}
	return p.found, nil
}

// pager gathers the contacts of one request in the order they are read in.
type pager struct {
	Request
	src   Source
	found []Found
	// starting is how many names start with the search, once all of them have been read; -1 before. Where they are known
	// to be few, they need no separate range when the search is looked for anywhere.
	starting int
	// known are the tiers of which found has all it can use, tried those that were seen to have many contacts along with better ones.
	known, tried [tiers]bool
}

func (p *pager) full() bool { return len(p.found) >= p.Want }

// byName reads contacts that hold every token, by name. Those whose name starts with the search follow each other, and
// are read as they are.
func (p *pager) byName(ctx context.Context) error {
	below, starting, above := p.parts()
	parts := []Range{below, starting, above}
	if p.From == nil {
		many, err := p.many(ctx, starting)
		if err != nil {
			return err
		}
		if !many { // they need no separate range then
			parts = []Range{Everything()}
		}
	}
	if p.Desc {
		slices.Reverse(parts)
	}
	for _, part := range parts {
		r := p.beyondFrom(part)
		if p.full() || !after(r.Before, r.After) {
			continue
		}
		var err error
		if part == starting {
			err = p.gather(ctx, r, p.src.Names, p.keepAny)
		} else {
			err = p.anywhere(ctx, r, Filter{With: p.Query.Tokens()}, p.keepAny)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// many reports whether the names that start with the search fill a page.
func (p *pager) many(ctx context.Context, starting Range) (bool, error) {
	if tokens := p.Query.Tokens(); len(tokens) > 1 && selective(tokens) == len(tokens) {
		return false, nil // whole words
	}
	return p.src.Reaches(ctx, starting, p.Want)
}

// parts are the names below those that start with the search, these, and the names above.
func (p *pager) parts() (below, starting, above Range) {
	starting = StartingWith(p.Query.Text())
	return Range{Before: starting.After}, starting, Range{After: starting.Before, Before: Everything().Before}
}

// byRelevance reads tier after tier.
func (p *pager) byRelevance(ctx context.Context) error {
	for i := range tiers {
		tier := i
		if p.Desc {
			tier = tiers - 1 - i
		}
		if p.full() {
			return nil
		}
		if p.behindFrom(tier) || p.known[tier] {
			continue
		}
		if err := p.inTier(ctx, tier); err != nil {
			return err
		}
	}
	return nil
}

// behindFrom reports whether the page starts behind a whole tier.
func (p *pager) behindFrom(tier int) bool {
	return p.From != nil && p.From.Tier != tier && (p.From.Tier > tier) != p.Desc
}

// inTier reads what a tier has for the page, or all that it and others have, when that is little.
func (p *pager) inTier(ctx context.Context, tier int) error {
	if tier == TierName { // fills the pages of most keystrokes, and is cheap
		return p.namesStarting(ctx)
	}
	f, ok := p.Query.filter(tier)
	if !ok {
		return nil
	}
	for _, with := range p.together(tier) {
		if ok, err := p.sortFew(ctx, tier, with); ok || err != nil {
			return err
		}
	}
	return p.remaining(ctx, tier, f)
}

// together are the tiers, the last one first, that have so few contacts, perhaps, that it pays to read all of them along
// with those of a tier. Without an index everything has to be looked at anyway.
func (p *pager) together(tier int) (with []int) {
	words := p.Query.words
	for _, last := range [...]int{TierAnywhere, TierWords, TierNames} {
		f, ok := p.Query.filter(last)
		if !ok || last < tier || p.Desc && last > tier || p.tried[last] {
			continue
		}
		few := !p.src.HasGrams()
		switch last {
		case TierAnywhere:
			few = few || slices.ContainsFunc(words, rarest)
		case TierWords:
			few = few || len(words) > 1 && selective(f.With) == len(words)
		default:
			few = few || selective(f.With) > 0
		}
		if few {
			with = append(with, last)
		}
	}
	return with
}

// namesStarting reads [TierName].
func (p *pager) namesStarting(ctx context.Context) error {
	before := len(p.found)
	err := p.gather(ctx, p.within(TierName, StartingWith(p.Query.Text())), p.src.Names, p.keep(TierName))
	if p.From == nil && !p.full() {
		p.starting = len(p.found) - before
	}
	return err
}

// sortFew reads all contacts of some tiers, when they are few, and sorts them in memory: from the one that is read to the
// last, or from the best to the one that is read. It is not ok when there are more.
func (p *pager) sortFew(ctx context.Context, tier, last int) (ok bool, err error) {
	p.tried[last] = true
	f, _ := p.Query.filter(last)
	all, ok, err := p.few(ctx, f)
	if err != nil || !ok {
		return false, err
	}
	first := tier
	if p.Desc {
		first = 0
	}
	few := &pager{Request: Request{Query: p.Query, Want: fewMatches}}
	few.add(all, func(h Hit, k Keys) (Position, bool) {
		tier, ok := p.Query.Rank(k)
		return Position{Tier: tier, IndexKey: IndexKey{Key: h.Name}}, ok && first <= tier && tier <= last
	})
	slices.SortFunc(few.found, func(a, b Found) int { return p.inOrder(a.Position, b.Position) })
	for _, f := range few.found {
		if !p.full() && (p.From == nil || p.inOrder(*p.From, f.Position) < 0) {
			p.found = append(p.found, f)
		}
	}
	for t := first; t <= last; t++ {
		p.known[t] = true
	}
	return true, nil
}

// inOrder compares positions in the order of reading.
func (p *pager) inOrder(a, b Position) int {
	if p.Desc {
		a, b = b, a
	}
	return a.Compare(b)
}

// remaining reads a tier that f decides, by name. The names that start with the search are [TierName]'s and left out whole.
// So is, for a single token, what the next better tier has.
func (p *pager) remaining(ctx context.Context, tier int, f Filter) error {
	if tier > TierWhole && p.Query.masker == nil { // what a masked value holds puts nobody into the better tier
		if better, ok := p.Query.filter(tier - 1); ok && len(better.With) == 1 {
			f.Without = better.With
		}
	}
	below, _, above := p.parts()
	parts := []Range{below, above}
	if p.starting >= 0 || tier == TierWhole {
		parts = []Range{Everything()}
	}
	if p.Desc {
		slices.Reverse(parts)
	}
	for _, part := range parts {
		r := p.within(tier, part)
		if p.full() || !after(r.Before, r.After) {
			continue
		}
		if err := p.anywhere(ctx, r, f, p.keep(tier)); err != nil {
			return err
		}
	}
	return nil
}
