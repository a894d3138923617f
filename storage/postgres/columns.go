package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage/clause"
)

// The codecs of columns. Each takes where in a row of a [clause.Table] the value is.

// id is a column of ids. NULL is read as the zero id.
func id[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return idTarget[ID]{at(row)} },
		Argument: func(row *T) any { return [16]byte(*at(row)) },
	}
}

// idOrNull is a column of ids that has NULL for the zero id.
func idOrNull[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.Codec[T]{
		Target: func(row *T) any { return idTarget[ID]{at(row)} },
		Argument: func(row *T) any {
			id := [16]byte(*at(row))
			return pgtype.UUID{Bytes: id, Valid: id != [16]byte{}}
		},
	}
}

// optionalID is a column of ids that has NULL for nil.
func optionalID[T any, ID ~[16]byte](at func(*T) **ID) clause.Codec[T] {
	return clause.Codec[T]{
		Target: func(row *T) any { return optionalIDTarget[ID]{at(row)} },
		Argument: func(row *T) any {
			if id := *at(row); id != nil {
				return pgtype.UUID{Bytes: *id, Valid: true}
			}
			return pgtype.UUID{}
		},
	}
}

// text is a column of text. NULL is read as the empty text.
func text[T any, S ~string](at func(*T) *S) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return textTarget[S]{at(row)} },
		Argument: func(row *T) any { return string(*at(row)) },
	}
}

// optionalText is a column of text that has NULL for nil.
func optionalText[T any, S ~string](at func(*T) **S) clause.Codec[T] {
	return clause.Codec[T]{
		Target: func(row *T) any { return optionalTextTarget[S]{at(row)} },
		Argument: func(row *T) any {
			if s := *at(row); s != nil {
				return string(*s)
			}
			return nil
		},
	}
}

// texts is a column of a list of texts. The empty list is read as nil.
func texts[T any](at func(*T) *[]string) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return textsTarget{at(row)} },
		Argument: func(row *T) any { return append([]string{}, *at(row)...) },
	}
}

// raw is a column of bytes.
func raw[T any](at func(*T) *[]byte) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return at(row) },
		Argument: func(row *T) any { return *at(row) },
	}
}

// number is a column of numbers. NULL is read as 0.
func number[T any, N ~int | ~uint8](at func(*T) *N) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return numberTarget[N]{at(row)} },
		Argument: func(row *T) any { return int64(*at(row)) },
	}
}

// boolean is a column of truth values.
func boolean[T any](at func(*T) *bool) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return at(row) },
		Argument: func(row *T) any { return *at(row) },
	}
}

// instant is a column of times. NULL is read as the zero time.
func instant[T any](at func(*T) *time.Time) clause.Codec[T] {
	return clause.Codec[T]{
		Target:   func(row *T) any { return instantTarget{at(row)} },
		Argument: func(row *T) any { return at(row).UTC() },
	}
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
	idTarget[ID ~[16]byte]         struct{ to *ID }
	optionalIDTarget[ID ~[16]byte] struct{ to **ID }
	textTarget[S ~string]          struct{ to *S }
	optionalTextTarget[S ~string]  struct{ to **S }
	textsTarget                    struct{ to *[]string }
	numberTarget[N ~int | ~uint8]  struct{ to *N }
	instantTarget                  struct{ to *time.Time }
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

// SetDimensions is called before the texts are scanned, and alone where there are none.
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

func (t instantTarget) ScanTimestamptz(v pgtype.Timestamptz) error {
	if *t.to = (time.Time{}); v.Valid {
		*t.to = v.Time.UTC()
	}
	return nil
}
