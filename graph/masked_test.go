package graph_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/sqlite/sqlitetest"
	"kith/storage/storagetest"
)

// The test below hides emails and phones in everything that a workspace has, asks every field of the schema that STAFF or READER may
// ask for, and looks for them in every byte that comes back.

// hiddenEmail and hiddenPhone are the values of an object with a number of one digit.
func hiddenEmail(n int) string { return fmt.Sprintf("quaxotic.hid%d@firma-%d.example", n, n) }
func hiddenPhone(n int) string { return fmt.Sprintf("+49305501%d7%d1", n, n) }

// leaks are the parts of hidden values that an answer holds, and no mask does, by the number of the object. Punctuation
// within numbers does not hide them, nor does the encoding of cursors.
func leaks(body string) map[string]bool {
	found := map[string]bool{}
	texts := []string{body}
	for _, word := range encoded.FindAllString(body, -1) {
		if raw, err := base64.RawURLEncoding.DecodeString(word); err == nil {
			texts = append(texts, string(raw))
		}
	}
	for _, text := range texts {
		if plain, err := url.QueryUnescape(text); err == nil {
			text = plain
		}
		for _, m := range regexp.MustCompile(`axotic.{0,2}hid(\d)`).FindAllStringSubmatch(strings.ToLower(text), -1) {
			found["email "+m[1]] = true
		}
		for _, m := range regexp.MustCompile(`305501(\d)7`).FindAllStringSubmatch(within.ReplaceAllString(text, ""), -1) {
			found["phone "+m[1]] = true
		}
	}
	return found
}

var (
	encoded = regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)
	within  = regexp.MustCompile(`[ ()./-]+`)
)

// hide fills the workspace. Each object has another value.
func (s *server) hide() map[string]string {
	s.t.Helper()
	ids := map[string]string{
		"shop": s.channel("admin", "Shop", crm.WhatsApp), "web": s.channel("admin", "Web", crm.HTMLEmbed), "bot": s.channel("admin", "Bot", crm.Telegram),
	}
	record := func(channel, external, text string, profile vars) (contact, session string) {
		return s.record("admin", vars{"channelId": ids[channel], "externalId": external, "messageId": external, "text": text, "profile": profile})
	}
	ids["ann"], ids["annSession"] = record("web", "1", "Hello", vars{"name": "Ann", "email": hiddenEmail(1), "emailVerified": true, "phone": hiddenPhone(1), "phoneVerified": true})
	ids["number"], ids["numberSession"] = record("shop", hiddenPhone(2)[1:], "Call "+hiddenPhone(2)+" or write to "+hiddenEmail(2), vars{"name": hiddenPhone(2)})
	ids["address"], ids["addressSession"] = record("web", hiddenEmail(3), hiddenPhone(3), vars{"name": "Zoe <" + hiddenEmail(3) + ">"})
	ids["part"], _ = record("bot", "4", "Hi", vars{"email": hiddenEmail(4), "emailVerified": true, "phone": hiddenPhone(4), "phoneVerified": true})
	ids["twin"], _ = record("web", "5", "Hi", vars{"name": "Twin", "email": hiddenEmail(5), "emailVerified": true, "phone": hiddenPhone(5), "phoneVerified": true})
	ids["old"], _ = record("web", "6", "Hi", vars{"name": "Old", "email": hiddenEmail(6), "emailVerified": true})
	ids["gone"], _ = record("bot", "9", "Hi", vars{"name": "Gone", "email": hiddenEmail(9), "emailVerified": true, "phone": hiddenPhone(9), "phoneVerified": true})
	var none any
	set := func(id string, values vars) {
		s.query("admin", `mutation ($in: UpdateContactInput!) { updateContact(input: $in) { contact { id } userErrors { message } } }`,
			vars{"in": func() vars { values["id"] = id; return values }()}).into(s.t, &none)
	}
	set(ids["old"], vars{"phone": hiddenPhone(6), "name": hiddenEmail(6)})
	set(ids["old"], vars{"phone": nil, "email": nil, "name": "Old"}) // only its history has them
	ids["merge"] = s.merge(ids["ann"], 1, ids["part"])
	s.merge(ids["twin"], 1, ids["gone"])
	s.pair(ids["ann"], ids["twin"])
	ids["failure"] = s.failure(ids["web"], 0, `{"email":"`+hiddenEmail(7)+`","phone":"`+hiddenPhone(7)+`"}`)
	ids["import"] = s.upload("admin", "Name,Email,Phone\nEve,"+hiddenEmail(7)+","+hiddenPhone(7)+"\n")
	var data struct {
		CreateSavedView struct{ SavedView struct{ ID string } }
	}
	s.query("admin", `mutation ($in: CreateSavedViewInput!) { createSavedView(input: $in) { savedView { id } } }`, vars{"in": vars{
		"name": "Orders of " + hiddenEmail(8), "address": "/staff/contacts?q=" + url.QueryEscape(hiddenPhone(8)),
	}}).into(s.t, &data)
	ids["view"] = data.CreateSavedView.SavedView.ID
	ids["job"] = s.bulkDeletion("admin", "nobody "+hiddenEmail(8))
	s.query("admin", `query ($shop: ID!) { contacts(filter: {channelIds: [$shop]}) { nodes { identities { id } } } duplicates { nodes { id } }
		contact(id: "`+ids["ann"]+`") { history { nodes { id } } } }`, vars{"shop": ids["shop"]}).into(s.t, &none)
	return ids
}

