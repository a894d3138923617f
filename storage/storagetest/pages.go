package storagetest

import (
	"slices"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// everything is a page larger than any list of a case that uses it.
const everything = 1_000

// page reads one page of contacts.
func (w *world) page(q storage.ContactQuery) storage.ContactPage {
	w.t.Helper()
	p, err := w.Contacts(w.ctx, w.id, q)
	w.check(err)
	return p
}

// list reads a whole list of contacts in one page.
func (w *world) list(q storage.ContactQuery) []crm.ContactID {
	w.t.Helper()
	q.Page = storage.Page{Size: everything}
	p := w.page(q)
	if p.More {
		w.t.Fatalf("a list of more than %d contacts", everything)
	}
	return rowIDs(p.Rows)
}

// search lists what a search finds, best first, by display name.
func (w *world) search(text string) []string {
	w.t.Helper()
	p := w.page(storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: everything}})
	names := []string{}
	for _, r := range p.Rows {
		names = append(names, r.Contact.DisplayName())
	}
	return names
}

// finds fails the test unless the search finds exactly these, in any order.
func (w *world) finds(text string, want ...string) {
	w.t.Helper()
	got := w.search(text)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("search %q finds %q, want %q", text, got, want)
	}
}

// sessionPage reads one page of sessions.
func (w *world) sessionPage(q storage.SessionQuery) storage.SessionPage {
	w.t.Helper()
	p, err := w.Sessions(w.ctx, w.id, q)
	w.check(err)
	return p
}

// sessions reads a whole list of sessions in one page.
func (w *world) sessions(f storage.SessionFilter) []crm.SessionID {
	w.t.Helper()
	p := w.sessionPage(storage.SessionQuery{Filter: f, Page: storage.Page{Size: everything}})
	if p.More {
		w.t.Fatalf("a list of more than %d sessions", everything)
	}
	return sessionIDs(p.Sessions)
}

// walkContacts reads the list of q to its end in pages of the given size, forwards or from the end. Between pages it
// calls between, where given, with the page just read. The rows come in the list's order.
func (w *world) walkContacts(
	q storage.ContactQuery, size int, fromEnd bool, between func([]storage.ContactRow),
) []storage.ContactRow {
	w.t.Helper()
	read := func(p storage.Page) ([]storage.ContactRow, bool) {
		q.Page = p
		page := w.page(q)
		if between != nil {
			between(page.Rows)
		}
		return page.Rows, page.More
	}
	position := func(r storage.ContactRow) storage.Position { return r.Position }
	return walk(w, size, fromEnd, read, position, between != nil)
}

// walkSessions reads a list of sessions as walkContacts does.
func (w *world) walkSessions(f storage.SessionFilter, size int, fromEnd bool) []crm.SessionID {
	w.t.Helper()
	return w.walkOrder(storage.SessionQuery{Filter: f}, size, fromEnd)
}

// walk reads page after page and sees to it that each is as long as it must be, and that More is right. In a list
// that moves, the rows that More promised may be gone by the next page.
func walk[R any](
	w *world, size int, fromEnd bool, read func(storage.Page) ([]R, bool), position func(R) storage.Position, moving bool,
) []R {
	w.t.Helper()
	var all []R
	p := storage.Page{Size: size, FromEnd: fromEnd}
	for n := 0; ; n++ {
		rows, more := read(p)
		switch {
		case len(rows) > size:
			w.t.Fatalf("page %d has %d rows, asked for %d", n, len(rows), size)
		case more && len(rows) < size:
			w.t.Fatalf("page %d has %d rows of %d and yet there are more", n, len(rows), size)
		case n > 0 && len(rows) == 0 && !moving:
			w.t.Fatalf("page %d is empty, though page %d promised more", n, n-1)
		}
		if fromEnd {
			all = slices.Concat(rows, all)
		} else {
			all = append(all, rows...)
		}
		if !more {
			return all
		}
		if fromEnd {
			p.Before = new(position(rows[0]))
		} else {
			p.After = new(position(rows[len(rows)-1]))
		}
	}
}

func rowIDs(rows []storage.ContactRow) []crm.ContactID {
	out := make([]crm.ContactID, len(rows))
	for i, r := range rows {
		out[i] = r.Contact.ID
	}
	return out
}

func sessionIDs(sessions []crm.Session) []crm.SessionID {
	out := make([]crm.SessionID, len(sessions))
	for i, s := range sessions {
		out[i] = s.ID
	}
	return out
}
