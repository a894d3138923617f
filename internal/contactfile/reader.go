package contactfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The formats.
const (
	CSV   = "csv"
	JSONL = "jsonl"
)

// Options say how a file is written, where that is not to be found out.
type Options struct {
	Format    string // [CSV] or [JSONL]
	Separator string // one of the [separators]
	Encoding  string // as [UTF8]
	Header    *bool  // whether the first row of CSV has the names of the columns
}

// Form is how a file is written.
type Form struct {
	Format    string `json:"format"`
	Separator string `json:"separator,omitempty"`
	Encoding  string `json:"encoding"`
	Header    bool   `json:"header"`
}

// Row is one row of a file.
type Row struct {
	Number int      `json:"n"` // as in [Error]
	Cells  []string `json:"c"` // by column; those at the end may be missing
}

// Reader reads the rows of a file.
type Reader struct {
	form     Form
	encoding func() string
	columns  []string
	// next returns a row and how many rows behind the one before it is: more than one where blank ones are passed over.
	next   func() (cells []string, further int, err error)
	first  *Row // a row that was read to find out whether it is a header
	number int  // of the last row
	rows   int  // that were returned
}

// separators are what CSV has between cells.
var separators = []string{",", ";", "\t", "|"}

// Open begins reading a file. What cannot be read is an *[Error].
func Open(file io.Reader, o Options) (*Reader, error) {
	raw := bufio.NewReaderSize(file, sampleSize)
	head, err := raw.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(bytes.TrimLeft(head, "\xef\xbb\xbf\xff\xfe \t\r\n\x00")) == 0 {
		return nil, whole("The file is empty.")
	}
	text, encoding, err := decode(raw, head, strings.ToLower(o.Encoding))
	if err != nil {
		return nil, err
	}
	r := &Reader{encoding: encoding}
	decoded := bufio.NewReaderSize(text, sampleSize)
	sample, err := decoded.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) && len(sample) == 0 {
		return nil, r.problem(err, 1)
	}
	begin := bytes.TrimLeft(sample, " \t\r\n")
	switch {
	case o.Format == JSONL || o.Format == "" && bytes.HasPrefix(begin, []byte("{")):
		r.form = Form{Format: JSONL}
		r.next = r.objects(decoded)
		return r, nil
	case o.Format == "" && bytes.HasPrefix(begin, []byte("[")):
		return nil, whole("JSON has to be one object a line, without brackets around them.")
	case o.Format != "" && o.Format != CSV:
		return nil, whole("The format must be csv or jsonl.")
	}
	return r, r.openCSV(decoded, sample, len(sample) < sampleSize, o)
}

// Form is how the file is written.
func (r *Reader) Form() Form {
	f := r.form
	f.Encoding = r.encoding()
	return f
}

// Columns are the names of the columns so far: rows of JSON Lines may bring further ones.
func (r *Reader) Columns() []string { return r.columns }

// Next returns the next row that is not blank; io.EOF behind the last. What cannot be read is an *[Error].
func (r *Reader) Next() (Row, error) {
	if r.first != nil {
		row := *r.first
		r.first, r.rows = nil, 1
		return row, r.check(row.Cells)
	}
	cells, further, err := r.next()
	if err != nil {
		return Row{}, r.problem(err, further)
	}
	if r.rows++; r.rows > MaxRows {
		return Row{}, whole("A file can have at most 1,000,000 rows. Split it.")
	}
	r.number += further
	return Row{r.number, cells}, r.check(cells)
}

// check refuses what is in no text.
func (r *Reader) check(cells []string) error {
	if len(cells) > MaxColumns {
		return &Error{Row: r.number, Reason: fmt.Sprintf("There are %d columns; a file can have at most %d.", len(cells), MaxColumns)}
	}
	for i, c := range cells {
		if strings.ContainsRune(c, 0) {
			return &Error{Row: r.number, Column: i + 1, Reason: "There is a NUL character: this is no text, or in another encoding."}
		}
	}
	return nil
}

var errTooLong = errors.New("record too long")

// problem is the error for what was found in a row so far behind the last one.
func (r *Reader) problem(err error, further int) error {
	at := &Error{Row: r.number + further}
	syntax, is := errors.AsType[*csv.ParseError](err)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return io.EOF
	case errors.Is(err, errNotUTF8):
		at.Reason = "The text is not UTF-8. Choose its encoding, or save the file as UTF-8."
	case errors.Is(err, errTooLong):
		at.Reason = "The row is longer than 1 MiB: perhaps a quote that begins a cell is never closed."
	case is && errors.Is(syntax, csv.ErrQuote) && syntax.Line != syntax.StartLine:
		at.Reason = fmt.Sprintf("A quote begins a cell in line %d of the file and is not closed as it should be by line %d.", syntax.StartLine, syntax.Line)
	case is && errors.Is(syntax, csv.ErrQuote):
		at.Reason = fmt.Sprintf("A quote in line %d of the file, character %d, is not closed, or not doubled inside a cell.", syntax.Line, syntax.Column)
	case is && errors.Is(syntax, csv.ErrBareQuote):
		at.Reason = fmt.Sprintf("There is a quote inside a cell without quotes, in line %d of the file, character %d.", syntax.Line, syntax.Column)
	default:
		return err
	}
	return at
}

