package contactfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"kith/internal/crm"
)

// Field is what a column has.
type Field string

// The fields. Several columns may have the same one: of emails and phones the first counts that is not empty, notes are joined.
const (
	None        Field = "NONE"
	ID          Field = "ID" // as Kith gave it
	Name        Field = "NAME"
	FirstName   Field = "FIRST_NAME"
	LastName    Field = "LAST_NAME"
	Email       Field = "EMAIL"
	Phone       Field = "PHONE"
	CallingCode Field = "PHONE_CALLING_CODE" // goes before a phone without one
	Notes       Field = "NOTES"
	CreatedAt   Field = "CREATED_AT"
	ExternalID  Field = "EXTERNAL_ID" // on the channel of the mapping
)

// Fields are all of them.
var Fields = []Field{None, ID, Name, FirstName, LastName, Email, Phone, CallingCode, Notes, CreatedAt, ExternalID}

// headers are the names that programs give to columns, as [headerKey] leaves them: Excel and Outlook, Google Contacts, HubSpot,
// Chatwoot, Twenty, Kith, and what people write in English and German.
var headers = map[string]Field{
	"name": Name, "fullname": Name, "displayname": Name, "contactname": Name, "kontakt": Name, "kontaktname": Name, "customername": Name,
	"firstname": FirstName, "givenname": FirstName, "vorname": FirstName, "namefirstname": FirstName,
	"lastname": LastName, "familyname": LastName, "surname": LastName, "nachname": LastName, "familienname": LastName, "namelastname": LastName,
	"email": Email, "emailaddress": Email, "emailadresse": Email, "mail": Email, "email1value": Email, "email2value": Email,
	"primaryemail": Email, "emailsprimaryemail": Email, "email2address": Email, "emailsprimary": Email,
	"phone": Phone, "phonenumber": Phone, "mobilephonenumber": Phone, "mobilephone": Phone, "mobile": Phone, "phone1value": Phone,
	"phone2value": Phone, "homephone": Phone, "businessphone": Phone, "primaryphone": Phone, "telephone": Phone, "telefon": Phone,
	"telefonnummer": Phone, "mobil": Phone, "mobiltelefon": Phone, "handy": Phone, "tel": Phone, "whatsapp": Phone, "whatsappphonenumber": Phone,
	"phonesprimaryphonenumber": Phone, "telefongeschäftlich": Phone, "telefonprivat": Phone,
	"phonesprimaryphonecallingcode": CallingCode,
	"notes":                         Notes, "note": Notes, "notizen": Notes, "notiz": Notes, "bemerkung": Notes, "bemerkungen": Notes, "comments": Notes,
	"createdat": CreatedAt, "createdate": CreatedAt, "creationdate": CreatedAt, "created": CreatedAt, "angelegtam": CreatedAt, "erstelltam": CreatedAt,
	"id": ID, "kithid": ID,
}

