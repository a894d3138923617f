package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestTheAuditTellsWhatPeopleDidWithoutValues(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	var none any
	for who, document := range map[string]string{
		"staff": `mutation ($ann: ID!) { updateContact(input: {id: $ann, name: "Secretive", notes: "Hush"}) { eventId } }`,
		"admin": `mutation ($ann: ID!) { exportContact(input: {id: $ann}) { document } }`,
	} {
		s.query(who, document, vars{"ann": people["ann"]}).into(t, &none)
	}
	s.query("staff", `mutation ($ann: ID!) { deleteContact(input: {id: $ann}) { eventId } }`, vars{"ann": people["ann"]}).into(t, &none)

	type entry struct {
		Action, Actor string
		ContactID     *string
		Fields        []string
	}
	type page struct {
		AuditLog struct {
			Edges    []struct{ Node entry }
			PageInfo struct {
				HasNextPage bool
				EndCursor   *string
			}
		}
	}
	const list = `query ($after: String) { auditLog(first: 1, after: $after) {
		edges { node { action actor contactId fields } } pageInfo { hasNextPage endCursor } } }`
	var all []entry
	for after := (*string)(nil); ; {
		got := s.query("admin", list, vars{"after": after})
		if strings.Contains(got.body, "Secretive") || strings.Contains(got.body, "Hush") {
			t.Errorf("the audit contains values: %s", got.body)
		}
		var p page
		got.into(t, &p)
		for _, e := range p.AuditLog.Edges {
			if !strings.HasPrefix(e.Node.Action, "CHANNEL_") { // which made the people's channels
				all = append(all, e.Node)
			}
		}
		if !p.AuditLog.PageInfo.HasNextPage {
			break
		}
		after = p.AuditLog.PageInfo.EndCursor
	}
	actions := map[string][]string{}
	for _, e := range all {
		if e.ContactID == nil || *e.ContactID != people["ann"] {
			t.Errorf("an entry of %v", e.ContactID)
		}
		actions[e.Action] = append([]string{e.Actor}, e.Fields...)
	}
	if len(all) != 3 || all[0].Action != "CONTACT_DELETED" {
		t.Errorf("entries %+v", all)
	}
	edited := actions["CONTACT_EDITED"]
	if len(edited) != 3 || !slices.Equal(edited[1:], []string{"NAME", "NOTES"}) || actions["CONTACT_EXPORTED"] == nil {
		t.Errorf("actions %v", actions)
	}
}

func TestTheAuditTellsWhatAdministratorsDo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	failures := []string{people["failureWrong"], people["failure"], people["failureOff"]}
	var none any
	channel := s.channel("admin", "Page", "FACEBOOK")
	do := func(document string, v vars) { s.query("admin", document, v).into(t, &none) }
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id}) { setup { webhookUrl secretSet } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id}) { setup { verifyToken } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id, name: "Robot", active: false, secret: "Hush-hush-hush-hush"}) { channel { id } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id, accessToken: "Hush-Hush-Hush-Hush"}) { channel { id } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id, accessToken: "Hush-Hush-Hush-Hush"}) { channel { id } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id, accessToken: null, secret: null}) { channel { id } } }`, vars{"id": channel})
	do(`mutation ($id: ID!) { updateChannel(input: {id: $id, name: ""}) { userErrors { code } } }`, vars{"id": channel})
	do(`mutation ($ids: [ID!]!) { dismissIngestFailures(input: {ids: $ids}) { dismissedIds } }`, vars{"ids": []string{failures[0], failures[0], "failure_00"}})
	do(`mutation ($ids: [ID!]!) { replayIngestFailures(input: {ids: $ids}) { replayedIds } }`, vars{"ids": failures[1:]})

	var got struct {
		AuditLog struct {
			Nodes []struct {
				Action, Actor        string
				ChannelID, FailureID *string
				Fields               []string
			}
		}
	}
	answer := s.query("admin", `{ auditLog(first: 50) { nodes { action actor channelId failureId fields } } }`, nil)
	answer.into(t, &got)
	if strings.Contains(answer.body, "Robot") || strings.Contains(answer.body, "Hush") || strings.Contains(s.log.String(), "Hush") {
		t.Errorf("the audit contains values: %s", answer.body)
	}
	var all []string
	for _, e := range got.AuditLog.Nodes {
		what := e.Action + " " + strings.Join(e.Fields, ",")
		switch {
		case e.ChannelID == nil || e.Actor == "":
			t.Errorf("%+v", e)
		case e.FailureID != nil:
			what += *e.FailureID
		case *e.ChannelID != channel:
			continue // what people() did
		}
		all = append(all, what)
	}
	slices.Reverse(all)
	want := []string{
		"CHANNEL_CREATED ", "VERIFY_TOKEN_READ ", "CHANNEL_EDITED NAME,ACTIVE,SECRET",
		"CHANNEL_EDITED ACCESS_TOKEN", "CHANNEL_EDITED SECRET,ACCESS_TOKEN", "FAILURE_DISMISSED " + failures[0], "FAILURE_REPLAYED " + failures[1],
	}
	if !slices.Equal(all, want) {
		t.Errorf("got %q", all)
	}
}

func TestAnExportHoldsEverything(t *testing.T) {
	t.Parallel()
	s := serve(t)
	people := s.people()
	var answer struct{ ExportContact struct{ Document string } }
	const export = `mutation ($ann: ID!) { exportContact(input: {id: $ann}) { document } }`
	s.query("admin", export, vars{"ann": people["ann"]}).into(t, &answer)
	var got struct {
		ExportedAt string
		Contact    struct {
			ID    string
			Name  struct{ Value, Origin string }
			Email struct {
				Value, Origin string
				Channel       struct{ Name string }
			}
			Phone struct{ Value, Origin *string }
		}
		Identities []struct {
			ExternalID string
			Channel    struct{ Name, Type string }
		}
		Sessions []struct {
			ID                 string
			LastMessagePreview string
		}
		History        []struct{ Kind string }
		IngestFailures []any
	}
	if err := json.Unmarshal([]byte(answer.ExportContact.Document), &got); err != nil {
		t.Fatal(err)
	}
	c := got.Contact
	if c.ID != people["ann"] || c.Name.Value != "Ann Smith" || c.Email.Value != "ann@example.com" || c.Phone.Value != nil {
		t.Errorf("contact %+v", c)
	}
	if c.Email.Origin != "VERIFIED" || c.Email.Channel.Name != "Shop" || c.Phone.Origin != nil {
		t.Errorf("where the values come from: %+v", c)
	}
	if len(got.Identities) != 2 || got.Identities[0].ExternalID+got.Identities[1].ExternalID == "" {
		t.Errorf("identities %+v", got.Identities)
	}
	if len(got.Sessions) != 2 || got.Sessions[0].LastMessagePreview != "Hello again" {
		t.Errorf("sessions %+v", got.Sessions)
	}
	if len(got.History) == 0 || got.IngestFailures == nil || got.ExportedAt == "" {
		t.Errorf("the rest: %+v", got)
	}
	gone := s.query("admin", strings.Replace(export, "{ document }", "{ document userErrors { code } }", 1), vars{"ann": "contact_00"})
	if !strings.Contains(gone.body, `"document":null,"userErrors":[{"code":"NOT_FOUND"}]`) {
		t.Errorf("a contact that is not there: %s", gone.body)
	}
}
