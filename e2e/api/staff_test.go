package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// office is a workspace of a running kith, in which customers have written.
type office struct {
	server                *server
	admin, staff, channel client
	shop, phone           string // channels
	// people are the contacts, in the order in which they came.
	people []contact
	// talks are the customers' first sessions.
	talks []session
}

// customers are who writes in.
var customers = []vars{
	{"name": "René Müller", "email": "rene.mueller@example.com", "emailVerified": true},
	{"name": "Ann Smith", "phone": "+49 30 901820", "phoneVerified": true},
	{"name": "Smith Annabel", "email": "annabel@example.org"},
	{"name": "100% Natural", "email": "hello@natural.example"},
	{"name": "1000 Naturals", "phone": "0171 2345678"},
	{"name": "Łukasz Żółć", "email": "lukasz@example.pl", "emailVerified": true},
	{"name": "Σωκράτης", "phone": "+30 210 1234567", "phoneVerified": true},
	{"name": "Emile Zola"},
	{"name": "émile Durkheim"},
	{"name": "Sam", "email": "not an address", "phone": "call me"}, // taken without the two
	{},
	{"email": "only@example.net"},
	{"name": "李小龍"},
	{"name": "Ann Smith"},
	{"name": "O'Brien", "email": "o'brien+kith@example.ie"},
	{"name": "Zoë"},
	{"name": "zoe"},
}

// yesterday is when the first message was written.
var yesterday = time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Second)

// clientsOf are who may ask the server about the workspace.
func clientsOf(t *testing.T, s *server, env environment, workspace string) (admin, staff, channel client) {
	t.Helper()
	return s.client(env.token(t, workspace, "admin")), s.client(env.token(t, workspace, "staff")), s.client(env.token(t, workspace, "channel"))
}

// open makes the channels and lets each customer write once, each a minute after the one before; every third on the phone.
func open(t *testing.T, s *server, env environment) *office {
	t.Helper()
	admin, staff, ch := clientsOf(t, s, env, "acme")
	o := &office{server: s, admin: admin, staff: staff, channel: ch}
	o.shop, o.phone = channel(t, admin, "Shop", "HTML_EMBED"), channel(t, admin, "Phone", "WHATSAPP")
	for i, profile := range customers {
		r := record(t, admin, o.message(i, "first", profile))
		o.people = append(o.people, *r.Contact)
		o.talks = append(o.talks, *r.Session)
	}
	return o
}

// message is one that the customer wrote.
func (o *office) message(customer int, id string, profile vars) vars {
	ch := o.shop
	if customer%3 == 2 {
		ch = o.phone
	}
	m := vars{
		"channelId": ch, "externalId": fmt.Sprint("customer ", customer), "messageId": id,
		"occurredAt": yesterday.Add(time.Duration(customer) * time.Minute), "text": fmt.Sprintf("Hello,\n this is %s of %d", id, customer),
	}
	if profile != nil {
		m["profile"] = profile
	}
	return m
}

func (o *office) ids() []string {
	var all []string
	for _, c := range o.people {
		all = append(all, c.ID)
	}
	return all
}

func TestStaffWorkWithTheCustomersWhoWrote(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		o := open(t, start(t, binary(t), env), env)
		o.checkTaken(t)
		o.checkSearch(t)
		o.checkPages(t)
		o.checkEdits(t)
		o.checkDeletion(t)

		everything := func() (list contactList, talks sessionList) {
			return contacts(t, o.staff, vars{"first": 100}), sessions(t, o.staff, nil)
		}
		list, talks := everything()
		o.server.stop(t)
		o.staff.url = start(t, binary(t), env).client("").url
		listAfter, talksAfter := everything()
		if diff := cmp.Diff(list, listAfter); diff != "" {
			t.Errorf("contacts after a restart:\n%s", diff)
		}
		if diff := cmp.Diff(talks, talksAfter); diff != "" {
			t.Errorf("sessions after a restart:\n%s", diff)
		}
	})
}

