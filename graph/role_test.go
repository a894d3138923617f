package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// operations is every field of Query and Mutation, and every field of an object that reads further.
var operations = map[string]string{
	"viewer":                    `{ viewer { role } }`,
	"workspace":                 `{ workspace { name displayName defaultRegion exportRole exportAllowed maskedFor retention { historyDays } serverDefaults { auditDays } } }`,
	"updateWorkspace":           `mutation { updateWorkspace(input: {displayName: "Acme"}) { workspace { displayName } userErrors { code field message } } }`,
	"node, contact":             `query ($contact: ID!) { node(id: $contact) { id ... on Contact { name } } }`,
	"node, session":             `query ($session: ID!) { node(id: $session) { id ... on Session { status } } }`,
	"node, failure":             `query ($failure: ID!) { node(id: $failure) { id ... on IngestFailure { payload } } }`,
	"node, channel":             `query ($channel: ID!) { node(id: $channel) { id ... on Channel { name } } }`,
	"nodes":                     `query ($contact: ID!, $session: ID!, $channel: ID!) { nodes(ids: [$contact, $session, $channel]) { id } }`,
	"contact":                   `query ($contact: ID!) { contact(id: $contact) { id name sessions { nodes { id } } identities { externalId } } }`,
	"contact, history":          `query ($contact: ID!) { contact(id: $contact) { history { nodes { actor fields { new } } } } }`,
	"lastEventId":               `{ lastEventId }`,
	"contacts":                  `{ contacts { nodes { id } totalCount { value } workspaceHasContacts } }`,
	"contacts, search":          `{ contacts(search: "ann") { nodes { id } totalCount { value } workspaceHasContacts } }`,
	"session":                   `query ($session: ID!) { session(id: $session) { id contactName } }`,
	"sessions":                  `{ sessions { nodes { id } } }`,
	"sessions, contact":         `query ($contact: ID!) { sessions(filter: {contactId: $contact}) { nodes { id } } }`,
	"sessions, channel":         `query ($channel: ID!) { sessions(filter: {channelIds: [$channel]}) { nodes { id } } }`,
	"sessionCounts":             `{ sessionCounts { total statuses { count } tags { count } channels { channel { name } count } } }`,
	"sessionCounts, of":         `query ($contact: ID!, $channel: ID!) { sessionCounts(filter: {contactId: $contact, channelIds: [$channel]}) { total channels { channel { name } count } } }`,
	"channels":                  `{ channels { nodes { id } totalCount { value } } }`,
	"ingestFailures":            `{ ingestFailures { nodes { id payload channel { name } } totalCount { value } } }`,
	"updateContact":             `mutation ($contact: ID!) { updateContact(input: {id: $contact, name: "Eve"}) { contact { id } userErrors { code field message contact { id } } } }`,
	"updateContact, wrong":      `mutation ($contact: ID!) { updateContact(input: {id: $contact, email: "x", expectedVersion: 9}) { contact { id } userErrors { code field message contact { id } } } }`,
	"deleteContact":             `mutation ($contact: ID!) { deleteContact(input: {id: $contact}) { deletedContactId userErrors { code field message contact { id } } } }`,
	"updateContacts":            `mutation ($contact: ID!) { updateContacts(input: {edits: [{id: $contact, name: "Eve"}, {id: $contact, notes: "x"}]}) { results { contact { id } userErrors { code field message contact { id } } } } }`,
	"deleteContacts":            `mutation ($contact: ID!) { deleteContacts(input: {ids: [$contact, $contact]}) { results { deletedContactId userErrors { code field message contact { id } } } } }`,
	"updateSessions":            `mutation ($session: ID!) { updateSessions(input: {edits: [{id: $session, status: CLOSED}]}) { results { session { id } userErrors { code field message } } } }`,
	"upsertContacts":            `mutation ($contact: ID!, $channel: ID!) { upsertContacts(input: {idempotencyKey: "x", contacts: [{id: $contact, name: "Eve"}, {identity: {channelId: $channel, externalId: "ann"}, name: "Eve"}]}) { results { outcome contact { id } userErrors { code field message contact { id } } } } }`,
	"updateSession":             `mutation ($session: ID!) { updateSession(input: {id: $session, status: CLOSED, tag: GENERAL, markRead: true}) { session { id } userErrors { code field message } } }`,
	"updateSession, wrong":      `mutation ($session: ID!) { updateSession(input: {id: $session, status: null}) { session { id } userErrors { code field message } } }`,
	"createChannel":             `mutation { createChannel(input: {name: "New", type: TELEGRAM}) { channel { name } userErrors { code } } }`,
	"updateChannel":             `mutation ($channel: ID!) { updateChannel(input: {id: $channel, active: false}) { channel { id } userErrors { code field message contact { id } } } }`,
	"updateChannel, wrong":      `mutation ($channel: ID!) { updateChannel(input: {id: $channel, name: ""}) { channel { id } userErrors { code field message contact { id } } } }`,
	"recordInteraction":         `mutation ($channel: ID!) { recordInteraction(input: {channelId: $channel, externalId: "1", messageId: "9"}) { contact { id } session { id } userErrors { code field message contact { id } } } }`,
	"replayIngestFailures":      `mutation ($failure: ID!) { replayIngestFailures(input: {ids: [$failure]}) { replayedIds userErrors { code field message } } }`,
	"dismissIngestFailures":     `mutation ($failure: ID!) { dismissIngestFailures(input: {ids: [$failure]}) { dismissedIds userErrors { code field message } } }`,
	"mergePreview":              `query ($contact: ID!, $session: ID!) { mergePreview(input: {survivorId: $contact, expectedVersion: 1, others: [{id: $session, expectedVersion: 1}]}) { contact { id } sessionCount identityCount } }`,
	"mergePreview, same":        `query ($contact: ID!) { mergePreview(input: {survivorId: $contact, expectedVersion: 1, others: [{id: $contact, expectedVersion: 1}]}) { contact { id } sessionCount identityCount userErrors { code } } }`,
	"duplicates":                `query ($contact: ID!) { duplicates(contactId: $contact, reasons: [PROVEN]) { nodes { id contacts { id } reasons at } totalCount { value } } }`,
	"mergeContacts":             `mutation ($contact: ID!, $session: ID!) { mergeContacts(input: {survivorId: $contact, expectedVersion: 1, others: [{id: $session, expectedVersion: 1}]}) { contact { id } mergeId userErrors { code field message contact { id } } } }`,
	"mergeContacts, same":       `mutation ($contact: ID!) { mergeContacts(input: {survivorId: $contact, expectedVersion: 1, others: [{id: $contact, expectedVersion: 1}]}) { contact { id } mergeId userErrors { code field message contact { id } } } }`,
	"undoMerge":                 `mutation ($contact: ID!) { undoMerge(input: {mergeId: $contact}) { contact { id } restored { id } kept eventId userErrors { code field message contact { id } } } }`,
	"splitContact":              `mutation ($contact: ID!, $session: ID!) { splitContact(input: {id: $contact, expectedVersion: 9, identityIds: [], sessionIds: [$session]}) { contact { id } split { id } userErrors { code field message contact { id } } } }`,
	"splitContact, into":        `mutation ($contact: ID!, $session: ID!) { splitContact(input: {id: $contact, expectedVersion: 1, identityIds: [], sessionIds: [$session], into: $contact}) { split { id } userErrors { code field message contact { id } } } }`,
	"dismissDuplicates":         `mutation ($contact: ID!) { dismissDuplicates(input: {ids: [$contact]}) { dismissedIds userErrors { code field message } } }`,
	"auditLog":                  `{ auditLog { nodes { id action contactId sessionId fields actor at } } }`,
	"exportContact":             `mutation ($contact: ID!) { exportContact(input: {id: $contact}) { document userErrors { code field message } } }`,
	"node, key":                 `query ($key: ID!) { node(id: $key) { id ... on ApiKey { name } } }`,
	"savedViews":                `{ savedViews { nodes { id name address version createdBy } totalCount { value } } }`,
	"createSavedView":           `mutation { createSavedView(input: {name: "Mine", address: "/staff/chat"}) { savedView { name } userErrors { code field message } } }`,
	"updateSavedView":           `mutation ($view: ID!) { updateSavedView(input: {id: $view, name: "Ours"}) { savedView { name } userErrors { code field message } } }`,
	"deleteSavedView":           `mutation ($view: ID!) { deleteSavedView(input: {id: $view}) { deletedSavedViewId userErrors { code field message } } }`,
	"node, view":                `query ($view: ID!) { node(id: $view) { id ... on SavedView { name } } }`,
	"bulkJob":                   `query ($job: ID!) { bulkJob(id: $job) { id state total refusals { nodes { contactId code } } } }`,
	"bulkJobs":                  `{ bulkJobs { nodes { id kind state actor } totalCount { value } } }`,
	"bulkDeleteContacts":        `mutation { bulkDeleteContacts(input: {search: "Ann", token: "x"}) { count job { id } userErrors { code field message } } }`,
	"bulkUpdateSessions":        `mutation ($channel: ID!) { bulkUpdateSessions(input: {filter: {channelIds: [$channel]}, status: CLOSED, token: "x"}) { count job { id } userErrors { code field message } } }`,
	"cancelBulkJob":             `mutation ($job: ID!) { cancelBulkJob(input: {id: $job}) { job { id } userErrors { code field message } } }`,
	"node, job":                 `query ($job: ID!) { node(id: $job) { id ... on BulkJob { state } } }`,
	"importJob":                 `query ($import: ID!) { importJob(id: $import) { id state rows columns { name field samples } } }`,
	"importJobs":                `{ importJobs { nodes { id fileName createdBy } totalCount { value } } }`,
	"importPreview":             `query ($import: ID!) { importPreview(input: {id: $import}) { created rows { row name reason } } }`,
	"startImport":               `mutation ($import: ID!) { startImport(input: {id: $import}) { importJob { id fileName } userErrors { code field message } } }`,
	"cancelImport":              `mutation ($import: ID!) { cancelImport(input: {id: $import}) { importJob { id fileName } userErrors { code field message } } }`,
	"node, import":              `query ($import: ID!) { node(id: $import) { id ... on ImportJob { fileName } } }`,
	"apiKeys":                   `{ apiKeys { nodes { id name role lastUsedAt } totalCount { value } } }`,
	"createApiKey":              `mutation ($channel: ID!) { createApiKey(input: {name: "Robot", role: CHANNEL, channelId: $channel}) { apiKey { role } userErrors { code field message } } }`,
	"revokeApiKey":              `mutation ($key: ID!) { revokeApiKey(input: {id: $key}) { userErrors { code field message } } }`,
	"updateChannel, secret":     `mutation ($channel: ID!) { updateChannel(input: {id: $channel, secret: "a secret for tests"}) { setup { webhookUrl secretSet } userErrors { code field message } } }`,
	"webhookEndpoints":          `{ webhookEndpoints { nodes { id url events description enabled createdBy } totalCount { value } } }`,
	"webhookDeliveries":         `query ($endpoint: ID!) { webhookDeliveries(endpointId: $endpoint, status: FAILED) { nodes { id error } totalCount { value } } }`,
	"createWebhookEndpoint":     `mutation { createWebhookEndpoint(input: {url: "https://example.com/", events: ["contact.created"]}) { webhookEndpoint { url } userErrors { code field message } } }`,
	"updateWebhookEndpoint":     `mutation ($endpoint: ID!) { updateWebhookEndpoint(input: {id: $endpoint, enabled: false}) { webhookEndpoint { enabled } userErrors { code field message } } }`,
	"deleteWebhookEndpoint":     `mutation ($endpoint: ID!) { deleteWebhookEndpoint(input: {id: $endpoint}) { deletedWebhookEndpointId userErrors { code field message } } }`,
	"rotateWebhookSecret":       `mutation ($endpoint: ID!) { rotateWebhookSecret(input: {id: $endpoint}) { webhookEndpoint { id } userErrors { code field message } } }`,
	"revokeFormerWebhookSecret": `mutation ($endpoint: ID!) { revokeFormerWebhookSecret(input: {id: $endpoint}) { webhookEndpoint { id } userErrors { code field message } } }`,
	"redeliver":                 `mutation ($endpoint: ID!) { redeliver(input: {id: $endpoint}) { webhookDelivery { id } userErrors { code field message } } }`,
	"sendTestWebhook":           `mutation ($endpoint: ID!) { sendTestWebhook(input: {id: $endpoint}) { webhookDelivery { status error } userErrors { code field message } } }`,
	"node, endpoint":            `query ($endpoint: ID!) { node(id: $endpoint) { id ... on WebhookEndpoint { url } } }`,
}

