package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const merge = `mutation ($survivor: ID!, $version: Int!, $others: [MergeContactInput!]!) {
	mergeContacts(input: {survivorId: $survivor, expectedVersion: $version, others: $others}) {
		mergeId eventId userErrors { code field message }
	}
}`

// merge merges contacts of which none has been edited, but for the survivor, which is at a version. It returns the merge.
func (s *server) merge(survivor string, version int, others ...string) (merged string) {
	s.t.Helper()
	var parts []vars
	for _, id := range others {
		parts = append(parts, vars{"id": id, "expectedVersion": 1})
	}
	var data struct {
		MergeContacts struct {
			MergeID    string
			UserErrors []any
		}
	}
	s.query("staff", merge, vars{"survivor": survivor, "version": version, "others": parts}).into(s.t, &data)
	if len(data.MergeContacts.UserErrors) > 0 {
		s.t.Fatal(data.MergeContacts.UserErrors)
	}
	return data.MergeContacts.MergeID
}

// ask is the answer to a query of staff, with steady ids.
func (s *server) ask(document string, variables vars) string {
	s.t.Helper()
	got := s.query("staff", document, variables)
	if codes, _ := got.errors(s.t); len(codes) > 0 {
		s.t.Fatal(got.body)
	}
	data, _, _ := strings.Cut(strings.TrimPrefix(steady(got.body), `{"data":`), `,"extensions"`)
	return data
}

