package clause

import (
	"fmt"
	"strings"
)

// Table lists the columns of a database table, whose rows are read into values of T and written from them. Every list of
// columns in a statement comes from it: a new column is one line.
//
// Each table has workspace_id besides, whose parameter is @workspace. The parameter of another column has the column's name.
type Table[T any] []Column[T]

// Column is one column of a table.
type Column[T any] struct {
	Name   string
	Edited bool // an UPDATE of the whole row sets it
	As     Codec[T]
}

// Codec says how one column of a row is read and written. One of the two may be missing.
type Codec[T any] struct {
	Target   func(*T) any // where the column is scanned to
	Argument func(*T) any // what it is written with
}

// As is the codec of a value at a place in the row, by what scans one and what writes one.
func As[T, V any](at func(*T) *V, target, argument func(*V) any) Codec[T] {
	return Codec[T]{
		Target:   func(row *T) any { return target(at(row)) },
		Argument: func(row *T) any { return argument(at(row)) },
	}
}

// Plain is the codec of a value that the driver scans and writes as it is.
func Plain[T, V any](at func(*T) *V) Codec[T] {
	return As(at, func(v *V) any { return v }, func(v *V) any { return *v })
}

// Written is the codec of a column that is written and never read.
func Written[T any](argument func(*T) any) Codec[T] { return Codec[T]{Argument: argument} }

// Text is a text as an argument.
func Text[S ~string](s *S) any { return string(*s) }

// OptionalText is a text as an argument, NULL for nil.
func OptionalText[S ~string](s **S) any {
	if *s == nil {
		return nil
	}
	return string(**s)
}

// Number is a number as an argument.
func Number[N ~int | ~int64 | ~uint8](n *N) any { return int64(*n) }

// Words is the codec of a list of words: a text where spaces separate them. The empty list is read as nil.
func Words[T any, S ~string](at func(*T) *[]S) Codec[T] {
	return As(at, func(v *[]S) any { return wordsTarget[S]{v} }, func(v *[]S) any {
		var words []string
		for _, w := range *v {
			words = append(words, string(w))
		}
		return strings.Join(words, " ")
	})
}

type wordsTarget[S ~string] struct{ to *[]S }

// Scan implements [database/sql.Scanner].
func (t wordsTarget[S]) Scan(v any) error {
	text, is := v.(string)
	if !is {
		return fmt.Errorf("cannot read a %T as words", v)
	}
	*t.to = nil
	for w := range strings.FieldsSeq(text) {
		*t.to = append(*t.to, S(w))
	}
	return nil
}

// Select is the list of the columns that are read, of the table that goes by a name in the statement.
func (t Table[T]) Select(of string) string {
	var names []string
	for _, c := range t {
		if c.As.Target != nil {
			names = append(names, of+"."+c.Name)
		}
	}
	return strings.Join(names, ", ")
}

// Targets are where the columns of [Table.Select] are scanned to, after those of other columns.
func (t Table[T]) Targets(row *T, before ...any) []any {
	targets := append(make([]any, 0, len(before)+len(t)+1), before...) // with room for one more that follows
	for _, c := range t {
		if c.As.Target != nil {
			targets = append(targets, c.As.Target(row))
		}
	}
	return targets
}

// Columns are the names of all columns that are written, workspace_id first.
func (t Table[T]) Columns() []string {
	names := []string{"workspace_id"}
	for _, c := range t {
		if c.As.Argument != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// Insert is the list of [Table.Columns] in an INSERT.
func (t Table[T]) Insert() string { return strings.Join(t.Columns(), ", ") }

// Values are the parameters of the columns of [Table.Insert].
func (t Table[T]) Values() string {
	names := t.Columns()
	names[0] = "workspace"
	return "@" + strings.Join(names, ", @")
}

// Set is the list of assignments of an UPDATE.
func (t Table[T]) Set() string {
	var list []string
	for _, c := range t {
		if c.Edited {
			list = append(list, c.Name+" = @"+c.Name)
		}
	}
	return strings.Join(list, ", ")
}

// Arguments adds the arguments of [Table.Values] and [Table.Set], but for that of the workspace, to those of a statement.
func (t Table[T]) Arguments(row *T, to map[string]any) {
	for _, c := range t {
		if c.As.Argument != nil {
			to[c.Name] = c.As.Argument(row)
		}
	}
}

// Row is the row as a COPY of [Table.Columns] takes it.
func (t Table[T]) Row(workspace any, row *T) []any {
	values := make([]any, 1, len(t)+1)
	values[0] = workspace
	for _, c := range t {
		if c.As.Argument != nil {
			values = append(values, c.As.Argument(row))
		}
	}
	return values
}