// forAdmins are the operations that only ADMIN may do, by what their names begin with.
var forAdmins = []string{
	"upsertContacts", "importJob", "importPreview", "startImport", "cancelImport", "createChannel", "updateChannel", "recordInteraction", "ingestFailures", "replayIngestFailures", "dismissIngestFailures",
	"auditLog", "exportContact", "updateWorkspace", "apiKeys", "createApiKey", "revokeApiKey",
	"webhook", "createWebhook", "updateWebhook", "deleteWebhook", "rotateWebhook", "revokeFormerWebhook", "redeliver", "sendTestWebhook",
}

// uses are the variables that an operation declares.
func uses(document string, ids map[string]string) vars {
	out := vars{}
	for name, id := range ids {
		if slices.Contains(variableNames(document), name) {
			out[name] = id
		}
	}
	return out
}

func variableNames(document string) []string {
	var names []string
	for _, m := range variablePattern.FindAllStringSubmatch(document, -1) {
		names = append(names, m[1])
	}
	return names
}

func TestRoles(t *testing.T) {
	t.Parallel()
	staff := func(o string) bool {
		return !slices.ContainsFunc(forAdmins, func(begin string) bool { return strings.HasPrefix(o, begin) })
	}
	may := map[string]func(operation string) bool{
		"admin":   func(string) bool { return true },
		"staff":   staff,
		"reader":  func(o string) bool { return staff(o) && !strings.HasPrefix(operations[o], "mutation") },
		"channel": func(o string) bool { return o == "viewer" || o == "workspace" || o == "recordInteraction" },
	}
	for name, document := range operations {
		for role, may := range may {
			t.Run(role+": "+name, func(t *testing.T) {
				t.Parallel()
				s := serve(t)
				channel := s.channel("admin", "Shop", "WHATSAPP")
				contact, session := s.record("admin", vars{"channelId": channel, "externalId": "1", "messageId": "1"})
				failure := s.failure(channel, 0, `{"object":"nonsense"}`)
				key, _ := s.key("admin", `role: READER`)
				got := s.query(role, document, uses(document, map[string]string{
					"contact": contact, "session": session, "channel": channel, "failure": failure, "key": key, "view": s.view("admin", "View"),
					"job": s.bulkDeletion("admin", "nobody"), "endpoint": s.endpoint("admin"), "import": s.upload("admin", "Name,Email\nEve,eve@example.com\n"),
				}))
				codes, _ := got.errors(t)
				if may(name) && len(codes) > 0 || !may(name) && !slices.Equal(slices.Compact(codes), []string{"FORBIDDEN"}) {
					t.Errorf("%s", got.body)
				}
			})
		}
	}
}

