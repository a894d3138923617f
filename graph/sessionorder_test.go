package graph_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// sessionOrders are the orders of sessions as an argument, the default in two ways, each with the sessions that lateReports
// reports in that order.
var sessionOrders = map[string][]int{
	"": {0, 1, 3, 2}, "orderBy: {field: LAST_MESSAGE, direction: DESC}": {0, 1, 3, 2}, "orderBy: {field: LAST_MESSAGE}": {2, 3, 1, 0},
	"orderBy: {field: STARTED}": {2, 1, 3, 0}, "orderBy: {field: STARTED, direction: DESC}": {0, 3, 1, 2},
}

// isDefault reports whether an argument asks for the default order.
func isDefault(order string) bool {
	return order == "" || order == "orderBy: {field: LAST_MESSAGE, direction: DESC}"
}

// lateReports reports sessions of one customer on four channels, in another order than that in which they started.
func lateReports(s *server) (contact string, sessions []string) {
	s.t.Helper()
	report := func(channel int, message string, hours int) (string, string) {
		return s.record("admin", vars{
			"channelId": sessions[channel], "externalId": "1", "messageId": message,
			"occurredAt": start.Add(-time.Duration(hours) * time.Hour).Format(time.RFC3339),
			"profile":    vars{"name": "Ann", "email": "ann@example.com", "emailVerified": true},
		})
	}
	for i := range 4 {
		sessions = append(sessions, s.channel("admin", fmt.Sprint("Shop ", i), "WHATSAPP"))
	}
	for i, hours := range []int{1, 30, 40, 20} {
		contact, _ = report(i, "first", hours)
	}
	report(1, "second", 2)
	for i := range sessions {
		_, sessions[i] = report(i, "first", 0) // the same message again
	}
	return contact, sessions
}

func TestSessionsComeInTheOrderAskedFor(t *testing.T) {
	t.Parallel()
	s := serve(t)
	contact, sessions := lateReports(s)
	for order, want := range sessionOrders {
		for name, list := range map[string]string{
			"all": `sessions(first: 9 ` + order + `)`, "under a filter": `sessions(filter: {statuses: [ACTIVE]}, ` + order + `)`,
			"from the end": `sessions(last: 9 ` + order + `)`,
		} {
			got := ids(s.page(list))
			if diff := cmp.Diff(picked(sessions, want), got); diff != "" {
				t.Errorf("%s, %q: %s", name, order, diff)
			}
		}
		var data struct {
			Contacts struct {
				Nodes []struct{ Sessions page }
			}
			Contact struct{ Sessions page }
		}
		s.query("staff", fmt.Sprintf(`query ($id: ID!) {
			contacts { nodes { sessions(first: 9 %[1]s) %[2]s } } contact(id: $id) { sessions(first: 9 %[1]s) %[2]s }
		}`, order, pageFields), vars{"id": contact}).into(t, &data)
		for _, got := range []page{data.Contacts.Nodes[0].Sessions, data.Contact.Sessions} {
			if diff := cmp.Diff(picked(sessions, want), ids(got)); diff != "" {
				t.Errorf("of a contact, %q: %s", order, diff)
			}
		}
		got := ids(s.page(`sessions(skip: 1, first: 2 ` + order + `)`))
		if diff := cmp.Diff(picked(sessions, want[1:3]), got); diff != "" {
			t.Errorf("past one, %q: %s", order, diff)
		}
	}
}

func TestSeveralOrdersInOneOperation(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, sessions := lateReports(s)
	var data struct {
		Contacts struct{ Nodes []map[string]page }
	}
	s.query("staff", `{ contacts { nodes {
		byMessage: sessions(first: 4) `+pageFields+`
		byStart: sessions(first: 4, orderBy: {field: STARTED}) `+pageFields+`
		newest: sessions(first: 4, orderBy: {field: STARTED, direction: DESC}) `+pageFields+`
	} } }`, nil).into(t, &data)
	for name, order := range map[string]string{
		"byMessage": "", "byStart": "orderBy: {field: STARTED}", "newest": "orderBy: {field: STARTED, direction: DESC}",
	} {
		if diff := cmp.Diff(picked(sessions, sessionOrders[order]), ids(data.Contacts.Nodes[0][name])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// picked are the values at these places.
func picked(values []string, at []int) []string {
	out := []string{}
	for _, i := range at {
		out = append(out, values[i])
	}
	return out
}

func TestACursorOfSessionsBelongsToAnOrder(t *testing.T) {
	t.Parallel()
	s := serve(t)
	contact, sessions := lateReports(s)
	for _, list := range []struct{ before, after string }{
		{`sessions(`, `)`}, {`sessions(filter: {statuses: [ACTIVE]}, `, `)`},
	} {
		for order, want := range sessionOrders {
			cursors := s.page(list.before + `first: 9 ` + order + list.after)
			for other, all := range sessionOrders {
				argument := fmt.Sprintf(`first: 2, after: "%s" %s`, cursors.Edges[1].Cursor, other)
				if other == order || isDefault(order) && isDefault(other) {
					if diff := cmp.Diff(picked(sessions, all[2:]), ids(s.page(list.before+argument+list.after))); diff != "" {
						t.Errorf("%q after a cursor of %q: %s", other, order, diff)
					}
					continue
				}
				for _, argument := range []string{argument, fmt.Sprintf(`last: 2, before: "%s" %s`, cursors.Edges[1].Cursor, other)} {
					got := s.query("staff", `{ `+list.before+argument+list.after+` { nodes { id } } }`, nil)
					if codes, _ := got.errors(t); !slices.Equal(codes, []string{"BAD_CURSOR"}) {
						t.Errorf("%q with a cursor of %q (%v): %s", other, order, want, got.body)
					}
				}
			}
		}
	}
	nested := func(order, more string) answer {
		return s.query("staff", `query ($id: ID!) { contact(id: $id) { sessions(first: 2 `+order+more+`) `+pageFields+` } }`, vars{"id": contact})
	}
	for order, want := range sessionOrders {
		var data struct{ Contact struct{ Sessions page } }
		nested(order, "").into(t, &data)
		after := fmt.Sprintf(`, after: "%s"`, *data.Contact.Sessions.PageInfo.EndCursor)
		nested(order, after).into(t, &data)
		if diff := cmp.Diff(picked(sessions, want[2:]), ids(data.Contact.Sessions)); diff != "" {
			t.Errorf("of a contact, %q: %s", order, diff)
		}
		for other := range sessionOrders {
			codes, _ := nested(other, after).errors(t)
			if belongs := other == order || isDefault(order) && isDefault(other); belongs != (len(codes) == 0) || !belongs && codes[0] != "BAD_CURSOR" {
				t.Errorf("of a contact, %q with a cursor of %q: %v", other, order, codes)
			}
		}
	}
}

// TestACursorFromBeforeThereWereOrdersIsValid: clients keep cursors in addresses.
func TestACursorFromBeforeThereWereOrdersIsValid(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, sessions := lateReports(s)
	first, _ := crm.ParseSessionID(sessions[0])
	old := cursor.Encode(cursor.ListOf("sessions", "", ""), storage.Position{At: start.Add(-time.Hour).Truncate(time.Second), ID: uuid.UUID(first)})
	if diff := cmp.Diff(picked(sessions, []int{1, 3, 2}), ids(s.page(`sessions(after: "`+old+`")`))); diff != "" {
		t.Error(diff)
	}
}