// checkTaken looks at what became of the first messages.
func (o *office) checkTaken(t *testing.T) {
	t.Helper()
	ids := slices.Clone(o.ids())
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != len(customers) {
		t.Fatalf("%d customers are %d contacts", len(customers), n)
	}
	sam, nobody, rene := o.people[9], o.people[10], o.people[0]
	if sam.Email != nil || sam.Phone != nil || sam.DisplayName != "Sam" {
		t.Errorf("malformed values are not dropped: %+v", sam)
	}
	if nobody.DisplayName != "Unknown" || o.people[11].DisplayName != "only@example.net" || *o.people[4].Phone != "+491712345678" {
		t.Errorf("got %+v, %+v, %+v", nobody, o.people[11], o.people[4])
	}
	if rene.Version != 1 || !rene.LastActivityAt.Equal(yesterday) {
		t.Errorf("got %+v", rene)
	}
	talk := o.talks[0]
	if *talk.LastMessagePreview != "Hello, this is first of 0" || !talk.LastMessageAt.Equal(yesterday) || talk.UnreadCount != 1 || talk.Status != "ACTIVE" {
		t.Errorf("got %+v", talk)
	}
	again := record(t, o.admin, o.message(0, "first", customers[0]))
	if diff := cmp.Diff(report{Contact: &rene, Session: &talk, UserErrors: []userError{}}, again); diff != "" {
		t.Errorf("the same message again:\n%s", diff)
	}

	// René writes on the phone too, whose provider vouches for the email; somebody else only says it is theirs.
	other := vars{"channelId": o.phone, "externalId": "rené", "messageId": "1", "profile": customers[0]}
	if r := record(t, o.admin, other); r.Contact.ID != rene.ID || r.Session.ID == talk.ID {
		t.Errorf("a verified email does not join: %+v", r)
	}
	claim := vars{"channelId": o.phone, "externalId": "impostor", "messageId": "1", "profile": vars{"name": "Impostor", "email": "rene.mueller@example.com"}}
	if r := record(t, o.admin, claim); r.Contact.ID == rene.ID {
		t.Error("a claimed email joins")
	} else {
		must[any](t, o.staff, deleteContact, vars{"id": r.Contact.ID})
	}
	o.people[0] = must[struct{ Contact contact }](t, o.staff, getContact, vars{"id": rene.ID}).Contact
}

