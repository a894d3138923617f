package graph_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"kith/internal/cursor"
	"kith/storage"
)

// TestCursorsOfContactsShowNobody: cursors end up in addresses and logs.
func TestCursorsOfContactsShowNobody(t *testing.T) {
	t.Parallel()
	s := serve(t)
	shop := s.channel("admin", "Shop", "WHATSAPP")
	for _, id := range []string{"1", "2"} {
		s.record("admin", vars{"channelId": shop, "externalId": id, "messageId": id, "profile": vars{"name": "Annabel", "email": "annabel" + id + "@example.com", "emailVerified": true}})
	}
	for order, key := range map[string]string{
		`orderBy: {field: NAME}`: "annabel", `orderBy: {field: EMAIL}`: "annabel", `search: "annab"`: "annabel", `orderBy: {field: CREATED}`: "",
	} {
		type list struct {
			Contacts struct {
				Edges    []struct{ Cursor string }
				PageInfo struct{ EndCursor string }
			}
		}
		var data, again, rest list
		document := func(more string) string {
			return `{ contacts(first: 1, ` + order + more + `) { edges { cursor } pageInfo { endCursor } } }`
		}
		s.query("staff", document(""), nil).into(t, &data)
		s.query("staff", document(""), nil).into(t, &again)
		text := data.Contacts.PageInfo.EndCursor
		if text != data.Contacts.Edges[0].Cursor || text != again.Contacts.PageInfo.EndCursor {
			t.Errorf("%s: several cursors of one position", order)
		}
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || key != "" && strings.Contains(strings.ToLower(string(raw)), key) {
			t.Errorf("%s: %q, %v", order, raw, err)
		}
		s.query("staff", document(`, after: "`+text+`"`), nil).into(t, &rest)
		if len(rest.Contacts.Edges) != 1 || rest.Contacts.PageInfo.EndCursor == text {
			t.Errorf("%s: %+v follows", order, rest)
		}
		changed := text[:30] + flipped(text[30]) + text[31:]
		old := cursor.Encode(cursor.ListOf("contacts", "NAME", "ASC", ""), storage.Position{Key: "annabel"})
		for what, answer := range map[string]answer{
			"changed":           s.query("staff", document(`, after: "`+changed+`"`), nil),
			"cut":               s.query("staff", document(`, after: "`+text[:len(text)-1]+`"`), nil),
			"of an old version": s.query("staff", document(`, after: "`+old+`"`), nil),
		} {
			if codes, _ := answer.errors(t); len(codes) != 1 || codes[0] != "BAD_CURSOR" {
				t.Errorf("%s, %s: %s", order, what, answer.body)
			}
		}
	}
}

// flipped is another digit of base 64.
func flipped(digit byte) string {
	if digit == 'x' {
		return "y"
	}
	return "x"
}
