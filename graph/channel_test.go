package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/graph"
	"kith/internal/service"
)

func TestFailuresAndCountsCostAFixedNumberOfStorageCalls(t *testing.T) {
	t.Parallel()
	s := serve(t)
	fill(t, s, 3)
	for c := range 3 {
		channel := s.channel("admin", fmt.Sprint("Channel ", c), "TELEGRAM")
		for i := range 10 {
			s.failure(channel, 10*c+i, fmt.Sprintf(`{"update_id":%d}`, i))
		}
	}
	for name, c := range map[string]struct {
		document string
		calls    map[string]int
	}{
		"a page of failures with their channels": {
			`query ($first: Int) { ingestFailures(first: $first) { nodes { channel { name } } edges { node { channel { type } } } } }`,
			map[string]int{"Failures": 1, "ChannelsByID": 1},
		},
		"the number of failures, when asked for": {
			`query ($first: Int) { ingestFailures(first: $first) { totalCount { value exact } a: totalCount { value } } }`,
			map[string]int{"Failures": 1, "CountFailures": 1},
		},
		"counts without channels": {
			`{ sessionCounts { total statuses { status count } tags { tag count } } }`,
			map[string]int{"CountSessions": 1},
		},
		"counts with channels": {
			`{ sessionCounts { channels { channel { id name } count } } }`,
			map[string]int{"CountSessions": 1, "Channels": 1},
		},
	} {
		for _, first := range []int{1, 2, 25, 30} {
			t.Run(fmt.Sprintf("%s, %d rows", name, first), func(t *testing.T) {
				variables := vars{"first": first}
				if !strings.Contains(c.document, "$first") {
					variables = nil
				}
				s.store.Reset()
				var data any
				s.query("admin", c.document, variables).into(t, &data)
				got := s.store.Calls()
				delete(got, "Workspace") // signing in
				if diff := cmp.Diff(c.calls, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestFailuresCanBeWalkedBothWays(t *testing.T) {
	t.Parallel()
	s := serve(t)
	channel := s.channel("admin", "Bot", "TELEGRAM")
	var want []string
	for i := range 5 {
		want = append([]string{s.failure(channel, i, fmt.Sprintf(`{"update_id":%d}`, i))}, want...)
	}
	walk := func(size int, forwards bool) []string {
		var (
			got    = []string{}
			cursor *string
		)
		for range 20 {
			variables := vars{"size": size, "cursor": cursor}
			arguments := "first: $size, after: $cursor"
			if !forwards {
				arguments = "last: $size, before: $cursor"
			}
			var data struct{ IngestFailures page }
			s.query("admin", `query ($size: Int, $cursor: String) { ingestFailures(`+arguments+`) `+pageFields+` }`, variables).into(t, &data)
			p := data.IngestFailures
			if forwards {
				got = append(got, ids(p)...)
				cursor = p.PageInfo.EndCursor
			} else {
				got = append(ids(p), got...)
				cursor = p.PageInfo.StartCursor
			}
			if forwards && !p.PageInfo.HasNextPage || !forwards && !p.PageInfo.HasPreviousPage {
				return got
			}
		}
		t.Fatal("no end of it")
		return nil
	}
	for _, size := range []int{1, 2, 5, 6} {
		for _, forwards := range []bool{true, false} {
			if diff := cmp.Diff(want, walk(size, forwards)); diff != "" {
				t.Errorf("by %d, forwards %t: %s", size, forwards, diff)
			}
		}
	}
}

// TestASecretIsNeverSeenAgain sends secrets and looks for them in every answer and in the log.
func TestASecretIsNeverSeenAgain(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var seen strings.Builder
	ask := func(document string, variables vars) {
		seen.WriteString(s.query("admin", document, variables).body)
	}
	for _, kind := range []string{"HTML_EMBED", "FACEBOOK", "INSTAGRAM", "TELEGRAM", "WHATSAPP", "TIKTOK"} {
		id := s.channel("admin", "Shop", "WHATSAPP")
		ask(`mutation ($kind: ChannelType!) { createChannel(input: {name: "x", type: $kind, secret: "`+sentinel+`-of-the-channel"}) {
			channel { id name } setup { webhookUrl verifyToken embedSnippet secretSet allowedDomains } userErrors { message }
		} }`, vars{"kind": kind})
		ask(`mutation ($id: ID!) { updateChannel(input: {id: $id, name: "", secret: "`+sentinel+` `+sentinel+`\u0000"}) {
			channel { id name } setup { webhookUrl verifyToken embedSnippet secretSet } userErrors { message }
		} }`, vars{"id": id})
		ask(`mutation ($id: ID!) { updateChannel(input: {id: $id, secret: "`+sentinel+`-of-the-channel"}) {
			setup { webhookUrl verifyToken embedSnippet secretSet } userErrors { message }
		} }`, vars{"id": id})
		for _, token := range []string{sentinel + "-of-the-page", sentinel + " " + sentinel} {
			ask(`mutation ($kind: ChannelType!, $token: String) { createChannel(input: {name: "x", type: $kind, accessToken: $token}) {
				channel { id name } setup { webhookUrl verifyToken embedSnippet secretSet accessTokenSet } userErrors { message }
			} }`, vars{"kind": kind, "token": token})
		}
		ask(`mutation ($id: ID!) { updateChannel(input: {id: $id, secret: {x: "`+sentinel+`"}}) { userErrors { message } } }`, vars{"id": id})
	}
	ask(`{ channels { nodes { id name type active } } }`, nil)
	if n := strings.Count(seen.String(), `"accessTokenSet":true`); n != 2 {
		t.Errorf("%d access tokens are set: %s", n, seen.String())
	}
	if n := strings.Count(seen.String(), `"secretSet":true`); n < 12 {
		t.Errorf("%d secrets are set: %s", n, seen.String())
	}
	if strings.Contains(seen.String(), sentinel) || strings.Contains(s.log.String(), sentinel) {
		t.Errorf("a secret shows: %s\n%s", seen.String(), s.log)
	}
}

func TestWithoutAKeyAChannelHasNoSecret(t *testing.T) {
	t.Parallel()
	store := open(t)
	s := serveStore(t, store, func(o *graph.Options) { o.Service = service.New(store, service.Options{Now: clock()}) })
	var data struct {
		CreateChannel struct {
			Channel    *struct{ ID string }
			UserErrors []struct {
				Code    string
				Field   []string
				Message string
			}
		}
	}
	s.query("admin", `mutation { createChannel(input: {name: "Shop", type: WHATSAPP, secret: "a secret for tests"}) {
		channel { id } userErrors { code field message }
	} }`, nil).into(t, &data)
	got := data.CreateChannel
	if got.Channel != nil || len(got.UserErrors) != 1 || got.UserErrors[0].Code != "INVALID" ||
		!strings.Contains(got.UserErrors[0].Message, "KITH_SECRET_KEY") || got.UserErrors[0].Field[1] != "secret" {
		t.Errorf("%+v", got)
	}
	s.channel("admin", "Shop", "WHATSAPP") // goes on working
}

func TestMoreThanAHundredFailuresAtOnceAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, mutation := range []string{"replayIngestFailures", "dismissIngestFailures"} {
		var data struct {
			M struct {
				UserErrors []struct {
					Code  string
					Field []string
				}
			}
		}
		s.query("admin", `mutation ($ids: [ID!]!) { m: `+mutation+`(input: {ids: $ids}) { userErrors { code field } } }`,
			vars{"ids": make101()}).into(t, &data)
		if e := data.M.UserErrors; len(e) != 1 || e[0].Code != "INVALID" || !cmp.Equal(e[0].Field, []string{"input", "ids"}) {
			t.Errorf("%s: %+v", mutation, e)
		}
	}
}