// bounded ends a record of CSV that does not end. Line breaks outside of quotes do not count: they end records, and a sheet may have
// a megabyte of empty lines.
type bounded struct {
	r      io.Reader
	n      int
	quoted bool // within quotes
	last   byte
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.n > MaxRecord {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '"':
			b.quoted = !b.quoted
			b.n++
		case c == '\n' && !b.quoted && b.last == '\r':
			b.n-- // which the CR was counted as
		case c == '\n' && !b.quoted:
		default:
			b.n++
		}
		b.last = c
	}
	return n, err
}

// openCSV finds out the separator and the header, and begins reading.
func (r *Reader) openCSV(text *bufio.Reader, sample []byte, complete bool, o Options) error {
	separator := o.Separator
	if line, _, found := bytes.Cut(sample, []byte("\n")); found && separator == "" { // as Excel takes it
		if named, is := bytes.CutPrefix(bytes.TrimRight(line, "\r"), []byte("sep=")); is && len(named) == 1 {
			separator = string(named)
			_, _ = text.Discard(len(line) + 1)
			sample = sample[len(line)+1:]
		}
	}
	var from io.Reader = text
	if endsInCR(sample) {
		from = &carriageReturns{r: text}
		sample = bytes.ReplaceAll(sample, []byte("\r"), []byte("\n"))
	}
	if separator == "" {
		separator = separatorOf(sample, complete)
	}
	if !slices.Contains(separators, separator) {
		return whole("The separator must be a comma, a semicolon, a tab or a vertical bar.")
	}
	r.next = records(from, separator)
	r.form = Form{Format: CSV, Separator: separator}
	first, further, err := r.next()
	if err != nil {
		if err = r.problem(err, further); errors.Is(err, io.EOF) {
			err = whole("The file is empty.")
		}
		return err
	}
	r.number = further
	if err := r.check(first); err != nil {
		return err
	}
	r.form.Header = o.Header == nil && looksLikeHeader(first) || o.Header != nil && *o.Header
	for i, name := range first {
		if name = strings.TrimSpace(name); !r.form.Header || name == "" {
			name = fmt.Sprint("Column ", i+1)
		} else if n := slices.Index(r.columns, name); n >= 0 {
			return &Error{Row: r.number, Column: i + 1, Reason: fmt.Sprintf("Column %d has the same header.", n+1)}
		} else if len(name) > maxColumnName {
			return &Error{Row: r.number, Column: i + 1, Reason: longName}
		}
		r.columns = append(r.columns, name)
	}
	if !r.form.Header {
		r.first = &Row{r.number, first}
	}
	return nil
}

// longName refuses the name of a column.
const longName = "The name of the column is longer than 1,000 bytes."

