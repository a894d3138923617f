package search

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"github.com/google/uuid"

	"kith/internal/crm"
)

// Source is what a backend offers a search: bounded, ordered reads of its indexes within one workspace. Every method but
// Few returns at most n hits in the order of their index keys, descending when r says so.
type Source interface {
	// Names reads contacts by name key.
	Names(ctx context.Context, r Range, n int) ([]Hit, error)

	// Reaches reports whether a range of names holds n contacts or more.
	Reaches(ctx context.Context, r Range, n int) (bool, error)

	// Scan reads contacts by name key and keeps those whose text f lets through. It looks at the first look contacts of
	// the range only; 0 is all of them.
	Scan(ctx context.Context, r Range, f Filter, look, n int) ([]Hit, error)

	// Grams does what an unlimited Scan does, through the gram index: bucket after bucket, so that it reads little when
	// the tokens are rare. Ask it only when [Source.HasGrams] and [Indexable] of f.With say so.
	Grams(ctx context.Context, r Range, f Filter, n int) ([]Hit, error)

	// Few reads all contacts whose text f lets through, in no order, through the gram index, as Grams does. It stops, and is
	// not ok, when there are more than so many.
	Few(ctx context.Context, f Filter, most int) (hits []Hit, ok bool, err error)

	// HasGrams reports whether every contact of the workspace is in the gram index.
	HasGrams() bool
}

// Filter lets a text through that contains all of With and none of Without. What is several times in With, one after the other,
// has to be found as many times, none overlapping.
type Filter struct {
	With    []string
	Without []string
}

// Range is the part of an index between two keys, both exclusive.
type Range struct {
	After  IndexKey
	Before IndexKey
	Desc   bool
}

// IndexKey is what an index sorts a row by: a folded string, bytewise, then the id.
type IndexKey struct {
	Key string
	ID  uuid.UUID
}

// Hit is a row of an index with its contact, and the contact's stored keys but for the terms.
type Hit struct {
	IndexKey
	Contact *crm.Contact
	Name    string // [Keys.Name]
	Text    string // [Keys.Text]
}

// Ceiling is above every folded string; appended to a prefix, above every string that starts with it.
const Ceiling = "\U0010FFFF"

// Everything is the range of a whole index.
func Everything() Range {
	return Range{Before: IndexKey{Key: Ceiling}}
}

// StartingWith is the range of the keys that start with prefix.
func StartingWith(prefix string) Range {
	return Range{After: IndexKey{Key: prefix}, Before: IndexKey{Key: prefix + Ceiling}}
}

// overlap is where both ranges are, in the direction of the first.
func overlap(r, s Range) Range {
	if after(s.After, r.After) {
		r.After = s.After
	}
	if after(r.Before, s.Before) {
		r.Before = s.Before
	}
	return r
}

// Compare orders keys, as [cmp.Compare] does.
func (k IndexKey) Compare(o IndexKey) int {
	return cmp.Or(strings.Compare(k.Key, o.Key), bytes.Compare(k.ID[:], o.ID[:]))
}

// after reports whether a comes after b in an index.
func after(a, b IndexKey) bool { return a.Compare(b) > 0 }
