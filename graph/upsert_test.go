package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

const upsertContacts = `mutation ($key: String!, $contacts: [UpsertContactInput!]!, $protect: Boolean! = false) {
	upsertContacts(input: {idempotencyKey: $key, contacts: $contacts, protectStaff: $protect}) {
		results { outcome contact { name email } userErrors { code field message } }
	}
}`

func TestUpsertsAnswerInTheOrderGiven(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	s.query("staff", `mutation ($id: ID!) { updateContact(input: {id: $id, phone: "+493012345678"}) { contact { id } } }`, vars{"id": people["jose"]})
	send := func(key string, contacts ...vars) string {
		return s.query("admin", upsertContacts, vars{"key": key, "contacts": contacts}).body
	}
	for name, c := range map[string]struct {
		contacts []vars
		want     string
	}{
		"each outcome": {[]vars{
			{"id": people["ann"], "name": "Anna", "email": "anna@example.com"},
			{"email": "new@example.com", "name": "New", "createdAt": "2020-01-02T03:04:05Z"},
			{"email": "NEW@example.com", "name": "New"},
			{"email": "new@example.com", "name": nil},
			{"email": "nope", "phone": "1"},
			{"name": "Only a name"},
			{"id": "contact_00000000000000000000000000000000"},
			{"email": "anna@example.com", "phone": "030 12345678"},
			{"id": people["ann"], "phone": "030 12345678"},
			{"email": "later@example.com", "createdAt": "2999-01-01T00:00:00Z"},
			{"identity": vars{"channelId": "x", "externalId": "1"}},
		}, `{"results":[` +
			`{"outcome":"UPDATED","contact":{"name":"Anna","email":"anna@example.com"},"userErrors":[]},` +
			`{"outcome":"CREATED","contact":{"name":"New","email":"new@example.com"},"userErrors":[]},` +
			`{"outcome":"UPDATED","contact":{"name":"New","email":"NEW@example.com"},"userErrors":[]},` +
			`{"outcome":"UPDATED","contact":{"name":null,"email":"new@example.com"},"userErrors":[]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"INVALID","field":["input","contacts","4","email"],"message":"Invalid email format"},` +
			`{"code":"INVALID","field":["input","contacts","4","phone"],"message":"Invalid phone number"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"INVALID","field":["input","contacts","5","id"],` +
			`"message":"A contact needs an id, an identity, an email or a phone number to be matched by"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"NOT_FOUND","field":["input","contacts","6","id"],"message":"This contact no longer exists"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"AMBIGUOUS","field":["input","contacts","7","id"],"message":"More than one contact matches: Anna, José Müller"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"PHONE_TAKEN","field":["input","contacts","8","phone"],"message":"This phone number already belongs to José Müller"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"INVALID","field":["input","contacts","9","createdAt"],"message":"createdAt must be after 1970 and not in the future"}]},` +
			`{"outcome":"REFUSED","contact":null,"userErrors":[{"code":"INVALID","field":["input","contacts","10","identity","channelId"],"message":"This channel does not exist"}]}]}`},
		"nothing": {[]vars{}, `{"results":[]}`},
	} {
		if got := send(name, c.contacts...); !strings.Contains(got, `"upsertContacts":`+c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestAnUpsertIsKnownByItsKey(t *testing.T) {
	t.Parallel()
	s := serve(t)
	send := func(who, key string, protect bool, contacts ...vars) string {
		got := s.query(who, upsertContacts, vars{"key": key, "contacts": contacts, "protect": protect})
		codes, _ := got.errors(t)
		if len(codes) > 0 {
			return fmt.Sprint(codes)
		}
		_, body, _ := strings.Cut(got.body, `"results":`)
		return body
	}
	ann, ben := vars{"email": "ann@example.com", "name": "Ann"}, vars{"email": "ben@example.com"}
	first := send("admin", "k", false, ann)
	for _, c := range []struct{ name, got, want string }{
		{"repeated", send("admin", "k", false, ann), first},
		{"for another contact", send("admin", "k", false, ben), "[BAD_USER_INPUT]"},
		{"with a further contact", send("admin", "k", false, ann, ben), "[BAD_USER_INPUT]"},
		{"with null instead of nothing", send("admin", "k", false, vars{"email": "ann@example.com", "name": "Ann", "phone": nil}), "[BAD_USER_INPUT]"},
		{"with another rule", send("admin", "k", true, ann), "[BAD_USER_INPUT]"},
		{"with another key", send("admin", "l", false, ann), strings.Replace(first, "CREATED", "UNCHANGED", 1)},
		{"without a key", send("admin", "", false, ann), "[BAD_USER_INPUT]"},
		{"with a key that is too long", send("admin", strings.Repeat("k", 256), false, ann), "[BAD_USER_INPUT]"},
		{"as staff", send("staff", "k", false, ann), "[FORBIDDEN]"},
		{"too many", send("admin", "m", false, make([]vars, 101)...), "[BAD_USER_INPUT]"},
	} {
		if !strings.HasPrefix(c.got, strings.TrimSpace(c.want)) {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
	if !strings.HasPrefix(first, `[{"outcome":"CREATED"`) {
		t.Error(first)
	}
}
