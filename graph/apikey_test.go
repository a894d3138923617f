package graph_test

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/auth"
	"kith/internal/crm"
)

// key creates a key and returns its id and its text. The rest of the input is GraphQL.
func (s *server) key(who, rest string) (id, text string) {
	s.t.Helper()
	var data struct {
		CreateAPIKey struct {
			APIKey     struct{ ID string }
			Secret     string
			UserErrors []any
		}
	}
	s.query(who, `mutation { createApiKey(input: {name: "Robot", `+rest+`}) { apiKey { id } secret userErrors { message } } }`, nil).into(s.t, &data)
	if len(data.CreateAPIKey.UserErrors) > 0 {
		s.t.Fatal(data.CreateAPIKey.UserErrors)
	}
	return data.CreateAPIKey.APIKey.ID, data.CreateAPIKey.Secret
}

// withKeys is an endpoint that takes API keys as well, at a time.
func withKeys(t *testing.T, s **server, h **graph.Handler, now time.Time) *auth.APIKeys {
	t.Helper()
	var keys *auth.APIKeys
	store := open(t)
	*s = &server{t: t, store: store, log: &syncBuffer{}}
	*h = (*s).handler(store, func(o *graph.Options) {
		var err error
		if keys, err = auth.NewAPIKeys(store, o.Logger, func() time.Time { return now }); err != nil {
			t.Fatal(err)
		}
		tokens, err := auth.New(t.Context(), auth.Config{Secrets: []string{secret}, Keys: keys}, store, o.Logger, func() time.Time { return start })
		if err != nil {
			t.Fatal(err)
		}
		o.Authenticate = tokens.Authenticate
	}).(*graph.Handler)
	(*s).Server = httptest.NewServer(*h)
	t.Cleanup((*s).Close)
	return keys
}

const operationOfKeys = `{ viewer { subject name role } }`

func TestAKeyIsACredential(t *testing.T) {
	t.Parallel()
	var s *server
	var h *graph.Handler
	withKeys(t, &s, &h, start)
	shop, other := s.channel("admin", "Shop", "WHATSAPP"), s.channel("admin", "Other", "WHATSAPP")
	for role, may := range map[string]map[string]bool{ // by what is asked
		"READER":                             {`{ contacts { nodes { id } } }`: true, `mutation { updateContact(input: {id: "x"}) { eventId } }`: false},
		"STAFF":                              {`mutation { updateContact(input: {id: "x"}) { eventId } }`: true, `{ apiKeys { nodes { id } } }`: false},
		"ADMIN":                              {`{ apiKeys { nodes { id } } }`: true},
		"CHANNEL":                            {`{ contacts { nodes { id } } }`: false, report(other): true},
		`CHANNEL, channelId: "` + shop + `"`: {report(shop): true, report(other): false},
	} {
		id, text := s.key("admin", "role: "+role)
		got := s.askWith(text, operationOfKeys)
		want := `{"data":{"viewer":{"subject":"` + id + `","name":"Robot","role":"` + role[:strings.IndexAny(role+",", ",")] + `"}}`
		if !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: %s, want %s", role, got.body, want)
		}
		for document, allowed := range may {
			codes, _ := s.askWith(text, document).errors(t)
			if slices.Contains(codes, "FORBIDDEN") == allowed {
				t.Errorf("%s: %s: %s", role, document, codes)
			}
		}
	}
}

// askWith is query with a key.
func (s *server) askWith(key, document string) answer {
	s.t.Helper()
	return s.post(`{"query":`+strconv.Quote(document)+`}`, "Authorization", "Bearer "+key)
}

func report(channel string) string {
	return `mutation { recordInteraction(input: {channelId: "` + channel + `", externalId: "1", messageId: "1"}) { eventId } }`
}

func TestARevokedKeyEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	var s *server
	var h *graph.Handler
	keys := withKeys(t, &s, &h, start)
	go keys.Follow(t.Context(), func(e crm.EndedSignIn) { h.EndSignIn(e) })
	id, text := s.key("admin", "role: READER")
	_, others := s.key("admin", "role: READER")
	opened := func(key string) *client {
		c := s.dial(t)
		c.say(`{"type":"connection_init","payload":{"authorization":"Bearer ` + key + `"}}`)
		if f := c.hear(); f.Type != "connection_ack" {
			t.Fatalf("%+v", f)
		}
		c.subscribe("1", watchContacts, nil)
		c.barrier()
		return c
	}
	socket, other := opened(text), opened(others)
	if got := s.query("admin", `mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { revokedApiKeyId userErrors { message } } }`, vars{"id": id}).body; !strings.Contains(got, `"revokedApiKeyId":"`+id+`"`) {
		t.Fatal(got)
	}
	socket.wantClose(4403, "API key not valid")
	other.barrier()
	got := s.askWith(text, operationOfKeys)
	if got.status != 401 || !strings.Contains(got.header.Get("WWW-Authenticate"), "API key not valid") {
		t.Errorf("%d %s", got.status, got.header)
	}
}

