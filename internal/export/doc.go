// Package export writes lists of contacts as CSV and JSON Lines. It knows what a column holds and how a format writes it, and
// nothing of where the contacts come from or where the text goes.
package export
