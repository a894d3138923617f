package storage

import (
	"context"
	"math"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
)

// ContactFilter lets a contact pass when it meets every condition given.
type ContactFilter struct {
	// Channels are sets of channels: the contact has an identity on a channel of each. Nobody has one of an empty set.
	Channels                     [][]crm.ChannelID
	HasEmail, HasPhone, HasNotes *bool
	Unread                       *bool // whether a session has unread messages
	OpenSession                  *bool // whether a session is active or escalated
	Active                       Period
	Created                      Period
	Email                        *string // one of the contact's emails, normalised
	Phone                        *string // one of the contact's phones, normalised
	Identity                     *IdentityKey
	Among                        []crm.ContactID // only these; nil for any, empty for none
}

// IdentityKey is an identity's place: the channel, and the id there as it was stored.
type IdentityKey struct {
	Channel  crm.ChannelID
	External string
}

// Period is the time between two moments, both exclusive; nil for no bound. A contact that was never active is not active in
// any period.
type Period struct{ After, Before *time.Time }

// Given reports whether the period has a bound.
func (p Period) Given() bool { return p.After != nil || p.Before != nil }

// Empty reports whether the filter lets everybody pass.
func (f ContactFilter) Empty() bool {
	return f.Channels == nil && f.HasEmail == nil && f.HasPhone == nil && f.HasNotes == nil && f.Unread == nil &&
		f.OpenSession == nil && !f.Active.Given() && !f.Created.Given() && f.Email == nil && f.Phone == nil && f.Identity == nil &&
		f.Among == nil
}

// How lists under a filter are read. Where FewContacts can pass it, each of them is looked at. Else LookedThrough rows are
// looked at in the list's order. Where these do not fill the page, those that pass lie elsewhere: SomeContacts that can pass
// are sorted. Of more, the list has to be read on.
const (
	FewContacts   = 5000
	LookedThrough = 20_000
	SomeContacts  = 100_000
)

// CountedThrough is how many contacts are looked at to count as far as most those that pass a filter: where they are not all
// that can pass it, there are at least as many as passed.
func CountedThrough(most int) int { return max(FewContacts, most+1) }

// CountedOf is the count of n contacts that pass, among so many looked at of those that can pass.
func CountedOf(n, looked, most int) Count {
	c := Counted(n, most)
	c.Exact = c.Exact && looked < CountedThrough(most)
	return c
}

// Kinds are the combinations of having an email (1), a phone (2) and notes (4) that pass; nil for all of them.
func (f ContactFilter) Kinds() []int {
	if f.HasEmail == nil && f.HasPhone == nil && f.HasNotes == nil {
		return nil
	}
	kinds := []int{}
	for k := range 8 {
		passes := func(has *bool, bit int) bool { return has == nil || *has == (k&bit > 0) }
		if passes(f.HasEmail, 1) && passes(f.HasPhone, 2) && passes(f.HasNotes, 4) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Lookup is what a backend looks up for a filter.
type Lookup interface {
	// OfIdentity are the contacts with an identity.
	OfIdentity(ctx context.Context, key IdentityKey) ([]crm.ContactID, error)
	// WithValues are the contacts that may hold one of the values in a field; see [crm.Holders].
	WithValues(ctx context.Context, field string, values ...string) ([]crm.Contact, error)
}

// Named are the contacts that each condition on one identity, email or phone, or on their ids, lets pass.
func (f ContactFilter) Named(ctx context.Context, l Lookup) (sets [][]crm.ContactID, err error) {
	if f.Among != nil {
		sets = append(sets, f.Among)
	}
	if f.Identity != nil {
		found, err := l.OfIdentity(ctx, *f.Identity)
		if err != nil {
			return nil, err
		}
		sets = append(sets, found)
	}
	holders := func(field string, values ...string) error {
		candidates, err := l.WithValues(ctx, field, values...)
		found := []crm.ContactID{}
		for _, c := range crm.Holders(candidates, field, values...) {
			found = append(found, c.ID)
		}
		sets = append(sets, found)
		return err
	}
	if f.Email != nil {
		if err := holders("email", *f.Email); err != nil {
			return nil, err
		}
	}
	if f.Phone != nil {
		err = holders("phone", crm.PhoneVariants(*f.Phone)...)
	}
	return sets, err
}

// Passing answers which of some contacts pass a filter.
type Passing func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID]bool, error)