// records returns a reader of CSV records that are not blank. It counts rows as a spreadsheet shows them: blank ones count, and
// one with line breaks in its cells is one.
func records(from io.Reader, separator string) func() (cells []string, further int, err error) {
	limit := &bounded{r: from}
	in := csv.NewReader(limit)
	in.Comma, in.FieldsPerRecord = rune(separator[0]), -1
	last := 0 // the line that the record before ended in
	return func() (cells []string, further int, err error) {
		for {
			limit.n = 0
			if cells, err = in.Read(); err != nil {
				if syntax, is := errors.AsType[*csv.ParseError](err); is {
					further += syntax.StartLine - last
				}
				return nil, max(further, 1), err
			}
			first, _ := in.FieldPos(0)
			further += first - last // without lines of nothing, which the reader passes over, this is 1
			last = first
			for _, c := range cells {
				last += strings.Count(c, "\n")
			}
			if !blank(cells) {
				return cells, further, nil
			}
		}
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// endsInCR reports whether lines may end in CR alone, as on old Macs: most do, or no end shows.
func endsInCR(sample []byte) bool {
	quoted, returns, feeds := false, 0, 0
	for i, b := range sample {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			feeds++
		case b == '\r' && (i+1 == len(sample) || sample[i+1] != '\n'):
			returns++
		}
	}
	return returns > feeds || feeds == 0
}

// carriageReturns has lines end in LF that end in CR, or in both.
type carriageReturns struct {
	r        io.Reader
	returned bool // the last byte was CR
}

func (c *carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	kept := p[:0]
	for _, b := range p[:n] {
		switch {
		case b == '\n' && c.returned:
		case b == '\r':
			kept = append(kept, '\n')
		default:
			kept = append(kept, b)
		}
		c.returned = b == '\r'
	}
	return len(kept), err
}

// separatorOf is the separator by which most records of the sample have as many cells as the first, and of several the one by
// which these are most.
func separatorOf(sample []byte, complete bool) string {
	best, bestAlike, bestCells := ",", 0, 1
	for _, s := range separators {
		records := csv.NewReader(bytes.NewReader(sample))
		records.Comma, records.FieldsPerRecord, records.LazyQuotes = rune(s[0]), -1, true
		var lengths []int
		for len(lengths) < 100 {
			cells, err := records.Read()
			if err != nil {
				break
			}
			lengths = append(lengths, len(cells))
		}
		if !complete && len(lengths) > 1 && len(lengths) < 100 {
			lengths = lengths[:len(lengths)-1] // cut off
		}
		if len(lengths) == 0 || lengths[0] < 2 {
			continue
		}
		alike := 0
		for _, n := range lengths {
			if n == lengths[0] {
				alike++
			}
		}
		if alike*lengths[0] > bestAlike*bestCells {
			best, bestAlike, bestCells = s, alike, lengths[0]
		}
	}
	return best
}

// aValue is a cell that no header has.
var aValue = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$|^\+?[\d\s()/.\-]{6,}$|^\d{4}-\d\d-\d\d`)

// looksLikeHeader reports whether a first row has the names of columns.
func looksLikeHeader(cells []string) bool {
	named := 0
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if aValue.MatchString(c) {
			return false
		}
		if fieldOf(c) != None {
			named++
		}
	}
	return named > 0 || len(cells) > 2 && !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) == "" || strings.ContainsFunc(c, unicode.IsDigit) })
}

// maxDepth is how deep objects can be within each other.
const maxDepth = 100

// objects reads JSON Lines.
func (r *Reader) objects(text *bufio.Reader) func() (cells []string, further int, err error) {
	known := map[string]int{}
	var line []byte
	return func() (cells []string, further int, err error) {
		for {
			line = line[:0]
			further++
			part, err := text.ReadSlice('\n')
			for {
				if line = append(line, part...); len(line) > MaxRecord {
					return nil, further, errTooLong
				}
				if !errors.Is(err, bufio.ErrBufferFull) {
					break
				}
				part, err = text.ReadSlice('\n')
			}
			if err != nil && (!errors.Is(err, io.EOF) || len(bytes.TrimSpace(line)) == 0) {
				return nil, further, err
			}
			if len(bytes.TrimSpace(line)) > 0 {
				break
			}
		}
		o := object{row: r.number + further, in: json.NewDecoder(bytes.NewReader(line)), known: known, columns: &r.columns}
		o.in.UseNumber()
		begin, err := o.in.Token()
		if err == nil && begin == json.Delim('{') {
			err = o.members("", 1)
		} else {
			err = o.notJSON()
		}
		if _, behind := o.in.Token(); err == nil && !errors.Is(behind, io.EOF) {
			err = o.notJSON()
		}
		return o.cells, further, err
	}
}

// object reads one object. What makes memory grow is refused before it does.
type object struct {
	row     int
	in      *json.Decoder
	known   map[string]int // columns, by their names
	columns *[]string
	cells   []string
}

func (o *object) notJSON() error {
	return &Error{Row: o.row, Reason: "This is no JSON object in one line."}
}

// members reads what is in an object, up to its end. Each value belongs to the column of its path: phones.0.number.
func (o *object) members(path string, depth int) error {
	for o.in.More() {
		name, err := o.in.Token()
		if err != nil {
			return o.notJSON()
		}
		if err := o.value(path+"."+fmt.Sprint(name), depth); err != nil {
			return err
		}
	}
	return o.end()
}

func (o *object) elements(path string, depth int) error {
	for i := 0; o.in.More(); i++ {
		if err := o.value(path+"."+strconv.Itoa(i), depth); err != nil {
			return err
		}
	}
	return o.end()
}

func (o *object) end() error {
	if _, err := o.in.Token(); err != nil {
		return o.notJSON()
	}
	return nil
}

// value reads one value. Null is none.
func (o *object) value(path string, depth int) error {
	path = strings.TrimPrefix(path, ".")
	token, err := o.in.Token()
	switch {
	case err != nil:
		return o.notJSON()
	case len(path) > maxColumnName:
		return &Error{Row: o.row, Reason: longName}
	case depth > maxDepth:
		return &Error{Row: o.row, Reason: fmt.Sprintf("There are more than %d objects within each other.", maxDepth)}
	case token == json.Delim('{'):
		return o.members(path, depth+1)
	case token == json.Delim('['):
		return o.elements(path, depth+1)
	case token == nil:
		return nil
	}
	n, known := o.known[path]
	if !known {
		if n = len(*o.columns); n == MaxColumns {
			return &Error{Row: o.row, Reason: fmt.Sprintf("With this row there are more than %d columns, as many as a file can have.", MaxColumns)}
		}
		o.known[path] = n
		*o.columns = append(*o.columns, path)
	}
	for len(o.cells) <= n {
		o.cells = append(o.cells, "")
	}
	o.cells[n] = fmt.Sprint(token)
	return nil
}
