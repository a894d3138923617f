// Package contactfile reads files of contacts that other programs write: CSV and JSON Lines, in the separators and encodings in
// use. It finds out how a file is written, proposes which column is what, and makes upserts of rows. Memory does not grow with
// the file. It stores nothing, and leaves to package crm what values are valid.
package contactfile

import "fmt"

// The bounds of a file.
const (
	MaxColumns = 500
	MaxRecord  = 1 << 20 // bytes of one row
	MaxRows    = 1_000_000

	maxColumnName = 1000 // bytes; names are stored with each step of an import

	sampleSize = 64 << 10 // that the form of the file is found out by
)

// Error refuses a file. It is fit to show and repeats no value.
type Error struct {
	// Row is where it is, from 1, with the header as row 1 where there is one; 0 for the file as a whole.
	Row int
	// Column is the column, from 1; 0 for the whole row.
	Column int
	Reason string // a sentence
}

func (e *Error) Error() string {
	switch {
	case e.Row == 0:
		return e.Reason
	case e.Column == 0:
		return fmt.Sprintf("Row %d: %s", e.Row, e.Reason)
	}
	return fmt.Sprintf("Row %d, column %d: %s", e.Row, e.Column, e.Reason)
}

func whole(reason string) error { return &Error{Reason: reason} }
