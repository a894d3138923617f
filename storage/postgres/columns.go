package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// The codecs of columns. Each takes where in a row of a [clause.Table] the value is.

// id is a column of ids. NULL is read as the zero id.
func id[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.As(at, func(v *ID) any { return idTarget[ID]{v} }, func(v *ID) any { return [16]byte(*v) })
}

// idOrNull is a column of ids that has NULL for the zero id.
func idOrNull[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.As(at, func(v *ID) any { return idTarget[ID]{v} }, func(v *ID) any {
		return pgtype.UUID{Bytes: *v, Valid: [16]byte(*v) != [16]byte{}}
	})
}

// optionalID is a column of ids that has NULL for nil.
func optionalID[T any, ID ~[16]byte](at func(*T) **ID) clause.Codec[T] {
	return clause.As(at, func(v **ID) any { return optionalIDTarget[ID]{v} }, func(v **ID) any {
		if *v == nil {
			return pgtype.UUID{}
		}
		return pgtype.UUID{Bytes: **v, Valid: true}
	})
}

// text is a column of text. NULL is read as the empty text.
func text[T any, S ~string](at func(*T) *S) clause.Codec[T] {
	return clause.As(at, func(v *S) any { return textTarget[S]{v} }, clause.Text)
}

// optionalText is a column of text that has NULL for nil.
func optionalText[T any, S ~string](at func(*T) **S) clause.Codec[T] {
	return clause.As(at, func(v **S) any { return optionalTextTarget[S]{v} }, clause.OptionalText)
}

// texts is a column of a list of texts. The empty list is read as nil.
func texts[T any](at func(*T) *[]string) clause.Codec[T] {
	return clause.As(at, func(v *[]string) any { return textsTarget{v} }, func(v *[]string) any { return append([]string{}, *v...) })
}

// number is a column of numbers. NULL is read as 0.
func number[T any, N ~int | ~int64 | ~uint8](at func(*T) *N) clause.Codec[T] {
	return clause.As(at, func(v *N) any { return numberTarget[N]{v} }, clause.Number)
}

// instant is a column of times. NULL is read as the zero time.
func instant[T any](at func(*T) *time.Time) clause.Codec[T] {
	return clause.As(at, func(v *time.Time) any { return instantTarget{v} }, func(v *time.Time) any { return v.UTC() })
}

// optionalInstant is a column of times that has NULL for nil.
func optionalInstant[T any](at func(*T) **time.Time) clause.Codec[T] {
	return clause.As(at, func(v **time.Time) any { return optionalInstantTarget{v} }, func(v **time.Time) any {
		if *v == nil {
			return pgtype.Timestamptz{}
		}
		return pgtype.Timestamptz{Time: (*v).UTC(), Valid: true}
	})
}

// further is a column of further values, in JSON.
func further[T any](at func(*T) *[]crm.FurtherValue) clause.Codec[T] {
	return clause.As(at, func(v *[]crm.FurtherValue) any { return furtherTarget{v} }, storage.FurtherText)
}

// rowArgs are the parameters that write a row of a table.
func rowArgs[T any](w crm.WorkspaceID, t clause.Table[T], row *T) pgx.NamedArgs {
	args := make(pgx.NamedArgs, len(t)+4) // with room for parameters besides
	args["workspace"] = w
	t.Arguments(row, args)
	return args
}

// The targets that columns are scanned to. Each is one pointer, which costs no allocation.
type (
	idTarget[ID ~[16]byte]                 struct{ to *ID }
	optionalIDTarget[ID ~[16]byte]         struct{ to **ID }
	textTarget[S ~string]                  struct{ to *S }
	optionalTextTarget[S ~string]          struct{ to **S }
	textsTarget                            struct{ to *[]string }
	numberTarget[N ~int | ~int64 | ~uint8] struct{ to *N }
	instantTarget                          struct{ to *time.Time }
	optionalInstantTarget                  struct{ to **time.Time }
	furtherTarget                          struct{ to *[]crm.FurtherValue }
)

func (t idTarget[ID]) ScanUUID(v pgtype.UUID) error {
	*t.to = v.Bytes // zero for NULL
	return nil
}

func (t optionalIDTarget[ID]) ScanUUID(v pgtype.UUID) error {
	if *t.to = nil; v.Valid {
		*t.to = new(ID(v.Bytes))
	}
	return nil
}

func (t textTarget[S]) ScanText(v pgtype.Text) error {
	*t.to = S(v.String)
	return nil
}

func (t optionalTextTarget[S]) ScanText(v pgtype.Text) error {
	if *t.to = nil; v.Valid {
		*t.to = new(S(v.String))
	}
	return nil
}

// SetDimensions is called before the texts are scanned, and alone for an empty list.
func (t textsTarget) SetDimensions(dimensions []pgtype.ArrayDimension) error {
	if *t.to = nil; len(dimensions) > 0 {
		*t.to = make([]string, dimensions[0].Length)
	}
	return nil
}

func (t textsTarget) ScanIndex(i int) any { return &(*t.to)[i] }

func (t textsTarget) ScanIndexType() any { return new(string) }

func (t numberTarget[N]) ScanInt64(v pgtype.Int8) error {
	*t.to = N(v.Int64)
	return nil
}

func (t optionalInstantTarget) ScanTimestamptz(v pgtype.Timestamptz) error {
	if *t.to = nil; v.Valid {
		*t.to = new(v.Time.UTC())
	}
	return nil
}

func (t furtherTarget) ScanText(v pgtype.Text) error { return storage.ReadFurther(v.String, t.to) }

func (t instantTarget) ScanTimestamptz(v pgtype.Timestamptz) error {
	if *t.to = (time.Time{}); v.Valid {
		*t.to = v.Time.UTC()
	}
	return nil
}