// The sizes of the parts in which the matches of a search are read for those that pass a filter.
const (
	firstPart   = 100
	largestPart = 1000
)

// FilteredSearch reads one page of a search of which only the contacts count that pass. It reads the matches in their order
// until the page is full.
func FilteredSearch(ctx context.Context, src search.Source, q ContactQuery, passing Passing) (ContactPage, error) {
	rows, _, err := passed(ctx, src, q, q.Page.Skip+q.Page.Size+1, math.MaxInt, passing)
	if err != nil {
		return ContactPage{}, err
	}
	return q.Window(skipped(rows, q.Page.Skip)), nil
}

// CountFiltered counts the matches of a search that pass, as far as most, among those that [CountedThrough] looks at.
func CountFiltered(ctx context.Context, src search.Source, q ContactQuery, most int, passing Passing) (Count, error) {
	q.Order, q.Page = Name, Page{Size: most}
	rows, looked, err := passed(ctx, src, q, most+1, CountedThrough(most), passing)
	return CountedOf(len(rows), looked, most), err
}

// passed are the first n matches that pass, in the order of reading, among so many.
func passed(
	ctx context.Context, src search.Source, q ContactQuery, n, among int, passing Passing,
) (out []ContactRow, looked int, err error) {
	r := q.request(min(max(firstPart, n), among))
	for {
		rows, err := find(ctx, src, r)
		if err != nil {
			return nil, 0, err
		}
		ids := make([]crm.ContactID, len(rows))
		for i := range rows {
			ids[i] = rows[i].Contact.ID
		}
		pass, err := passing(ctx, ids)
		if err != nil {
			return nil, 0, err
		}
		for _, row := range rows {
			if pass[row.Contact.ID] && len(out) < n {
				out = append(out, row)
			}
		}
		looked += len(rows)
		if len(rows) < r.Want || len(out) == n || looked == among {
			return out, looked, nil
		}
		r.From = new(rows[len(rows)-1].Position.inSearch())
		r.Want = min(4*r.Want, largestPart, among-looked)
	}
}

// RankedPage makes a page of a search out of the contacts that are the only ones to pass the filter.
func RankedPage(q ContactQuery, hits []search.Hit) ContactPage {
	rows := Ranked(q, hits)
	slices.SortFunc(rows, func(a, b ContactRow) int {
		if q.Before(a.Position, b.Position) == q.Page.FromEnd {
			return 1
		}
		return -1
	})
	if from := q.Page.From(); from != nil {
		rows = slices.DeleteFunc(rows, func(r ContactRow) bool {
			if q.Page.FromEnd {
				return !q.Before(r.Position, *from)
			}
			return !q.Before(*from, r.Position)
		})
	}
	return q.Window(skipped(rows, q.Page.Skip))
}

// Ranked are the hits that match, in no order.
func Ranked(q ContactQuery, hits []search.Hit) []ContactRow {
	var rows []ContactRow
	for _, h := range hits {
		keys := q.Search.Keys(h)
		tier, ok := q.Search.Rank(keys)
		if !ok {
			continue
		}
		if q.Order == Name {
			tier = 0
		}
		rows = append(rows, ContactRow{
			Contact: *h.Contact, Position: Position{Tier: tier, Key: h.Name, ID: [16]byte(h.Contact.ID)}, Match: new(q.Search.Match(keys)),
		})
	}
	return rows
}

func skipped(rows []ContactRow, n int) []ContactRow { return rows[min(n, len(rows)):] }
