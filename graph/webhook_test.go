package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// endpoint creates a webhook endpoint that nobody listens at, and returns its id.
func (s *server) endpoint(who string) string {
	s.t.Helper()
	id, _ := s.endpointAt(who, "http://127.0.0.1:9/")
	return id
}

func (s *server) endpointAt(who, url string) (id, secret string) {
	s.t.Helper()
	var data struct {
		CreateWebhookEndpoint struct {
			WebhookEndpoint struct{ ID string }
			Secret          string
		}
	}
	s.query(who, `mutation ($url: String!) {
		createWebhookEndpoint(input: {url: $url, events: ["session.updated", "contact.created"], description: " CRM "}) { webhookEndpoint { id } secret }
	}`, vars{"url": url}).into(s.t, &data)
	return data.CreateWebhookEndpoint.WebhookEndpoint.ID, data.CreateWebhookEndpoint.Secret
}

func TestWebhookEndpoints(t *testing.T) {
	t.Parallel()
	s := serve(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(receiver.Close)
	id, secret := s.endpointAt("admin", receiver.URL)
	if !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("the secret is %q", secret)
	}
	const fields = `{ url events description enabled disabledReason disabledAt failingSince skippedEvents formerSecretUntil createdBy }`
	for _, c := range []struct{ document, want string }{
		{`{ webhookEndpoints { nodes ` + fields + ` edges { cursor } pageInfo { hasNextPage } totalCount { value exact } } }`, `"description":"CRM"`},
		{`query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint ` + fields + ` } }`, `"events":["contact.created","session.updated"]`},
		{`mutation ($id: ID!) { updateWebhookEndpoint(input: {id: $id, enabled: false, events: ["contact.deleted"]}) { webhookEndpoint ` + fields + ` } }`, `"disabledReason":"ADMIN"`},
		{`mutation ($id: ID!) { updateWebhookEndpoint(input: {id: $id, url: "https://10.0.0.1/", description: "a\u0000"}) { webhookEndpoint { id } userErrors { code field } } }`, `"webhookEndpoint":null,"userErrors":[{"code":"INVALID","field":["input","url"]},{"code":"INVALID","field":["input","description"]}]`},
		{`mutation ($id: ID!) { updateWebhookEndpoint(input: {id: $id, events: null}) { webhookEndpoint { id } } }`, `BAD_USER_INPUT`},
		{`mutation ($id: ID!) { sendTestWebhook(input: {id: $id}) { webhookDelivery { type status attempts responseStatus error eventId nextAttemptAt } } }`, `{"type":"webhook.test","status":"FAILED","attempts":1,"responseStatus":418,"error":"the receiver answered 418","eventId":null,"nextAttemptAt":null}`},
		{`query ($id: ID!) { webhookDeliveries(endpointId: $id, status: FAILED) { nodes { type endpointId } totalCount { value exact } } }`, `"totalCount":{"value":1,"exact":true}`},
		{`query ($id: ID!) { webhookDeliveries(endpointId: $id, status: PENDING) { nodes { type } } }`, `"nodes":[]`},
		{`mutation ($id: ID!) { redeliver(input: {id: $id}) { userErrors { code field } } }`, `{"code":"NOT_FOUND","field":["input","id"]}`},
		{`{ auditLog { nodes { action fields webhookEndpointId } } }`, `{"action":"WEBHOOK_ENDPOINT_EDITED","fields":["EVENTS","ENABLED"],"webhookEndpointId":"` + id + `"}`},
		{`mutation ($id: ID!) { deleteWebhookEndpoint(input: {id: $id}) { deletedWebhookEndpointId } }`, `{"deletedWebhookEndpointId":"` + id + `"}`},
		{`mutation ($id: ID!) { deleteWebhookEndpoint(input: {id: $id}) { userErrors { code } } }`, `[{"code":"NOT_FOUND"}]`},
	} {
		got := s.query("admin", c.document, uses(c.document, map[string]string{"id": id}))
		if !strings.Contains(got.body, c.want) {
			t.Errorf("%s\n%s\nwant %s", c.document, got.body, c.want)
		}
		if strings.Contains(got.body, secret) {
			t.Errorf("%s shows the secret", c.document)
		}
	}
}