// TestBadKeysAreRefusedInTheSameWords: nobody learns whether a key was ever good.
func TestBadKeysAreRefusedInTheSameWords(t *testing.T) {
	t.Parallel()
	var s *server
	var h *graph.Handler
	withKeys(t, &s, &h, start.Add(2*time.Hour))
	_, good := s.key("admin", "role: ADMIN")
	revoked, revokedText := s.key("admin", "role: ADMIN")
	s.query("admin", `mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { revokedApiKeyId } }`, vars{"id": revoked})
	_, expired := s.key("admin", `role: ADMIN, expiresAt: "`+start.Add(time.Hour).Format(time.RFC3339)+`"`)
	var want answer
	for i, text := range []string{
		"kith_", crm.NewKeyText(crm.NewKeyID(start)), revokedText, expired, good[:len(good)-1], good + "0", good[:30] + "\u00e9",
		swapped(good),
	} {
		got := s.askWith(text, operationOfKeys)
		if i == 0 {
			want = got
		}
		if got.status != 401 || got.body != want.body || got.header.Get("WWW-Authenticate") != want.header.Get("WWW-Authenticate") {
			t.Errorf("%d: %d %s %s", i, got.status, got.body, got.header.Get("WWW-Authenticate"))
		}
	}
	if s.askWith(good, operationOfKeys).status != 200 {
		t.Error("the good one is refused")
	}
	if strings.Contains(s.log.String(), "kith_") {
		t.Error("a key in the log")
	}
}

// swapped is a key with another secret under the same id, and the right checksum.
func swapped(key string) string {
	id, _ := crm.ParseKeyText(key)
	return crm.NewKeyText(id)
}

func TestKeysAreListedWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	var s *server
	var h *graph.Handler
	withKeys(t, &s, &h, start)
	shop := s.channel("admin", "Shop", "WHATSAPP")
	id, text := s.key("admin", `role: CHANNEL, channelId: "`+shop+`", expiresAt: "2099-01-01T00:00:00Z"`)
	got := s.query("admin", `{
		apiKeys { totalCount { value } nodes { id name role channel { name } createdBy expiresAt lastUsedAt } }
		auditLog { nodes { action apiKeyId channelId } }
	}`, nil).body
	for _, want := range []string{
		`{"id":"` + id + `","name":"Robot","role":"CHANNEL","channel":{"name":"Shop"},"createdBy":"admin@example.com","expiresAt":"2099-01-01T00:00:00Z","lastUsedAt":null}`,
		`"totalCount":{"value":1}`, `{"action":"API_KEY_CREATED","apiKeyId":"` + id + `","channelId":"` + shop + `"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, text[30:]) || regexp.MustCompile(`kith_[0-9A-Za-z]`).MatchString(got) {
		t.Error(got)
	}
}

func TestKeysThatCannotBeCreated(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for input, want := range map[string]string{
		`name: " ", role: STAFF`:                                     `"code":"INVALID","field":["input","name"],"message":"The name cannot be empty"`,
		`name: "a", role: STAFF, channelId: "x"`:                     `"code":"INVALID","field":["input","channelId"]`,
		`name: "a", role: CHANNEL, channelId: "x"`:                   `"code":"NOT_FOUND","field":["input","channelId"]`,
		`name: "a", role: READER, expiresAt: "2026-01-02T03:04:05Z"`: `"code":"INVALID","field":["input","expiresAt"],"message":"The expiry must be in the future"`,
	} {
		got := s.query("admin", `mutation { createApiKey(input: {`+input+`}) { apiKey { id } secret userErrors { code field message } } }`, nil).body
		if !strings.Contains(got, want) || !strings.Contains(got, `"apiKey":null,"secret":null`) {
			t.Errorf("%s: %s", input, got)
		}
	}
	got := s.query("admin", `mutation { revokeApiKey(input: {id: "key_x"}) { revokedApiKeyId userErrors { code field } } }`, nil).body
	if want := `{"data":{"revokeApiKey":{"revokedApiKeyId":null,"userErrors":[{"code":"NOT_FOUND","field":["input","id"]}]}}`; !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}