func TestAMergedIDLeadsToTheSurvivor(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	s.merge(people["ann"], 1, people["jose"], people["nobody"])
	old := vars{"old": people["jose"]}
	for name, c := range map[string]struct{ document, want string }{
		"contact": {`query ($old: ID!) { contact(id: $old) { name } }`, `{"contact":{"name":"Ann Smith"}}`},
		"node":    {`query ($old: ID!) { node(id: $old) { id } }`, `{"node":null}`},
		"nodes":   {`query ($old: ID!) { nodes(ids: [$old]) { id } }`, `{"nodes":[null]}`},
		"sessions": {
			`query ($old: ID!) { sessions(filter: {contactId: $old}) { nodes { contactName } } }`,
			`{"sessions":{"nodes":[{"contactName":"Ann Smith"},{"contactName":"Ann Smith"},{"contactName":"Ann Smith"},{"contactName":"Ann Smith"}]}}`,
		},
		"sessions of a contact": {
			`query ($old: ID!) { contact(id: $old) { sessions(filter: {contactId: $old}, first: 1) { nodes { contactName } } } }`,
			`{"contact":{"sessions":{"nodes":[{"contactName":"Ann Smith"}]}}}`,
		},
		"sessionCounts": {
			`query ($old: ID!) { sessionCounts(filter: {contactId: $old}) { total } }`, `{"sessionCounts":{"total":4}}`,
		},
		"duplicates": {`query ($old: ID!) { duplicates(contactId: $old) { nodes { id } } }`, `{"duplicates":{"nodes":[]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.ask(c.document, old); got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
		})
	}
	t.Run("and page two of its sessions", func(t *testing.T) {
		var seen []string
		for after := any(nil); ; {
			var data struct {
				Sessions struct {
					Nodes    []struct{ ID string }
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
			s.query("staff", `query ($old: ID!, $after: String) { sessions(filter: {contactId: $old}, first: 1, after: $after) {
				nodes { id } pageInfo { hasNextPage endCursor } } }`, vars{"old": people["jose"], "after": after}).into(t, &data)
			for _, n := range data.Sessions.Nodes {
				seen = append(seen, n.ID)
			}
			if !data.Sessions.PageInfo.HasNextPage {
				break
			}
			after = data.Sessions.PageInfo.EndCursor
		}
		if len(seen) != 4 {
			t.Errorf("%d sessions", len(seen))
		}
	})
	t.Run("and an export is refused", func(t *testing.T) {
		got := s.query("admin", `mutation ($old: ID!) { exportContact(input: {id: $old}) { document userErrors { code contact { name } } } }`, old)
		if !strings.Contains(got.body, `{"document":null,"userErrors":[{"code":"MERGED","contact":{"name":"Ann Smith"}}]}`) {
			t.Error(got.body)
		}
	})
}

func TestAnExportHasWhatWasMerged(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	s.merge(people["ann"], 1, people["jose"])
	var data struct {
		ExportContact struct{ Document string }
	}
	s.query("admin", `mutation ($id: ID!) { exportContact(input: {id: $id}) { document } }`, vars{"id": people["ann"]}).into(t, &data)
	for _, held := range []string{
		`"mergedFrom":["` + people["jose"] + `"]`, `"undoableUntil":"2026-0`, `"José Müller"`, `"furtherEmails":[]`, `"contactId":"` + people["jose"],
		`"externalId":"+4915112345678"`, `"channelAccount":null`,
	} {
		if !strings.Contains(data.ExportContact.Document, held) {
			t.Errorf("the export lacks %s:\n%s", held, data.ExportContact.Document)
		}
	}
}

func TestAMergeIsUndone(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	first := s.merge(people["ann"], 1, people["jose"])
	second := s.merge(people["ann"], 2, people["nobody"])
	s.record("channel", vars{
		"channelId": people["shop"], "externalId": "+4915112345678", "messageId": "2", "text": "Where is it?",
	})
	s.change("staff", people["ann"], "name", "Ann Miller")

	undo := `mutation ($merge: ID!) { undoMerge(input: {mergeId: $merge}) {
		contact { name phone version mergedFrom } restored { name phone version sessions { nodes { lastMessagePreview } } }
		kept userErrors { code field message }
	} }`
	// The contact says what can be undone, on a list as by its id.
	undoable := func(name, merge, merged string) {
		t.Helper()
		want := `{"undoableMerge":null}`
		if merge != "" {
			want = `{"undoableMerge":{"mergeId":"` + merge + `","mergedContactIds":["` + merged + `"],"undoableUntil":"2026-`
		}
		ask := `query ($id: ID!) { contact(id: $id) { ...M } contacts(search: "Miller") { nodes { ...M } } }
			fragment M on Contact { undoableMerge { mergeId mergedContactIds undoableUntil } }`
		got := s.query("staff", ask, vars{"id": people["ann"]}).body
		if !strings.Contains(got, `"contact":`+want) || !strings.Contains(got, `"nodes":[`+want) {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	undoable("both", second, people["nobody"])
	left := map[string][2]string{second: {first, people["jose"]}}
	for _, c := range []struct{ name, merge, want string }{
		{
			"not before the newer one", first,
			`{"contact":null,"restored":[],"kept":[],"userErrors":[{"code":"NOT_NEWEST","field":null,` +
				`"message":"This contact has been merged again since: undo the newest merge first"}]}`,
		},
		{
			"the newest", second,
			`{"contact":{"name":"Ann Miller","phone":"+4915112345678","version":5,"mergedFrom":["contact_1"]},` +
				`"restored":[{"name":null,"phone":null,"version":2,"sessions":{"nodes":[{"lastMessagePreview":null}]}}],` +
				`"kept":["NAME"],"userErrors":[]}`,
		},
		{
			"then the older one", first,
			`{"contact":{"name":"Ann Miller","phone":null,"version":6,"mergedFrom":[]},` +
				`"restored":[{"name":"José Müller","phone":"+4915112345678","version":2,"sessions":{"nodes":[{"lastMessagePreview":"Where is it?"}]}}],` +
				`"kept":["NAME"],"userErrors":[]}`,
		},
		{
			"nothing twice", first,
			`{"contact":null,"restored":[],"kept":[],"userErrors":[{"code":"NOT_FOUND","field":["input","mergeId"],` +
				`"message":"This merge does not exist, or its contact has been deleted"}]}`,
		},
	} {
		if got := s.ask(undo, vars{"merge": c.merge}); got != `{"undoMerge":`+c.want+`}` {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
		if c.name != "not before the newer one" {
			undoable(c.name, left[c.merge][0], left[c.merge][1])
		}
	}
}

func TestAContactIsSplit(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	var ann struct {
		Contact struct{ Identities []struct{ ID string } }
	}
	s.query("staff", `query ($id: ID!) { contact(id: $id) { identities { id } } }`, vars{"id": people["ann"]}).into(t, &ann)
	shop, page := ann.Contact.Identities[0].ID, ann.Contact.Identities[1].ID
	split := `mutation ($id: ID!, $version: Int!, $identities: [ID!]!, $into: ID) {
		splitContact(input: {id: $id, expectedVersion: $version, identityIds: $identities, into: $into}) {
			contact { version email sessions { nodes { lastMessagePreview } } identities { externalId } }
			split { version name identities { externalId } sessions { nodes { lastMessagePreview } } }
			userErrors { code field message }
		}
	}`
	for _, c := range []struct {
		name       string
		version    int
		identities []string
		into       any
		want       string
	}{
		{
			"one identity has to stay", 1, []string{shop, page}, nil,
			`{"contact":null,"split":null,"userErrors":[{"code":"LAST_IDENTITY","field":null,` +
				`"message":"The contact has to keep an identity: leave at least one"}]}`,
		},
		{
			"into a new contact", 1, []string{page}, nil,
			`{"contact":{"version":2,"email":"ann@example.com","sessions":{"nodes":[{"lastMessagePreview":"Hello, is the lamp in stock?"}]},` +
				`"identities":[{"externalId":"+4930123456"}]},"split":{"version":1,"name":null,"identities":[{"externalId":"ann.smith"}],` +
				`"sessions":{"nodes":[{"lastMessagePreview":"Hello again"}]}},"userErrors":[]}`,
		},
		{
			"not twice", 2, []string{page}, nil,
			`{"contact":null,"split":null,"userErrors":[{"code":"INVALID","field":["input","identityIds"],` +
				`"message":"An identity is not one of the contact's"}]}`,
		},
	} {
		got := s.ask(split, vars{"id": people["ann"], "version": c.version, "identities": c.identities, "into": c.into})
		if got != `{"splitContact":`+c.want+`}` {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

// TestMergesAreTold is about subscribers with different filters, who hear of the same merge, undoing and split.
func TestMergesAreTold(t *testing.T) {
	t.Parallel()
	s := serve(t, following(t))
	people := s.people()
	contacts := s.join(t, "staff")
	contacts.subscribe("1", `subscription { contactEvents { kind contactId contact { name } mergedInto { name } changedFields } }`, nil)
	contacts.barrier()
	sessions := map[string]*client{}
	for name, filter := range map[string]vars{
		"all": nil, "ann": {"contactId": people["ann"]}, "jose": {"contactId": people["jose"]}, "nobody": {"contactId": people["nobody"]},
		"closed": {"statuses": []string{"CLOSED"}},
	} {
		sessions[name] = s.join(t, "staff")
		sessions[name].subscribe("1", `subscription ($filter: SessionFilter) {
			sessionEvents(filter: $filter) { kind sessionId contactId session { contactName } } }`, vars{"filter": filter})
		sessions[name].barrier()
	}
	told := func(names []string, want string) {
		t.Helper()
		for _, name := range names {
			if got := sessions[name].events("1", 1)[0]; got != `{"data":{"sessionEvents":`+want+`}}` {
				t.Errorf("%s: %s, not %s", name, got, want)
			}
		}
	}
	event := func(want string) string { return `{"data":{"contactEvents":` + want + `}}` }
	changed := `{"kind":"CONTACT_CHANGED","sessionId":null,"contactId":"contact_1","session":null}`

	merged := s.merge(people["ann"], 1, people["jose"])
	if diff := cmp.Diff([]string{
		event(`{"kind":"MERGED","contactId":"contact_1","contact":null,"mergedInto":{"name":"Ann Smith"},"changedFields":[]}`),
		event(`{"kind":"UPDATED","contactId":"contact_2","contact":{"name":"Ann Smith"},"mergedInto":null,"changedFields":["PHONE"]}`),
	}, contacts.events("1", 2)); diff != "" {
		t.Error(diff)
	}
	told([]string{"all", "ann", "jose", "closed"}, changed)

	s.edit(people["joseShop"], "status: CLOSED") // whoever lists the sessions of the old id lists the survivor's
	told([]string{"all", "ann", "jose", "closed"},
		`{"kind":"UPDATED","sessionId":"session_1","contactId":"contact_1","session":{"contactName":"Ann Smith"}}`)

	s.ask(`mutation ($id: ID!) { undoMerge(input: {mergeId: $id}) { userErrors { code } } }`, vars{"id": merged})
	if diff := cmp.Diff([]string{
		event(`{"kind":"CREATED","contactId":"contact_1","contact":{"name":"José Müller"},"mergedInto":null,"changedFields":["NAME","PHONE"]}`),
		event(`{"kind":"SPLIT","contactId":"contact_2","contact":{"name":"Ann Smith"},"mergedInto":null,"changedFields":["PHONE"]}`),
	}, contacts.events("1", 2)); diff != "" {
		t.Error(diff)
	}
	told([]string{"all", "ann", "jose", "closed"}, changed) // and not nobody

	s.edit(people["joseShop"], "tag: COMPLAINT") // the old id is a contact again
	told([]string{"all", "jose", "closed"},
		`{"kind":"UPDATED","sessionId":"session_1","contactId":"contact_1","session":{"contactName":"José Müller"}}`)
	s.edit(people["annShop"], "tag: COMPLAINT")
	told([]string{"all", "ann"},
		`{"kind":"UPDATED","sessionId":"session_1","contactId":"contact_1","session":{"contactName":"Ann Smith"}}`)
}

func TestMergedIDsAndIdentitiesOfAPageAreOneCallEach(t *testing.T) {
	t.Parallel()
	s := serve(t)
	fill(t, s, 30)
	for _, first := range []int{1, 2, 25} {
		t.Run(fmt.Sprintf("%d rows", first), func(t *testing.T) {
			s.countOf(t, `query ($first: Int!) { contacts(first: $first) { nodes { mergedFrom furtherEmails emailVerified } } }`,
				vars{"first": first}, map[string]int{"Contacts": 1, "OldIDs": 1}, nil)
			s.countOf(t, `query ($first: Int!) { sessions(first: $first) { nodes { channelAccount identity { id channel { name } } } } }`,
				vars{"first": first}, map[string]int{"Sessions": 1, "AccountIdentities": 1, "ChannelsByID": 1}, nil)
		})
	}
}

func TestTheAuditTellsWhoMerged(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	merged := s.merge(people["ann"], 1, people["jose"])
	s.ask(`mutation ($id: ID!) { undoMerge(input: {mergeId: $id}) { userErrors { code } } }`, vars{"id": merged})
	var data struct {
		AuditLog struct {
			Nodes []struct {
				Action, Actor             string
				ContactID, OtherContactID string
				Fields                    []string
			}
		}
	}
	s.query("admin", `{ auditLog(first: 2) { nodes { action actor contactId otherContactId fields } } }`, nil).into(t, &data)
	for i, action := range []string{"MERGE_UNDONE", "CONTACT_MERGED"} {
		e := data.AuditLog.Nodes[i]
		if e.Action != action || e.Actor != "staff@example.com" || e.ContactID != people["jose"] || e.OtherContactID != people["ann"] ||
			!cmp.Equal(e.Fields, []string{"PHONE"}) {
			t.Errorf("%+v", e)
		}
	}
}

func TestDuplicatesAreListedAndDismissed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	for _, pair := range [][2]string{{"ann", "jose"}, {"jose", "nobody"}, {"ann", "nobody"}} {
		s.pair(people[pair[0]], people[pair[1]])
	}
	type page struct {
		Duplicates struct {
			Nodes []struct {
				ID       string
				Contacts []struct{ ID string }
				Reasons  []string
			}
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
			TotalCount struct{ Value int }
		}
	}
	list := func(arguments string, variables vars) (p page) {
		t.Helper()
		s.query("staff", `query ($contact: ID, $after: String) { duplicates(contactId: $contact, after: $after`+arguments+`) {
			nodes { id contacts { id } reasons } pageInfo { hasNextPage endCursor } totalCount { value } } }`, variables).into(t, &p)
		return p
	}
	var ids []string
	for after := any(nil); ; {
		p := list(", first: 1", vars{"after": after})
		for _, d := range p.Duplicates.Nodes {
			ids = append(ids, d.ID)
			if len(d.Contacts) != 2 || !cmp.Equal(d.Reasons, []string{"PROVEN"}) || p.Duplicates.TotalCount.Value != 3 {
				t.Errorf("%+v", p)
			}
		}
		if !p.Duplicates.PageInfo.HasNextPage {
			break
		}
		after = p.Duplicates.PageInfo.EndCursor
	}
	if len(ids) != 3 {
		t.Fatalf("%d pairs", len(ids))
	}
	for arguments, want := range map[string]int{", reasons: [PROVEN, CLAIMED]": 3, ", reasons: [CLAIMED]": 0, ", reasons: []": 0} {
		if got := list(arguments, nil).Duplicates; len(got.Nodes) != want || got.TotalCount.Value != want {
			t.Errorf("%s: %+v", arguments, got)
		}
	}
	if got := list("", vars{"contact": people["ann"]}).Duplicates.Nodes; len(got) != 2 {
		t.Errorf("of Ann: %+v", got)
	}
	if got := s.ask(`query ($id: ID!) { node(id: $id) { __typename ... on Duplicate { reasons } } }`, vars{"id": ids[0]}); got !=
		`{"node":{"__typename":"Duplicate","reasons":["PROVEN"]}}` {
		t.Error(got)
	}
	s.store.Reset()
	list("", nil)
	if calls := s.store.Calls(); calls["ContactsByID"] != 1 || calls["Duplicates"] != 1 || calls["CountDuplicates"] != 1 {
		t.Errorf("%v", calls)
	}
	dismiss := `mutation ($ids: [ID!]!) { dismissDuplicates(input: {ids: $ids}) { dismissedIds userErrors { code field } } }`
	want := `{"dismissDuplicates":{"dismissedIds":["duplicate_1"],"userErrors":[]}}`
	if got := s.ask(dismiss, vars{"ids": []string{ids[0], ids[0]}}); got != want {
		t.Error(got)
	}
	want = `{"dismissDuplicates":{"dismissedIds":["duplicate_1"],"userErrors":[{"code":"NOT_FOUND","field":["input","ids","0"]}]}}`
	if got := s.ask(dismiss, vars{"ids": []string{ids[0], ids[1]}}); got != want {
		t.Error(got)
	}
	if got := list("", nil).Duplicates.Nodes; len(got) != 1 || got[0].ID != ids[2] {
		t.Errorf("what is left: %+v", got)
	}
	if got := s.query("admin", `{ auditLog(first: 2) { nodes { action otherContactId } } }`, nil); strings.Count(got.body, "DUPLICATES_DISMISSED") != 2 ||
		strings.Contains(got.body, "null") {
		t.Error(got.body)
	}
}