// whole is a selection of everything below a type, each type once on each way down.
func whole(kind string, above ...string) string {
	d := parsedSchema.Types[kind]
	if d.IsAbstractType() {
		out := "{ __typename"
		for _, each := range parsedSchema.GetPossibleTypes(d) {
			out += " ... on " + each.Name + " " + strings.Replace(whole(each.Name, append(above, kind)...), "{", "{ "+each.Name+"Type: __typename ", 1)
		}
		return out + " }"
	}
	out := "{ __typename"
	for _, f := range d.Fields {
		below := f.Type.Name()
		switch {
		case strings.HasPrefix(f.Name, "__") || kind == "ContactConnection" && f.Name == "search": // what one has typed
		case !parsedSchema.Types[below].IsCompositeType():
			out += " " + alias(d, f) + f.Name
		case slices.Contains(above, below) || len(above) > 6:
		default:
			out += " " + alias(d, f) + f.Name + " " + whole(below, append(above, kind)...)
		}
	}
	return out + " }"
}

// alias keeps fields of the types of an interface apart that have one name and not one type.
func alias(d *ast.Definition, f *ast.FieldDefinition) string {
	if slices.Contains(d.Interfaces, "Node") {
		return d.Name + "_" + f.Name + ": "
	}
	return ""
}

// plainly is the selection of a list of contacts or sessions that is written without resolvers.
var plainly = map[string]string{
	"contacts": `{ edges { cursor node { ` + plainContact + ` sessions { nodes { id contactName lastMessagePreview identity { id externalId displayName } } } } match { field kind } }
		nodes { name } pageInfo { startCursor endCursor } totalCount { value } }`,
	"sessions": `{ edges { cursor node { id contactName lastMessagePreview channelAccount contact { ` + plainContact + ` } identity { id externalId displayName } } } }`,
}

const plainContact = `id name displayName email phone phoneInternational furtherEmails furtherPhones identities { id externalId displayName }`

