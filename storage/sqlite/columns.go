package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// The codecs of columns. Each takes where in a row of a [clause.Table] the value is.

// id is a column of ids. NULL is read as the zero id.
func id[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.As(at, func(v *ID) any { return idTarget[ID]{v} }, func(v *ID) any { return (*v)[:] })
}

// idOrNull is a column of ids that has NULL for the zero id.
func idOrNull[T any, ID ~[16]byte](at func(*T) *ID) clause.Codec[T] {
	return clause.As(at, func(v *ID) any { return idTarget[ID]{v} }, func(v *ID) any {
		if [16]byte(*v) == [16]byte{} {
			return nil
		}
		return (*v)[:]
	})
}

// optionalID is a column of ids that has NULL for nil.
func optionalID[T any, ID ~[16]byte](at func(*T) **ID) clause.Codec[T] {
	return clause.As(at, func(v **ID) any { return optionalIDTarget[ID]{v} }, func(v **ID) any {
		if *v == nil {
			return nil
		}
		return (**v)[:]
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

// texts is a column of a list of texts, in JSON. The empty list is read as nil.
func texts[T any](at func(*T) *[]string) clause.Codec[T] {
	return clause.As(at, func(v *[]string) any { return textsTarget{v} }, func(v *[]string) any { return jsonList(*v) })
}

// number is a column of numbers. NULL is read as 0.
func number[T any, N ~int | ~int64 | ~uint8](at func(*T) *N) clause.Codec[T] {
	return clause.As(at, func(v *N) any { return numberTarget[N]{v} }, clause.Number)
}

// optionalNumber is a column of numbers that has NULL for nil.
func optionalNumber[T any](at func(*T) **int) clause.Codec[T] {
	return clause.As(at, func(v **int) any { return v }, func(v **int) any {
		if *v == nil {
			return nil
		}
		return int64(**v)
	})
}

// instant is a column of times, in microseconds since 1970. NULL is read as the zero time.
func instant[T any](at func(*T) *time.Time) clause.Codec[T] {
	return clause.As(at, func(v *time.Time) any { return instantTarget{v} }, func(v *time.Time) any { return v.UnixMicro() })
}

// optionalInstant is a column of times, in microseconds since 1970, that has NULL for nil.
func optionalInstant[T any](at func(*T) **time.Time) clause.Codec[T] {
	return clause.As(at, func(v **time.Time) any { return optionalInstantTarget{v} }, func(v **time.Time) any {
		if *v == nil {
			return nil
		}
		return (*v).UnixMicro()
	})
}

// further is a column of further values, in JSON.
func further[T any](at func(*T) *[]crm.FurtherValue) clause.Codec[T] {
	return clause.As(at, func(v *[]crm.FurtherValue) any { return furtherTarget{v} }, storage.FurtherText)
}

// micros is the time that is stored as so many microseconds since 1970.
func micros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// rowArgs are the arguments that write a row of a table.
func rowArgs[T any](w crm.WorkspaceID, t clause.Table[T], row *T) args {
	a := make(args, len(t)+1)
	a["workspace"] = w
	t.Arguments(row, a)
	return a
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

func (t idTarget[ID]) Scan(v any) error {
	switch b, is := v.([]byte); {
	case v == nil:
		*t.to = ID{}
	case !is || len(b) != len(*t.to):
		return unreadable(v, "an id")
	default:
		copy((*t.to)[:], b)
	}
	return nil
}

func (t optionalIDTarget[ID]) Scan(v any) error {
	if *t.to = nil; v == nil {
		return nil
	}
	*t.to = new(ID)
	return idTarget[ID]{*t.to}.Scan(v)
}

func (t textTarget[S]) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t.to = ""
	case string:
		*t.to = S(v)
	case []byte:
		*t.to = S(v)
	default:
		return unreadable(v, "a text")
	}
	return nil
}

func (t optionalTextTarget[S]) Scan(v any) error {
	if *t.to = nil; v == nil {
		return nil
	}
	*t.to = new(S)
	return textTarget[S]{*t.to}.Scan(v)
}

func (t textsTarget) Scan(v any) error {
	var list string
	if err := (textTarget[string]{&list}).Scan(v); err != nil {
		return err
	}
	if *t.to = nil; list == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(list), t.to)
}

func (t numberTarget[N]) Scan(v any) error {
	n, is := v.(int64)
	if !is && v != nil {
		return unreadable(v, "a number")
	}
	*t.to = N(n)
	return nil
}

func (t instantTarget) Scan(v any) error {
	n, is := v.(int64)
	if !is && v != nil {
		return unreadable(v, "a time")
	}
	if *t.to = (time.Time{}); is {
		*t.to = micros(n)
	}
	return nil
}

func (t optionalInstantTarget) Scan(v any) error {
	if *t.to = nil; v == nil {
		return nil
	}
	*t.to = new(time.Time)
	return instantTarget{*t.to}.Scan(v)
}

func (t furtherTarget) Scan(v any) error {
	var list string
	if err := (textTarget[string]{&list}).Scan(v); err != nil {
		return err
	}
	return storage.ReadFurther(list, t.to)
}

// scanOptionalInstant scans a time, nil for NULL.
func scanOptionalInstant(rows *sql.Rows) (at *time.Time, err error) {
	err = rows.Scan(optionalInstantTarget{&at})
	return at, err
}

func unreadable(v any, as string) error { return fmt.Errorf("cannot read a %T as %s", v, as) }
