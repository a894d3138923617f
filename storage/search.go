package storage

import (
	"context"

	"kith/internal/search"
)

// SearchPage reads one page of a search, which is settled, through the indexes of a backend.
func SearchPage(ctx context.Context, src search.Source, q ContactQuery) (ContactPage, error) {
	rows, err := find(ctx, src, q.request(q.Page.Skip+q.Page.Size+1))
	if err != nil {
		return ContactPage{}, err
	}
	return q.Window(skipped(rows, q.Page.Skip)), nil
}

// request asks a search for n rows of the list from the page's starting bound on.
func (q ContactQuery) request(n int) search.Request {
	r := search.Request{Query: q.Search, ByName: q.Order == Name, Desc: q.ReadsDown(), Want: n}
	if p := q.Page.From(); p != nil {
		r.From = new(p.inSearch())
	}
	return r
}

// find reads rows in the order of the request.
func find(ctx context.Context, src search.Source, r search.Request) ([]ContactRow, error) {
	found, err := search.Find(ctx, src, r)
	rows := make([]ContactRow, len(found))
	for i, f := range found {
		rows[i] = ContactRow{Contact: *f.Contact, Position: positionOf(f.Position), Match: new(f.Match)}
	}
	return rows, err
}

// positionOf is a position of a search as one of a list.
func positionOf(p search.Position) Position { return Position{Tier: p.Tier, Key: p.Key, ID: p.ID} }

// inSearch is what of a position counts in a search.
func (p Position) inSearch() search.Position {
	return search.Position{Tier: p.Tier, IndexKey: search.IndexKey{Key: p.Key, ID: p.ID}}
}

// CountMatches counts what a search, which is settled, finds through the indexes of a backend, as far as most, or reads the
// number of all contacts for the empty search.
func CountMatches(ctx context.Context, src search.Counter, q search.Query, most int) (Count, error) {
	if q.Empty() {
		n, err := src.Size(ctx)
		return Count{Value: n, Exact: true}, err
	}
	n, err := search.Count(ctx, src, q, most)
	return Counted(n, most), err
}
