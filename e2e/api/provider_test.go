package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	secretKey = "a key for the secrets of at least thirty-two bytes"
	appSecret = "app_secret-of-all-channels"
	site      = "https://shop.example.com"
)

// provider is the other end of a channel: it posts to its webhook.
type provider struct {
	kind, id, verifyToken string
}

// kinds are the types of channels.
var kinds = []string{"HTML_EMBED", "FACEBOOK", "INSTAGRAM", "TELEGRAM", "WHATSAPP", "TIKTOK"}

const createConnected = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) {
	channel { id } setup { webhookUrl verifyToken secretSet } userErrors { code message } } }`

// connect makes a channel of the kind with a secret.
func connect(t *testing.T, admin client, kind string) provider {
	t.Helper()
	input := vars{"name": "The " + kind, "type": kind, "secret": appSecret}
	if kind == "HTML_EMBED" {
		input["allowedDomains"] = []string{strings.TrimPrefix(site, "https://")}
	}
	type created struct {
		CreateChannel struct {
			Channel struct{ ID string }
			Setup   struct {
				WebhookURL, VerifyToken string
				SecretSet               bool
			}
		}
	}
	c := must[created](t, admin, createConnected, vars{"input": input}).CreateChannel
	if !strings.HasSuffix(c.Setup.WebhookURL, "/channels/"+c.Channel.ID+"/webhook") || !c.Setup.SecretSet {
		t.Fatalf("%s: %+v", kind, c)
	}
	return provider{kind, c.Channel.ID, c.Setup.VerifyToken}
}

// signed is how the provider proves that a body is its own.
func (p provider) signed(secret, body string) http.Header {
	hash := func(text string) string {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	}
	h := http.Header{"Content-Type": {"application/json"}}
	switch p.kind {
	case "HTML_EMBED":
		h.Set("Origin", site)
		h.Set("Sec-Fetch-Site", "cross-site")
		h.Set("Sec-Fetch-Mode", "cors")
	case "TELEGRAM":
		h.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	case "TIKTOK":
		now := fmt.Sprint(time.Now().Unix())
		h.Set("TikTok-Signature", "t="+now+",s="+hash(now+"."+body))
	default:
		h.Set("X-Hub-Signature-256", "sha256="+hash(body))
	}
	return h
}

// send posts a body to a server, and returns the status and the answer.
func (p provider) send(
	ctx context.Context, base string, h http.Header, body string,
) (status int, answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/channels/"+p.id+"/webhook", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header = h
	res, err := transport.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// deliver sends a signed body until it is answered with success, as providers do; base says whom to ask. A provider
// waits for seconds in between.
func (p provider) deliver(ctx context.Context, base func() string, body string) error {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		try, cancel := context.WithTimeout(ctx, 30*time.Second)
		status, answer, err := p.send(try, base(), p.signed(appSecret, body), body)
		cancel()
		switch {
		case err == nil && status == http.StatusOK:
			return nil
		case err == nil && status < http.StatusInternalServerError:
			return fmt.Errorf("%s: %d %s", p.kind, status, answer)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
