package contactfile

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kith/internal/crm"
)

// readAll reads a file and makes upserts of its rows as it proposes: name, email, phone and notes, separated by vertical bars.
func readAll(t *testing.T, text string) (Form, []string, error) {
	t.Helper()
	r, err := Open(strings.NewReader(text), Options{})
	if err != nil {
		return Form{}, nil, err
	}
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.Form(), nil, err
		}
		rows = append(rows, row)
	}
	m := Mapping{Fields: Propose(r.Columns(), rows)}
	var out []string
	for _, row := range rows {
		u, err := m.Upsert(r.Form().Format, row)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		var values []string
		for _, c := range []crm.Change[*string]{u.Patch.Name, u.Patch.Email, u.Patch.Phone, u.Patch.Notes} {
			v, _ := c.Value()
			if v == nil {
				v = new("")
			}
			values = append(values, *v)
		}
		out = append(out, strings.Join(values, "|"))
	}
	return r.Form(), out, nil
}

func encoded(t *testing.T, e interface{ String(string) (string, error) }, text string) string {
	t.Helper()
	out, err := e.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesAreReadAsProgramsWriteThem(t *testing.T) {
	t.Parallel()
	german := "Vorname;Name;E-Mail;Telefon;Notizen\r\nJürgen;Müller;j@example.com;030 123456;\"Zeile 1\nZeile 2\"\r\n"
	germans := []string{"Jürgen Müller|j@example.com|030 123456|Zeile 1\nZeile 2"}
	for name, c := range map[string]struct {
		text string
		form Form
		want []string
	}{
		"Excel, CSV UTF-8":    {"\ufeff" + german, Form{CSV, ";", UTF8, true}, germans},
		"Excel, CSV":          {encoded(t, charmap.Windows1252.NewEncoder(), german), Form{CSV, ";", Windows1252, true}, germans},
		"Excel, Unicode text": {encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(), strings.ReplaceAll(german, ";", "\t")), Form{CSV, "\t", UTF16LE, true}, germans},
		"UTF-16 BE":           {encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(), german), Form{CSV, ";", UTF16BE, true}, germans},
		"Excel, sep=":         {"sep=|\r\nName|Email\r\nAnn|a@example.com\r\n", Form{CSV, "|", UTF8, true}, []string{"Ann|a@example.com||"}},
		"Excel for Mac":       {"Name,Email\rAnn,a@example.com\r", Form{CSV, ",", UTF8, true}, []string{"Ann|a@example.com||"}},
		"Google Contacts": {
			"First Name,Middle Name,Last Name,Notes,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value\n" +
				"Ann,,Smith,VIP,* Home,a@example.com ::: b@example.com,Mobile,+49 30 123456\n",
			Form{CSV, ",", UTF8, true}, []string{"Ann Smith|a@example.com|+49 30 123456|VIP"},
		},
		"HubSpot": {
			`"Record ID","First Name","Last Name","Email","Phone Number","Create Date"` + "\n" + `"151","Ann","Smith","a@example.com","","2024-01-05 10:30"` + "\n",
			Form{CSV, ",", UTF8, true}, []string{"Ann Smith|a@example.com||"},
		},
		"Chatwoot": {
			"id,name,email,phone_number\n17,Ann,a@example.com,+4930123456\n", Form{CSV, ",", UTF8, true}, []string{"Ann|a@example.com|+4930123456|"},
		},
		"Twenty": {
			"Id,Name / First Name,Name / Last Name,Emails / Primary Email,Phones / Primary Phone Number,Phones / Primary Phone Calling Code\n" +
				"0b5e1f1c-0000-4000-8000-000000000000,Ann,Smith,a@example.com,30123456,+49\n",
			Form{CSV, ",", UTF8, true}, []string{"Ann Smith|a@example.com|+49 30123456|"},
		},
		"JSON Lines": {
			`{"name":"Ann","email":"a@example.com","phone":null}` + "\n\n" + `{"phone":4930123456,"emails":{"primaryEmail":"b@example.com"}}`,
			Form{JSONL, "", UTF8, false}, []string{"Ann|a@example.com||", "|b@example.com|4930123456|"},
		},
		"JSON Lines with what only CSV has signs for": {
			`{"name":"=Ann","email":"a@example.com"}` + "\n" + `{"email":"b@example.com","name":"'=Ben"}` + "\n", Form{JSONL, "", UTF8, false},
			[]string{"=Ann|a@example.com||", "'=Ben|b@example.com||"},
		},
		"CSV as Kith exports it": {
			"name,email\n'=Ann,a@example.com\n''=Ben,b@example.com\n'＝Cid,c@example.com\n'n Dan,d@example.com\n", Form{CSV, ",", UTF8, true},
			[]string{"=Ann|a@example.com||", "'=Ben|b@example.com||", "＝Cid|c@example.com||", "'n Dan|d@example.com||"},
		},
		"two files in one, each with a mark": {
			"\ufeff\ufeff\"Name\",\"Email\"\nAnn,a@example.com\n\ufeff\"Ben\",\"b@example.com\"\n", Form{CSV, ",", UTF8, true},
			[]string{"Ann|a@example.com||", "Ben|b@example.com||"},
		},
		"two files in UTF-16 in one": {
			encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), "\ufeffName,Email\nAnn,a@example.com\n\ufeffBen,b@example.com\n"),
			Form{CSV, ",", UTF16LE, true}, []string{"Ann|a@example.com||", "Ben|b@example.com||"},
		},
		"Excel for Mac, and a line of another program": {
			"Name,Email\rAnn,a@example.com\rBen,b@example.com\n", Form{CSV, ",", UTF8, true}, []string{"Ann|a@example.com||", "Ben|b@example.com||"},
		},
		"a line break of old Macs in a header": {
			"Name\r,\"E-mail\rAddress\"\nAnn,a@example.com\n", Form{CSV, ",", UTF8, true}, []string{"Ann|a@example.com||"},
		},
		"a sheet with rows that were emptied": {
			"Name,Email,Phone\nAnn,a@example.com,\n" + strings.Repeat(",,\n", MaxRecord), Form{CSV, ",", UTF8, true}, []string{"Ann|a@example.com||"},
		},
		"a sheet with one column and rows that were emptied": {
			"Email\r\na@example.com\r\n" + strings.Repeat("\r\n", MaxRecord) + "b@example.com\r\n", Form{CSV, ",", UTF8, true}, []string{"|a@example.com||", "|b@example.com||"},
		},
		"without a header": {"Ann,a@example.com\nBen,b@example.com\n", Form{CSV, ",", UTF8, false}, []string{"|||", "|||"}},
		"formulas": {
			"Name,Email,Phone\n=1+1,a@example.com,\n'=Ann,a@example.com,'+4930123456\nBen,,\"=\"\"004930\"\"\"\nCid,,4.93012E+11\nDan,d@example.com,1,2\n",
			Form{CSV, ",", UTF8, true}, []string{
				"name: The cell has a formula", "=Ann|a@example.com|+4930123456|", "Ben||004930|",
				"phone: The phone number was rounded by a spreadsheet: format the column as text", "row: The row has 4 cells, and there are 3 columns",
			},
		},
	} {
		form, got, err := readAll(t, c.text)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		if form != c.form {
			t.Errorf("%s: %+v", name, form)
		}
	}
}