// asked is how those who see masks ask for each field of Query that they may ask for; $ is before the name of an id.
var asked = map[string][]string{
	"viewer": {""}, "workspace": {""}, "lastEventId": {""}, "channels": {""}, "sessionCounts": {""}, "bulkJobs": {""}, "savedViews": {""}, "duplicates": {"", `(contactId: "$ann")`},
	"node":     {`(id: "$ann")`, `(id: "$identity")`, `(id: "$change")`, `(id: "$event")`, `(id: "$view")`, `(id: "$duplicate")`, `(id: "$numberSession")`},
	"nodes":    {`(ids: ["$number", "$address", "$addressSession", "$twin"])`},
	"contact":  {`(id: "$ann")`, `(id: "$number")`, `(id: "$address")`, `(id: "$twin")`, `(id: "$old")`, `(id: "$gone")`},
	"session":  {`(id: "$annSession")`, `(id: "$numberSession")`, `(id: "$addressSession")`},
	"sessions": {"", `(filter: {contactId: "$number"})`, `(orderBy: {field: STARTED})`},
	"bulkJob":  {`(id: "$job")`},
	"mergePreview": {
		`(input: {survivorId: "$ann", expectedVersion: 2, others: [{id: "$twin", expectedVersion: 2}]})`,
		`(input: {survivorId: "$ann", expectedVersion: 9, others: [{id: "$twin", expectedVersion: 9}]})`,
		`(input: {survivorId: "$number", expectedVersion: 1, others: [{id: "$gone", expectedVersion: 1}]})`,
	},
	"contacts": {
		"", `(filter: {hasEmail: true})`, `(orderBy: {field: CREATED})`, `(last: 2)`, `(search: "ann")`, `(search: "twin", orderBy: {field: NAME})`,
		`(search: "` + hiddenEmail(1) + `")`, `(search: "` + hiddenPhone(2) + `")`, `(search: "` + hiddenPhone(5) + `", orderBy: {field: NAME})`,
		`(search: "` + hiddenPhone(4) + `")`, `(filter: {phone: "` + hiddenPhone(1) + `"})`, `(filter: {email: "` + hiddenEmail(5) + `"})`,
		`(filter: {identity: {channelId: "$shop", externalId: "` + hiddenPhone(2)[1:] + `"}})`,
		maskedOrders[0], maskedOrders[1],
	},
}

// maskedOrders are refused to those who see masks.
var maskedOrders = []string{`(orderBy: {field: EMAIL})`, `(orderBy: {field: NAME})`}

// edits are the mutations of STAFF, in an order that leaves something for each. Those that show what the viewer sends are left out.
var edits = []struct{ field, arguments string }{
	{"updateContact", `(input: {id: "$ann", notes: "x"})`},
	{"updateContact", `(input: {id: "$ann", email: "` + hiddenEmail(5) + `"})`}, // taken
	{"updateContact", `(input: {id: "$ann", phone: "` + hiddenPhone(5) + `"})`}, // taken
	{"updateContact", `(input: {id: "$ann", notes: "y", expectedVersion: 1})`},
	{"updateContact", `(input: {id: "$part", notes: "y"})`}, // merged
	{"updateContact", `(input: {id: "$ann", email: "b•••@example.com", phone: "+49 ••• ••99"})`},
	{"updateContacts", `(input: {edits: [{id: "$number", notes: "x"}, {id: "$address", email: "` + hiddenEmail(1) + `"}, {id: "$gone", notes: "x"}]})`},
	{"updateSession", `(input: {id: "$numberSession", status: CLOSED})`},
	{"updateSession", `(input: {id: "$numberSession", status: null})`},
	{"updateSessions", `(input: {edits: [{id: "$addressSession", markRead: true}]})`},
	{"updateSavedView", `(input: {id: "$view", expectedVersion: 9, name: "Mine"})`},
	{"updateSavedView", `(input: {id: "$view", address: "/staff/contacts?q=ann"})`},
	{"createSavedView", `(input: {name: "Another", address: "/staff/chat"})`},
	{"deleteSavedView", `(input: {id: "$view"})`},
	{"dismissDuplicates", `(input: {ids: ["$duplicate"]})`},
	{"splitContact", `(input: {id: "$twin", expectedVersion: 9, identityIds: []})`},
	{"mergeContacts", `(input: {survivorId: "$number", expectedVersion: 9, others: [{id: "$address", expectedVersion: 9}]})`},
	{"mergeContacts", `(input: {survivorId: "$number", expectedVersion: 2, others: [{id: "$gone", expectedVersion: 9}]})`},
	{"undoMerge", `(input: {mergeId: "$merge"})`},
	{"mergeContacts", `(input: {survivorId: "$number", expectedVersion: 2, others: [{id: "$address", expectedVersion: 1}]})`},
	{"splitContact", `(input: {id: "$number", expectedVersion: 3, identityIds: ["$identity"]})`},
	{"bulkDeleteContacts", `(input: {search: "nobody", dryRun: true})`},
	{"bulkUpdateSessions", `(input: {status: CLOSED, dryRun: true})`},
	{"cancelBulkJob", `(input: {id: "$job"})`},
	{"deleteContact", `(input: {id: "$part"})`},
	{"deleteContact", `(input: {id: "$gone"})`}, // merged
	{"deleteContacts", `(input: {ids: ["$gone", "$twin"]})`},
}

