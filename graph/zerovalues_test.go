package graph_test

import (
	"strings"
	"testing"
)

// TestZeroValuesOfTypedClients sends what clients without null send where they mean nothing.
func TestZeroValuesOfTypedClients(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ann := s.people()["ann"]
	const lists = `
		contacts(search: "", %s) { nodes { id } pageInfo { hasPreviousPage } }
		sessions(%s) { nodes { id } pageInfo { hasPreviousPage } }
		auditLog(%[1]s) { nodes { id } }`
	plain := s.query("admin", "{ "+strings.ReplaceAll(strings.ReplaceAll(lists, "%s", "first: 9"), "%[1]s", "first: 9")+" }", nil).body
	zero := s.query("admin", "{ "+strings.NewReplacer(
		`search: "", %s`, `search: "", filter: {}, first: 9, after: "", before: ""`, "%s", `filter: {}, first: 9, after: "", before: ""`,
		"%[1]s", `first: 9, after: "", before: ""`).Replace(lists)+" }", nil).body
	if !strings.Contains(plain, ann) || zero != plain {
		t.Errorf("without them: %s\nwith them:    %s", plain, zero)
	}
	for _, field := range []string{"name", "email", "phone"} {
		got := s.query("staff", `mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { code field message } } }`,
			vars{"input": vars{"id": ann, field: ""}}).body
		if !strings.Contains(got, `"code":"INVALID"`) || !strings.Contains(got, `cannot be empty; send null to remove it`) {
			t.Errorf("an empty %s: %s", field, got)
		}
	}
	got := s.query("staff", `mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { email notes } userErrors { code } } }`,
		vars{"input": vars{"id": ann, "email": nil, "notes": ""}}).body
	if !strings.Contains(got, `"contact":{"email":null,"notes":""},"userErrors":[]`) {
		t.Errorf("null and empty notes: %s", got)
	}
}
