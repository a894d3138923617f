package app

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

const (
	oldKey = "the old key of at least thirty-two bytes"
	newKey = "the new key of at least thirty-two bytes"
)

// setup is the setup in the answers of createChannel and updateChannel.
type setup struct {
	Channel    struct{ ID string }
	Setup      struct{ WebhookURL, VerifyToken, EmbedSnippet string }
	UserErrors []struct{ Message string }
}

// connect makes a channel of the input's, which is written in GraphQL.
func (s *server) connect(t *testing.T, token, input string) setup {
	t.Helper()
	_, body := s.ask(t, token, `mutation { c: createChannel(input: {`+input+`}) {
		channel { id } setup { webhookUrl verifyToken embedSnippet } userErrors { message }
	} }`)
	var answer struct{ Data struct{ C setup } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.C.Channel.ID == "" {
		t.Fatalf("%v: %s", err, body)
	}
	return answer.Data.C
}

// send sends a request from far away, as a browser would of a page of the origin. Headers come in pairs.
func (s *server) send(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "kith.example.com"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Transport{}).RoundTrip(r) // follows nothing
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestAProviderReachesItsChannelFromAnywhere(t *testing.T) {
	t.Parallel()
	s := start(t, environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_SECRET_KEY": newKey, "KITH_DEMO": "off",
		"KITH_PUBLIC_URL": "https://kith.example.com/",
	})
	made := s.connect(t, "", `name: "Bot", type: TELEGRAM`)
	path, ok := strings.CutPrefix(made.Setup.WebhookURL, "https://kith.example.com")
	if !ok {
		t.Fatal(made.Setup.WebhookURL)
	}
	update := `{"update_id":1,"message":{"message_id":5,"date":1760000000,"chat":{"id":42,"type":"private"},` +
		`"from":{"id":42,"is_bot":false,"first_name":"Ann","last_name":"Smith"},"text":"Hello"}}`
	if res, body := s.send(t, http.MethodPost, path, update); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("unsigned: %d %s", res.StatusCode, body)
	}
	for range 2 {
		res, body := s.send(t, http.MethodPost, path, update, "X-Telegram-Bot-Api-Secret-Token", made.Setup.VerifyToken)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%d %s", res.StatusCode, body)
		}
	}
	if _, body := s.ask(t, "", `{ contacts { nodes { name sessions { nodes { lastMessagePreview unreadCount } } } } }`); !strings.HasPrefix(body,
		`{"data":{"contacts":{"nodes":[{"name":"Ann Smith","sessions":{"nodes":[{"lastMessagePreview":"Hello","unreadCount":1}]}}]}}`) {
		t.Error(body)
	}
	_, metrics := s.get(t, "/metrics")
	for _, want := range []string{`kith_webhooks_total{code="200",type="TELEGRAM"} 2`, `kith_webhooks_total{code="401",type="TELEGRAM"} 1`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, hidden := range []string{made.Setup.VerifyToken, "Smith", "Hello"} {
		if strings.Contains(s.log.String()+metrics, hidden) {
			t.Errorf("the log or the metrics contain %q", hidden)
		}
	}
}

func TestPagesReachTheWidgetsChannelAndNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t, environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off", "KITH_SECRET_KEY": newKey,
	})
	made := s.connect(t, "", `name: "Site", type: HTML_EMBED, allowedDomains: ["Shop.example:443"]`)
	path := strings.TrimPrefix(made.Setup.WebhookURL, s.url)
	if !strings.Contains(made.Setup.EmbedSnippet, made.Setup.WebhookURL) || path == made.Setup.WebhookURL {
		t.Errorf("%+v", made)
	}
	message := `{"visitorId":"v1","messageId":"m1","text":"Hello"}`
	for name, c := range map[string]struct {
		method, path, origin string
		status               int
	}{
		"a preflight":                     {http.MethodOptions, path, "https://shop.example", 204},
		"a message":                       {http.MethodPost, path, "https://shop.example", 200},
		"a page that is not allowed":      {http.MethodPost, path, "https://evil.example", 403},
		"a preflight of such a page":      {http.MethodOptions, path, "https://evil.example", 403},
		"no such channel":                 {http.MethodPost, "/channels/channel_00000000000000000000000000000000/webhook", "https://shop.example", 404},
		"nothing beside the webhook":      {http.MethodPost, "/channels/", "https://shop.example", 404},
		"GraphQL":                         {http.MethodPost, "/graphql", "https://shop.example", 403},
		"GraphQL by a way round":          {http.MethodPost, "/channels/../graphql", "https://shop.example", 307},
		"GraphQL by a way round, encoded": {http.MethodPost, "/channels/%2e%2e/graphql", "https://shop.example", 404},
		"health, under a foreign name":    {http.MethodGet, "/readyz", "https://shop.example", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, body := s.send(t, c.method, c.path, message, "Origin", c.origin)
			if res.StatusCode != c.status {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); (got == c.origin) != (c.status < 300) {
				t.Errorf("%d may be read by %q", c.status, got)
			}
		})
	}
}