func (s *server) filledIn(text string, ids map[string]string) string {
	names := slices.Collect(maps.Keys(ids))
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		text = strings.ReplaceAll(text, "$"+name, ids[name])
	}
	return text
}

// more finds ids of what a viewer sees, as that viewer knows them.
func (s *server) more(who string, ids map[string]string) {
	s.t.Helper()
	var data struct {
		Number, Old struct {
			Identities []struct{ ID string }
			History    struct {
				Nodes []struct{ ID, EventID string }
			}
		}
		Duplicates struct{ Nodes []struct{ ID string } }
	}
	s.query(who, s.filledIn(`{ number: contact(id: "$number") { identities { id } } old: contact(id: "$old") { history { nodes { id eventId } } } duplicates { nodes { id } } }`, ids), nil).into(s.t, &data)
	ids["identity"], ids["change"], ids["event"] = data.Number.Identities[0].ID, data.Old.History.Nodes[0].ID, data.Old.History.Nodes[0].EventID
	if len(data.Duplicates.Nodes) > 0 {
		ids["duplicate"] = data.Duplicates.Nodes[0].ID
	}
}

// stores are the databases, each empty.
func stores(t *testing.T, run func(t *testing.T, store storage.Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		run(t, sqlitetest.Open(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Database(t)
		if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
			t.Fatal(err)
		}
		store, err := postgres.Open(t.Context(), url, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		run(t, store)
	})
}

// mask has the workspace mask values for roles.
func mask(t *testing.T, store storage.Store, roles ...crm.Role) {
	t.Helper()
	w, err := store.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.UpdateSettings(t.Context(), w, func(s *crm.WorkspaceSettings) error {
		_, err := crm.SettingsPatch{MaskedFor: crm.To(roles), ExportRole: crm.To(crm.RoleReader)}.Apply(s)
		return err
	}, &crm.AuditEntry{})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingThatIsMaskedGetsOut(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, store storage.Store) {
		mask(t, store, crm.RoleStaff, crm.RoleReader)
		var written atomic.Int64
		s := serveStore(t, storagetest.Count(store), following(t), graph.Unlimited, graph.CountWritten(&written))
		ids := s.hide()
		for _, who := range []string{"admin", "reader", "staff"} {
			met := s.askAll(t, who, ids)
			if who == "admin" {
				for n := 1; n <= 9; n++ {
					for _, kind := range []string{"email", "phone"} {
						forAdmins := n == 7 // the failure and the import, which others may not ask for
						if name := fmt.Sprint(kind, " ", n); !met[name] && !forAdmins {
							t.Errorf("an admin sees no %s: the test hides it where nobody looks", name)
						}
					}
				}
				if written.Load() == 0 {
					t.Error("no list was written without resolvers")
				}
			}
		}
		if found := leaks(s.log.String()); len(found) > 0 {
			t.Errorf("the log holds %v", found)
		}
	})
}

