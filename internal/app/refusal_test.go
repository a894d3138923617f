package app

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheLogSaysWhyARequestWasRefused(t *testing.T) {
	t.Parallel()
	c := collect(t)
	env := environment{
		"KITH_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "kith.db"), "KITH_AUTH_SECRET": secret, "KITH_RATE_LIMIT": "1/m",
		"KITH_LOG_ADDRESSES": "ON", "KITH_AUTH_LEEWAY": "0s", "OTEL_EXPORTER_OTLP_ENDPOINT": c.URL,
	}
	token := func(role, ttl string) string {
		out, _, err := execute(t, env, "token", "--workspace=acme", "--role="+role, "--sub="+role+ttl, "--ttl="+ttl)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	reader, expired, staff := token("reader", "1h"), token("staff", "1ns"), token("staff", "1h")
	s := start(t, env)
	s.ask(t, expired, `{ viewer { role } }`)
	s.ask(t, reader, `mutation { updateContact(input: {id: "contact_0197c6a0000070008000000000000000", notes: "x"}) { eventId } }`)
	s.ask(t, reader, `{ viewer { role } }`)
	s.sendAs(t, http.MethodPost, "/graphql", `{"query":"{viewer{role}}"}`, "Authorization", "Bearer "+staff, "Sec-Fetch-Site", "cross-site",
		"X-Request-Id", "from-elsewhere", "Content-Type", "application/json")
	s.sendAs(t, http.MethodGet, "/metrics", "", "Authorization", "Bearer "+staff)
	s.stop()
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	s.done <- nil
	log := s.log.String()
	const ids = ` request=[\w-]+ address=127\.0\.0\.1 trace=[0-9a-f]{32}\n`
	for _, want := range []string{
		`msg=request route=/graphql status=401 took_ms=[0-9.]+ bytes=\d+ reason="token expired" path=/graphql` + ids,
		`msg=operation kind=mutation field=updateContact operation="" code=FORBIDDEN took_ms=[0-9.]+ .*role=READER reason="role READER"` + ids,
		`msg=request route=/graphql status=429 .*reason=rate path=/graphql` + ids,
		`msg=request route=other status=403 .*reason=origin path=/graphql request=from-elsewhere address=`,
		`msg=request route="GET /metrics" status=403 .*reason="role STAFF" path=/metrics` + ids,
	} {
		if !regexp.MustCompile(want).MatchString(log) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
	for _, want := range []string{"request.id", "from-elsewhere"} {
		if !c.has(want) {
			t.Errorf("no %q in the traces", want)
		}
	}
}
