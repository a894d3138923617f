package service

import (
	"errors"
	"strconv"
	"strings"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// The sizes of a page.
const (
	DefaultSize = 25
	MaxSize     = 100
)

// Paging is the part of a list that is asked for, in the words of the Relay cursor specification.
type Paging struct {
	First, Last   *int
	After, Before *string
	Skip          *int // rows to pass over
}

// The most rows that may be passed over: of a whole list, and of the part of it that a search or a filter leaves, where each
// has to be read.
const (
	maxSkip       = 10_000_000
	maxSkipPicked = storage.CountLimit
)

// skip is how many rows to pass over, of a whole list or of a part of it.
func (p Paging) skip(whole bool) (int, error) {
	invalid := func(reason string) (int, error) { return 0, &crm.InvalidError{Field: "skip", Reason: reason} }
	switch {
	case p.Skip == nil:
		return 0, nil
	case p.bound():
		return invalid("cannot be given together with after or before")
	case *p.Skip < 0 || *p.Skip > maxSkip:
		return invalid("must be between 0 and 10,000,000")
	case !whole && *p.Skip > maxSkipPicked:
		return invalid("can be at most 10,000 under a search or a filter")
	}
	return *p.Skip, nil
}

// skips reports whether rows are passed over.
func (p Paging) skips() bool { return p.Skip != nil && *p.Skip > 0 }

// Size is how many rows a page has at most; the estimate of what a page costs uses it, too.
func (p Paging) Size() (int, error) {
	if p.First != nil && p.Last != nil {
		return 0, &crm.InvalidError{Field: "last", Reason: "cannot be given together with first"}
	}
	for _, n := range []struct {
		field string
		value *int
	}{{"first", p.First}, {"last", p.Last}} {
		if n.value != nil {
			if *n.value < 1 || *n.value > MaxSize {
				return 0, &crm.InvalidError{Field: n.field, Reason: "must be between 1 and 100"}
			}
			return *n.value, nil
		}
	}
	return DefaultSize, nil
}

// bound reports whether a cursor is given, so that the page belongs to one list.
func (p Paging) bound() bool { return p.After != nil || p.Before != nil }

// page reads p as a window on the list.
func (p Paging) page(list cursor.List) (storage.Page, error) {
	size, err := p.Size()
	if err != nil {
		return storage.Page{}, err
	}
	page := storage.Page{Size: size, FromEnd: p.Last != nil}
	for _, c := range []struct {
		text *string
		at   **storage.Position
	}{{p.After, &page.After}, {p.Before, &page.Before}} {
		if c.text == nil {
			continue
		}
		at, err := cursor.Decode(list, *c.text)
		if err != nil {
			return storage.Page{}, err
		}
		*c.at = &at
	}
	return page, nil
}

// PageInfo says whether a list continues before and after a page.
type PageInfo struct {
	HasNext, HasPrevious bool
}

// pageInfo is what a page's reader learnt: in the direction it read, whether there is more; in the other, whether a cursor
// was given to start from, or rows were passed over.
func (p Paging) pageInfo(more bool) PageInfo {
	if p.Last != nil {
		return PageInfo{HasNext: p.Before != nil || p.skips(), HasPrevious: more}
	}
	return PageInfo{HasNext: more, HasPrevious: p.After != nil || p.skips()}
}

// Key distinguishes requests for different pages, so that they can be batched.
func (p Paging) Key() string {
	var b strings.Builder
	for _, n := range []*int{p.First, p.Last} {
		if n != nil {
			b.WriteString(strconv.Itoa(*n))
		}
		b.WriteByte('|')
	}
	for _, s := range []*string{p.After, p.Before} {
		if s != nil {
			b.WriteString(strconv.Quote(*s))
		}
		b.WriteByte('|')
	}
	return b.String()
}

// Result is one contact's page of a list, or the error.
type Result[P any] struct {
	Page P
	Err  error
}

// eachOf reads the same page of a list that each of the contacts has. A page without a cursor is the same window on all
// of the lists; one with a cursor is a window on one list alone, and the others' answer is [cursor.ErrBad].
func eachOf[F, P any](
	ids []crm.ContactID, p Paging,
	window func(crm.ContactID) (storage.Page, error),
	read func(storage.Page, []crm.ContactID) (map[crm.ContactID]F, error),
	page func(crm.ContactID, F) P,
) (map[crm.ContactID]Result[P], error) {
	var (
		answers = make(map[crm.ContactID]Result[P], len(ids))
		asked   = make([]crm.ContactID, 0, len(ids))
		at      storage.Page
		none    F
	)
	for i, id := range ids {
		if i == 0 || p.bound() {
			w, err := window(id)
			if errors.Is(err, cursor.ErrBad) {
				answers[id] = Result[P]{Err: err}
				continue
			}
			if err != nil {
				return nil, err
			}
			at = w
		}
		asked = append(asked, id)
		answers[id] = Result[P]{Page: page(id, none)}
	}
	if len(asked) == 0 {
		return answers, nil
	}
	found, err := read(at, asked)
	if err != nil {
		return nil, err
	}
	for id, f := range found {
		answers[id] = Result[P]{Page: page(id, f)}
	}
	return answers, nil
}