// askAll asks for everything as somebody, and returns what was found. For others than an admin nothing may be.
func (s *server) askAll(t *testing.T, who string, ids map[string]string) map[string]bool {
	t.Helper()
	met := map[string]bool{}
	look := func(what, body string) {
		t.Helper()
		found := leaks(body)
		maps.Copy(met, found)
		if len(found) > 0 && who != "admin" {
			t.Errorf("%s as %s shows %v:\n%.3000s", what, who, slices.Sorted(maps.Keys(found)), body)
		}
	}
	s.more(who, ids)
	events, sessions := s.join(t, who), s.join(t, who)
	events.subscribe("1", "subscription { contactEvents "+whole("ContactEvent")+" }", nil)
	sessions.subscribe("1", "subscription { sessionEvents "+whole("SessionEvent")+" }", nil)
	events.barrier()
	sessions.barrier()

	followed := []string{"contactEvents", "sessionEvents", "bulkJobProgress"}
	for _, field := range parsedSchema.Subscription.Fields {
		if !slices.Contains(followed, field.Name) {
			t.Errorf("Subscription.%s is not asked for", field.Name)
		}
	}
	progress := s.join(t, who)
	progress.subscribe("1", s.filledIn(`subscription { bulkJobProgress(id: "$job") `, ids)+whole("BulkJob")+" }", nil)
	look("bulkJobProgress", string(progress.want("next", "1").Payload))

	for _, field := range parsedSchema.Query.Fields {
		if !slices.Contains(mayAsk["Query."+field.Name], "reader") {
			continue
		}
		if len(asked[field.Name]) == 0 {
			t.Errorf("Query.%s is not asked for", field.Name)
		}
		for _, arguments := range asked[field.Name] {
			selections := []string{""}
			if parsedSchema.Types[field.Type.Name()].IsCompositeType() {
				selections = []string{whole(field.Type.Name())}
			}
			if fast := plainly[field.Name]; fast != "" {
				selections = append(selections, fast)
			}
			for _, selection := range selections {
				got := s.query(who, "{ "+s.filledIn(field.Name+arguments, ids)+" "+selection+" }", nil)
				codes, messages := got.errors(t)
				if who != "admin" && slices.Contains(maskedOrders, arguments) {
					if !slices.Equal(codes, []string{"BAD_USER_INPUT"}) {
						t.Errorf("%s as %s: %s", arguments, who, got.body)
					}
				} else if len(codes) > 0 {
					t.Fatalf("%s%s as %s: %v", field.Name, arguments, who, messages)
				}
				look(field.Name+arguments, got.body)
				if field.Name == "contacts" && strings.Contains(arguments, hiddenEmail(0)[:8]) && who != "admin" && !strings.Contains(got.body, "•••") {
					t.Errorf("contacts%s as %s finds nobody: %s", arguments, who, got.body)
				}
			}
		}
	}
	mux := http.NewServeMux()
	mux.Handle(graph.DownloadPath, s.Config.Handler.(*graph.Handler).Download)
	files := httptest.NewServer(mux)
	defer files.Close()
	for _, form := range []string{"csv", "jsonl"} {
		for _, query := range []string{"columns=id,name,displayName,email,phone,furtherEmails,furtherPhones,identities,cursor", "search=" + url.QueryEscape(hiddenEmail(1)) + "&columns=name,email,cursor"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, files.URL+"/export/contacts."+form+"?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", token(t, who, "acme"))
			response, err := files.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("Ann")) {
				t.Errorf("export as %s: %d %s, %v", who, response.StatusCode, body, err)
			}
			look("export "+form+" "+query, string(body))
		}
	}
	if who == "staff" {
		done := map[string]bool{}
		for _, e := range edits {
			if strings.Contains(e.arguments, "$identity") || strings.Contains(e.arguments, "$duplicate") {
				s.more(who, ids)
			}
			field := parsedSchema.Mutation.Fields.ForName(e.field)
			got := s.query(who, "mutation { "+s.filledIn(e.field+e.arguments, ids)+" "+whole(field.Type.Name())+" }", nil)
			if codes, messages := got.errors(t); len(codes) > 0 && !strings.Contains(e.arguments, "status: null") {
				t.Fatalf("%s%s: %v", e.field, e.arguments, messages)
			}
			done[e.field] = true
			look(e.field+e.arguments, got.body)
		}
		for _, field := range parsedSchema.Mutation.Fields {
			if !done[field.Name] && slices.Contains(mayAsk["Mutation."+field.Name], "staff") {
				t.Errorf("Mutation.%s is not asked for", field.Name)
			}
		}
	}
	for _, change := range []vars{{"id": ids["ann"], "phone": hiddenPhone(0)}, {"id": ids["ann"], "phone": hiddenPhone(1)}} {
		s.query("admin", `mutation ($in: UpdateContactInput!) { updateContact(input: $in) { contact { id } } }`, vars{"in": change})
	}
	s.record("admin", vars{"channelId": ids["web"], "externalId": "1", "messageId": who, "text": "It is " + hiddenPhone(1)})
	for {
		body := string(events.want("next", "1").Payload)
		look("contactEvents", body)
		if strings.Contains(body, `"ACTIVITY"`) && strings.Contains(body, ids["ann"]) {
			break
		}
	}
	for {
		body := string(sessions.want("next", "1").Payload)
		look("sessionEvents", body)
		if strings.Contains(body, `It is `) {
			break
		}
	}
	return met
}