func TestStrangersAreLimitedWhateverTheLimitOfStaff(t *testing.T) {
	t.Parallel()
	s := start(t, environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off", "KITH_SECRET_KEY": newKey,
		"KITH_RATE_LIMIT": "off", "KITH_WIDGET_RATE": "40/h", "KITH_NEW_CONTACTS": "5/h", "KITH_TRUSTED_PROXIES": "127.0.0.1",
	})
	made := s.connect(t, "", `name: "Site", type: HTML_EMBED, allowedDomains: ["shop.example"]`)
	site := strings.TrimPrefix(made.Setup.WebhookURL, s.url)
	made = s.connect(t, "", `name: "Bot", type: TELEGRAM`)
	bot := strings.TrimPrefix(made.Setup.WebhookURL, s.url)
	visit := func(from, visitor string) int {
		t.Helper()
		res, body := s.send(t, http.MethodPost, site, `{"visitorId":"`+visitor+`","messageId":"`+rand.Text()+`","text":"Hi"}`,
			"Origin", "https://shop.example", "X-Forwarded-For", "198.51.100.9, "+from)
		if res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "" {
			t.Error(res.Header, body)
		}
		return res.StatusCode
	}
	codes := func(n int, send func(n int) int) map[int]int {
		all := map[int]int{}
		for n := range n {
			all[send(n)]++
		}
		return all
	}
	for name, c := range map[string]struct{ got, want map[int]int }{
		"new contacts": {
			codes(8, func(n int) int { return visit(fmt.Sprint("192.0.2.", n), fmt.Sprint("v", n)) }), map[int]int{200: 5, 429: 3},
		},
		"messages of one address, whatever it says of others": {
			codes(50, func(int) int { return visit("203.0.113.1", "v0") }), map[int]int{200: 40, 429: 10},
		},
		"another address": {codes(1, func(int) int { return visit("203.0.113.2", "v0") }), map[int]int{200: 1}},
		"channels that are not there": {
			codes(100, func(n int) int {
				res, _ := s.send(t, http.MethodPost, fmt.Sprintf("/channels/channel_%032x/webhook", n), "{}")
				return res.StatusCode
			}), map[int]int{404: 60, 429: 40},
		},
		"what is not signed": {
			codes(100, func(int) int {
				res, _ := s.send(t, http.MethodPost, bot, "{}", "X-Telegram-Bot-Api-Secret-Token", "guess")
				return res.StatusCode
			}), map[int]int{401: 60, 429: 40},
		},
		"what is": {
			codes(300, func(int) int {
				res, _ := s.send(t, http.MethodPost, bot, `{"update_id":1}`, "X-Telegram-Bot-Api-Secret-Token", made.Setup.VerifyToken)
				return res.StatusCode
			}), map[int]int{200: 300},
		},
	} {
		// A slow machine gets some back: one a second of those for strangers.
		if c.got[429] > c.want[429] || len(c.got) != len(c.want) || c.got[200] != c.want[200] {
			t.Errorf("%s: %v, not %v", name, c.got, c.want)
		}
	}
	_, metrics := s.get(t, "/metrics")
	for _, want := range []string{
		`kith_webhooks_limited_total{limit="new_contacts",type="HTML_EMBED"} 3`,
		`kith_webhooks_limited_total{limit="visitors",type="HTML_EMBED"} 10`, `kith_webhook_body_bytes 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestRekey(t *testing.T) {
	t.Parallel()
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_DEMO": "off"}
	with := func(keys string) environment {
		return environment{"KITH_DATABASE_URL": env["KITH_DATABASE_URL"], "KITH_DEMO": "off", "KITH_SECRET_KEY": keys}
	}
	s := start(t, with(oldKey))
	made := s.connect(t, "", `name: "Shop", type: FACEBOOK, secret: "app-secret-of-the-shop", accessToken: "EAAB-token-of-the-page"`)
	s.connect(t, "", `name: "Site", type: HTML_EMBED`)
	s.stop()
	if _, _, err := execute(t, env, "rekey"); exitCode(err) != 2 || !strings.Contains(err.Error(), "KITH_SECRET_KEY") {
		t.Errorf("without keys: %v", err)
	}
	out, _, err := execute(t, with(newKey), "rekey")
	if exitCode(err) != 1 || !strings.Contains(out, made.Channel.ID) || strings.Contains(out+err.Error(), newKey) {
		t.Errorf("without the old key: %s %v", out, err)
	}
	for _, want := range []string{"re-encrypted: 1. Already encrypted with the first key: 0.", "re-encrypted: 0. Already encrypted with the first key: 1."} {
		if out, _, err := execute(t, with(newKey+","+oldKey), "rekey"); err != nil || !strings.Contains(out, want) {
			t.Errorf("%q, %v; not %q", out, err, want)
		}
	}
	s = start(t, with(newKey))
	_, body := s.ask(t, "", `mutation { updateChannel(input: {id: "`+made.Channel.ID+`"}) { setup { verifyToken secretSet accessTokenSet } } }`)
	if want := `{"verifyToken":"` + made.Setup.VerifyToken + `","secretSet":true,"accessTokenSet":true}`; !strings.Contains(body, want) {
		t.Errorf("%s, not %s", body, want)
	}
}

func TestATokenBoundToAChannelReportsOnThatOneAlone(t *testing.T) {
	t.Parallel()
	env := production(t, "KITH_SECRET_KEY", newKey)
	token := func(args ...string) string {
		out, _, err := execute(t, env, append([]string{"token", "--workspace=acme", "--sub=adapter"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	s := start(t, env)
	admin := token("--role=admin")
	ours := s.connect(t, admin, `name: "Ours", type: WHATSAPP`).Channel.ID
	theirs := s.connect(t, admin, `name: "Theirs", type: WHATSAPP`).Channel.ID
	bound := token("--role=channel", "--channel="+ours)
	report := func(token, channel string) (status int, body string) {
		return s.ask(t, token, `mutation { recordInteraction(input: {channelId: "`+channel+`", externalId: "1", messageId: "1"}) {
			contact { id } userErrors { code } } }`)
	}
	if _, body := report(bound, ours); !strings.Contains(body, `"id":"contact_`) {
		t.Errorf("its own channel: %s", body)
	}
	for _, other := range []string{theirs, "channel_00000000000000000000000000000000", "", "x"} {
		if _, body := report(bound, other); !strings.Contains(body, "FORBIDDEN") || strings.Contains(body, "contact_") {
			t.Errorf("channel %q: %s", other, body)
		}
	}
	if _, body := report(token("--role=channel"), theirs); !strings.Contains(body, `"id":"contact_`) {
		t.Errorf("a token for any: %s", body)
	}
	for _, args := range [][]string{{"--role=staff", "--channel=" + ours}, {"--role=channel", "--channel=Shop"}} {
		if _, _, err := execute(t, env, append([]string{"token", "--workspace=acme", "--sub=a"}, args...)...); exitCode(err) != 2 {
			t.Errorf("%v: %v", args, err)
		}
	}
}