func (o *office) checkSearch(t *testing.T) {
	t.Helper()
	for search, want := range map[string][]string{
		"rene":                {"René Müller"},
		"RENÉ":                {"René Müller"},
		"muller rene":         {"René Müller"},
		"lukasz":              {"Łukasz Żółć"},
		"zolc":                {"Łukasz Żółć"},
		"σωκρατης":            {"Σωκράτης"},
		"小":                   {"李小龍"},
		"emile":               {"émile Durkheim", "Emile Zola"},
		"zoë":                 o.zoes(),
		"ann smith":           {"Ann Smith", "Ann Smith", "Smith Annabel"},
		"smith ann":           {"Smith Annabel", "Ann Smith", "Ann Smith"},
		"%":                   {"100% Natural"},
		"_":                   {},
		`\`:                   {},
		"'":                   {"O'Brien"},
		"o'brien+kith":        {"O'Brien"},
		"030 901820":          {"Ann Smith"},
		"+49 (30) 90-18.20":   {"Ann Smith"},
		"0049 30 901820":      {"Ann Smith"},
		"90182":               {"Ann Smith"},
		"٠٣٠٩٠١٨٢٠":           {"Ann Smith"},
		"+30 210":             {"Σωκράτης"},
		"only@example.net":    {"only@example.net"},
		"nobody of this name": {},
	} {
		list := contacts(t, o.staff, vars{"search": search})
		if diff := cmp.Diff(want, names(list.Nodes)); diff != "" {
			t.Errorf("search for %q:\n%s", search, diff)
		}
		if !list.WorkspaceHasContacts {
			t.Errorf("search for %q: no contacts yet?", search)
		}
	}
}

// zoes are the names of the last two customers in the order of their ids, which alone tell them apart in a list by name.
func (o *office) zoes() []string {
	last := o.people[len(o.people)-2:]
	if last[0].ID > last[1].ID {
		return []string{*last[1].Name, *last[0].Name}
	}
	return []string{*last[0].Name, *last[1].Name}
}

// checkPages walks every list both ways.
func (o *office) checkPages(t *testing.T) {
	t.Helper()
	lists := map[string][]string{}
	for _, search := range []string{"", "e"} {
		for _, field := range []string{"LAST_ACTIVITY", "NAME", "CREATED", "RELEVANCE"} {
			if (field == "RELEVANCE") != (search != "") && field != "NAME" {
				if code := o.staff.refused(t, getContacts, vars{"search": search, "orderBy": vars{"field": field}}); code != "BAD_USER_INPUT" {
					t.Errorf("%s of search %q: %s", field, search, code)
				}
				continue
			}
			for _, direction := range []string{"ASC", "DESC"} {
				name := strings.TrimSpace(field + " " + direction + " " + search)
				v := vars{"search": search, "orderBy": vars{"field": field, "direction": direction}}
				lists[name] = walk(t, o.staff, v, 3, false)
				if diff := cmp.Diff(lists[name], walk(t, o.staff, v, 4, true)); diff != "" {
					t.Errorf("%s from its end:\n%s", name, diff)
				}
			}
			up, down := field+" ASC", field+" DESC"
			if search != "" {
				up, down = up+" "+search, down+" "+search
			}
			if diff := cmp.Diff(lists[up], reversed(lists[down])); diff != "" {
				t.Errorf("%s and %s:\n%s", up, down, diff)
			}
		}
	}
	if diff := cmp.Diff(o.ids(), lists["CREATED ASC"]); diff != "" {
		t.Errorf("as they came:\n%s", diff)
	}
	active := append(o.ids()[1:], o.people[0].ID) // René wrote once more, just now
	if diff := cmp.Diff(active, lists["LAST_ACTIVITY ASC"]); diff != "" {
		t.Errorf("as they wrote last:\n%s", diff)
	}
	var byName []string
	for _, id := range lists["NAME ASC"] {
		i := slices.Index(o.ids(), id)
		byName = append(byName, o.people[i].DisplayName)
	}
	want := []string{
		"100% Natural", "1000 Naturals", "Ann Smith", "Ann Smith", "émile Durkheim", "Emile Zola", "Łukasz Żółć", "O'Brien",
		"René Müller", "Sam", "Smith Annabel", o.zoes()[0], o.zoes()[1], "Σωκράτης", "李小龍", "Unknown", "only@example.net",
	}
	if diff := cmp.Diff(want, byName); diff != "" {
		t.Errorf("by name:\n%s", diff)
	}
	if n := len(lists["RELEVANCE ASC e"]); n == 0 || n != len(lists["NAME ASC e"]) {
		t.Errorf("%d by relevance, %d by name", n, len(lists["NAME ASC e"]))
	}
	page := contacts(t, o.staff, vars{"first": 2})
	if code := o.staff.refused(t, getContacts, vars{"search": "e", "first": 2, "after": page.PageInfo.EndCursor}); code != "BAD_CURSOR" {
		t.Errorf("a cursor of another list: %s", code)
	}
}

// walk pages through a list of contacts and returns their ids, in the list's order.
func walk(t *testing.T, c client, list vars, size int, fromEnd bool) (ids []string) {
	t.Helper()
	v := vars{}
	maps.Copy(v, list)
	for {
		count, place := "first", "after"
		if fromEnd {
			count, place = "last", "before"
		}
		v[count] = size
		page := contacts(t, c, v)
		var on []string
		for _, c := range page.Nodes {
			on = append(on, c.ID)
		}
		more, cursor := page.PageInfo.HasNextPage, page.PageInfo.EndCursor
		if fromEnd {
			more, cursor = page.PageInfo.HasPreviousPage, page.PageInfo.StartCursor
			ids = append(on, ids...)
		} else {
			ids = append(ids, on...)
		}
		if !more {
			return ids
		}
		v[place] = cursor
	}
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