// TestASearchFindsMaskedValuesWholeAlone goes through the beginnings of an email and a phone, one letter more each time.
func TestASearchFindsMaskedValuesWholeAlone(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, store storage.Store) {
		mask(t, store, crm.RoleStaff)
		s := serveStore(t, storagetest.Count(store))
		web := s.channel("admin", "Web", crm.HTMLEmbed)
		for i, profile := range []vars{
			{"email": "quentin.muster@firma.example", "emailVerified": true},
			{"phone": "+4930901820", "phoneVerified": true},
			{"name": "Zora", "email": "q@firma.example", "phone": "+4917112345", "emailVerified": true, "phoneVerified": true},
		} {
			s.record("admin", vars{"channelId": web, "externalId": fmt.Sprint(i), "messageId": "1", "profile": profile})
		}
		found := func(who, search string) (nodes, total, counted int) {
			t.Helper()
			var data struct {
				Contacts struct {
					Nodes      []struct{ ID string }
					TotalCount struct{ Value int }
				}
				BulkDeleteContacts struct{ Count int }
			}
			s.query(who, `query ($search: String) { contacts(search: $search) { nodes { id } totalCount { value } } }`, vars{"search": search}).into(t, &data)
			s.query(who, `mutation ($search: String) { bulkDeleteContacts(input: {search: $search, dryRun: true}) { count } }`, vars{"search": search}).into(t, &data)
			return len(data.Contacts.Nodes), data.Contacts.TotalCount.Value, data.BulkDeleteContacts.Count
		}
		for _, value := range []string{"quentin.muster@firma.example", "+4930901820", "030 901820", "0049 30 901820"} {
			for n := 1; n <= len(value); n++ {
				nodes, total, counted := found("staff", value[:n])
				want := 0
				if n == len(value) {
					want = 1
				}
				everybody := strings.TrimSpace(value[:n]) == "" // no search
				if !everybody && (nodes != want || total != want || counted != want) {
					t.Errorf("%q: %d found, %d in total, %d counted, want %d", value[:n], nodes, total, counted, want)
				}
			}
			if nodes, _, _ := found("admin", value[:8]); nodes == 0 {
				t.Errorf("an admin finds nobody by %q", value[:8])
			}
		}
		for _, part := range []string{"muster", "firma", "901820", "1820", "firma.example", "@firma.example", "zora firma", "zora 1820", "q@firma.exampl"} {
			if nodes, total, counted := found("staff", part); nodes+total+counted > 0 {
				t.Errorf("%q: %d found, %d in total, %d counted", part, nodes, total, counted)
			}
		}
		if nodes, _, _ := found("staff", "zor"); nodes != 1 {
			t.Error("a name is not found by its beginning")
		}
	})
}

