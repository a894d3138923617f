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
	next     func() ([]string, error)
	first    []string // a row that was read to find out whether it is a header
	number   int
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
		return nil, r.problem(err)
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

// Next returns the next row; io.EOF behind the last. What cannot be read is an *[Error].
func (r *Reader) Next() (Row, error) {
	if r.number > MaxRows {
		return Row{}, whole("A file can have at most 1,000,000 rows. Split it.")
	}
	if r.first != nil {
		cells := r.first
		r.first, r.number = nil, 1
		return Row{1, cells}, r.check(cells)
	}
	cells, err := r.next()
	if err != nil {
		return Row{}, r.problem(err)
	}
	r.number++
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

// problem is the error for what was found in the row behind the last one.
func (r *Reader) problem(err error) error {
	at := &Error{Row: r.number + 1}
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

// bounded ends a record that does not end.
type bounded struct {
	r io.Reader
	n int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.n > MaxRecord {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.n += n
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
	if separator == "" {
		separator = separatorOf(sample, complete)
	}
	if !slices.Contains(separators, separator) {
		return whole("The separator must be a comma, a semicolon, a tab or a vertical bar.")
	}
	var from io.Reader = text
	if !bytes.ContainsRune(sample, '\n') { // lines as old Macs end them
		from = carriageReturns{text}
	}
	limit := &bounded{r: from}
	records := csv.NewReader(limit)
	records.Comma, records.FieldsPerRecord = rune(separator[0]), -1
	r.next = func() ([]string, error) {
		limit.n = 0
		cells, err := records.Read()
		for err == nil && blank(cells) {
			cells, err = records.Read()
		}
		return cells, err
	}
	r.form = Form{Format: CSV, Separator: separator}
	first, err := r.next()
	if err != nil {
		if err = r.problem(err); errors.Is(err, io.EOF) {
			err = whole("The file is empty.")
		}
		return err
	}
	r.number = 1
	if err := r.check(first); err != nil {
		return err
	}
	r.form.Header = o.Header == nil && looksLikeHeader(first) || o.Header != nil && *o.Header
	for i, name := range first {
		if name = strings.TrimSpace(name); !r.form.Header || name == "" {
			name = fmt.Sprint("Column ", i+1)
		} else if n := slices.Index(r.columns, name); n >= 0 {
			return &Error{Row: 1, Column: i + 1, Reason: fmt.Sprintf("Column %d has the same header.", n+1)}
		}
		r.columns = append(r.columns, name)
	}
	if !r.form.Header {
		r.first, r.number = first, 0
	}
	return nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// carriageReturns has lines end in LF that end in CR.
type carriageReturns struct{ r io.Reader }

func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
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

// objects reads JSON Lines.
func (r *Reader) objects(text *bufio.Reader) func() ([]string, error) {
	column := map[string]int{}
	var line []byte
	return func() ([]string, error) {
		for {
			line = line[:0]
			part, err := text.ReadSlice('\n')
			for {
				if line = append(line, part...); len(line) > MaxRecord {
					return nil, errTooLong
				}
				if !errors.Is(err, bufio.ErrBufferFull) {
					break
				}
				part, err = text.ReadSlice('\n')
			}
			if err != nil && (!errors.Is(err, io.EOF) || len(bytes.TrimSpace(line)) == 0) {
				return nil, err
			}
			if len(bytes.TrimSpace(line)) > 0 {
				break
			}
		}
		var object map[string]any
		numbers := json.NewDecoder(bytes.NewReader(line))
		numbers.UseNumber()
		if err := numbers.Decode(&object); err != nil || object == nil || numbers.More() {
			return nil, &Error{Row: r.number + 1, Reason: "This is no JSON object in one line."}
		}
		var cells []string
		flatten("", object, func(name, value string) {
			n, known := column[name]
			if !known {
				n = len(r.columns)
				column[name] = n
				r.columns = append(r.columns, name)
			}
			for len(cells) <= n {
				cells = append(cells, "")
			}
			cells[n] = value
		})
		return cells, nil
	}
}

// flatten calls add for each value within an object, by its path: phones.0.number. Null is no value.
func flatten(path string, value any, add func(name, value string)) {
	join := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch v := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			flatten(join(name), v[name], add)
		}
	case []any:
		for i, v := range v {
			flatten(join(fmt.Sprint(i)), v, add)
		}
	case nil:
	default:
		add(path, fmt.Sprint(v))
	}
}
