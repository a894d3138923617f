package graph_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type page struct {
	Edges []struct {
		Cursor string
		Node   struct{ ID string }
	}
	Nodes    []struct{ ID string }
	PageInfo struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       *string
	}
}

const pageFields = `{ edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`

// lists are the lists that can be paged through, by what stands between the name of the list and the page's arguments.
var lists = map[string]string{
	"contacts by activity":              `contacts(`,
	"contacts by activity, oldest":      `contacts(orderBy: {field: LAST_ACTIVITY}, `,
	"contacts by name":                  `contacts(orderBy: {field: NAME}, `,
	"contacts by name, reversed":        `contacts(orderBy: {field: NAME, direction: DESC}, `,
	"contacts by creation":              `contacts(orderBy: {field: CREATED}, `,
	"contacts by creation, newest":      `contacts(orderBy: {field: CREATED, direction: DESC}, `,
	"a search by relevance":             `contacts(search: "cust", `,
	"a search by relevance, reversed":   `contacts(search: "cust", orderBy: {field: RELEVANCE, direction: DESC}, `,
	"a search of two words, by name":    `contacts(search: "0 customer", orderBy: {field: NAME}, `,
	"sessions":                          `sessions(`,
	"sessions, oldest last message":     `sessions(orderBy: {field: LAST_MESSAGE}, `,
	"sessions by start":                 `sessions(orderBy: {field: STARTED}, `,
	"sessions by start, newest":         `sessions(orderBy: {field: STARTED, direction: DESC}, `,
	"active sessions by start":          `sessions(filter: {statuses: [ACTIVE]}, orderBy: {field: STARTED}, `,
	"sessions of one status":            `sessions(filter: {statuses: [ACTIVE]}, `,
	"sessions of nobody, which is none": `sessions(filter: {anonymous: true}, `,
}

func TestEveryListCanBeWalkedBothWays(t *testing.T) {
	t.Parallel()
	s := serve(t)
	fill(t, s, 7)
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{Server: s.Server, t: t}
			all := s.page(list + `first: 100)`)
			want := ids(all)
			for _, size := range []int{1, 2, len(want), len(want) + 1} {
				if size == 0 {
					continue
				}
				if diff := cmp.Diff(want, s.walk(list, size, true)); diff != "" {
					t.Errorf("forwards by %d: %s", size, diff)
				}
				if diff := cmp.Diff(want, s.walk(list, size, false)); diff != "" {
					t.Errorf("backwards by %d: %s", size, diff)
				}
			}
		})
	}
}

func ids(p page) []string {
	out := []string{}
	for _, e := range p.Edges {
		out = append(out, e.Node.ID)
	}
	return out
}

func (s *server) page(list string) page {
	s.t.Helper()
	var data struct{ List page }
	s.query("staff", `{ list: `+list+` `+pageFields+` }`, nil).into(s.t, &data)
	p := data.List
	if len(p.Nodes) != len(p.Edges) {
		s.t.Fatalf("%d nodes, %d edges", len(p.Nodes), len(p.Edges))
	}
	if n := len(p.Edges); n > 0 && (*p.PageInfo.StartCursor != p.Edges[0].Cursor || *p.PageInfo.EndCursor != p.Edges[n-1].Cursor) {
		s.t.Fatalf("the page's cursors are not its rows': %+v", p)
	}
	return p
}

// walk reads a list to its end.
func (s *server) walk(list string, size int, forwards bool) []string {
	s.t.Helper()
	all := []string{}
	cursor := ""
	for range 100 {
		argument := fmt.Sprintf(`first: %d`, size)
		if !forwards {
			argument = fmt.Sprintf(`last: %d`, size)
		}
		if cursor != "" {
			argument += fmt.Sprintf(`, %s: "%s"`, map[bool]string{true: "after", false: "before"}[forwards], cursor)
		}
		p := s.page(list + argument + `)`)
		more, began := p.PageInfo.HasNextPage, p.PageInfo.HasPreviousPage
		if !forwards {
			more, began = began, more
		}
		if began != (cursor != "") {
			s.t.Errorf("after a cursor: %t, and the page says %t", cursor != "", began)
		}
		if forwards {
			all = append(all, ids(p)...)
		} else {
			all = append(ids(p), all...)
		}
		if !more {
			return all
		}
		if len(p.Edges) != size {
			s.t.Fatalf("a page of %d has %d rows and more behind it", size, len(p.Edges))
		}
		cursor = *p.PageInfo.EndCursor
		if !forwards {
			cursor = *p.PageInfo.StartCursor
		}
	}
	s.t.Fatal("no end of it")
	return nil
}

func TestACursorOfOneContactsSessionsIsNotAnothers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	fill(t, s, 2)
	var data struct {
		Contacts struct {
			Nodes []struct {
				ID       string
				Sessions page
			}
		}
	}
	s.query("staff", `{ contacts { nodes { id sessions(first: 1) `+pageFields+` } } }`, nil).into(t, &data)
	one, other := data.Contacts.Nodes[0], data.Contacts.Nodes[1]
	got := s.query("staff", `query ($one: ID!, $other: ID!, $after: String) { nodes(ids: [$one, $other]) {
		id ... on Contact { sessions(first: 1, after: $after) { nodes { id } } }
	} }`, vars{"one": one.ID, "other": other.ID, "after": one.Sessions.PageInfo.EndCursor})
	if codes, _ := got.errors(t); !slices.Equal(codes, []string{"BAD_CURSOR"}) {
		t.Errorf("%s", got.body)
	}
	var next struct {
		Contact struct{ Sessions page }
	}
	s.query("staff", `query ($one: ID!, $after: String) { contact(id: $one) { sessions(first: 1, after: $after) `+pageFields+` } }`,
		vars{"one": one.ID, "after": one.Sessions.PageInfo.EndCursor}).into(t, &next)
	p := next.Contact.Sessions
	if len(p.Nodes) != 1 || p.Nodes[0].ID == one.Sessions.Nodes[0].ID || p.PageInfo.HasNextPage || !p.PageInfo.HasPreviousPage {
		t.Errorf("%+v after %+v", p, one.Sessions)
	}
}