func TestAMaskedValueThatComesBackStays(t *testing.T) {
	t.Parallel()
	store := open(t)
	mask(t, store, crm.RoleStaff)
	s := serveStore(t, store)
	web := s.channel("admin", "Web", crm.HTMLEmbed)
	ann, _ := s.record("admin", vars{"channelId": web, "externalId": "1", "messageId": "1", "profile": vars{
		"name": "+49 30 901821", "email": "quentin@firma.example", "emailVerified": true, "phone": "+4930901820", "phoneVerified": true,
	}})
	edit := func(values vars) string {
		values["id"] = ann
		got := s.query("staff", `mutation ($in: UpdateContactInput!) { updateContact(input: $in) {
			eventId contact { name email phone notes version } userErrors { code field message } } }`, vars{"in": values})
		return idPattern.ReplaceAllString(got.body, "$1")
	}
	const shown = `"name":"+49 ••• ••21","email":"q•••@firma.example","phone":"+49 ••• ••20"`
	back := vars{"name": "+49 ••• ••21", "email": "q•••@firma.example", "phone": "+49 ••• ••20"}
	for _, c := range []struct {
		values vars
		want   string
	}{
		{back, `{"eventId":null,"contact":{` + shown + `,"notes":"","version":1},"userErrors":[]}`},
		{vars{"notes": "Tea", "email": "q•••@firma.example"}, `{"eventId":"event","contact":{` + shown + `,"notes":"Tea","version":2},"userErrors":[]}`},
		{vars{"email": "x•••@firma.example"}, `{"eventId":null,"contact":{` + shown + `,"notes":"Tea","version":2},"userErrors":[{"code":"INVALID","field":["input","email"],"message":"Email is masked: enter all of it"}]}`},
		{vars{"notes": "No", "expectedVersion": 1}, `{"eventId":null,"contact":{` + shown + `,"notes":"Tea","version":2},"userErrors":[{"code":"CONFLICT",`},
		{vars{"email": "zoe@firma.example"}, `"contact":{"name":"+49 ••• ••21","email":"z•••@firma.example","phone":"+49 ••• ••20","notes":"Tea","version":3},"userErrors":[]}`},
	} {
		if got := edit(c.values); !strings.Contains(got, c.want) {
			t.Errorf("%v: %s\nwant %s", c.values, got, c.want)
		}
	}
	got := s.query("admin", `query ($id: ID!) { contact(id: $id) { name email phone } }`, vars{"id": ann})
	if !strings.Contains(got.body, `{"name":"+49 30 901821","email":"zoe@firma.example","phone":"+4930901820"}`) {
		t.Error(got.body)
	}
}

// TestTheIDOfAMaskedIdentityLeadsToNoPhone: an id is a digest of the external id, and all phones can be tried.
func TestTheIDOfAMaskedIdentityLeadsToNoPhone(t *testing.T) {
	t.Parallel()
	store := open(t)
	mask(t, store, crm.RoleReader)
	s := serveStore(t, store)
	shop := s.channel("admin", "Shop", crm.WhatsApp)
	contact, session := s.record("admin", vars{"channelId": shop, "externalId": "4930901820", "messageId": "1"})
	ids := func(who string) map[string]bool {
		var data struct {
			Contact  struct{ Identities []struct{ ID string } }
			Contacts struct {
				Nodes []struct{ Identities []struct{ ID string } }
			}
			Session struct{ Identity struct{ ID string } }
		}
		s.query(who, `query ($contact: ID!, $session: ID!) { contact(id: $contact) { identities { id } } contacts { nodes { identities { id } } } session(id: $session) { identity { id } } }`,
			vars{"contact": contact, "session": session}).into(t, &data)
		return map[string]bool{data.Contact.Identities[0].ID: true, data.Contacts.Nodes[0].Identities[0].ID: true, data.Session.Identity.ID: true}
	}
	channel, _ := crm.ParseChannelID(shop)
	digest := crm.IdentityKey{ChannelID: channel, ExternalID: "4930901820"}.ID().String()
	for who, plain := range map[string]bool{"admin": true, "staff": true, "reader": false} {
		seen := ids(who)
		if len(seen) != 1 || seen[digest] != plain {
			t.Errorf("%s sees %v, and the digest is %s", who, seen, digest)
		}
		for id := range seen {
			got := s.query(who, `query ($id: ID!) { node(id: $id) { id ... on Identity { externalId } } }`, vars{"id": id})
			if want := fmt.Sprintf(`{"node":{"id":%q,"externalId":`, id); !strings.Contains(got.body, want) {
				t.Errorf("%s: %s", who, got.body)
			}
		}
	}
	if got := s.query("reader", `query ($id: ID!) { node(id: $id) { id } }`, vars{"id": digest}); !strings.Contains(got.body, `"node":null`) {
		t.Error(got.body)
	}
}