// headerKey leaves the letters and digits of a header.
func headerKey(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func fieldOf(header string) Field {
	if f, known := headers[headerKey(header)]; known {
		return f
	}
	return None
}

// Propose says what the columns have, by their names and some rows.
func Propose(columns []string, rows []Row) []Field {
	fields := make([]Field, len(columns))
	for i, c := range columns {
		fields[i] = fieldOf(c)
		if fields[i] == ID && !slices.ContainsFunc(rows, func(r Row) bool {
			_, ours := crm.ParseContactID(r.cell(i))
			return ours
		}) {
			fields[i] = None // another program's
		}
	}
	if slices.Contains(fields, FirstName) && !slices.Contains(fields, LastName) { // "Vorname;Name"
		if n := slices.Index(fields, Name); n >= 0 {
			fields[n] = LastName
		}
	}
	return fields
}

func (r Row) cell(column int) string {
	if column < len(r.Cells) {
		return r.Cells[column]
	}
	return ""
}

// Mapping says how rows become upserts.
type Mapping struct {
	Fields []Field `json:"fields"` // by column
	// Channel is where external ids are from; nil without such a column.
	Channel      *crm.ChannelID `json:"channel,omitempty"`
	AllowUnusual bool           `json:"allowUnusual,omitempty"`
}

// Check refuses a mapping for so many columns. The error is a *[crm.InvalidError].
func (m Mapping) Check(columns int) error {
	invalid := func(reason string) error {
		return &crm.InvalidError{Field: "mapping", Subject: "The mapping", Reason: reason}
	}
	has := func(f Field) bool { return slices.Contains(m.Fields, f) }
	switch {
	case len(m.Fields) != columns:
		return invalid(fmt.Sprintf("must say what each of the %d columns is", columns))
	case has(ExternalID) && m.Channel == nil:
		return &crm.InvalidError{Field: "channelId", Subject: "External ids", Reason: "need the channel that they are from"}
	case !has(ID) && !has(Email) && !has(Phone) && !has(ExternalID):
		return invalid("must have a column with emails, phone numbers or ids: rows are matched by these")
	}
	return nil
}

// Column is the first column with a field of an error, and its number from 1; 0 without one.
func (m Mapping) Column(field string) int {
	of := map[string][]Field{
		"id": {ID}, "name": {Name, FirstName, LastName}, "email": {Email}, "phone": {Phone}, "notes": {Notes}, "createdAt": {CreatedAt},
		"identity.externalId": {ExternalID}, "identity.channelId": {ExternalID},
	}[field]
	return 1 + slices.IndexFunc(m.Fields, func(f Field) bool { return slices.Contains(of, f) })
}

// Upsert is what a row of a file in a format says. An empty cell says nothing. What is wrong with it comes as joined *[crm.InvalidError]s.
func (m Mapping) Upsert(format string, r Row) (crm.Upsert, error) {
	u := crm.Upsert{Patch: crm.ContactPatch{AllowUnusual: m.AllowUnusual}}
	if len(r.Cells) > len(m.Fields) && !blank(r.Cells[len(m.Fields):]) {
		return u, &crm.InvalidError{
			Field: "row", Subject: "The row", Reason: fmt.Sprintf("has %d cells, and there are %d columns", len(r.Cells), len(m.Fields)),
		}
	}
	values := map[Field][]string{}
	var problems []error
	for i, f := range m.Fields {
		if f == None {
			continue
		}
		v, ok := strings.TrimSpace(r.cell(i)), true
		if format == CSV {
			v, ok = plain(v)
		}
		if !ok {
			problems = append(problems, &crm.InvalidError{Field: field[f], Subject: "The cell", Reason: "has a formula"})
		}
		if v != "" {
			values[f] = append(values[f], v)
		}
	}
	name := strings.Join(slices.Concat(values[FirstName], values[LastName]), " ")
	if len(values[Name]) > 0 {
		name = values[Name][0]
	}
	set(&u.Patch.Name, name)
	set(&u.Patch.Email, first(values[Email]))
	phone := first(values[Phone])
	if code := first(values[CallingCode]); phone != "" && code != "" && !strings.HasPrefix(phone, "+") && !strings.HasPrefix(phone, "00") {
		phone = "+" + strings.TrimPrefix(code, "+") + " " + phone
	}
	if scientific(phone) {
		problems = append(problems, &crm.InvalidError{Field: "phone", Subject: "The phone number", Reason: "was rounded by a spreadsheet: format the column as text"})
	}
	set(&u.Patch.Phone, phone)
	set(&u.Patch.Notes, strings.Join(values[Notes], "\n"))
	if id := first(values[ID]); id != "" {
		known, ok := crm.ParseContactID(id)
		if !ok {
			problems = append(problems, &crm.InvalidError{Field: "id", Subject: "The id", Reason: "is not one of Kith"})
		}
		u.ContactID = &known
	}
	if external := first(values[ExternalID]); external != "" && m.Channel != nil {
		u.Identity = &crm.IdentityKey{ChannelID: *m.Channel, ExternalID: external}
	}
	if at := first(values[CreatedAt]); at != "" {
		t, err := readTime(at)
		problems = append(problems, err)
		u.CreatedAt = &t
	}
	return u, errors.Join(problems...)
}

// field is what errors call a field.
var field = map[Field]string{
	ID: "id", Name: "name", FirstName: "name", LastName: "name", Email: "email", Phone: "phone", CallingCode: "phone", Notes: "notes",
	CreatedAt: "createdAt", ExternalID: "identity.externalId",
}

func set(to *crm.Change[*string], value string) {
	if value != "" {
		*to = crm.To(&value)
	}
}

// first is the first value. Google Contacts writes several into a cell.
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	v, _, _ := strings.Cut(values[0], " ::: ")
	return strings.TrimSpace(v)
}

// plain is a cell of CSV without what programs put around it: an apostrophe, as [Defuse] puts it before what a spreadsheet would
// take for a formula, and ="0049…", which keeps a spreadsheet from taking it for a number. It is not ok for a formula.
func plain(cell string) (string, bool) {
	cell = strings.TrimSpace(cell)
	if rest := Restore(cell); rest != cell {
		return rest, true
	}
	if inner, is := strings.CutPrefix(cell, `="`); is && strings.HasSuffix(inner, `"`) && !strings.ContainsRune(inner[:len(inner)-1], '"') {
		return inner[:len(inner)-1], true
	}
	return cell, !strings.HasPrefix(cell, "=")
}

// scientific reports whether a spreadsheet has made a rounded number of a phone: 4.93012E+11.
func scientific(s string) bool {
	at := strings.Index(strings.ToUpper(s), "E+")
	return at > 0 && !strings.ContainsFunc(s[:at]+s[at+2:], func(r rune) bool { return !unicode.IsDigit(r) && r != '.' && r != ',' })
}

// times are the notations of times that can only mean one thing.
var times = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
	"2006-01-02", "02.01.2006 15:04:05", "02.01.2006 15:04", "02.01.2006", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
}

func readTime(s string) (time.Time, error) {
	for _, layout := range times {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &crm.InvalidError{Field: "createdAt", Subject: "The time", Reason: "must be like 2024-12-31 or 2024-12-31T23:59:59Z"}
}
