package contactfile

import (
	"errors"
	"io"
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
		u, err := m.Upsert(row)
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

func TestWhatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an empty file":      {"", "The file is empty."},
		"blank lines":        {"\n \r\n", "The file is empty."},
		"a workbook":         {"PK\x03\x04rest", "This is an Excel workbook or another zip file. Save it as CSV (UTF-8)."},
		"gzip":               {"\x1f\x8brest", "The file is compressed. Send it uncompressed."},
		"a JSON array":       {`[{"name":"Ann"}]`, "JSON has to be one object a line, without brackets around them."},
		"broken JSON":        {`{"name":"Ann"}` + "\n" + `{"name":`, "Row 2: This is no JSON object in one line."},
		"the same header":    {"Name,Email,Name\nAnn,a@example.com,\n", "Row 1, column 3: Column 1 has the same header."},
		"NUL":                {"Name,Email\nAnn,a@example.com\nB\x00n,\n", "Row 3, column 1: There is a NUL character: this is no text, or in another encoding."},
		"too many columns":   {"Name" + strings.Repeat(",", 9999) + "\n", "Row 1: There are 10000 columns; a file can have at most 500."},
		"an unclosed quote":  {"Name,Email\nAnn,a@example.com\n\"Ben,b@example.com\nCid,c@example.com\n", "Row 3: A quote begins a cell in line 3 of the file and is not closed as it should be by line 4."},
		"an endless quote":   {"Name,Email\n\"" + strings.Repeat("x\n", 2<<20), "Row 2: The row is longer than 1 MiB: perhaps a quote that begins a cell is never closed."},
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
