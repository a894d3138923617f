package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func (o *office) checkEdits(t *testing.T) {
	t.Helper()
	rene, ann, sam := o.people[0], o.people[1], o.people[9]

	got := update(t, o.staff, vars{"id": sam.ID, "email": " sam@Example.com ", "phone": "0171 / 555 12 34", "notes": "Likes tea.\nAnd toast."})
	if c := got.Contact; len(got.UserErrors) > 0 || *c.Email != "sam@example.com" || *c.Phone != "+491715551234" ||
		c.Notes != "Likes tea.\nAnd toast." || c.Version != sam.Version+1 || c.DisplayName != "Sam" {
		t.Fatalf("a good edit: %+v", got)
	}
	sam = *got.Contact
	if diff := cmp.Diff([]string{"Sam"}, names(contacts(t, o.staff, vars{"search": "sam@exa"}).Nodes)); diff != "" {
		t.Errorf("search after the edit:\n%s", diff)
	}

	for name, c := range map[string]struct {
		input vars
		want  userError
	}{
		"an invalid email": {
			vars{"email": "sam@"}, userError{Code: "INVALID", Field: []string{"input", "email"}, Message: "Invalid email format"},
		},
		"an invalid phone": {
			vars{"phone": "12"}, userError{Code: "INVALID", Field: []string{"input", "phone"}, Message: "Invalid phone number"},
		},
		"an email that breaks the rules": {
			vars{"email": "sam..s@docomo.ne.jp"}, userError{Code: "UNUSUAL", Field: []string{"input", "email"}},
		},
		"a phone of no numbering plan": {
			vars{"phone": "+1 111 111 1111"}, userError{Code: "UNUSUAL", Field: []string{"input", "phone"}},
		},
		"an extension": {
			vars{"phone": "+49 30 901820 ext. 7"}, userError{
				Code: "INVALID", Field: []string{"input", "phone"}, Message: "Phone number cannot have an extension: put it into the notes",
			},
		},
		"an email of another contact, as pasted": {
			vars{"email": "René <mailto:RENE.MUELLER@example.com.>,"}, userError{Code: "EMAIL_TAKEN", Field: []string{"input", "email"}, Contact: &rene},
		},
		"an old version": {
			vars{"notes": "mine", "expectedVersion": sam.Version - 1},
			userError{Code: "CONFLICT", Field: []string{"input", "expectedVersion"}, Contact: &sam},
		},
		"an email of another contact": {
			vars{"email": "RENE.MUELLER@example.com"},
			userError{Code: "EMAIL_TAKEN", Field: []string{"input", "email"}, Contact: &rene},
		},
		"a phone of another contact": {
			vars{"phone": "(030) 901820"}, userError{Code: "PHONE_TAKEN", Field: []string{"input", "phone"}, Contact: &ann},
		},
	} {
		c.input["id"] = sam.ID
		got := update(t, o.staff, c.input)
		if c.want.Message == "" && len(got.UserErrors) == 1 { // in words that may change
			if got.UserErrors[0].Message == "" {
				t.Errorf("%s: no message", name)
			}
			got.UserErrors[0].Message = ""
		}
		if diff := cmp.Diff(edit{&sam, []userError{c.want}}, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}

	same := vars{"id": sam.ID, "name": "Sam", "email": "sam@example.com", "notes": sam.Notes, "expectedVersion": sam.Version}
	if diff := cmp.Diff(edit{&sam, []userError{}}, update(t, o.staff, same)); diff != "" {
		t.Errorf("an edit that changes nothing:\n%s", diff)
	}
	got = update(t, o.staff, vars{"id": sam.ID, "email": "rene.mueller@example.com", "allowDuplicate": true, "expectedVersion": sam.Version})
	if len(got.UserErrors) > 0 || *got.Contact.Email != "rene.mueller@example.com" || got.Contact.Version != sam.Version+1 {
		t.Errorf("a duplicate on purpose: %+v", got)
	}
	got = update(t, o.staff, vars{"id": sam.ID, "email": "Sam..S@Docomo.NE.jp", "phone": "tel:+1-111-111-1111", "allowUnusual": true})
	if c := got.Contact; len(got.UserErrors) > 0 || *c.Email != "Sam..S@docomo.ne.jp" || *c.Phone != "+11111111111" {
		t.Errorf("unusual values on purpose: %+v", got)
	}
	if diff := cmp.Diff([]string{"Sam"}, names(contacts(t, o.staff, vars{"search": "+1 111 111 1111"}).Nodes)); diff != "" {
		t.Errorf("search for an unusual phone:\n%s", diff)
	}
	got = update(t, o.staff, vars{"id": sam.ID, "email": nil, "phone": nil, "notes": nil})
	if c := got.Contact; len(got.UserErrors) > 0 || c.Email != nil || c.Phone != nil || c.Notes != "" || *c.Name != "Sam" {
		t.Errorf("clearing: %+v", got)
	}

	// What staff entered stays, whatever a channel says later.
	named := update(t, o.staff, vars{"id": sam.ID, "name": "Samuel"}).Contact
	r := record(t, o.admin, o.message(9, "second", vars{"name": "Sammy", "phone": "+49 171 5550000"}))
	if r.Contact.ID != sam.ID || *r.Contact.Name != "Samuel" || *r.Contact.Phone != "+491715550000" || r.Contact.Version != named.Version+1 {
		t.Errorf("a channel over staff: %+v", r.Contact)
	}
}

func (o *office) checkDeletion(t *testing.T) {
	t.Helper()
	rene := o.people[0]
	before := sessions(t, o.staff, vars{"contactId": rene.ID}).Nodes
	if len(before) != 2 {
		t.Fatalf("%d sessions before", len(before))
	}
	type deletion struct {
		DeletedContactID *string
		UserErrors       []userError
	}
	remove := func() deletion {
		return must[struct{ DeleteContact deletion }](t, o.staff, deleteContact, vars{"id": rene.ID}).DeleteContact
	}
	if diff := cmp.Diff(deletion{&rene.ID, []userError{}}, remove()); diff != "" {
		t.Errorf("deleted:\n%s", diff)
	}
	if d := remove(); d.DeletedContactID != nil || len(d.UserErrors) != 1 || d.UserErrors[0].Code != "NOT_FOUND" {
		t.Errorf("deleted again: %+v", d)
	}
	if got := update(t, o.staff, vars{"id": rene.ID, "notes": "late"}); got.Contact != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Code != "NOT_FOUND" {
		t.Errorf("edited when gone: %+v", got)
	}

	anonymous := make([]session, len(before))
	for i, s := range before {
		s.Contact, s.ContactName, s.LastMessagePreview = nil, "Anonymous", nil // what the customer wrote goes as well
		anonymous[i] = s
	}
	if n := len(sessions(t, o.staff, vars{"contactId": rene.ID}).Nodes); n != 0 {
		t.Errorf("%d sessions of a contact that is gone", n)
	}
	if n := len(contacts(t, o.staff, vars{"search": "rene"}).Nodes); n != 0 {
		t.Errorf("found after its deletion")
	}
	var listed []session
	for _, s := range sessions(t, o.staff, vars{"anonymous": true}).Nodes {
		if s.ID == before[0].ID || s.ID == before[1].ID {
			listed = append(listed, s)
		}
	}
	if diff := cmp.Diff(anonymous, listed); diff != "" {
		t.Errorf("among the anonymous sessions:\n%s", diff)
	}
	for _, s := range sessions(t, o.staff, vars{"anonymous": false}).Nodes {
		if s.Contact == nil || s.ID == before[0].ID || s.ID == before[1].ID {
			t.Errorf("among the others: %+v", s)
		}
	}
	const everywhere = `query ($contact: ID!, $session: ID!) {
		contact(id: $contact) { id } gone: node(id: $contact) { id } nodes(ids: [$contact]) { id }
		session(id: $session) {` + sessionFields + `} node(id: $session) { ... on Session {` + sessionFields + `} } }`
	type found struct {
		Contact, Gone *contact
		Nodes         []*contact
		Session, Node session
	}
	want := found{nil, nil, []*contact{nil}, anonymous[0], anonymous[0]}
	got := must[found](t, o.staff, everywhere, vars{"contact": rene.ID, "session": before[0].ID})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("everywhere:\n%s", diff)
	}

	old := record(t, o.admin, o.message(0, "first", customers[0]))
	if old.Contact != nil || old.Session != nil {
		t.Errorf("an old message delivered again: %+v", old)
	}
	if n := len(contacts(t, o.staff, vars{"search": "rene"}).Nodes); n != 0 {
		t.Errorf("an old message brings the contact back")
	}
	fresh := record(t, o.admin, o.message(0, "later", customers[0]))
	if fresh.Contact == nil || fresh.Contact.ID == rene.ID || fresh.Contact.Version != 1 || fresh.Session.ID == o.talks[0].ID {
		t.Fatalf("a later message: %+v", fresh)
	}
	if list := sessions(t, o.staff, vars{"contactId": fresh.Contact.ID}).Nodes; len(list) != 1 || list[0].ContactName != "René Müller" {
		t.Errorf("the fresh contact's sessions: %+v", list)
	}
}