// TestRowsHaveTheNumbersOfASpreadsheet reads files with blank rows and line breaks in cells.
func TestRowsHaveTheNumbersOfASpreadsheet(t *testing.T) {
	t.Parallel()
	var longHeader strings.Builder
	for i := range 100 {
		fmt.Fprintf(&longHeader, ",%d%s", i, strings.Repeat("x", sampleSize/100))
	}
	for name, c := range map[string]struct {
		text string
		want []int
	}{
		"CSV":               {"Name,Email\nAnn,a@example.com\nBen,b@example.com\n", []int{2, 3}},
		"blank rows":        {"Name,Email\n,\nAnn,a@example.com\n , \n,\nBen,b@example.com\n", []int{3, 6}},
		"empty lines":       {"\n\nName,Email\r\n\r\nAnn,a@example.com\r\n\n\r\nBen,b@example.com\r\n", []int{5, 8}},
		"long cells":        {"Name,Notes,Email\nAnn,\"1\n2\r\n\n3\",a@example.com\n,,\n\nBen,\"1\n\",\"b@example.com\"\nCid,,c@example.com", []int{2, 5, 6}},
		"blank first":       {",\nAnn,a@example.com\nBen,b@example.com\n", []int{2, 3}},
		"Excel for Mac":     {"Name,Email\r\rAnn,a@example.com\r,\rBen,b@example.com\r", []int{3, 5}},
		"a long header":     {"Name,Email" + longHeader.String() + "\r\nAnn,a@example.com\r\nBen,b@example.com\r\n", []int{2, 3}},
		"a long header, CR": {"Name,Email" + longHeader.String() + "\rAnn,a@example.com\r\rBen,b@example.com\r", []int{2, 4}},
		"sep=":              {"sep=,\r\nName,Email\r\n\r\nAnn,a@example.com\r\n", []int{3}},
		"JSON Lines":        {"{\"email\":\"a@example.com\"}\n\n \n{\"email\":\"b@example.com\"}", []int{1, 4}},
		"JSON Lines later":  {"\n{\"email\":\"a@example.com\"}\n{\"email\":\"b@example.com\"}\n\n", []int{2, 3}},
	} {
		r, err := Open(strings.NewReader(c.text), Options{})
		var got []int
		for err == nil {
			var row Row
			if row, err = r.Next(); err == nil {
				got = append(got, row.Number)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestWhatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an empty file":     {"", "The file is empty."},
		"blank lines":       {"\n \r\n", "The file is empty."},
		"a workbook":        {"PK\x03\x04rest", "This is an Excel workbook or another zip file. Save it as CSV (UTF-8)."},
		"gzip":              {"\x1f\x8brest", "The file is compressed. Send it uncompressed."},
		"a JSON array":      {`[{"name":"Ann"}]`, "JSON has to be one object a line, without brackets around them."},
		"broken JSON":       {`{"name":"Ann"}` + "\n" + `{"name":`, "Row 2: This is no JSON object in one line."},
		"JSON and more":     {`{"name":"Ann"}` + "\n" + `{"name":"Ben"}]`, "Row 2: This is no JSON object in one line."},
		"more brackets":     {`{"name":"Ann"}}`, "Row 1: This is no JSON object in one line."},
		"no object":         {`{"name":"Ann"}` + "\n\n" + `"Ben"`, "Row 3: This is no JSON object in one line."},
		"many JSON columns": {`{"x":[` + strings.Repeat("1,", 500) + `1]}`, "Row 1: With this row there are more than 500 columns, as many as a file can have."},
		"columns by and by": {manyColumns(), "Row 501: With this row there are more than 500 columns, as many as a file can have."},
		"long JSON names":   {`{"` + strings.Repeat("x", 1000) + `":[` + strings.Repeat("1,", 100_000) + `1]}`, "Row 1: The name of the column is longer than 1,000 bytes."},
		"deep JSON":         {strings.Repeat(`{"":`, 1000) + "1" + strings.Repeat("}", 1000), "Row 1: There are more than 100 objects within each other."},
		"a long header":     {"Email," + strings.Repeat("x", 1001) + "\n", "Row 1, column 2: The name of the column is longer than 1,000 bytes."},
		"a quote, blank rows": {
			"Name,Email\n,\n\nAnn,a@example.com\n,\n\nBen \"B\",b@example.com\n", "Row 7: There is a quote inside a cell without quotes, in line 7 of the file, character 5.",
		},
		"the same header":    {"Name,Email,Name\nAnn,a@example.com,\n", "Row 1, column 3: Column 1 has the same header."},
		"NUL":                {"Name,Email\nAnn,a@example.com\nB\x00n,\n", "Row 3, column 1: There is a NUL character: this is no text, or in another encoding."},
		"too many columns":   {"Name" + strings.Repeat(",", 9999) + "\n", "Row 1: There are 10000 columns; a file can have at most 500."},
		"an unclosed quote":  {"Name,Email\nAnn,a@example.com\n\"Ben,b@example.com\nCid,c@example.com\n", "Row 3: A quote begins a cell in line 3 of the file and is not closed as it should be by line 4."},
		"an endless quote":   {"Name,Email\n\"" + strings.Repeat("x\n", 2<<20), "Row 2: The row is longer than 1 MiB: perhaps a quote that begins a cell is never closed."},
		"endless returns":    {"Name,Email\n\"Ann" + strings.Repeat("\n\r", 1<<20), "Row 2: The row is longer than 1 MiB: perhaps a quote that begins a cell is never closed."},
		"a bare quote":       {"Name,Email\nAnn \"A\",a@example.com\n", "Row 2: There is a quote inside a cell without quotes, in line 2 of the file, character 5."},
		"mixed encodings":    {"Name,Email\nJürgen,\nM\xfcller,\n", "Row 3: The text is not UTF-8. Choose its encoding, or save the file as UTF-8."},
		"a long JSON object": {`{"name":"` + strings.Repeat("x", 2<<20) + `"}`, "Row 1: The row is longer than 1 MiB: perhaps a quote that begins a cell is never closed."},
	} {
		_, _, err := readAll(t, c.text)
		if refused, is := errors.AsType[*Error](err); !is || refused.Error() != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// manyColumns are JSON Lines of which each has another name.
func manyColumns() string {
	var b strings.Builder
	for i := range MaxColumns + 1 {
		fmt.Fprintf(&b, "{\"c%d\":1}\n", i)
	}
	return b.String()
}

// TestMemoryDoesNotGrowWithARow reads rows of which each could become a thousand times as large.
func TestMemoryDoesNotGrowWithARow(t *testing.T) { //nolint:paralleltest // it measures what is allocated
	for name, text := range map[string]string{
		"an array":                `{"x":[` + strings.Repeat("1,", MaxRecord/2-10) + `1]}`,
		"an array of a long name": `{"` + strings.Repeat("x", MaxRecord/2) + `":[` + strings.Repeat("1,", MaxRecord/4-10) + `1]}`,
		"nothing in nothing":      strings.Repeat(`{"":`, MaxRecord/5-10) + "1" + strings.Repeat("}", MaxRecord/5-10),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := readAll(t, text)
		runtime.ReadMemStats(&after)
		if _, refused := errors.AsType[*Error](err); !refused {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
			t.Errorf("%s: %d MiB were allocated for %d KiB", name, used>>20, len(text)>>10)
		}
	}
}
