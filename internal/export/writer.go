package export

import (
	"encoding/json"
	"io"
	"strings"

	"kith/internal/contactfile"
	"kith/internal/service"
)

// Format is how a list is written.
type Format string

// The formats.
const (
	CSV   Format = "csv"   // RFC 4180, in UTF-8
	JSONL Format = "jsonl" // an object a line, see https://jsonlines.org
)

// MediaType is the type of a format's content. Whole says that it is not the continuation of another.
func (f Format) MediaType(whole bool) string {
	switch {
	case f == CSV && whole:
		return "text/csv; charset=utf-8; header=present"
	case f == CSV:
		return "text/csv; charset=utf-8; header=absent"
	}
	return "application/jsonl; charset=utf-8"
}

// byteOrderMark makes Excel read a CSV file as UTF-8.
const byteOrderMark = "\ufeff"

// Writer writes contacts in a format.
type Writer struct {
	to      io.Writer
	format  Format
	columns []Column
	buf     []byte
}

// NewWriter makes a writer of some columns.
func NewWriter(to io.Writer, f Format, columns []Column) *Writer {
	return &Writer{to: to, format: f, columns: columns}
}

// Begin writes what comes before the first contact: of CSV the names of the columns and before them, with mark, a byte order
// mark. A list that continues another after a cursor has no beginning, so that the two make one file.
func (w *Writer) Begin(mark bool) error {
	if w.format != CSV {
		return nil
	}
	w.buf = w.buf[:0]
	if mark {
		w.buf = append(w.buf, byteOrderMark...)
	}
	for i, c := range w.columns {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, c...)
	}
	w.buf = append(w.buf, "\r\n"...)
	_, err := w.to.Write(w.buf)
	return err
}

// Write writes contacts, in one piece.
func (w *Writer) Write(contacts []service.ExportedContact) error {
	w.buf = w.buf[:0]
	for i := range contacts {
		if w.format == CSV {
			w.buf = appendCSV(w.buf, w.columns, &contacts[i])
		} else {
			w.buf = appendJSON(w.buf, w.columns, &contacts[i])
		}
	}
	_, err := w.to.Write(w.buf)
	return err
}

func appendCSV(b []byte, of []Column, contact *service.ExportedContact) []byte {
	for i, name := range of {
		if i > 0 {
			b = append(b, ',')
		}
		switch c := columns[name]; {
		case c.json != nil:
			b = appendField(b, string(c.json(contact)))
		case c.texts != nil:
			b = appendField(b, contactfile.Defuse(strings.Join(c.texts(contact), "; ")))
		default:
			if s := c.text(contact); s != nil {
				b = appendField(b, contactfile.Defuse(*s))
			}
		}
	}
	return append(b, "\r\n"...)
}

// appendField appends a field of RFC 4180, in quotes where it has to be.
func appendField(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n;\t") && !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") {
		return append(b, s...)
	}
	b = append(b, '"')
	for {
		before, after, found := strings.Cut(s, `"`)
		b = append(b, before...)
		if !found {
			return append(b, '"')
		}
		b = append(b, `""`...)
		s = after
	}
}

func appendJSON(b []byte, of []Column, contact *service.ExportedContact) []byte {
	b = append(b, '{')
	for i, name := range of {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
		switch c := columns[name]; {
		case c.json != nil:
			b = append(b, c.json(contact)...)
		case c.texts != nil:
			b = append(b, '[')
			for i, s := range c.texts(contact) {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendString(b, s)
			}
			b = append(b, ']')
		default:
			if s := c.text(contact); s != nil {
				b = appendString(b, *s)
			} else {
				b = append(b, "null"...)
			}
		}
	}
	return append(b, "}\n"...)
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // cannot fail
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
