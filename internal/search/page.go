package search

import (
	"context"
	"slices"

	"kith/storage"
)

// Bounds of one step, found by measuring.
const (
	termLook   = 64  // terms looked at before it shows how many of several tokens' contacts have all
	termShare  = 12  // of so many terms one must match for it to pay to go on with the terms
	termWindow = 500 // terms read at a time after that
	fewMatches = 250 // so many matches are ranked and sorted in memory rather than found in order
)

// Page reads one page of a search, in the order Relevance or Name. Each step is taken only while the page is not full:
// the names that start with the search, then later words, e-mails and phones that do, then contacts that hold it
// anywhere. A contact belongs to the lowest tier it qualifies for; where a step comes upon it again it is passed over by
// ranking it anew, so that the page needs no memory of earlier ones.
//
// One read grows with the number of matches: the last page by relevance, when all but a few matches belong to better
// tiers, for then everything that holds the text has to be passed over.
func Page(ctx context.Context, src Source, q storage.ContactQuery) (storage.ContactPage, error) {
	p := pager{
		src:   src,
		list:  q,
		query: Parse(q.Search),
		back:  q.Descending != q.Page.FromEnd,
		from:  q.Page.From(),
		want:  q.Page.Size + 1,

		starting: -1,
	}
	read := p.byRelevance
	if q.Order == storage.Name {
		read = p.byName
	}
	if err := read(ctx); err != nil {
		return storage.ContactPage{}, err
	}
	rows, more := storage.Window(q.Page, p.rows, func(r storage.ContactRow) storage.Position { return r.Position }, q.Before)
	return storage.ContactPage{Rows: rows, More: more}, nil
}

// pager gathers the rows of one page in the order they are read in.
type pager struct {
	src   Source
	list  storage.ContactQuery
	query Query
	back  bool // reading runs against the order
	from  *storage.Position
	want  int
	rows  []storage.ContactRow
	// sorted says that rows hold what tiers 1 and 2 have to give.
	sorted bool
	// starting is how many names start with the search, once all of them have been read; -1 before. Where they are known
	// to be few, they need no stretch of their own when the search is looked for anywhere.
	starting int
}

func (p *pager) full() bool { return len(p.rows) >= p.want }

// byName reads contacts that hold every token, by name. Those whose name starts with the search stand together, and are
// read as they stand.
func (p *pager) byName(ctx context.Context) error {
	below, starting, above := p.parts()
	parts := []Range{below, starting, above}
	if p.from == nil {
		many, err := p.many(ctx, starting)
		if err != nil {
			return err
		}
		if !many { // no stretch of their own then
			parts = []Range{Everything()}
		}
	}
	if p.back {
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
			err = p.anywhere(ctx, r, Filter{With: p.query.Tokens()}, p.keepAny)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// many reports whether the names that start with the search fill a page.
func (p *pager) many(ctx context.Context, starting Range) (bool, error) {
	if tokens := p.query.Tokens(); len(tokens) > 1 && seldom(tokens) == len(tokens) {
		return false, nil // whole words
	}
	return p.src.Reaches(ctx, starting, p.want)
}

// parts are the names below those that start with the search, these, and the names above.
func (p *pager) parts() (below, starting, above Range) {
	starting = StartingWith(p.query.Text())
	return Range{Before: starting.After}, starting, Range{After: starting.Before, Before: Everything().Before}
}

func (p *pager) byRelevance(ctx context.Context) error {
	tiers := []func(context.Context) error{p.namesStarting, p.termsStarting, p.remaining}
	for i := range tiers {
		if p.full() {
			return nil
		}
		tier := i
		if p.back {
			tier = len(tiers) - 1 - i
		}
		if p.from != nil && (p.from.Tier > tier) != p.back && p.from.Tier != tier || p.sorted && tier != TierName {
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
	err := p.gather(ctx, p.inTier(TierName, StartingWith(p.query.Text())), p.src.Names, p.keep(TierName))
	if p.from == nil && !p.full() {
		p.starting = len(p.rows)
	}
	return err
}

// termsStarting is tier 1: a later word, the e-mail or a part of it, or the phone starts with the longest token. Of
// several tokens few contacts may have all; when that shows, all of them are taken at once.
func (p *pager) termsStarting(ctx context.Context) error {
	whole := p.inTier(TierTerm, StartingWith(p.query.Longest()))
	others := slices.DeleteFunc(slices.Clone(p.query.Tokens()), func(t string) bool { return t == p.query.Longest() })
	if len(others) == 0 {
		return p.gather(ctx, whole, p.terms, p.keep(TierTerm))
	}
	tried := seldom(p.query.Tokens()) > 1
	if tried {
		if err := p.sortFew(ctx); p.sorted || err != nil {
			return err
		}
	}
	start, r, look, looked := len(p.rows), whole, termLook, 0
	for {
		hits, end, err := p.src.Terms(ctx, r, others, look)
		if err != nil {
			return err
		}
		if p.add(hits, p.keep(TierTerm)); p.full() || end == nil {
			return nil
		}
		r, looked = p.behind(r, *end), looked+look
		found := len(p.rows) - start
		if !tried && found < looked/termShare {
			tried = true
			held := slices.Clone(p.rows)
			p.rows = p.rows[:start]
			if err := p.sortFew(ctx); p.sorted || err != nil {
				return err
			}
			p.rows = held
		}
		look = min(termWindow, 16+(p.want-len(p.rows))*looked/max(found, 1)) // what the rest should take, at this rate
	}
}

// terms reads the contacts of a single token's terms.
func (p *pager) terms(ctx context.Context, r Range, n int) ([]Hit, error) {
	hits, _, err := p.src.Terms(ctx, r, nil, n)
	return hits, err
}

// sortFew finishes tiers 1 and 2 at once when the whole search has few matches: it takes them all and sorts them in
// memory. Of several common words few contacts may have all, and in order they would be found one by one.
func (p *pager) sortFew(ctx context.Context) error {
	all, ok, err := p.few(ctx, Filter{With: p.query.Tokens()})
	if err != nil || !ok {
		return err
	}
	p.sorted = true
	found := &pager{query: p.query, want: fewMatches}
	found.add(all, func(_ Hit, k Keys) (storage.Position, bool) {
		tier, key, ok := p.query.Rank(k)
		return storage.Position{Tier: tier, Key: key}, ok && tier != TierName
	})
	ahead := p.list // the order of reading
	ahead.Descending = p.back
	slices.SortFunc(found.rows, func(a, b storage.ContactRow) int {
		if ahead.Before(a.Position, b.Position) {
			return -1
		}
		return 1
	})
	for _, row := range found.rows {
		if !p.full() && (p.from == nil || ahead.Before(*p.from, row.Position)) {
			p.rows = append(p.rows, row)
		}
	}
	return nil
}

// remaining is tier 2: the search is found anywhere. The names that start with it are tier 0's and left out whole. So
// are, for a single token, texts where it starts a line, a domain or a word after a space: that is always a term.
func (p *pager) remaining(ctx context.Context) error {
	f := Filter{With: p.query.Tokens()}
	if len(f.With) > 1 && p.back {
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
	if p.back {
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
