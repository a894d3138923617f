package search

import (
	"cmp"
	"context"
	"slices"

	"kith/internal/crm"
)

// Bounds of one step, found by measuring.
const (
	termLook   = 64  // terms looked at before it shows how many of several tokens' contacts have all
	termShare  = 12  // of so many terms one must match for it to pay to go on with the terms
	termWindow = 500 // terms read at a time after that
	fewMatches = 250 // so many matches are ranked and sorted in memory rather than found in order
)

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

// Find reads contacts that a search finds, in the order asked for. Each step is taken only while contacts are wanted: the
// names that start with the search, then later words, emails and phones that do, then contacts that hold it anywhere. A
// contact belongs to the lowest tier it qualifies for; where a later step meets it again, its rank shows that it was read
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
	// sorted says that found holds what tiers 1 and 2 have to give.
	sorted bool
	// starting is how many names start with the search, once all of them have been read; -1 before. Where they are known
	// to be few, they need no separate range when the search is looked for anywhere.
	starting int
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

func (p *pager) byRelevance(ctx context.Context) error {
	tiers := []func(context.Context) error{p.namesStarting, p.termsStarting, p.remaining}
	for i := range tiers {
		if p.full() {
			return nil
		}
		tier := i
		if p.Desc {
			tier = len(tiers) - 1 - i
		}
		if p.From != nil && (p.From.Tier > tier) != p.Desc && p.From.Tier != tier || p.sorted && tier != TierName {
			continue // the page starts behind it, or has it already
		}
		if err := tiers[tier](ctx); err != nil {
			return err
		}
	}
	return nil
}

// namesStarting is tier 0: the name starts with the search.
func (p *pager) namesStarting(ctx context.Context) error {
	err := p.gather(ctx, p.inTier(TierName, StartingWith(p.Query.Text())), p.src.Names, p.keep(TierName))
	if p.From == nil && !p.full() {
		p.starting = len(p.found)
	}
	return err
}

// termsStarting is tier 1: a later word, the email or a part of it, or the phone starts with the longest token. Of
// several tokens few contacts may have all; once that shows, all of them are read together.
func (p *pager) termsStarting(ctx context.Context) error {
	whole := p.inTier(TierTerm, StartingWith(p.Query.Longest()))
	others := slices.DeleteFunc(slices.Clone(p.Query.Tokens()), func(t string) bool { return t == p.Query.Longest() })
	if len(others) == 0 {
		return p.gather(ctx, whole, p.terms, p.keep(TierTerm))
	}
	tried := selective(p.Query.Tokens()) > 1
	if tried {
		if err := p.sortFew(ctx); p.sorted || err != nil {
			return err
		}
	}
	start, r, look, looked := len(p.found), whole, termLook, 0
	for {
		hits, end, err := p.src.Terms(ctx, r, others, look)
		if err != nil {
			return err
		}
		if p.add(hits, p.keep(TierTerm)); p.full() || end == nil {
			return nil
		}
		r, looked = p.behind(r, *end), looked+look
		found := len(p.found) - start
		if !tried && found < looked/termShare {
			tried = true
			held := slices.Clone(p.found)
			p.found = p.found[:start]
			if err := p.sortFew(ctx); p.sorted || err != nil {
				return err
			}
			p.found = held
		}
		look = min(termWindow, 16+(p.Want-len(p.found))*looked/max(found, 1)) // what the rest should take, at this rate
	}
}

// terms reads the contacts of a single token's terms.
func (p *pager) terms(ctx context.Context, r Range, n int) ([]Hit, error) {
	hits, _, err := p.src.Terms(ctx, r, nil, n)
	return hits, err
}

// sortFew finishes tiers 1 and 2 together when the whole search has few matches: it reads them all and sorts them in
// memory. Of several common words few contacts may have all, and in order they would be found one by one.
func (p *pager) sortFew(ctx context.Context) error {
	all, ok, err := p.few(ctx, Filter{With: p.Query.Tokens()})
	if err != nil || !ok {
		return err
	}
	p.sorted = true
	few := &pager{Request: Request{Query: p.Query, Want: fewMatches}}
	few.add(all, func(_ Hit, k Keys) (Position, bool) {
		tier, key, ok := p.Query.Rank(k)
		return Position{Tier: tier, IndexKey: IndexKey{Key: key}}, ok && tier != TierName
	})
	slices.SortFunc(few.found, func(a, b Found) int { return p.inOrder(a.Position, b.Position) })
	for _, f := range few.found {
		if !p.full() && (p.From == nil || p.inOrder(*p.From, f.Position) < 0) {
			p.found = append(p.found, f)
		}
	}
	return nil
}

// inOrder compares positions in the order of reading.
func (p *pager) inOrder(a, b Position) int {
	if p.Desc {
		a, b = b, a
	}
	return a.Compare(b)
}

// remaining is tier 2: the search is found anywhere. The names that start with it are tier 0's and left out whole. So
// are, for a single token, texts where it starts a line, a domain or a word after a space: that is always a term.
func (p *pager) remaining(ctx context.Context) error {
	f := Filter{With: p.Query.Tokens()}
	if len(f.With) > 1 && p.Desc {
		if err := p.sortFew(ctx); p.sorted || err != nil {
			return err
		}
	}
	if len(f.With) == 1 {
		f.Without = []string{"\n" + f.With[0], "@" + f.With[0], " " + f.With[0]}
	}
	below, _, above := p.parts()
	parts := []Range{below, above}
	if p.starting >= 0 {
		parts = []Range{Everything()}
	}
	if p.Desc {
		slices.Reverse(parts)
	}
	for _, part := range parts {
		r := p.inTier(TierAnywhere, part)
		if p.full() || !after(r.Before, r.After) {
			continue
		}
		if err := p.anywhere(ctx, r, f, p.keep(TierAnywhere)); err != nil {
			return err
		}
	}
	return nil
}