func TestAChannelCredentialSeesNoMoreThanItReported(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Shop", "WHATSAPP")
	input := vars{"channelId": channel, "externalId": "1", "messageId": "1", "profile": vars{"name": "Ann"}}
	contact, _ := s.record("channel", input)
	var none any
	s.query("staff", `mutation ($id: ID!) { updateContact(input: {id: $id, notes: "Likes tea"}) { contact { notes } } }`, vars{"id": contact}).into(t, &none)

	var admin struct {
		RecordInteraction struct {
			Contact struct{ Name, Notes string }
			Session struct{ Status string }
		}
	}
	s.query("admin", `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { name notes } session { status } } }`,
		vars{"input": input}).into(t, &admin)
	if c := admin.RecordInteraction.Contact; c.Name != "Ann" || c.Notes != "Likes tea" || admin.RecordInteraction.Session.Status != "ACTIVE" {
		t.Errorf("an admin: %+v", admin)
	}
	// Whoever reports a number that somebody has, on any channel, must not learn whose it is.
	number := vars{"phone": "+4930654321", "phoneVerified": true}
	s.record("channel", vars{"channelId": channel, "externalId": "2", "messageId": "1", "profile": vars{"name": "Bob", "email": "bob@example.com", "phone": "+4930654321", "phoneVerified": true}})
	for _, object := range []string{"contact", "session"} {
		for _, field := range s.fieldsOf(map[string]string{"contact": "Contact", "session": "Session"}[object]) {
			got := s.query("channel", `mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { `+object+` { `+field+` } } }`,
				vars{"input": vars{"channelId": channel, "externalId": "3", "messageId": "1", "profile": number}})
			if codes, _ := got.errors(t); !slices.Equal(codes, []string{"FORBIDDEN"}) || strings.Contains(got.body, "ob@example") || strings.Contains(got.body, "Bob") {
				t.Errorf("%s.%s: %s", object, field, got.body)
			}
		}
	}
}

