package app

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kith/internal/auth"
)

// TestEncodedContentIsRefusedWhereverItIsPosted posts what is welcome as it is, and compressed, to everything that takes posts.
func TestEncodedContentIsRefusedWhereverItIsPosted(t *testing.T) {
	t.Parallel()
	s := start(t, production(t, "KITH_SECRET_KEY", secret, "KITH_PLAYGROUND", "on"))
	token, err := auth.Sign(secret, auth.Grant{
		Workspace: "acme", Role: "admin", Subject: "ann", IssuedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	telegram := s.connect(t, token, `name: "Bot", type: TELEGRAM, secret: "a_telegram_secret_of_ours"`)
	widget := s.connect(t, token, `name: "Shop", type: HTML_EMBED, allowedDomains: ["shop.example.com"]`)
	hook, err := url.Parse(telegram.Setup.WebhookURL)
	if err != nil {
		t.Fatal(err)
	}
	embed := "/channels/" + widget.Channel.ID + "/webhook"
	update := `{"update_id": 1, "message": {"message_id": 1, "date": 1, "from": {"id": 1}, "chat": {"id": 1, "type": "private"}, "text": "Hi"}}`
	for _, c := range []struct {
		path, body string
		headers    []string
		want       int // as it is; 0 where it does not matter
	}{
		{"/graphql", `{"query": "{ viewer { role } }"}`, []string{"Authorization", "Bearer " + token}, 200},
		{"/graphql", `{"query": "{ viewer { role } }"}`, []string{"Authorization", "Bearer " + token, "Accept", "text/event-stream"}, 200},
		{"/graphql", `{"query": "{ viewer { role } }"}`, nil, 401},
		{hook.Path, update, []string{"X-Telegram-Bot-Api-Secret-Token", "a_telegram_secret_of_ours"}, 200},
		{embed, `{"visitorId": "1", "messageId": "1", "text": "Hi"}`, []string{"Origin", "https://shop.example.com"}, 200},
		{"/channels/channel_" + strings.Repeat("0", 32) + "/webhook", "{}", nil, 404},
		{"/auth/logout", "", nil, 0},
		{"/auth/refresh", "", nil, 0},
		{"/auth/session", "", nil, 0},
		{"/playground", "", nil, 0},
		{"/nothing", "", nil, 0},
	} {
		headers := append([]string{"Content-Type", "application/json"}, c.headers...)
		if resp := s.sendAs(t, http.MethodPost, c.path, c.body, append(headers, "Content-Encoding", "identity")...); c.want != 0 && resp.StatusCode != c.want {
			t.Errorf("%s as it is: %d", c.path, resp.StatusCode)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(c.body))
		_ = w.Close()
		for _, body := range []string{packed.String(), c.body} { // truly, and only said to be
			for _, coding := range []string{"gzip", "deflate", "br", "identity, gzip"} {
				resp := s.sendAs(t, http.MethodPost, c.path, body, append(headers, "Content-Encoding", coding)...)
				if resp.StatusCode != http.StatusUnsupportedMediaType || resp.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("%s in %s: %d", c.path, coding, resp.StatusCode)
				}
			}
		}
	}
}
