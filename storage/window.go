package storage

import (
	"bytes"
	"cmp"
	"slices"

	"kith/internal/crm"
)

// From is the bound that reading starts at; nil for the list's end itself.
func (p Page) From() *Position {
	if p.FromEnd {
		return p.Before
	}
	return p.After
}

// Window makes a page of rows that were read from p's starting bound onwards, at least one more than p.Size where there
// are so many: it ends them at the other bound, reports whether rows are left beyond the page, and puts them in the list's
// order. before says whether one position comes before another in the list.
func Window[R any](p Page, rows []R, position func(R) Position, before func(a, b Position) bool) (page []R, more bool) {
	for i, r := range rows {
		at := position(r)
		if p.FromEnd && p.After != nil && !before(*p.After, at) || !p.FromEnd && p.Before != nil && !before(at, *p.Before) {
			rows = rows[:i]
			break
		}
	}
	if len(rows) > p.Size {
		rows, more = rows[:p.Size], true
	}
	if p.FromEnd {
		slices.Reverse(rows)
	}
	return rows, more
}

// ReadsDown reports whether the page is read from the highest key to the lowest.
func (q ContactQuery) ReadsDown() bool { return q.Descending != q.Page.FromEnd }

// Window makes a page of rows that were read as [Window] needs them.
func (q ContactQuery) Window(rows []ContactRow) ContactPage {
	rows, more := Window(q.Page, rows, func(r ContactRow) Position { return r.Position }, q.Before)
	return ContactPage{Rows: rows, More: more}
}

// Before reports whether position a comes before position b in the list that q describes.
func (q ContactQuery) Before(a, b Position) bool {
	var c int
	switch q.Order {
	case LastActivity, Created:
		c = a.At.Compare(b.At)
	case Name, Email:
		c = cmp.Compare(a.Key, b.Key)
	case Relevance:
		c = a.inSearch().Compare(b.inSearch())
	}
	c = cmp.Or(c, bytes.Compare(a.ID[:], b.ID[:]))
	if q.Descending {
		return c > 0
	}
	return c < 0
}

// ReadsDown reports whether the page is read from the newest session to the oldest.
func (q SessionQuery) ReadsDown() bool { return q.Ascending == q.Page.FromEnd }

// Window makes a page of sessions that were read as [Window] needs them.
func (q SessionQuery) Window(sessions []crm.Session) SessionPage {
	sessions, more := Window(q.Page, sessions, q.Order.Position, q.Before)
	return SessionPage{Sessions: sessions, More: more}
}

// Before reports whether position a comes before position b in the list that q describes.
func (q SessionQuery) Before(a, b Position) bool {
	c := cmp.Or(a.At.Compare(b.At), bytes.Compare(a.ID[:], b.ID[:]))
	if q.Ascending {
		return c < 0
	}
	return c > 0
}

// Before reports whether position a comes before position b in every list of pairs: the surest first, then the higher id.
func (DuplicateQuery) Before(a, b Position) bool {
	return cmp.Or(cmp.Compare(b.Tier, a.Tier), bytes.Compare(b.ID[:], a.ID[:])) < 0
}

// Read puts sessions into the order in which the page reads them.
func (q SessionQuery) Read(sessions []crm.Session) {
	slices.SortFunc(sessions, func(a, b crm.Session) int {
		if q.Before(q.Order.Position(a), q.Order.Position(b)) == q.Page.FromEnd {
			return 1
		}
		return -1
	})
}

// PageOf is the page of a list that is known as a whole, in its order, and whether there are rows beyond it in the direction
// of reading.
func PageOf[R any](p Page, rows []R, position func(R) Position, before func(a, b Position) bool) (page []R, more bool) {
	rows = slices.Clone(rows)
	if p.FromEnd {
		slices.Reverse(rows)
	}
	if from := p.From(); from != nil {
		rows = slices.DeleteFunc(rows, func(r R) bool {
			at := position(r)
			return p.FromEnd && !before(at, *from) || !p.FromEnd && !before(*from, at)
		})
	}
	return Window(p, rows, position, before)
}

// OldestFirst reports whether position a comes before position b in a list that has the lowest id first.
func OldestFirst(a, b Position) bool { return NewestFirst(b, a) }

// ByTier reports whether position a comes before position b in a list by tier.
func ByTier(a, b Position) bool { return a.Tier < b.Tier }

// NewestFirst reports whether position a comes before position b in a list that has the highest id first.
func NewestFirst(a, b Position) bool { return bytes.Compare(a.ID[:], b.ID[:]) > 0 }