// fieldsOf are the fields of a type but for id, each as a selection of its own.
func (s *server) fieldsOf(kind string) []string {
	s.t.Helper()
	var all []string
	for _, f := range parsedSchema.Types[kind].Fields {
		switch {
		case f.Name == "id" || strings.HasPrefix(f.Name, "__"):
		case parsedSchema.Types[f.Type.Name()].IsCompositeType():
			all = append(all, f.Name+" { __typename }")
		default:
			all = append(all, f.Name)
		}
	}
	if len(all) < 8 {
		s.t.Fatalf("%s has the fields %v", kind, all)
	}
	return all
}

// TestAnotherWorkspaceDoesNotExist asks every operation for what another workspace has, and for what nobody has: the
// answers are the same to the byte.
func TestAnotherWorkspaceDoesNotExist(t *testing.T) {
	t.Parallel()
	s := serve(t)
	theirs := map[string]string{"channel": s.channel("admin/theirs", "Shop", "WHATSAPP")}
	theirs["contact"], theirs["session"] = s.record("admin/theirs", vars{
		"channelId": theirs["channel"], "externalId": "1", "messageId": "1", "profile": vars{"name": "Ann", "email": "ann@example.com", "emailVerified": true},
	})
	theirs["key"], _ = s.key("admin/theirs", "role: ADMIN")
	theirs["view"] = s.view("admin/theirs", "View")
	theirs["job"] = s.bulkDeletion("admin/theirs", "nobody")
	theirs["import"] = s.upload("admin/theirs", "Name,Email\nEve,eve@example.com\n")
	theirs["endpoint"] = s.endpoint("admin/theirs")
	theirs["failure"] = s.failureIn("theirs", theirs["channel"], 0, `{"object":"nonsense"}`)
	never := map[string]string{}
	for kind := range theirs {
		never[kind] = kind + "_0198c2a100007000800001234567890a"
	}
	strange := map[string]string{"channel": theirs["contact"], "contact": theirs["session"], "session": "?", "failure": theirs["channel"], "key": theirs["contact"], "view": "view_", "job": theirs["contact"], "endpoint": "endpoint_", "import": theirs["job"]}

	calls := 0
	once := func(document string) string { // a key belongs to what it was used for
		calls++
		return strings.ReplaceAll(document, `idempotencyKey: "x"`, fmt.Sprintf(`idempotencyKey: "%08d"`, calls))
	}
	for name, document := range operations {
		for role := range map[string]bool{"staff": true, "admin": true, "channel": true} {
			if name == "createChannel" || name == "createSavedView" || name == "createWebhookEndpoint" {
				continue // names no id, and makes one
			}
			want := s.query(role+"/ours", once(document), uses(document, never))
			for _, ids := range []map[string]string{theirs, strange} {
				got := s.query(role+"/ours", once(document), uses(document, ids))
				if got.status != want.status || got.body != want.body {
					t.Errorf("%s as %s: %d %s\nwant %d %s", name, role, got.status, got.body, want.status, want.body)
				}
			}
		}
	}

	t.Run("and has not been touched", func(t *testing.T) {
		var data struct {
			Contact struct {
				Name    string
				Version int
			}
			Channels       struct{ Nodes []struct{ Active bool } }
			Sessions       struct{ Nodes []struct{ Status string } }
			IngestFailures struct{ Nodes []json.RawMessage }
		}
		s.query("admin/theirs", `query ($id: ID!) {
			contact(id: $id) { name version } channels { nodes { active } } sessions { nodes { status } } ingestFailures { nodes { id } }
		}`, vars{"id": theirs["contact"]}).into(t, &data)
		if data.Contact.Name != "Ann" || data.Contact.Version != 1 || !data.Channels.Nodes[0].Active ||
			len(data.Sessions.Nodes) != 1 || data.Sessions.Nodes[0].Status != "ACTIVE" || len(data.IngestFailures.Nodes) != 1 {
			t.Errorf("%+v", data)
		}
	})
	t.Run("nor joins its people with ours", func(t *testing.T) {
		contact, _ := s.record("admin/ours", vars{
			"channelId": s.channel("admin/ours", "Shop", "WHATSAPP"), "externalId": "1", "messageId": "1",
			"profile": vars{"email": "ann@example.com", "emailVerified": true},
		})
		if contact == theirs["contact"] {
			t.Error("one contact in two workspaces")
		}
	})
}
